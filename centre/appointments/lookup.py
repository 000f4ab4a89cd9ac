"""Finding appointments that are there, and locking what is about to be changed."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import people
from centre.appointments.errors import PersonGone
from centre.appointments.reasons import FOR_PERSON
from centre.appointments.tables import Appointment
from storage import clock


async def upcoming(session: AsyncSession, person_id: uuid.UUID) -> list[Appointment]:
    """Return a person's appointments that are not over or cancelled, the next one first."""
    return await _ahead(session, Appointment.person_id == person_id)


async def agenda(session: AsyncSession, manager_id: uuid.UUID) -> list[Appointment]:
    """Return a manager's appointments that are not over or cancelled, the next one first."""
    return await _ahead(session, Appointment.manager_id == manager_id)


async def held_by(session: AsyncSession, person_id: uuid.UUID) -> Appointment | None:
    """Return the time that is held while a person finishes a booking, or ``None``."""
    return (
        await session.scalars(
            select(Appointment).where(
                Appointment.person_id == person_id,
                Appointment.hold_for == FOR_PERSON,
                Appointment.cancelled_at.is_(None),
                Appointment.held_until > clock.now(),
            )
        )
    ).one_or_none()


async def get(session: AsyncSession, appointment_id: int) -> Appointment | None:
    """Return one appointment, cancelled or not, or ``None``."""
    return await session.get(Appointment, appointment_id)


async def locked(session: AsyncSession, appointment_id: int) -> Appointment | None:
    """Return one appointment as it is now, locked until the transaction ends, or ``None``."""
    return await session.get(
        Appointment, appointment_id, with_for_update=True, populate_existing=True
    )


async def lock_person(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Lock the acting person's row, the first of all locks; PersonGone when there is none."""
    if await people.lock(session, person_id) is None:
        raise PersonGone


async def _ahead(session: AsyncSession, whose: ColumnElement[bool]) -> list[Appointment]:
    rows = await session.scalars(
        select(Appointment)
        .where(
            whose,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until.is_(None),
            func.upper(Appointment.during) > clock.now(),
        )
        .order_by(func.lower(Appointment.during), Appointment.id)
    )
    return list(rows)
