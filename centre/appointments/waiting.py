"""The waiting list: who waits for an earlier time, and what they answer when one is offered.

A place ends when its person leaves the list, when they take what is offered, and when the
appointment that an earlier time would have replaced has begun.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import booking, three_way, words
from centre.appointments.availability import Wish
from centre.appointments.booking import FOR_INTERPRETER, FOR_PERSON, FOR_WAITING
from centre.appointments.errors import HoldGone, NotYours, TooManyAppointments
from centre.appointments.kinds import rules
from centre.appointments.tables import Appointment, WaitingPlace
from storage import clock, queue

OFFER_TASK = "appointment_offer"
"""Arguments ``appointment_id`` and ``time``: offer what an appointment freed."""


async def join(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    wish: Wish,
    topic: str,
    language: str,
    appointment_id: int | None = None,
) -> WaitingPlace:
    """Put somebody on the waiting list of a centre; who waits already keeps their place.

    Args:
        session: the caller's open transaction.
        person_id: who waits.
        wish: where, what and with whom; a single manager in ``managers`` is waited for.
        topic: name of an ``ask_*`` intent, or ``other``.
        language: the person's language.
        appointment_id: the later appointment that an earlier time would replace.

    Raises:
        PersonGone: there is no such person.
    """
    await booking.lock_person(session, person_id)
    known = [one for one in await places(session, person_id) if one.kind == wish.kind]
    place = known[0] if known else WaitingPlace(person_id=person_id, kind=wish.kind)
    place.centre, place.topic, place.language = wish.centre, topic, language
    place.manager_id = wish.managers[0] if wish.managers and len(wish.managers) == 1 else None
    place.gender, place.speaks = wish.gender, wish.speaks
    if appointment_id is not None:
        place.appointment_id = appointment_id
    session.add(place)
    await session.flush()
    return place


async def places(session: AsyncSession, person_id: uuid.UUID) -> list[WaitingPlace]:
    """Return what somebody waits for, the oldest wish first."""
    rows = await session.scalars(
        select(WaitingPlace)
        .where(WaitingPlace.person_id == person_id, active())
        .order_by(WaitingPlace.created_at, WaitingPlace.id)
    )
    return list(rows)


async def leave(session: AsyncSession, person_id: uuid.UUID) -> bool:
    """Take somebody off the list, and give back what is offered to them just now."""
    await booking.lock_person(session, person_id)
    mine = await places(session, person_id)
    for place in mine:
        place.ended_at = clock.now()
    offered = await session.scalars(
        select(Appointment.id)
        .where(
            Appointment.person_id == person_id,
            Appointment.hold_for == FOR_WAITING,
            Appointment.cancelled_at.is_(None),
        )
        .order_by(Appointment.id)
    )
    for hold_id in offered.all():
        await booking.release(session, hold_id, person_id)
    await session.flush()
    return bool(mine)


async def accept(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> Appointment:
    """Take an offered time; what it replaces is cancelled, and the place on the list ends.

    Where an interpreter is needed somebody is asked first: the time is held until they answer.
    Saying yes twice is no error.

    Raises:
        HoldGone: the offer ran out or is none, or no interpreter can be asked any more.
        NotYours: it is somebody else's.
        TooManyAppointments: they have booked so much meanwhile; the offer stays.
        PersonGone: there is no such person.
    """
    await booking.lock_person(session, person_id)
    found = await _offered(session, hold_id, person_id)
    # What they have may have been moved since the offer was made.
    later = await session.scalar(
        select(replaced(Appointment.id))
        .select_from(WaitingPlace)
        .where(
            WaitingPlace.id == found.waiting_id,
            replaced(func.lower(Appointment.during)) > found.start,
        )
    )
    for number in sorted({hold_id, later or hold_id}):
        await booking.locked(session, number)
    now = clock.now()
    if found.cancelled_at is not None or found.held_until is None or found.held_until <= now:
        return await booking.confirm(session, hold_id, person_id)
    if found.hold_for == FOR_INTERPRETER:
        return found
    if found.hold_for == FOR_WAITING:
        count = len(await booking.upcoming(session, person_id))
        if later is None and count >= rules().most:
            raise TooManyAppointments(count=count)
        found.moves = later
        if found.interpreter_language:
            return await _with_interpreter(session, found)
    return await booking.confirm(session, hold_id, person_id)


async def decline(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> None:
    """Give an offered time back and go on waiting.

    Raises:
        HoldGone: the offer ran out, or is none.
        NotYours: it is somebody else's.
    """
    found = await _offered(session, hold_id, person_id)
    if found.hold_for != FOR_WAITING or not await booking.release(session, hold_id, person_id):
        raise HoldGone
    await _offer_missed(session, found)


async def unanswered(session: AsyncSession, gone: Appointment) -> None:
    """Tell somebody that an offer ran out; freeing the time has it offered to the next."""
    await words.tell(session, gone.person_id, "waiting.expired", gone)
    await _offer_missed(session, gone)


def active() -> ColumnElement[bool]:
    """Return the condition that a place has not ended."""
    taken = (
        exists()
        .where(Appointment.waiting_id == WaitingPlace.id, Appointment.hold_for.is_(None))
        .correlate(WaitingPlace)
    )
    start = replaced(func.lower(Appointment.during))
    return and_(WaitingPlace.ended_at.is_(None), ~taken, or_(start.is_(None), start > clock.now()))


def replaced(what: Any) -> ScalarSelect[Any]:
    """Return, of each place, a column of the appointment that an earlier time would replace.

    It is the one that the place names. Once that was cancelled, because it was moved or handed
    over perhaps, and where there was none, it is what the person has about the same topic now.
    """
    named = Appointment.id.is_not_distinct_from(WaitingPlace.appointment_id)
    alike = and_(
        Appointment.topic == WaitingPlace.topic,
        Appointment.kind == WaitingPlace.kind,
        or_(
            Appointment.created_at >= WaitingPlace.created_at,
            func.lower(Appointment.during) > clock.now(),
        ),
    )
    return (
        select(what)
        .where(
            Appointment.person_id == WaitingPlace.person_id,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until.is_(None),
            or_(named, alike),
        )
        .order_by(named.desc(), func.lower(Appointment.during))
        .limit(1)
        .correlate(WaitingPlace)
        .scalar_subquery()
    )


async def _offered(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> Appointment:
    found = await booking.get(session, hold_id)
    if found is None or found.waiting_id is None:
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    return found


async def _with_interpreter(session: AsyncSession, found: Appointment) -> Appointment:
    found.hold_for = FOR_PERSON
    if await three_way.request(session, found):
        return found
    # What they have stays, with its interpreter.
    found.hold_for = FOR_WAITING
    await booking.release(session, found.id, None)
    raise HoldGone


async def _offer_missed(session: AsyncSession, gone: Appointment) -> None:
    """Have what else was freed offered again: somebody with an open offer was passed over."""
    place = await session.get_one(WaitingPlace, gone.waiting_id)
    freed = await session.scalars(
        select(func.max(Appointment.id))
        .where(
            Appointment.centre == place.centre,
            Appointment.cancelled_at >= place.created_at,
            func.lower(Appointment.during) > clock.now(),
            func.lower(Appointment.during) != gone.start,
            Appointment.hold_for.is_distinct_from(FOR_PERSON),
        )
        .group_by(Appointment.manager_id, func.lower(Appointment.during))
    )
    for number in freed.all():
        await queue.defer(session, OFFER_TASK, appointment_id=number)
