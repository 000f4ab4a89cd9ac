"""Open consultation: when people can come without an appointment."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments.availability import public_holidays
from centre.appointments.tables import Absence, WorkingHours
from storage import clock

AHEAD = timedelta(days=14)
MOST = 4

During = tuple[datetime, datetime]


async def open_hours(
    session: AsyncSession, centre: str, limit: int = MOST, *, any_work: bool = False
) -> list[During]:
    """Return the next times at which a centre sees people without an appointment.

    Public holidays and times at which nobody of those who offer them is there are left out, so
    that no one comes in vain; a time that has begun counts until it ends.

    Args:
        session: the caller's open transaction.
        centre: id of the centre.
        limit: at most so many, of the next two weeks.
        any_work: all hours in which somebody works there, with or without appointments.

    Returns:
        Beginning and end of each (UTC), in order; times of several advisers that meet are one.
    """
    hours = list(
        await session.scalars(
            select(WorkingHours).where(
                WorkingHours.centre == centre,
                WorkingHours.open_consultation.is_(True) if not any_work else true(),
            )
        )
    )
    if not hours:
        return []
    away = await _absences(session, {one.manager_id for one in hours})
    now = clock.now()
    today = now.astimezone(clock.BERLIN).date()
    found: list[During] = []
    for ahead in range(AHEAD.days):
        day = today + timedelta(days=ahead)
        if day in public_holidays(day.year):
            continue
        found += _merged(
            during
            for one in hours
            for during in [_on(one, day)]
            if during and during[1] > now and not _covered(during, away.get(one.manager_id, []))
        )
    return found[:limit]


def lines(times: list[During], language: str) -> str:
    """Return each of ``times`` on a line of its own, with its day, in a language."""
    return "\n".join(
        f"{format.day(start, language)}, "
        f"{format.time(start, language)}–{format.time(end, language)}"
        for start, end in times
    )


def _on(hours: WorkingHours, day: date) -> During | None:
    if day.weekday() != hours.weekday:
        return None
    if hours.valid_from and day < hours.valid_from:
        return None
    if hours.valid_until and day > hours.valid_until:
        return None
    return (
        clock.utc(datetime.combine(day, hours.start, clock.BERLIN)),
        clock.utc(datetime.combine(day, hours.end, clock.BERLIN)),
    )


def _merged(times: Iterator[During]) -> list[During]:
    merged: list[During] = []
    for start, end in sorted(times):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _covered(during: During, away: list[During]) -> bool:
    return any(start < during[1] and during[0] < end for start, end in away)


async def _absences(
    session: AsyncSession, managers: set[uuid.UUID]
) -> dict[uuid.UUID, list[During]]:
    now = clock.now()
    rows = await session.execute(
        select(Absence.manager_id, Absence.during).where(
            Absence.manager_id.in_(managers),
            Absence.during.op("&&")(func.tstzrange(now, now + AHEAD)),
        )
    )
    found: dict[uuid.UUID, list[During]] = {}
    for manager_id, during in rows:
        span = clock.utc(during.lower), clock.utc(during.upper)
        found.setdefault(manager_id, []).append(span)
    return found
