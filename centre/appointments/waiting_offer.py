"""Offering a freed time to who waits: the first who fits is asked, with a deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from centre import format
from centre.appointments import booking, interpreters, quiet, waiting, words
from centre.appointments.availability import Wish, who_is_free
from centre.appointments.booking import FOR_PERSON, FOR_WAITING, Hold, Needs
from centre.appointments.errors import (
    AlreadyBooked,
    PersonGone,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
)
from centre.appointments.freed import Freed
from centre.appointments.kinds import kinds
from centre.appointments.tables import Appointment, WaitingPlace
from centre.people import Address, Person
from storage import clock, queue

ANSWER = timedelta(hours=2)
"""How long somebody has to answer an offer, where the time is far enough away."""
BEFORE_START = timedelta(hours=2)
"""The answer must be there this long before the time begins."""
LEAST_ANSWER = timedelta(minutes=30)
"""With less than this to answer, nobody is asked."""
QUARTER = 15 * 60
"""Seconds; appointments begin on a quarter of an hour."""
_NOT_FOR_THEM = (SlotTaken, SlotInvalid, AlreadyBooked, TooManyAppointments, PersonGone)


async def offer(
    session: AsyncSession, appointment_id: int, time: dict[str, str] | None = None
) -> None:
    """Offer the time that an appointment freed to the first who waits for one like it.

    At night this waits for the morning, and while somebody finishes booking that time it waits for
    them. Nobody is asked twice about the same time, and whoever gave it up is not asked either.
    What a shorter appointment leaves of the time is offered on.

    Args:
        session: the caller's open transaction.
        appointment_id: the cancelled appointment, or hold that was given back.
        time: what it freed, or the rest of that (:class:`Freed`); for jobs, which outlive it.
    """
    gone = await session.get(Appointment, appointment_id, populate_existing=True)
    if gone is not None and (gone.cancelled_at is None or gone.hold_for == FOR_PERSON):
        return
    if time is not None:
        freed = Freed.read(time)
    elif gone is not None:
        freed = Freed.by(gone)
    else:
        return
    later = await _not_now(session, freed)
    if later is not None:
        if later < freed.start:
            await _again(session, appointment_id, freed, later)
        return
    until = _deadline(freed.start, clock.now())
    if until - clock.now() < LEAST_ANSWER or not await _free(session, freed):
        return
    for place in (await session.scalars(_waiting_for(freed))).all():
        made = await _hold(session, place, freed, until)
        if made is not None:
            rest = _rest(freed, made)
            if rest is not None:
                await _again(session, appointment_id, rest, None)
            await _ask(session, made, until)
            return


def _deadline(start: datetime, now: datetime) -> datetime:
    """Return until when an answer counts; the quiet hours are not for answering."""
    until = now + ANSWER
    if quiet.is_quiet(until):
        until = quiet.morning_after(until) + LEAST_ANSWER
    until = min(until, start - BEFORE_START)
    return quiet.evening_before(until) if quiet.is_quiet(until) else until


async def _not_now(session: AsyncSession, freed: Freed) -> datetime | None:
    """Return until when nobody can be asked: it is night, or somebody finishes a booking."""
    now = clock.now()
    if quiet.is_quiet(now):
        return quiet.morning_after(now)
    finishing: datetime | None = await session.scalar(
        select(func.max(Appointment.held_until)).where(
            Appointment.manager_id == freed.manager_id,
            Appointment.hold_for == FOR_PERSON,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until > now,
            Appointment.during.op("&&")(func.tstzrange(freed.start, freed.end)),
        )
    )
    return finishing


async def _again(
    session: AsyncSession, appointment_id: int, freed: Freed, at: datetime | None
) -> None:
    await queue.defer(
        session,
        waiting.OFFER_TASK,
        at=at,
        appointment_id=appointment_id,
        time=freed.written(),
    )


async def _free(session: AsyncSession, freed: Freed) -> bool:
    """Tell whether anything can be booked then: mostly nobody needs to be looked at one by one."""
    shortest = min(kinds().values(), key=lambda one: one.length)
    wish = Wish(freed.centre, shortest.name, managers=(freed.manager_id,))
    return bool(await who_is_free(session, wish, freed.start))


def _rest(freed: Freed, made: Appointment) -> Freed | None:
    """Return what is left of a freed time behind a shorter appointment and its buffer."""
    begin = clock.utc(made.blocked.upper)
    begin += timedelta(seconds=-begin.timestamp() % QUARTER)
    shortest = min(one.length for one in kinds().values())
    return replace(freed, start=begin) if begin + shortest <= freed.end else None


def _waiting_for(freed: Freed) -> Select[WaitingPlace]:
    """Return the query for who could take the freed time, in the order in which they came."""
    fitting = [one.name for one in kinds().values() if one.length <= freed.end - freed.start]
    other = aliased(Appointment)
    same_time = func.lower(other.during) == freed.start
    asked = exists().where(
        other.waiting_id == WaitingPlace.id,
        # One offer at a time.
        or_(same_time, other.cancelled_at.is_(None) & other.held_until.is_not(None)),
    )
    gave_up = exists().where(
        other.person_id == WaitingPlace.person_id,
        other.cancelled_by == WaitingPlace.person_id,
        other.manager_id == freed.manager_id,
        other.hold_for.is_(None),
        same_time,
    )
    reachable = exists().where(
        Person.id == WaitingPlace.person_id,
        Person.blocked_at.is_(None),
        Address.person_id == Person.id,
    )
    start = waiting.replaced(func.lower(Appointment.during))
    return (
        select(WaitingPlace)
        .where(
            waiting.active(),
            WaitingPlace.centre == freed.centre,
            WaitingPlace.kind.in_(fitting),
            or_(WaitingPlace.manager_id.is_(None), WaitingPlace.manager_id == freed.manager_id),
            or_(start.is_(None), start > freed.start),
            ~asked,
            ~gave_up,
            reachable,
        )
        .order_by(WaitingPlace.created_at, WaitingPlace.id)
    )


async def _hold(
    session: AsyncSession, place: WaitingPlace, freed: Freed, until: datetime
) -> Appointment | None:
    """Keep the time for somebody; ``None`` when they can't take it, or somebody was faster."""
    try:
        async with session.begin_nested():
            await booking.lock_person(session, place.person_id)
            # Another freed time may have been offered to them while we waited for the lock.
            still = _waiting_for(freed).where(WaitingPlace.id == place.id)
            if (await session.scalars(still)).first() is None:
                raise SlotTaken
            number = await session.scalar(
                select(waiting.replaced(Appointment.id))
                .select_from(WaitingPlace)
                .where(WaitingPlace.id == place.id)
            )
            old = await booking.get(session, number) if number is not None else None
            needs = _needs(old)
            made = await booking.take(
                session,
                person_id=place.person_id,
                wish=_wish(place, freed, needs),
                topic=place.topic,
                start=freed.start,
                language=place.language,
                request_key=f"waiting-{place.id}-{freed.start.timestamp():.0f}",
                needs=needs,
                hold=Hold(until, FOR_WAITING, number, place.id),
            )
            if made.interpreter_language and not await interpreters.candidates(session, made):
                # They would lose the interpreter whom they have at the later time.
                raise SlotTaken
            return made
    except _NOT_FOR_THEM:
        return None


def _needs(old: Appointment | None) -> Needs:
    return Needs(old.interpreter_language, old.childcare, old.step_free) if old else Needs()


def _wish(place: WaitingPlace, freed: Freed, needs: Needs) -> Wish:
    return Wish(
        freed.centre,
        place.kind,
        managers=(freed.manager_id,),
        gender=place.gender,
        speaks=place.speaks,
        step_free=needs.step_free,
    )


async def _ask(session: AsyncSession, made: Appointment, until: datetime) -> None:
    language = await words.language_of(session, made.person_id)
    buttons = [
        [("waiting.yes", f"w:yes:{made.id}")],
        [("waiting.no", f"w:no:{made.id}"), ("waiting.off", "w:off")],
    ]
    values: dict[str, Any] = {
        "until_day": format.day_short(until, language),
        "until": format.time(until, language),
    }
    await words.tell(
        session, made.person_id, "waiting.offer", made, buttons, with_needs=True, **values
    )
