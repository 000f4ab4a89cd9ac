"""The periodic check: what got stuck because a job was lost, or somebody vanished, goes on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.handoffs import lost, silence, waves
from centre.handoffs.rules import rules
from centre.handoffs.tables import Handoff
from storage import clock
from storage.engine import Database

LATE = timedelta(minutes=2)
"""A job may be so late before we think that it was lost."""


async def mend(database: Database) -> int:
    """Move on what is stuck, each in a transaction of its own; return how many there were."""
    async with database.transaction() as session:
        late = await _late(session)
        gone = await lost.without_helper(session)
        silent = await _silent(session)
    for number in late:
        async with database.transaction() as session:
            await waves.due(session, number)
    for number in gone:
        async with database.transaction() as session:
            await _without_helper(session, number)
    for number in silent:
        async with database.transaction() as session:
            await silence.look(session, number)
    return len(late) + len(gone) + len(silent)


async def _late(session: AsyncSession) -> list[int]:
    before = clock.now() - LATE
    rows = await session.scalars(
        select(Handoff.id)
        .where(
            Handoff.status == "open",
            or_(Handoff.due_at < before, Handoff.due_at.is_(None) & (Handoff.created_at < before)),
        )
        .order_by(Handoff.urgent.desc(), Handoff.id)
    )
    return list(rows)


async def _silent(session: AsyncSession) -> list[int]:
    before = clock.now() - rules().silence - rules().ending - LATE
    rows = await session.scalars(
        select(Handoff.id)
        .where(Handoff.status == "matched", Handoff.last_word_at < before)
        .order_by(Handoff.id)
    )
    return list(rows)


async def _without_helper(session: AsyncSession, number: int) -> None:
    found = await session.get(Handoff, number, populate_existing=True)
    if found is not None and found.status == "matched" and found.helper_id is not None:
        await lost.gone(session, found.helper_id)
    else:
        await lost.orphaned(session, number)
