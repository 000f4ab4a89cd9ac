"""How long people really waited: the only promise of an answer's time that is made."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import clock

LOOK_BACK = timedelta(days=90)
FEWEST = 5
"""Of fewer than so many nothing is said."""

# Whoever asked at night waited for the morning: that says nothing about now.
_MEDIAN = text(
    """
select count(*), percentile_cont(0.5) within group (
    order by extract(epoch from matched_at - created_at))
from handoffs
where kind = :kind and centre = :centre and matched_at is not null and created_at > :since
    and not urgent
    and (cast(:language as text) is null or language = :language)
    and extract(hour from created_at at time zone 'Europe/Berlin') between 8 and 16
"""
)


async def median_minutes(
    session: AsyncSession, kind: str, centre: str, language: str | None = None
) -> int | None:
    """Return within how many minutes half of the people were answered in the last 90 days.

    Args:
        session: the caller's open transaction.
        kind: ``interpreter`` or ``human``.
        centre: id of the centre.
        language: only requests for this one.

    Returns:
        Whole minutes, at least 1, rounded up; ``None`` when fewer than five were answered.
    """
    values = {
        "kind": kind,
        "centre": centre,
        "language": language,
        "since": clock.now() - LOOK_BACK,
    }
    count, seconds = (await session.execute(_MEDIAN, values)).one()
    return max(1, -int(-seconds // 60)) if count >= FEWEST else None
