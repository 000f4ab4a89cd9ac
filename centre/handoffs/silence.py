"""A talk in which nobody writes any more: a warning first, then its end."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify
from centre.handoffs import ending
from centre.handoffs.rules import rules
from centre.handoffs.tables import Handoff
from storage import clock, queue

SILENCE_TASK = "talk_silence"
"""Argument ``handoff_id``: run when a talk has been silent for a while."""


async def watch(session: AsyncSession, talk: Handoff) -> None:
    """Look at a talk when it could have been silent for long enough."""
    since = talk.last_word_at or clock.now()
    await queue.defer(session, SILENCE_TASK, at=since + rules().silence, handoff_id=talk.id)


async def look(session: AsyncSession, handoff_id: int) -> None:
    """Warn both sides of a silent talk, or end it when the warning changed nothing."""
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "matched":
        return
    now = clock.now()
    silent_since = found.last_word_at or found.matched_at or now
    if found.warned_at is not None and found.warned_at >= silent_since:
        if now < found.warned_at + rules().ending:
            return
        sides = ending.sides(found)
        if ended := await ending.close(session, found):
            for one in sides:
                await ending.tell_ended(session, ended, one, "relay.ended_silent")
        return
    if now < silent_since + rules().silence:
        await watch(session, found)
        return
    found.warned_at = now
    await session.flush()
    minutes = int(rules().ending.total_seconds()) // 60
    for one in ending.sides(found):
        await notify.tell(session, one, "relay.silent", [[("relay.end", "/end")]], minutes=minutes)
    await queue.defer(session, SILENCE_TASK, at=now + rules().ending, handoff_id=found.id)
