"""When managers can be met: their hours, minus what is booked, held, blocked or a holiday."""

from __future__ import annotations

import heapq
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice

import holidays
from sqlalchemy import ARRAY, Date, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.kinds import AT_CENTRE, DEFAULT_KIND, Kind, kind, rules
from centre.appointments.tables import Appointment, Room
from storage import clock

GRID = timedelta(minutes=15)
STEP = timedelta(minutes=30)
FIRST_LOOK = timedelta(days=7)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

# One statement works out everybody's free stretches with PostgreSQL's multiranges. Hours are
# local: a stretch whose clock times the change of summer time turns around is empty. A manager's
# buffer lies after each of their appointments, so a new one must end a buffer before the next.
_FREE = text(
    """
with managers as (
    select p.id, coalesce(s.buffer_minutes, 0) * interval '1 minute' as buffer,
        :now + coalesce(s.notice_minutes * interval '1 minute', :notice) as earliest,
        :now + least(s.horizon_days * interval '1 day', :horizon) as latest
    from people p left join manager_settings s on s.manager_id = p.id
    where p.role = 'manager'
        and (cast(:managers as uuid[]) is null or p.id = any(:managers))
        and (cast(:gender as text) is null or s.gender = :gender)
        and (cast(:speaks as text) is null or :speaks = any(s.languages))
), days as (
    select day::date from generate_series(
        cast(:first_day as timestamp), cast(:last_day as timestamp), interval '1 day') as day
    where day::date <> all(:holidays)
), offered as (
    select w.manager_id, tstzrange(
        least((day + w.start) at time zone 'Europe/Berlin',
              (day + w."end") at time zone 'Europe/Berlin'),
        (day + w."end") at time zone 'Europe/Berlin') as during
    from working_hours w join managers m on m.id = w.manager_id
    join days on extract(isodow from day) - 1 = w.weekday
    where w.centre = :centre and w.start < w."end" and not w.open_consultation
        and (w.valid_from is null or day >= w.valid_from)
        and (w.valid_until is null or day <= w.valid_until)
    union all
    select e.manager_id, e.during from extra_hours e join managers m on m.id = e.manager_id
    where e.centre = :centre and e.during && tstzrange(:first - interval '1 day', :last + :length)
), hours as (
    select manager_id, range_agg(during) as times from offered group by manager_id
), away as (
    select manager_id, range_agg(during) as times from absences
    where during && tstzrange(:first - interval '1 day', :last + :length) group by manager_id
), booked as (
    select a.manager_id, count(*) as load, range_agg(tstzrange(
        lower(a.blocked) - m.buffer, upper(a.blocked))) as times
    from appointments a join managers m on m.id = a.manager_id
    where a.cancelled_at is null and upper(a.blocked) > :now
        and (a.held_until is null or a.held_until > :now or a.hold_for <> 'person')
    group by a.manager_id
)
select m.id, coalesce(b.load, 0) as load,
    lower(free) as opens, greatest(lower(free), m.earliest, :first) as begins,
    upper(free) as ends,
    least(m.latest, :last) as latest
from managers m join hours h on h.manager_id = m.id
left join away on away.manager_id = m.id left join booked b on b.manager_id = m.id,
unnest(h.times - coalesce(away.times, '{}')
    - case when :ignore_booked then '{}' else coalesce(b.times, '{}') end) as free
where upper(free) - greatest(lower(free), m.earliest, :first) >= :length
    and lower(free) <= least(m.latest, :last)
order by begins
"""
).bindparams(bindparam("holidays", type_=ARRAY(Date)))


@dataclass(frozen=True, order=True)
class Slot:
    """A bookable time (UTC) with the manager who would take it."""

    start: datetime
    end: datetime
    manager_id: uuid.UUID


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; what is ``None`` does not matter.

    Attributes:
        centre: id of the centre.
        kind: name of a kind of appointment.
        managers: only these.
        prefer: this one, where they are free at the same time as others.
        gender: ``f`` or ``m``.
        speaks: language of the adviser.
        step_free: only rooms without steps.
    """

    centre: str
    kind: str = DEFAULT_KIND
    managers: tuple[uuid.UUID, ...] | None = None
    prefer: uuid.UUID | None = None
    gender: str | None = None
    speaks: str | None = None
    step_free: bool = False


@dataclass(frozen=True)
class _Stretch:
    """Free time of one manager in which an appointment may begin until ``latest``.

    ``opens`` is where it really begins, ``begins`` where it begins for this look: times are counted
    from the former, so that they are the same whenever and from wherever one looks.
    """

    manager_id: uuid.UUID
    load: int
    opens: datetime
    begins: datetime
    ends: datetime
    latest: datetime


async def free_days(
    session: AsyncSession, wish: Wish, limit: int = 6, after: date | None = None
) -> list[date]:
    """Return the next days (in Berlin) with a free time, at most ``limit``, from ``after`` on."""
    found: list[date] = []
    first = _midnight(after) if after else clock.now()
    async for slot in _search(session, wish, first):
        day = slot.start.astimezone(clock.BERLIN).date()
        if not found or found[-1] != day:
            if len(found) == limit:
                break
            found.append(day)
    return found


async def free_times(
    session: AsyncSession, wish: Wish, day: date, limit: int | None = None
) -> list[Slot]:
    """Return the free times of a day, one per beginning, at most ``limit``.

    Of several free managers the slot names the preferred one, else the one with fewest upcoming
    appointments.
    """
    first, last = _midnight(day), _midnight(day + timedelta(days=1)) - timedelta(seconds=1)
    slots = await _between(session, wish, first, last)
    return list(islice(slots, limit))


async def next_times(
    session: AsyncSession, wish: Wish, after: datetime, limit: int = 3
) -> list[Slot]:
    """Return the next ``limit`` free times that begin at ``after`` or later, on whatever day."""
    found: list[Slot] = []
    async for slot in _search(session, wish, after):
        found.append(slot)
        if len(found) == limit:
            break
    return found


async def previous_times(
    session: AsyncSession, wish: Wish, before: datetime, limit: int = 3
) -> list[Slot]:
    """Return the last ``limit`` free times that begin before ``before``, in order."""
    slots = await _between(session, wish, clock.now(), before - timedelta(seconds=1))
    return list(slots)[-limit:]


async def who_is_free(session: AsyncSession, wish: Wish, start: datetime) -> list[uuid.UUID]:
    """Return who could take an appointment at exactly ``start``, the best choice first."""
    return [one.manager_id for one in await _at(session, wish, start, ignore_booked=False)]


async def offered(session: AsyncSession, wish: Wish, start: datetime) -> bool:
    """Tell whether ``start`` lies in the hours of somebody who fits, free or not."""
    return bool(await _at(session, wish, start, ignore_booked=True))


async def free_rooms(
    session: AsyncSession, wish: Wish, start: datetime, end: datetime
) -> list[int] | list[None]:
    """Return the rooms free from ``start`` to ``end``; ``[None]`` where no room is needed."""
    rooms = await _rooms(session, wish) if kind(wish.kind).place == AT_CENTRE else None
    if rooms is None:
        return [None]
    busy = await _room_bookings(session, rooms, start, end)
    free: list[int] = [room for room in rooms if _room_free(busy[room], start, end)]
    return free


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Return the public holidays of the county's region in a year."""
    return frozenset(holidays.country_holidays("DE", subdiv=rules().region, years=year))


async def _search(session: AsyncSession, wish: Wish, first: datetime) -> AsyncIterator[Slot]:
    """Yield free slots in order: a week first, since that is mostly enough, then the rest."""
    furthest = clock.now() + rules().horizon + timedelta(seconds=1)
    near = first + FIRST_LOOK
    for begin, end in ((first, near), (near, furthest)):
        for slot in await _between(session, wish, begin, end):
            # A boundary belongs to the later look.
            if slot.start < end:
                yield slot


async def _between(
    session: AsyncSession, wish: Wish, first: datetime, last: datetime
) -> Iterator[Slot]:
    """Return the free slots that begin from ``first`` to ``last``, one per beginning."""
    wanted = kind(wish.kind)
    stretches = await _stretches(session, wish, first, last)
    slots = _one_per_beginning(_cut(stretches, wanted, wish.prefer), wanted)
    rooms = await _rooms(session, wish) if wanted.place == AT_CENTRE else None
    if rooms is None:
        return slots
    busy = await _room_bookings(session, rooms, first, last + wanted.length)
    return (s for s in slots if any(_room_free(busy[room], s.start, s.end) for room in rooms))


async def _at(
    session: AsyncSession, wish: Wish, start: datetime, *, ignore_booked: bool
) -> list[_Stretch]:
    if (start - EPOCH) % GRID:
        return []
    found = await _stretches(session, wish, start, start, ignore_booked=ignore_booked)
    fitting = [one for one in found if one.begins == start]
    return sorted(fitting, key=lambda one: _rank(one, wish.prefer))


async def _stretches(
    session: AsyncSession,
    wish: Wish,
    first: datetime,
    last: datetime,
    *,
    ignore_booked: bool = False,
) -> list[_Stretch]:
    wanted, common = kind(wish.kind), rules()
    now = clock.now()
    first, last = max(first, now), min(last, now + common.horizon)
    if first > last:
        return []
    days = first.astimezone(clock.BERLIN).date(), last.astimezone(clock.BERLIN).date()
    rows = await session.execute(
        _FREE,
        {
            "now": now,
            "notice": common.notice,
            "horizon": common.horizon,
            "centre": wish.centre,
            "managers": list(wish.managers) if wish.managers is not None else None,
            "gender": wish.gender,
            "speaks": wish.speaks,
            "first": first,
            "last": last,
            "first_day": days[0],
            "last_day": days[1],
            "holidays": sorted(
                day
                for year in range(days[0].year, days[1].year + 1)
                for day in public_holidays(year)
            ),
            "length": wanted.length,
            "ignore_booked": ignore_booked,
        },
    )
    return [_Stretch(*row) for row in rows]


def _cut(
    stretches: list[_Stretch], wanted: Kind, prefer: uuid.UUID | None
) -> Iterator[tuple[datetime, tuple[bool, int, str], uuid.UUID]]:
    """Yield every beginning that fits, in order, the best manager first among equals.

    Steps are real minutes, so the night the clocks change gains or loses times, and none begins
    at a local time that does not exist.
    """
    step = min(max(wanted.length, GRID), STEP)

    def starts(one: _Stretch) -> Iterator[tuple[datetime, tuple[bool, int, str], uuid.UUID]]:
        first = one.opens + (EPOCH - one.opens) % GRID
        start = first + max(-((first - one.begins) // step), 0) * step
        while start + wanted.length <= one.ends and start <= one.latest:
            yield start, _rank(one, prefer), one.manager_id
            start += step

    return heapq.merge(*map(starts, stretches))


def _rank(one: _Stretch, prefer: uuid.UUID | None) -> tuple[bool, int, str]:
    return one.manager_id != prefer, one.load, str(one.manager_id)


def _one_per_beginning(
    cut: Iterator[tuple[datetime, tuple[bool, int, str], uuid.UUID]], wanted: Kind
) -> Iterator[Slot]:
    last = None
    for start, _, manager_id in cut:
        if start != last:
            last = start
            yield Slot(start.astimezone(UTC), start.astimezone(UTC) + wanted.length, manager_id)


async def _rooms(session: AsyncSession, wish: Wish) -> list[int] | None:
    """Return a centre's rooms that fit; ``None`` where it lists no rooms at all."""
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
) -> dict[int, list[tuple[datetime, datetime]]]:
    rows = await session.execute(
        select(Appointment.room_id, Appointment.during).where(
            Appointment.room_id.in_(rooms),
            Appointment.cancelled_at.is_(None),
            Appointment.during.op("&&")(func.tstzrange(first, last)),
        )
    )
    busy: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for room, during in rows:
        busy[room].append((clock.utc(during.lower), clock.utc(during.upper)))
    return busy


def _room_free(busy: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    return not any(begin < end and start < over for begin, over in busy)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.BERLIN).astimezone(UTC)
