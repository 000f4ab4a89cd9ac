"""Giving one appointment to a colleague who is free at the same time."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import people
from centre.appointments import after, booking, words
from centre.appointments.availability import Wish, who_is_free
from centre.appointments.booking import FOR_PROPOSAL, MOVED, Hold, Needs
from centre.appointments.errors import (
    AlreadyBooked,
    AppointmentGone,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
)
from centre.appointments.manager import withdraw
from centre.appointments.tables import Appointment, InterpreterAsk, ManagerSettings
from centre.people import Person
from storage import clock

_NOBODY = (SlotTaken, SlotInvalid, AlreadyBooked, TooManyAppointments)


async def hand_over(
    session: AsyncSession, appointment_id: int, to: uuid.UUID | None = None
) -> Appointment | None:
    """Give an appointment to a colleague who is free at the same time and tell who is concerned.

    Args:
        session: the caller's open transaction.
        appointment_id: which one.
        to: who takes it; whoever is free when ``None``, of the same gender where possible.

    Returns:
        The new appointment; ``None`` when nobody can take it: nothing has changed then.

    Raises:
        AppointmentGone: it is missing, cancelled, moved or has begun.
        PersonGone: its person was erased.
    """
    seen = await booking.get(session, appointment_id)
    if seen is None:
        raise AppointmentGone
    for wish in await wishes(session, seen, to):
        if not await who_is_free(session, wish, seen.start):
            continue
        await booking.lock_person(session, seen.person_id)
        old = await booking.locked(session, appointment_id)
        if old is None or old.held or old.cancelled_at is not None or old.start <= clock.now():
            raise AppointmentGone
        made = await _replace(session, old, wish)
        if made is not None:
            await _tell_person(session, made)
            await after.freed(session, old)
            return made
    found = await booking.locked(session, appointment_id)
    if found is None or found.cancelled_at is not None or found.start <= clock.now():
        raise AppointmentGone
    return None


async def wishes(session: AsyncSession, found: Appointment, to: uuid.UUID | None) -> list[Wish]:
    """Return who may stand in: first those of the same gender, where somebody may mind."""
    own = await session.get(ManagerSettings, found.manager_id)
    rows = await session.execute(
        select(Person.id, ManagerSettings.gender)
        .outerjoin(ManagerSettings, ManagerSettings.manager_id == Person.id)
        .where(
            Person.role == "manager",
            Person.id != found.manager_id if to is None else Person.id == to,
        )
    )
    alike: list[uuid.UUID] = []
    others: list[uuid.UUID] = []
    for colleague_id, gender in rows:
        (alike if own is not None and gender == own.gender else others).append(colleague_id)
    return [
        Wish(found.centre, found.kind, managers=tuple(some), step_free=found.step_free)
        for some in (alike, others)
        if some
    ]


async def _replace(session: AsyncSession, old: Appointment, wish: Wish) -> Appointment | None:
    """Put an appointment with a colleague in the place of ``old``, which ends; or change nothing.

    The old one must end first: the person can't be at two appointments at once.
    """
    try:
        async with session.begin_nested():
            await withdraw(session, old.id)
            old.cancelled_at, old.cancelled_by = clock.now(), old.manager_id
            old.cancel_reason = MOVED
            await session.flush()
            made = await booking.take(
                session,
                person_id=old.person_id,
                wish=wish,
                topic=old.topic,
                start=old.start,
                language=old.language,
                request_key=None,
                needs=Needs(old.interpreter_language, old.childcare, old.step_free),
                hold=Hold(old.start, FOR_PROPOSAL, old.id, interpreter_id=old.interpreter_id),
            )
            made.coming_at = old.coming_at
            # The interpreter's yes, and whoever said no, hold for the new one.
            await session.execute(
                update(InterpreterAsk)
                .where(InterpreterAsk.appointment_id == old.id)
                .values(appointment_id=made.id)
                .execution_options(synchronize_session=False)
            )
            return await booking.confirm(session, made.id, old.person_id)
    except _NOBODY:
        await session.refresh(old)
        return None


async def _tell_person(session: AsyncSession, made: Appointment) -> None:
    colleague = await people.get(session, made.manager_id)
    await words.tell(
        session,
        made.person_id,
        "ill.other_adviser",
        made,
        [[("ill.choose_button", choose_button(made))]],
        manager=(colleague and colleague.name) or "–",
    )


def choose_button(found: Appointment) -> str:
    """Return what a button carries that lets a person choose another time."""
    return f'/reschedule_appointment{{"appointment":"{found.id}"}}'
