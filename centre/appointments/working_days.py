"""The days on which anybody who fits has hours at all, whatever is booked of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Interval, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.stretches import FITTING, Wish, fitting, midnight, public_holidays

A_DAY = timedelta(days=1)
MOST_GAPS = 4

_REST = """)
select w.weekday, w.valid_from as first, w.valid_until as last, array_agg(distinct m.id)
from managers m join working_hours w on w.manager_id = m.id
where w.centre = :centre and w.start < w."end" and not w.open_consultation
group by w.weekday, w.valid_from, w.valid_until
union all
select null, (lower(e.during) at time zone 'Europe/Berlin')::date,
    (upper(e.during) at time zone 'Europe/Berlin')::date, array_agg(distinct m.id)
from managers m join extra_hours e on e.manager_id = m.id
where e.centre = :centre and e.during && tstzrange(:from, :until)
group by 2, 3
"""
_HOURS = text(FITTING + _REST).bindparams(
    *(bindparam(name, type_=Interval) for name in ("notice", "horizon"))
)


@dataclass(frozen=True)
class WorkingDays:
    """The days with hours, and whose hours they are."""

    days: frozenset[date]
    managers: tuple[uuid.UUID, ...]


async def working_days(session: AsyncSession, wish: Wish, first: date, last: date) -> WorkingDays:
    """Return the days from ``first`` to ``last`` with hours of somebody who fits, and all who fit.

    Args:
        session: the caller's open transaction.
        wish: what is looked for; its kind does not matter here.
        first: the first day, in Berlin.
        last: the last day, itself included.
    """
    span = {"from": midnight(first), "until": midnight(last + A_DAY)}
    rows = (await session.execute(_HOURS, {**fitting(wish), **span})).all()
    days = frozenset(
        day
        for day in _each(first, last)
        for weekday, begin, end, _ in rows
        if (begin is None or day >= begin) and (end is None or day <= end)
        if weekday is None or (weekday == day.weekday() and day not in public_holidays(day.year))
    )
    return WorkingDays(days, tuple({one for *_, managers in rows for one in managers}))


def gaps(days: Collection[date], enough: date) -> list[tuple[date, date]]:
    """Return the first and last days of what is to be looked at: few gaps each, else one of all.

    Args:
        days: which days to look at.
        enough: the last of them that matters.
    """
    found: list[tuple[date, date]] = []
    for day in sorted(one for one in days if one <= enough):
        if found and day - found[-1][1] == A_DAY:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found if len(found) <= MOST_GAPS else [(found[0][0], found[-1][1])]


def _each(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * A_DAY
