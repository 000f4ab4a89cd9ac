"""Holding, booking and giving back times, safe against two people wanting the same one.

Locking rule. What keeps times apart is the database alone: the exclusion constraints
``no_overlap_per_manager``, ``…_person``, ``…_room`` and ``…_interpreter`` on
:class:`centre.appointments.tables.Appointment`. Looking for a free manager first is a courtesy,
not the guard. Every writer of appointments goes through this package and keeps to this order, so
that nobody waits in a circle:

1. the acting person's row in ``people`` (``FOR NO KEY UPDATE``): one person's bookings run one
   after the other, which makes the limit per person exact; messages to them are not held up;
2. appointment rows that exist (``FOR UPDATE``), the older one first;
3. one new appointment row: inserted with ``ON CONFLICT DO NOTHING``, which waits for a rival's
   transaction to end and then reports the conflict without an error, so that rivals can't
   deadlock and the next manager is tried at once;
4. messages and jobs, last: after writing one, a transaction asks for no further row.

A deadlock that PostgreSQL finds all the same (two people swapping times) ends one of the two
transactions as a whole: nothing is half done, and whoever runs it runs it again
(:func:`storage.engine.Database.run`, the worker's jobs).

A time is *held* by the same row that books it, with ``held_until``; saying yes empties that
column. Whatever needs somebody's yes is a hold: a person finishing the questions, a manager's
proposal, an offer from the waiting list, an interpreter who is asked.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import after
from centre.appointments.availability import Wish, offered
from centre.appointments.errors import (
    AlreadyBooked,
    AppointmentGone,
    HoldGone,
    NotYours,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
)
from centre.appointments.guard import first_free
from centre.appointments.kinds import DEFAULT_KIND, kind, rules
from centre.appointments.lookup import agenda, get, held_by, lock_person, locked, upcoming
from centre.appointments.reasons import (
    EXPIRED,
    FOR_INTERPRETER,
    FOR_PERSON,
    FOR_PROPOSAL,
    FOR_WAITING,
    MOVED,
    RELEASED,
)
from centre.appointments.tables import Appointment
from storage import clock

__all__ = [
    "EXPIRED",
    "FOR_INTERPRETER",
    "FOR_PERSON",
    "FOR_PROPOSAL",
    "FOR_WAITING",
    "MOVED",
    "RELEASED",
    "Hold",
    "Needs",
    "agenda",
    "agree",
    "book",
    "cancel",
    "confirm",
    "get",
    "held_by",
    "hold_for_person",
    "lock_person",
    "locked",
    "release",
    "take",
    "upcoming",
]


@dataclass(frozen=True)
class Needs:
    """What somebody needs at an appointment besides the adviser."""

    interpreter_language: str | None = None
    childcare: bool = False
    step_free: bool = False


@dataclass(frozen=True)
class Hold:
    """Why a time is held and for how long; ``moves`` is the appointment it would replace."""

    until: datetime
    reason: str = FOR_PERSON
    moves: int | None = None
    waiting_id: int | None = None
    interpreter_id: uuid.UUID | None = None


def hold_for_person(moves: int | None = None) -> Hold:
    """Return the hold of a person who is answering the last questions of a booking."""
    return Hold(clock.now() + rules().hold, FOR_PERSON, moves)


async def take(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    wish: Wish,
    topic: str,
    start: datetime,
    language: str,
    request_key: str | None,
    needs: Needs = Needs(),
    hold: Hold | None = None,
) -> Appointment:
    """Take a time with the best manager who fits: hold it, or book it at once.

    A hold of one's own (``hold.reason`` is ``person``) takes the place of an earlier one.

    Args:
        session: the caller's open transaction.
        person_id: for whom.
        wish: centre, kind, and who may take it.
        topic: name of an ``ask_*`` intent, or ``other``.
        start: beginning, timezone-aware, on a quarter of an hour.
        language: the person's language.
        request_key: names this request; asking again with it changes nothing.
        needs: what is needed besides.
        hold: how long the time is kept for somebody's yes; ``None`` books it.

    Returns:
        The appointment; for a known ``request_key`` the one it made, even if cancelled since.

    Raises:
        SlotInvalid: nothing can be booked at ``start``.
        SlotTaken: everybody who fits is busy at ``start``.
        AlreadyBooked: the person has another appointment at that time.
        TooManyAppointments: the person has the most upcoming appointments allowed.
        PersonGone: there is no such person.
    """
    await lock_person(session, person_id)
    known = await _of_request(session, person_id, request_key)
    if known is not None:
        return known
    if start.tzinfo is None:
        raise SlotInvalid
    start = start.astimezone(UTC)
    during = Range(start, start + kind(wish.kind).length)
    if hold is None or hold.reason == FOR_PERSON:
        await _give_back(session, Appointment.person_id == person_id)
    await _check(session, person_id, wish, during, hold)
    values = {
        "person_id": person_id,
        "centre": wish.centre,
        "topic": topic,
        "kind": wish.kind,
        "language": language,
        "during": during,
        "request_key": request_key,
        "interpreter_language": needs.interpreter_language,
        "childcare": needs.childcare,
        "step_free": needs.step_free,
        **(_held(hold) if hold else {}),
    }
    made = await first_free(session, wish, during, values)
    if made is None:
        raise SlotTaken
    if hold is None:
        await after.booked(session, made)
    else:
        await after.held(session, made)
    return made


async def book(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    centre: str,
    topic: str,
    start: datetime,
    language: str,
    request_key: str | None,
    kind: str = DEFAULT_KIND,
) -> Appointment:
    """Book a time with whichever manager of a centre is free; see :func:`take`."""
    return await take(
        session,
        person_id=person_id,
        wish=Wish(centre, kind),
        topic=topic,
        start=start,
        language=language,
        request_key=request_key,
    )


async def confirm(session: AsyncSession, appointment_id: int, person_id: uuid.UUID) -> Appointment:
    """Make a held time an appointment; what it replaces is cancelled in the same transaction.

    Saying yes twice is no error.

    Raises:
        HoldGone: the time was kept long enough and is free for others again.
        NotYours: it is held for somebody else.
        PersonGone: there is no such person.
    """
    await lock_person(session, person_id)
    found = await session.get(Appointment, appointment_id)
    if found is None:
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    # The older row first: whoever cancels it asks for that one only.
    replaced = await locked(session, found.moves) if found.moves else None
    held = await locked(session, appointment_id)
    if held is None or held.cancelled_at is not None:
        raise HoldGone
    if held.held_until is None:
        return held
    if held.held_until <= clock.now() or held.start <= clock.now():
        raise HoldGone
    await agree(session, held, replaced, person_id)
    return held


async def agree(
    session: AsyncSession, held: Appointment, replaced: Appointment | None, by: uuid.UUID
) -> None:
    """Turn a locked hold into an appointment, and cancel the locked one that it replaces."""
    held.held_until, held.hold_for = None, None
    if replaced and replaced.cancelled_at is None and replaced.start > clock.now():
        _end(replaced, by, MOVED)
        await session.flush()
        await after.moved(session, replaced, held)
    else:
        await session.flush()
        await after.booked(session, held)


async def release(
    session: AsyncSession, appointment_id: int, by: uuid.UUID | None, reason: str = RELEASED
) -> bool:
    """Give a held time back; return whether it was still held."""
    found = await locked(session, appointment_id)
    if found is None or not found.held or found.cancelled_at is not None:
        return False
    _end(found, by, reason)
    await session.flush()
    await after.freed(session, found)
    return True


async def cancel(
    session: AsyncSession,
    appointment_id: int,
    by: uuid.UUID,
    request_key: str | None = None,
    reason: str | None = None,
) -> Appointment:
    """Cancel an appointment for its person or its manager, and tell everybody else who comes.

    Args:
        session: the caller's open transaction.
        appointment_id: which one.
        by: who cancels.
        request_key: names this request; asking again with it changes nothing.
        reason: a code from :mod:`centre.appointments.reasons`; never anybody's words.

    Returns:
        The cancelled appointment.

    Raises:
        NotYours: ``by`` is neither its person nor its manager.
        AppointmentGone: it is missing, cancelled or has begun.
    """
    found = await locked(session, appointment_id)
    if found is None:
        raise AppointmentGone
    if by not in (found.person_id, found.manager_id):
        raise NotYours
    if found.cancelled_at is not None and request_key and found.cancel_key == request_key:
        return found
    if found.cancelled_at is not None or found.start <= clock.now():
        raise AppointmentGone
    held = found.held
    _end(found, by, reason)
    found.cancel_key = request_key
    await session.flush()
    if not held:
        await after.cancelled(session, found, by)
    await after.freed(session, found)
    return found


def _held(hold: Hold) -> dict[str, Any]:
    return {
        "held_until": hold.until,
        "hold_for": hold.reason,
        "moves": hold.moves,
        "waiting_id": hold.waiting_id,
        "interpreter_id": hold.interpreter_id,
    }


def _end(found: Appointment, by: uuid.UUID | None, reason: str | None) -> None:
    found.cancelled_at, found.cancelled_by, found.cancel_reason = clock.now(), by, reason


async def _give_back(session: AsyncSession, whose: ColumnElement[bool]) -> None:
    """Free the person's own unfinished hold, whatever is left of its minutes.

    A time for which no interpreter was found waits for the person alone, too.
    """
    alone = (Appointment.hold_for == FOR_INTERPRETER) & Appointment.interpreter_id.is_(None)
    await session.execute(
        update(Appointment)
        .where(whose, (Appointment.hold_for == FOR_PERSON) | alone)
        .where(Appointment.cancelled_at.is_(None))
        .where(Appointment.held_until.is_not(None))
        .values(cancelled_at=clock.now(), cancel_reason=RELEASED)
        .execution_options(synchronize_session="fetch")
    )


async def _of_request(
    session: AsyncSession, person_id: uuid.UUID, request_key: str | None
) -> Appointment | None:
    if request_key is None:
        return None
    known = (
        await session.scalars(select(Appointment).where(Appointment.request_key == request_key))
    ).one_or_none()
    if known is not None and known.person_id != person_id:
        raise NotYours
    return known


async def _check(
    session: AsyncSession,
    person_id: uuid.UUID,
    wish: Wish,
    during: Range[datetime],
    hold: Hold | None,
) -> None:
    if not await offered(session, wish, clock.utc(during.lower)):
        raise SlotInvalid
    moves = hold.moves if hold else None
    mine = await upcoming(session, person_id)
    if any(one.during.overlaps(during) for one in mine):
        raise AlreadyBooked
    others = len([one for one in mine if one.id != moves]) + await _asking(session, person_id)
    if others >= rules().most:
        raise TooManyAppointments(count=others)


async def _asking(session: AsyncSession, person_id: uuid.UUID) -> int:
    """Return how many further appointments a person will have if interpreters say yes."""
    held = select(func.count()).where(
        Appointment.person_id == person_id,
        Appointment.hold_for == FOR_INTERPRETER,
        Appointment.moves.is_(None),
        Appointment.cancelled_at.is_(None),
        Appointment.held_until > clock.now(),
    )
    return await session.scalar(held) or 0
