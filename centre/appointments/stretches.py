"""Every manager's free stretches: their hours, minus what is booked, held, blocked or a holiday.

One statement works them out with PostgreSQL's multiranges. Python gets one
row per manager, with seconds since 1970: making thousands of dates would take longer than this.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

import holidays
from sqlalchemy import ARRAY, Date, Interval, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.kinds import DEFAULT_KIND, kind, rules
from storage import clock

FITTING = """
with here as (
    select manager_id from working_hours where centre = :centre
    union select manager_id from extra_hours where centre = :centre
), managers as (
    select p.id, coalesce(s.buffer_minutes, 0) * interval '1 minute' as buffer,
        :now + coalesce(s.notice_minutes * interval '1 minute', :notice) as earliest,
        :now + least(s.horizon_days * interval '1 day', :horizon) as latest
    from here join people p on p.id = here.manager_id
    left join manager_settings s on s.manager_id = p.id
    where p.role = 'manager'
        and (cast(:managers as uuid[]) is null or p.id = any(:managers))
        and (cast(:gender as text) is null or s.gender = :gender)
        and (cast(:speaks as text) is null or :speaks = any(s.languages))
"""
"""Opens a statement whose first part, ``managers``, is everybody who fits a wish."""

# Hours are local. An ordinary day's begin so long after midnight. Europe changes its clocks at 1:00
# UTC: after that, hours are ``shift`` nearer to midnight. One in the hour that is skipped begins
# (or ends) when the clocks change; of the hour that comes twice, the first counts.
# A manager's buffer lies after each of their appointments, so a new one must end a buffer before
# the next. The load counts what is booked in the weeks that the look touches.
_REST = """), days as materialized (
    select day::date, extract(isodow from day)::int - 1 as weekday,
        day at time zone 'Europe/Berlin' as midnight,
        (day + interval '1 hour') at time zone 'UTC' as change,
        make_interval(secs => 86400 - extract(epoch from
            (day + interval '1 day') at time zone 'Europe/Berlin'
            - day at time zone 'Europe/Berlin')::float) as shift
    from generate_series(
        cast(:first_day as timestamp), cast(:last_day as timestamp), interval '1 day') as day
    where day::date <> all(:holidays)
), offered as (
    select w.manager_id, tstzrange(
        case when opens < change then opens else greatest(opens - shift, change) end,
        case when closes < change then closes else greatest(closes - shift, change) end) as during
    from managers m join working_hours w on w.manager_id = m.id
    join days on days.weekday = w.weekday, lateral (
        select midnight + cast(w.start as interval) as opens,
            midnight + cast(w."end" as interval) as closes) as plain
    where w.centre = :centre and w.start < w."end" and not w.open_consultation
        and (w.valid_from is null or day >= w.valid_from)
        and (w.valid_until is null or day <= w.valid_until)
    union all
    select e.manager_id, e.during from extra_hours e join managers m on m.id = e.manager_id
    where e.centre = :centre and e.during && tstzrange(:monday, :sunday)
), hours as (
    select manager_id, range_agg(during) as times from offered group by manager_id
), away as (
    select a.manager_id, range_agg(a.during) as times
    from absences a join managers m on m.id = a.manager_id
    where a.during && tstzrange(:monday, :sunday) group by a.manager_id
), booked as (
    select a.manager_id, count(*) as load,
        range_agg(tstzrange(lower(a.blocked) - m.buffer, upper(a.blocked)))
            filter (where a.blocked && tstzrange(:from, :until)) as times
    from managers m join appointments a on a.manager_id = m.id
    where a.cancelled_at is null and a.blocked && tstzrange(:monday, :sunday)
        and upper(a.blocked) > :now
        and (a.held_until is null or a.held_until > :now or a.hold_for <> 'person')
    group by a.manager_id
)
select m.id, coalesce(b.load, 0),
    ceil(date_part('epoch', greatest(m.earliest, :first)))::int8,
    floor(date_part('epoch', least(m.latest, :last)))::int8, f.opens, f.closes
from managers m join hours h on h.manager_id = m.id
left join away on away.manager_id = m.id left join booked b on b.manager_id = m.id,
lateral (
    select array_agg(ceil(date_part('epoch', lower(free)))::int8) as opens,
        array_agg(floor(date_part('epoch', upper(free)))::int8) as closes
    from unnest(h.times - coalesce(away.times, '{}')
        - case when :ignore_booked then '{}' else coalesce(b.times, '{}') end) as free
    where upper(free) - greatest(lower(free), m.earliest, :first) >= :length
        and greatest(lower(free), m.earliest, :first) <= least(m.latest, :last)
) as f
where f.opens is not null
"""
_FREE = text(FITTING + _REST).bindparams(
    bindparam("holidays", type_=ARRAY(Date)),
    *(bindparam(name, type_=Interval) for name in ("notice", "horizon", "length")),
)


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


class Free(NamedTuple):
    """The free stretches of one manager, in seconds since 1970.

    An appointment may begin from ``first`` to ``last``. Its time is counted from where the stretch
    opens, which may be earlier: so times are the same whenever and from wherever one looks.
    """

    manager_id: uuid.UUID
    load: int
    first: int
    last: int
    opens: list[int]
    closes: list[int]


async def look(
    session: AsyncSession,
    wish: Wish,
    first: datetime,
    last: datetime,
    *,
    ignore_booked: bool = False,
    ranked: bool = True,
) -> list[Free]:
    """Return who fits and has time for an appointment that begins from ``first`` to ``last``.

    Args:
        session: the caller's open transaction.
        wish: what is looked for.
        first: the earliest beginning.
        last: the latest beginning, itself included.
        ignore_booked: look at hours and absences only.
        ranked: count the load of the whole weeks; else of the days alone, which is faster.
    """
    common, now = rules(), clock.now()
    first, last = max(first, now), min(last, now + common.horizon)
    if first > last:
        return []
    length = kind(wish.kind).length
    first_day, last_day, over = (
        one.astimezone(clock.BERLIN).date() for one in (first, last, last + length)
    )
    begin, end = midnight(first_day), midnight(over + timedelta(days=1))
    if ranked:
        monday = midnight(first_day - timedelta(days=first_day.weekday()))
        sunday = midnight(over + timedelta(days=7 - over.weekday()))
    else:
        monday, sunday = begin, end
    rows = await session.execute(
        _FREE,
        {
            **fitting(wish),
            "first": first,
            "last": last,
            "first_day": first_day,
            "last_day": last_day,
            "from": begin,
            "until": end,
            "monday": monday,
            "sunday": sunday,
            "holidays": [
                day
                for year in range(first_day.year, last_day.year + 1)
                for day in public_holidays(year)
                if first_day <= day <= last_day
            ],
            "length": length,
            "ignore_booked": ignore_booked,
        },
    )
    return [Free(*row) for row in rows]


def fitting(wish: Wish) -> dict[str, object]:
    """Return the parameters of :data:`FITTING`."""
    common = rules()
    return {
        "now": clock.now(),
        "notice": common.notice,
        "horizon": common.horizon,
        "centre": wish.centre,
        "managers": list(wish.managers) if wish.managers is not None else None,
        "gender": wish.gender,
        "speaks": wish.speaks,
    }


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Return the public holidays of the county's region in a year."""
    return frozenset(holidays.country_holidays("DE", subdiv=rules().region, years=year))


def midnight(day: date) -> datetime:
    """Return when a day begins in Berlin."""
    return datetime.combine(day, time(), clock.BERLIN).astimezone(UTC)
