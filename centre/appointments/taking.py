"""Taking a time: holding or booking it, once everything about the wish is checked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import after
from centre.appointments.availability import Wish, offered, who_is_free
from centre.appointments.errors import (
    AlreadyBooked,
    NotYours,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
)
from centre.appointments.guard import first_free
from centre.appointments.kinds import DEFAULT_KIND, kind, rules
from centre.appointments.lookup import get, lock_person, upcoming
from centre.appointments.reasons import FOR_INTERPRETER, FOR_PERSON, RELEASED
from centre.appointments.tables import Appointment
from storage import clock


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
        NotYours: the request or what it would replace is somebody else's.
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
    free = await who_is_free(session, wish, start)
    if not free and not await offered(session, wish, start):
        raise SlotInvalid
    await _check(session, person_id, during, hold)
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
    made = await first_free(session, wish, during, free, values)
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


def _held(hold: Hold) -> dict[str, Any]:
    return {
        "held_until": hold.until,
        "hold_for": hold.reason,
        "moves": hold.moves,
        "waiting_id": hold.waiting_id,
        "interpreter_id": hold.interpreter_id,
    }


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
    during: Range[datetime],
    hold: Hold | None,
) -> None:
    moves = hold.moves if hold else None
    moved = await get(session, moves) if moves else None
    if moved is not None and moved.person_id != person_id:
        raise NotYours
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
