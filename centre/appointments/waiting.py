"""The waiting list: a freed earlier time is offered to the first who fits, then to the next."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import booking, quiet, words
from centre.appointments.availability import Wish
from centre.appointments.booking import FOR_PERSON, FOR_WAITING, Hold
from centre.appointments.errors import (
    AlreadyBooked,
    HoldGone,
    NotYours,
    PersonGone,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
)
from centre.appointments.kinds import kinds
from centre.appointments.tables import Appointment, WaitingPlace
from storage import clock, queue

OFFER_TASK = "appointment_offer"
"""Argument ``appointment_id``: offer what it freed; waits for the morning."""
ANSWER = timedelta(hours=2)
"""How long somebody has to answer an offer, where the time is far enough away."""
BEFORE_START = timedelta(hours=2)
"""The answer must be there this long before the time begins."""
LEAST_ANSWER = timedelta(minutes=30)
"""With less than this to answer, nobody is asked."""
_NOT_FOR_THEM = (SlotTaken, SlotInvalid, AlreadyBooked, TooManyAppointments, PersonGone)


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
        wish: centre and kind; a single manager in ``managers`` is waited for, else anybody.
        topic: name of an ``ask_*`` intent, or ``other``.
        language: the person's language.
        appointment_id: the later appointment that an earlier time would replace.

    Raises:
        PersonGone: there is no such person.
    """
    await booking.lock_person(session, person_id)
    manager = wish.managers[0] if wish.managers and len(wish.managers) == 1 else None
    known = await session.scalar(
        select(WaitingPlace).where(
            WaitingPlace.person_id == person_id,
            WaitingPlace.kind == wish.kind,
            WaitingPlace.ended_at.is_(None),
        )
    )
    place = known or WaitingPlace(person_id=person_id, kind=wish.kind, centre=wish.centre)
    place.centre, place.topic, place.language = wish.centre, topic, language
    place.manager_id = manager
    if appointment_id is not None:
        place.appointment_id = appointment_id
    session.add(place)
    await session.flush()
    return place


async def places(session: AsyncSession, person_id: uuid.UUID) -> list[WaitingPlace]:
    """Return what somebody waits for, the oldest wish first."""
    rows = await session.scalars(
        select(WaitingPlace)
        .where(WaitingPlace.person_id == person_id, WaitingPlace.ended_at.is_(None))
        .order_by(WaitingPlace.created_at, WaitingPlace.id)
    )
    return list(rows)


async def leave(session: AsyncSession, person_id: uuid.UUID) -> bool:
    """Take somebody off the list, and give back what is offered to them just now."""
    await booking.lock_person(session, person_id)
    mine = await places(session, person_id)
    for place in mine:
        place.ended_at = clock.now()
    for hold_id in await _offered_to(session, person_id):
        await booking.release(session, hold_id, person_id)
    await session.flush()
    return bool(mine)


async def offer(session: AsyncSession, appointment_id: int) -> None:
    """Offer the time that an appointment freed to the first who waits for one like it.

    At night this waits for the morning. Nobody is asked twice about the same time, and whoever
    gave it up is not asked either.
    """
    gone = await session.get(Appointment, appointment_id, populate_existing=True)
    if gone is None or gone.cancelled_at is None or gone.hold_for == FOR_PERSON:
        return
    now = clock.now()
    if quiet.is_quiet(now):
        if gone.start > quiet.morning_after(now):
            at = quiet.morning_after(now)
            await queue.defer(session, OFFER_TASK, at=at, appointment_id=appointment_id)
        return
    until = _deadline(gone.start, now)
    if until - now < LEAST_ANSWER:
        return
    for place in (await session.scalars(_waiting_for(gone))).all():
        made = await _hold(session, place, gone, until)
        if made is not None:
            await _ask(session, made, until)
            return


async def unanswered(session: AsyncSession, gone: Appointment) -> None:
    """Tell somebody that an offer ran out; freeing the time has it offered to the next."""
    await words.tell(session, gone.person_id, "waiting.expired", gone)


async def accept(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> Appointment:
    """Take an offered time; what it replaces is cancelled, and the place on the list ends.

    Raises:
        HoldGone: the offer ran out, or is none.
        NotYours: it is somebody else's.
        PersonGone: there is no such person.
    """
    made = await booking.confirm(session, hold_id, person_id)
    if made.waiting_id is None:
        raise HoldGone
    place = await session.get(WaitingPlace, made.waiting_id)
    if place is not None and place.ended_at is None:
        place.ended_at = clock.now()
    await session.flush()
    return made


async def decline(session: AsyncSession, hold_id: int, person_id: uuid.UUID) -> None:
    """Give an offered time back and go on waiting.

    Raises:
        HoldGone: the offer ran out, or is none.
        NotYours: it is somebody else's.
    """
    found = await booking.get(session, hold_id)
    if found is None or found.waiting_id is None:
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    if not await booking.release(session, hold_id, person_id):
        raise HoldGone


def _deadline(start: datetime, now: datetime) -> datetime:
    """Return until when an answer counts; the quiet hours are not for answering."""
    until = now + ANSWER
    if quiet.is_quiet(until):
        until = quiet.morning_after(until) + LEAST_ANSWER
    return min(until, start - BEFORE_START)


def _waiting_for(gone: Appointment) -> Select[WaitingPlace]:
    """Return the query for who could take the freed time, in the order in which they came."""
    fitting = [one.name for one in kinds().values() if one.length <= gone.end - gone.start]
    replaced = select(func.lower(Appointment.during)).where(
        Appointment.id == WaitingPlace.appointment_id,
        Appointment.cancelled_at.is_(None),
    )
    asked = exists().where(
        Appointment.waiting_id == WaitingPlace.id,
        or_(
            func.lower(Appointment.during) == gone.start,
            # One offer at a time.
            Appointment.cancelled_at.is_(None) & Appointment.held_until.is_not(None),
        ),
    )
    query = (
        select(WaitingPlace)
        .where(
            WaitingPlace.ended_at.is_(None),
            WaitingPlace.centre == gone.centre,
            WaitingPlace.kind.in_(fitting),
            or_(WaitingPlace.manager_id.is_(None), WaitingPlace.manager_id == gone.manager_id),
            or_(~replaced.exists(), replaced.scalar_subquery() > gone.start),
            ~asked,
        )
        .order_by(WaitingPlace.created_at, WaitingPlace.id)
    )
    if gone.cancelled_by == gone.person_id:
        query = query.where(WaitingPlace.person_id != gone.person_id)
    return query


async def _hold(
    session: AsyncSession, place: WaitingPlace, gone: Appointment, until: datetime
) -> Appointment | None:
    try:
        async with session.begin_nested():
            await booking.lock_person(session, place.person_id)
            # Another freed time may have been offered to them while we waited for the lock.
            still = _waiting_for(gone).where(WaitingPlace.id == place.id)
            if (await session.scalars(still)).first() is None:
                return None
            return await booking.take(
                session,
                person_id=place.person_id,
                wish=Wish(gone.centre, place.kind, managers=(gone.manager_id,)),
                topic=place.topic,
                start=gone.start,
                language=place.language,
                request_key=f"waiting-{place.id}-{gone.id}",
                hold=Hold(until, FOR_WAITING, place.appointment_id, place.id),
            )
    except _NOT_FOR_THEM:
        return None


async def _ask(session: AsyncSession, made: Appointment, until: datetime) -> None:
    language = await words.language_of(session, made.person_id)
    buttons = [
        [("waiting.yes", f"w:yes:{made.id}")],
        [("waiting.no", f"w:no:{made.id}"), ("waiting.off", "w:off")],
    ]
    await words.tell(
        session,
        made.person_id,
        "waiting.offer",
        made,
        buttons,
        until_day=format.day_short(until, language),
        until=format.time(until, language),
    )


async def _offered_to(session: AsyncSession, person_id: uuid.UUID) -> list[int]:
    rows = await session.scalars(
        select(Appointment.id).where(
            Appointment.person_id == person_id,
            Appointment.hold_for == FOR_WAITING,
            Appointment.cancelled_at.is_(None),
        )
    )
    return list(rows)
