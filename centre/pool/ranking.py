"""Who of the pool is asked next: whoever fits, can now, and was not asked for the longest time."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import quiet
from centre.pool.free import FREE
from storage import clock

A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)

# Who has told no hours is asked by day; who has, in those hours, be they at night. What is urgent
# is put to everybody by day. Somebody without a profile was entered by the staff.
# A basic knowledge comes last; between fluent and native there is no rank, or the same few would
# always be asked.
_FITTING = text(
    f"""
with free as (
    select p.id, l.language, l.level,
        coalesce(cast(:dialect as text) = any(l.dialects), false) as dialect,
        exists (select from interpreter_hours h where h.person_id = p.id) as has_hours,
        exists (select from interpreter_hours h where h.person_id = p.id
            and h.weekday = :weekday and h.start <= :time and :time < h."end") as in_hours
    from interpreter_languages l
    join people p on p.id = l.person_id
    left join interpreter_profiles r on r.person_id = p.id
    where l.language = any(:languages)
        and (cast(:gender as text) is null or r.gender = :gender)
        and (r.person_id is null or (
            r.declared_on is not null
            and (r.paused_until is null or r.paused_until <= :now)
            and 'chat' = any(r.ways)
            and not (coalesce(:topic, '') = any(r.without))))
        and not exists (select from handoff_asks a
            where a.helper_id = p.id and a.handoff_id = :handoff)
        and {FREE}
)
select f.id, f.language
from free f
left join lateral (
    select max(a.asked_at) as last, count(*) filter (where a.asked_at > :day) as today
    from handoff_asks a where a.helper_id = f.id) asks on true
left join lateral (
    select count(*) as talks from handoffs t
    where t.helper_id = f.id and t.matched_at > :week) load on true
where (f.in_hours or (:by_day and (not f.has_hours or :urgent)))
    and (:urgent or asks.today < :most)
order by f.level = 'basic', not f.dialect, not f.in_hours and f.has_hours,
    asks.last asc nulls first, load.talks, f.id
limit :size
"""  # noqa: S608 - a constant of ours
)


@dataclass(frozen=True)
class Candidate:
    """Somebody to be asked, and for which language."""

    id: uuid.UUID
    language: str


async def candidates(
    session: AsyncSession,
    languages: Collection[str],
    *,
    person_id: uuid.UUID,
    handoff_id: int,
    topic: str | None,
    urgent: bool,
    most_per_day: int,
    size: int,
    gender: str | None = None,
    dialect: str | None = None,
    now: datetime | None = None,
) -> list[Candidate]:
    """Return whom to ask next about a request, best and longest unasked first.

    Args:
        session: the caller's open transaction.
        languages: any of these is spoken.
        person_id: who needs help; never asked about their own request, nor is anybody who has
            reported them or whom they have reported.
        handoff_id: the request; nobody is asked twice.
        topic: what it is about; who doesn't do that is left out.
        urgent: neither weekly hours (by day) nor ``most_per_day`` count.
        most_per_day: nobody is asked more often in 24 hours.
        size: at most so many.
        gender: only who said that they are; ``None`` for anybody.
        dialect: who speaks it is asked first.
        now: a moment, by default the present.

    Returns:
        Everybody once, with one language they are asked for.
    """
    moment = now or clock.now()
    local = moment.astimezone(clock.BERLIN)
    rows = await session.execute(
        _FITTING,
        {
            "languages": list(languages),
            "person": person_id,
            "handoff": handoff_id,
            "topic": topic,
            "urgent": urgent,
            "gender": gender,
            "dialect": dialect,
            "most": most_per_day,
            # Whoever speaks two of the languages comes twice.
            "size": size * max(1, len(languages)),
            "now": moment,
            "day": moment - A_DAY,
            "week": moment - A_WEEK,
            "weekday": local.weekday(),
            "time": local.time().replace(tzinfo=None),
            "by_day": not quiet.is_quiet(moment),
        },
    )
    found: dict[uuid.UUID, Candidate] = {}
    for person, language in rows:
        found.setdefault(person, Candidate(person, language))
    return list(found.values())[:size]
