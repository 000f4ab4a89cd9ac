"""When managers can be met: free days and times, and who is free at one of them."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.kinds import AT_CENTRE, kind, rules
from centre.appointments.reasons import FOR_PERSON
from centre.appointments.stretches import Free, Wish, look, midnight, public_holidays
from centre.appointments.tables import Appointment, Room
from centre.appointments.working_days import gaps, working_days
from storage import clock

__all__ = [
    "Slot",
    "Wish",
    "free_days",
    "free_rooms",
    "free_times",
    "next_times",
    "offered",
    "previous_times",
    "public_holidays",
    "who_is_free",
]

# Seconds since 1970; that was midnight in UTC, so that quarters of an hour divide evenly.
GRID, STEP = 15 * 60, 30 * 60
A_DAYS_STEPS = 24 * 60 * 60 // STEP
FIRST_LOOK = timedelta(days=2)
SOME = 8
"""Managers who are asked first where only the days matter."""
# A boundary between two looks belongs to one of them.
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class Slot:
    """A bookable time (UTC) with the manager who would take it."""

    start: datetime
    end: datetime
    manager_id: uuid.UUID


async def free_days(
    session: AsyncSession, wish: Wish, limit: int = 6, after: date | None = None
) -> list[date]:
    """Return the next days (in Berlin) with a free time, at most ``limit``, from ``after`` on."""
    found: set[date] = set()
    begin, furthest = clock.now(), _furthest()
    if after is not None:
        begin = max(begin, midnight(after))
    while begin < furthest and len(found) < limit:
        # As far as so many working days reach.
        span = timedelta(days=max((limit - len(found)) * 7 // 5 + 1, 7))
        end = min(begin + span, furthest)
        found |= await _days(session, wish, begin, end - A_MOMENT, limit - len(found))
        begin = end
    return sorted(found)[:limit]


async def _days(
    session: AsyncSession, wish: Wish, first: datetime, last: datetime, limit: int
) -> set[date]:
    """Return the days with a free time; at least the first ``limit`` of them.

    A few managers mostly know every day. All are asked about what is left only.
    """
    first_day, last_day = (one.astimezone(clock.BERLIN).date() for one in (first, last))
    hours = await working_days(session, wish, first_day, last_day)
    found: set[date] = set()
    if len(hours.managers) > 2 * SOME:
        some = replace(wish, managers=tuple(random.sample(hours.managers, SOME)))
        found = await _days_of(session, some, first, last)
    enough = sorted(found)[limit - 1] if len(found) >= limit else last_day
    for begin, end in gaps(hours.days - found, enough):
        opens, closes = midnight(begin), midnight(end + timedelta(days=1)) - A_MOMENT
        found |= await _days_of(session, wish, max(first, opens), min(last, closes))
    return found


async def _days_of(session: AsyncSession, wish: Wish, first: datetime, last: datetime) -> set[date]:
    slots = await _between(session, wish, first, last, every=False)
    return {slot.start.astimezone(clock.BERLIN).date() for slot in slots}


async def free_times(
    session: AsyncSession, wish: Wish, day: date, limit: int | None = None
) -> list[Slot]:
    """Return the free times of a day, one per beginning, at most ``limit``.

    Of several free managers the slot names the preferred one, else the one who has least booked
    about that time.
    """
    first, last = midnight(day), midnight(day + timedelta(days=1)) - timedelta(seconds=1)
    slots = await _between(session, wish, first, last)
    return slots[:limit]


async def next_times(
    session: AsyncSession, wish: Wish, after: datetime, limit: int = 3
) -> list[Slot]:
    """Return the next ``limit`` free times that begin at ``after`` or later, on whatever day."""
    found: list[Slot] = []
    begin, span, furthest = max(after, clock.now()), FIRST_LOOK, _furthest()
    # Near is mostly enough; if not, further and further.
    while begin < furthest and len(found) < limit:
        end = min(begin + span, furthest)
        found += await _between(session, wish, begin, end - A_MOMENT)
        begin, span = end, span * 2
    return found[:limit]


async def previous_times(
    session: AsyncSession, wish: Wish, before: datetime, limit: int = 3
) -> list[Slot]:
    """Return the last ``limit`` free times that begin before ``before``, in order."""
    found: list[Slot] = []
    now, span = clock.now(), FIRST_LOOK
    end = min(before, _furthest())
    while end > now and len(found) < limit:
        begin = max(end - span, now)
        found = [*await _between(session, wish, begin, end - A_MOMENT), *found]
        end, span = begin, span * 2
    return found[-limit:]


async def who_is_free(session: AsyncSession, wish: Wish, start: datetime) -> list[uuid.UUID]:
    """Return who could take an appointment at exactly ``start``, the best choice first."""
    found = await _at(session, wish, start, ignore_booked=False)
    return [one.manager_id for one in sorted(found, key=partial(_rank, wish))]


async def offered(session: AsyncSession, wish: Wish, start: datetime) -> bool:
    """Tell whether ``start`` lies in the hours of somebody who fits, free or not."""
    return bool(await _at(session, wish, start, ignore_booked=True))


async def free_rooms(
    session: AsyncSession, wish: Wish, start: datetime, end: datetime
) -> list[int] | list[None]:
    """Return the rooms free from ``start`` to ``end``; ``[None]`` where no room is needed."""
    rooms = await _rooms(session, wish)
    if rooms is None:
        return [None]
    busy = await _room_bookings(session, rooms, start, end)
    free: list[int] = [room for room in rooms if _room_free(busy[room], start, end)]
    return free


def _furthest() -> datetime:
    return clock.now() + rules().horizon + timedelta(seconds=1)


async def _between(
    session: AsyncSession, wish: Wish, first: datetime, last: datetime, *, every: bool = True
) -> list[Slot]:
    """Return the free slots that begin from ``first`` to ``last``, one per beginning, in order.

    Without ``every`` each stretch gives its first and last time only: enough to know the days.
    """
    length = kind(wish.kind).length
    found = await look(session, wish, first, last, ranked=every)
    if not found:
        return []
    rooms = await _rooms(session, wish)
    taken_by: dict[int, uuid.UUID] = {}
    # The best manager comes last and stays.
    for one in sorted(found, key=partial(_rank, wish), reverse=True):
        for starts in _starts(one, length):
            if not every and rooms is None and len(starts) <= A_DAYS_STEPS:
                starts = starts[:: max(len(starts) - 1, 1)]
            taken_by.update(dict.fromkeys(starts, one.manager_id))
    slots = [_slot(start, length, taken_by[start]) for start in sorted(taken_by)]
    if rooms is None:
        return slots
    busy = await _room_bookings(session, rooms, first, last + length)
    return [s for s in slots if any(_room_free(busy[room], s.start, s.end) for room in rooms)]


async def _at(
    session: AsyncSession, wish: Wish, start: datetime, *, ignore_booked: bool
) -> list[Free]:
    seconds = start.timestamp()
    if seconds % GRID:
        return []
    found = await look(
        session, wish, start, start, ignore_booked=ignore_booked, ranked=not ignore_booked
    )
    return [one for one in found if one.first == seconds]


def _starts(one: Free, length: timedelta) -> Iterator[range]:
    """Yield every beginning (seconds since 1970) of an appointment, stretch by stretch.

    Steps are real minutes, so the night the clocks change gains or loses times, and none begins
    at a local time that does not exist.
    """
    seconds = int(length.total_seconds())
    step = min(max(seconds, GRID), STEP)
    for opens, closes in zip(one.opens, one.closes, strict=True):
        begin = opens + -opens % GRID
        if begin < one.first:
            begin -= (begin - one.first) // step * step
        yield range(begin, min(closes - seconds, one.last) + 1, step)


def _rank(wish: Wish, one: Free) -> tuple[bool, int, uuid.UUID]:
    """Return what the best choice among several has least of."""
    return one.manager_id != wish.prefer, one.load, one.manager_id


def _slot(start: int, length: timedelta, manager_id: uuid.UUID) -> Slot:
    moment = datetime.fromtimestamp(start, UTC)
    return Slot(moment, moment + length, manager_id)


async def _rooms(session: AsyncSession, wish: Wish) -> list[int] | None:
    """Return a centre's rooms that fit; ``None`` where no room is needed or none are listed."""
    if kind(wish.kind).place != AT_CENTRE:
        return None
    rooms = list(
        await session.execute(
            select(Room.id, Room.step_free).where(Room.centre == wish.centre).order_by(Room.id)
        )
    )
    if not rooms:
        return None
    return [number for number, step_free in rooms if step_free or not wish.step_free]


async def _room_bookings(
    session: AsyncSession, rooms: list[int], first: datetime, last: datetime
) -> dict[int | None, list[tuple[datetime, datetime]]]:
    rows = await session.execute(
        select(Appointment.room_id, Appointment.during).where(
            Appointment.room_id.in_(rooms),
            Appointment.cancelled_at.is_(None),
            or_(
                Appointment.held_until.is_(None),
                Appointment.held_until > clock.now(),
                Appointment.hold_for != FOR_PERSON,
            ),
            Appointment.during.op("&&")(func.tstzrange(first, last)),
        )
    )
    busy: dict[int | None, list[tuple[datetime, datetime]]] = defaultdict(list)
    for room, during in rows:
        busy[room].append((clock.utc(during.lower), clock.utc(during.upper)))
    return busy


def _room_free(busy: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    return not any(begin < end and start < over for begin, over in busy)
