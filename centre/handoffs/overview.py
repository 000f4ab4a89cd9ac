"""What a manager finds when they look for it: who waits for them, and who has whom."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.handoffs.tables import Handoff, HandoffAsk
from centre.people import Person

MOST = 10
"""So many are shown, emergencies first, then whoever waits longest."""


async def waiting_for(session: AsyncSession, staff: Person) -> list[Handoff]:
    """Return the open requests that somebody was asked to take."""
    rows = await session.scalars(
        select(Handoff)
        .join(HandoffAsk, HandoffAsk.handoff_id == Handoff.id)
        .where(Handoff.status == "open", HandoffAsk.helper_id == staff.id)
        .order_by(Handoff.urgent.desc(), Handoff.created_at)
        .limit(MOST)
    )
    return list(rows)


async def running(session: AsyncSession, staff: Person) -> list[tuple[Handoff, Person]]:
    """Return the talks that the staff or volunteers on duty of a manager's centre have.

    Talks with an interpreter are between those who are in them.
    """
    rows = await session.execute(
        select(Handoff, Person)
        .join(Person, Person.id == Handoff.helper_id)
        .where(
            Handoff.status == "matched",
            Handoff.spoken.is_(None),
            Handoff.centre == staff.centre,
            Handoff.person_id != staff.id,
        )
        .order_by(Handoff.matched_at)
        .limit(MOST)
    )
    return [(talk, helper) for talk, helper in rows]
