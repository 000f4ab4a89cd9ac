"""Taking a time so that nobody else can: one insert that the database's constraints decide.

What this keeps to, and why it cannot wait in a circle, is the locking rule of
:mod:`centre.appointments.booking`.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.availability import Wish, free_rooms
from centre.appointments.reasons import EXPIRED, FOR_PERSON
from centre.appointments.tables import Absence, Appointment, ManagerSettings
from storage import clock


async def first_free(
    session: AsyncSession,
    wish: Wish,
    during: Range[datetime],
    managers: list[uuid.UUID],
    values: dict[str, Any],
) -> Appointment | None:
    """Insert an appointment with the first manager and a room that are free.

    Args:
        session: the caller's open transaction.
        wish: what is looked for.
        during: when.
        managers: who looked free, the best choice first.
        values: everything else about the appointment.

    Returns:
        The appointment; ``None`` when others were faster everywhere.
    """
    start, end = clock.utc(during.lower), clock.utc(during.upper)
    rooms = await free_rooms(session, wish, start, end) if managers else []
    if not rooms:
        return None
    buffers = await _buffers(session, managers)
    longest = max(buffers.values(), default=timedelta())
    await _sweep(session, managers, rooms, Range(start, end + longest))
    pairs = [(room, manager_id) for room in rooms for manager_id in managers]
    while pairs:
        room, manager_id = pairs.pop(0)
        blocked = Range(start, end + buffers.get(manager_id, timedelta()))
        own = {"manager_id": manager_id, "room_id": room, "blocked": blocked}
        made = await _claim(session, **values, **own)
        if made is not None:
            return made
        # Rivals try the same ones in the same order: scattered, they stop meeting each other.
        random.shuffle(pairs)
        pairs.sort(key=lambda one: one[1] != wish.prefer)
    return None


async def _sweep(
    session: AsyncSession,
    managers: list[uuid.UUID],
    rooms: list[int] | list[None],
    during: Range[datetime],
) -> None:
    """Free what was held for too long here; a job does it too, but it may come late."""
    numbers = [room for room in rooms if room is not None]
    stale = (
        select(Appointment.id)
        .where(
            or_(Appointment.manager_id.in_(managers), Appointment.room_id.in_(numbers)),
            Appointment.hold_for == FOR_PERSON,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until <= clock.now(),
            Appointment.blocked.overlaps(during),
        )
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        update(Appointment)
        .where(Appointment.id.in_(stale))
        .values(cancelled_at=clock.now(), cancel_reason=EXPIRED)
        .execution_options(synchronize_session=False)
    )


async def _buffers(session: AsyncSession, managers: list[uuid.UUID]) -> dict[uuid.UUID, timedelta]:
    rows = await session.execute(
        select(ManagerSettings.manager_id, ManagerSettings.buffer_minutes).where(
            ManagerSettings.manager_id.in_(managers)
        )
    )
    return {manager: timedelta(minutes=minutes) for manager, minutes in rows}


async def _claim(session: AsyncSession, **values: Any) -> Appointment | None:
    """Insert an appointment unless a guard forbids it; ``None`` when somebody was faster."""
    add = insert(Appointment).values(**values).on_conflict_do_nothing().returning(Appointment)
    try:
        async with session.begin_nested() as savepoint:
            made = (await session.scalars(add)).one_or_none()
            absent = made is not None and await session.scalar(
                select(
                    exists().where(
                        Absence.manager_id == made.manager_id, Absence.during.overlaps(made.during)
                    )
                )
            )
            if absent:
                # The manager blocked this time between the look and the leap.
                await savepoint.rollback()
                return None
            return made
    except IntegrityError:
        # The manager was erased between the look and the leap.
        return None
