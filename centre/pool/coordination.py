"""What coordinators see of the pool: who waits, how long it took, who helped how much."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import clock
from translations.languages import languages

COORDINATORS = ("manager", "admin")
"""Who may see this: a manager what is their centre's, an admin everything."""
LOOK_BACK = timedelta(days=90)
MOST_ROWS = 200
BREAK = timedelta(days=30)
"""Whoever pauses for longer can't be counted on."""

_OPEN = text(
    """
select h.created_at, h.kind, h.language, h.centre, h.topic, h.urgency, h.urgent, h.stage,
    (select count(*) from handoff_asks a where a.handoff_id = h.id) as asked
from handoffs h
where h.status = 'open' and (cast(:centre as text) is null or h.centre = :centre)
order by h.urgent desc, h.created_at limit :most
"""
)
_WAITING = text(
    """
select language, count(*) as requests, count(matched_at) as matched,
    count(*) filter (where matched_at is null and status <> 'open') as unfilled,
    percentile_cont(0.5) within group (order by extract(epoch from matched_at - created_at)) as p50,
    percentile_cont(0.9) within group (order by extract(epoch from matched_at - created_at)) as p90
from handoffs
where kind = 'interpreter' and created_at > :since
    and (cast(:centre as text) is null or centre = :centre)
group by language order by requests desc, language
"""
)
_SPOKEN = text(
    """
select distinct l.language from interpreter_languages l
join people p on p.id = l.person_id
left join interpreter_profiles r on r.person_id = p.id
where p.blocked_at is null and (r.person_id is null or (r.declared_on is not null
    and 'chat' = any(r.ways) and (r.paused_until is null or r.paused_until < :soon)))
"""
)
_SERVED = text(
    """
select s.helper_id, p.name, s.language, s.centre, s.way, count(*) as talks,
    sum(greatest(0, ceil(extract(epoch from s.ended_at - s.started_at) / 60)))::int as minutes
from interpreter_services s join people p on p.id = s.helper_id
where s.started_at >= :begin and s.started_at < :end
    and (cast(:centre as text) is null or s.centre = :centre)
group by s.helper_id, p.name, s.language, s.centre, s.way
order by p.name nulls last, s.helper_id, s.language, s.centre
"""
)


@dataclass(frozen=True)
class OpenRequest:
    """Somebody who waits; nothing of who they are."""

    since: datetime
    kind: str
    language: str
    centre: str
    topic: str | None
    urgency: str
    urgent: bool
    stage: str
    asked: int


@dataclass(frozen=True)
class Waiting:
    """How long people waited for an interpreter of one language; minutes, rounded up."""

    language: str
    requests: int
    matched: int
    unfilled: int
    median: int | None
    ninety: int | None


@dataclass(frozen=True)
class Served:
    """What one interpreter did in a month, for one language at one centre."""

    helper_id: uuid.UUID
    name: str | None
    language: str
    centre: str
    way: str
    talks: int
    minutes: int


async def open_requests(session: AsyncSession, centre: str | None) -> list[OpenRequest]:
    """Return who waits now, emergencies first, then the longest; ``None`` is all centres."""
    rows = await session.execute(_OPEN, {"centre": centre, "most": MOST_ROWS})
    return [
        OpenRequest(
            row.created_at,
            row.kind,
            row.language,
            row.centre,
            row.topic,
            row.urgency,
            row.urgent,
            row.stage,
            row.asked,
        )
        for row in rows
    ]


async def waiting_times(session: AsyncSession, centre: str | None) -> list[Waiting]:
    """Return how long people of the last 90 days waited, per language, the most asked first."""
    rows = await session.execute(_WAITING, {"centre": centre, "since": clock.now() - LOOK_BACK})
    return [
        Waiting(row.language, row.requests, row.matched, row.unfilled, _up(row.p50), _up(row.p90))
        for row in rows
    ]


async def without_interpreter(session: AsyncSession) -> list[str]:
    """Return the launch languages for which the pool has nobody who can be asked."""
    soon = clock.now() + BREAK
    spoken = set(await session.scalars(_SPOKEN, {"soon": soon}))
    return [one for one in languages() if one not in spoken and one != "de"]


async def served(session: AsyncSession, month: date, centre: str | None) -> list[Served]:
    """Return who helped how much in a month.

    Args:
        session: the caller's open transaction.
        month: any day of it.
        centre: only what was done for this centre; ``None`` for all.

    Returns:
        A row per interpreter, language and centre, by name; whoever has left the pool has no name.
    """
    begin, end = span(month)
    rows = await session.execute(_SERVED, {"begin": begin, "end": end, "centre": centre})
    return [
        Served(
            row.helper_id,
            row.name,
            row.language,
            row.centre,
            row.way,
            row.talks,
            row.minutes,
        )
        for row in rows
    ]


def span(month: date) -> tuple[datetime, datetime]:
    """Return the beginning of a month in Berlin and that of the next one, as UTC."""
    first = month.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)

    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=clock.BERLIN).astimezone(UTC)

    return midnight(first), midnight(following)


def _up(seconds: float | None) -> int | None:
    return None if seconds is None else -int(-seconds // 60)
