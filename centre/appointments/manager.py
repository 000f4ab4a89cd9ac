"""What a manager can say to an appointment: it suits, another time please, the person missed it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import booking, three_way, words
from centre.appointments.availability import Slot, Wish, next_times
from centre.appointments.booking import (
    FOR_INTERPRETER,
    FOR_PERSON,
    FOR_PROPOSAL,
    Hold,
    Needs,
)
from centre.appointments.errors import AppointmentGone, HoldGone, NotYours, TooEarly
from centre.appointments.tables import Appointment
from storage import clock

ANSWER_WITHIN = timedelta(hours=24)
BEFORE_START = timedelta(hours=2)
LEAST = timedelta(minutes=30)


async def mine(
    session: AsyncSession, appointment_id: int, manager_id: uuid.UUID, *, begun: bool = False
) -> Appointment:
    """Return an appointment of a manager, locked.

    Args:
        session: the caller's open transaction.
        appointment_id: which one.
        manager_id: whose it must be.
        begun: whether it may have begun.

    Raises:
        AppointmentGone: it is missing, cancelled, only held, or has begun.
        NotYours: a colleague has it.
    """
    found = await booking.locked(session, appointment_id)
    if found is None or found.held:
        raise AppointmentGone
    if found.manager_id != manager_id:
        raise NotYours
    if found.cancelled_at is not None or (found.start <= clock.now() and not begun):
        raise AppointmentGone
    return found


async def accept(session: AsyncSession, appointment_id: int, manager_id: uuid.UUID) -> Appointment:
    """Note that an appointment suits its manager; the person is told, once.

    Raises:
        AppointmentGone, NotYours: as :func:`mine`.
    """
    found = await mine(session, appointment_id, manager_id)
    if found.accepted_at is None:
        found.accepted_at = clock.now()
        await session.flush()
        await words.tell(session, found.person_id, "appointments.accepted", found)
    return found


async def decline(
    session: AsyncSession, appointment_id: int, manager_id: uuid.UUID, reason: str | None = None
) -> Appointment:
    """Cancel an appointment for its manager, with what was proposed instead; the person is told.

    Args:
        session: the caller's open transaction.
        appointment_id: which one.
        manager_id: whose.
        reason: a code the person reads in words (``ill``, ``asked``); ``None`` says nothing.

    Raises:
        AppointmentGone, NotYours: as :func:`mine`.
    """
    await mine(session, appointment_id, manager_id)
    await withdraw(session, appointment_id)
    return await booking.cancel(session, appointment_id, manager_id, reason=reason)


async def missed(session: AsyncSession, appointment_id: int, manager_id: uuid.UUID) -> Appointment:
    """Note that nobody came: managers see it with the person's next booking, nothing else follows.

    Raises:
        TooEarly: it has not begun.
        AppointmentGone, NotYours: as :func:`mine`.
    """
    found = await mine(session, appointment_id, manager_id, begun=True)
    if found.start > clock.now():
        raise TooEarly
    if found.missed_at is None:
        found.missed_at = clock.now()
        await session.flush()
    return found


async def proposals(session: AsyncSession, found: Appointment, limit: int = 6) -> list[Slot]:
    """Return the next times at which a manager could see the person of an appointment instead."""
    return await next_times(session, _same(found), clock.now(), limit)


async def propose(
    session: AsyncSession, appointment_id: int, manager_id: uuid.UUID, start: datetime
) -> Appointment:
    """Hold another time for an appointment's person and ask them; the old one stays meanwhile.

    A later proposal takes the place of an earlier one.

    Args:
        session: the caller's open transaction.
        appointment_id: which appointment would move.
        manager_id: who proposes.
        start: the other time.

    Returns:
        The held time.

    Raises:
        SlotInvalid: it is past, too soon, too far ahead or outside the manager's hours.
        SlotTaken: the manager is not free then.
        AlreadyBooked: the person has an appointment then; it may be this one.
        AppointmentGone, NotYours: as :func:`mine`.
    """
    seen = await booking.get(session, appointment_id)
    if seen is None:
        raise AppointmentGone
    await booking.lock_person(session, seen.person_id)
    old = await mine(session, appointment_id, manager_id)
    await withdraw(session, appointment_id)
    until = min(answer_until(old.start), start)
    made = await booking.take(
        session,
        person_id=old.person_id,
        wish=_same(old),
        topic=old.topic,
        start=start,
        language=old.language,
        request_key=None,
        needs=Needs(old.interpreter_language, old.childcare, old.step_free),
        hold=Hold(until, FOR_PROPOSAL, moves=old.id),
    )
    made.accepted_at = clock.now()
    await session.flush()
    language = await words.language_of(session, old.person_id)
    before = words.when(old, language)
    await words.tell(
        session,
        old.person_id,
        "propose.ask",
        made,
        [[("propose.yes", f"a:yes:{made.id}")], [("propose.no", f"a:no:{made.id}")]],
        old_day=before["day"],
        old_start=before["start"],
        until_day=format.day(until, language),
        until=format.time(until, language),
    )
    return made


async def refuse(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> Appointment:
    """Give a proposed time back, because it does not suit the person; the manager is told.

    Raises:
        HoldGone: it is no longer held, or they agreed to it before.
        NotYours: it is held for somebody else.
    """
    found = await booking.locked(session, hold_id)
    if found is None or found.hold_for not in (FOR_PROPOSAL, None):
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    if not await booking.release(session, hold_id, person_id):
        raise HoldGone
    await words.tell(session, found.manager_id, "manager.proposal_declined", found)
    return found


async def agree(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> Appointment:
    """Move an appointment to the proposed time; errors as :func:`booking.confirm`.

    Where an interpreter is needed somebody is asked first: the time is held until they answer.
    """
    seen = await booking.get(session, hold_id)
    if seen is None:
        raise HoldGone
    await booking.lock_person(session, person_id)
    if seen.moves is not None:
        await booking.locked(session, seen.moves)
    found = await booking.locked(session, hold_id)
    if found is None or found.hold_for not in (FOR_PROPOSAL, FOR_INTERPRETER, None):
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    alive = found.cancelled_at is None and (found.held_until or clock.now()) > clock.now()
    if alive and found.hold_for == FOR_INTERPRETER:
        return found
    if alive and found.interpreter_language:
        found.hold_for = FOR_PERSON
        if await three_way.request(session, found):
            return found
        # Nobody must wait for an interpreter who never comes.
        found.hold_for, found.interpreter_language = FOR_PROPOSAL, None
        await session.flush()
    return await booking.confirm(session, hold_id, person_id)


async def withdraw(session: AsyncSession, appointment_id: int) -> None:
    """Free what is held as a proposal for an appointment."""
    waiting = await session.scalars(
        select(Appointment.id)
        .where(
            Appointment.moves == appointment_id,
            Appointment.hold_for == FOR_PROPOSAL,
            Appointment.cancelled_at.is_(None),
        )
        .order_by(Appointment.id)
    )
    for hold_id in waiting.all():
        await booking.release(session, hold_id, None)


def answer_until(start: datetime) -> datetime:
    """Return how long an answer can wait before an appointment: a day, two hours before at most.

    Where little time is left it is half of that.
    """
    now = clock.now()
    latest = min(now + ANSWER_WITHIN, start - BEFORE_START)
    return latest if latest - now >= LEAST else now + (start - now) / 2


def _same(found: Appointment) -> Wish:
    """Return the wish for another time like ``found``'s, with the same manager."""
    return Wish(found.centre, found.kind, managers=(found.manager_id,), step_free=found.step_free)
