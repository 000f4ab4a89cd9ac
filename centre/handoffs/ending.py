"""How a talk ends: from either side, by silence, or because somebody is gone; and what is kept.

Kept are times and languages. What was said is forgotten with the end.
"""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.handoffs.tables import Handoff, HandoffNote
from centre.people import STAFF
from centre.pool.tables import CHAT, DUTY, InterpreterService
from storage import clock, outbox


def thread(handoff_id: int) -> str:
    """Return the name under which the messages of a talk are found, to be forgotten."""
    return f"talk:{handoff_id}"


async def end(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """End the talk somebody is in, from any side, and tell all; ``None`` when in none.

    A manager who came into a talk of others only leaves it.
    """
    found = await talk_of(session, person_id)
    if found is None:
        return None
    if found.adviser_id == person_id:
        found.adviser_id = None
        await session.flush()
        await notify.tell(session, person_id, "relay.left")
        for other in (found.person_id, found.helper_id):
            if other is not None:
                await notify.tell(session, other, "relay.adviser_left")
        return found
    others = [one for one in sides(found) if one != person_id]
    ended = await close(session, found)
    if ended is not None:
        await tell_ended(session, ended, person_id, "relay.ended")
        for other in others:
            await tell_ended(session, ended, other, "relay.ended_other")
    return ended


def sides(found: Handoff) -> list[uuid.UUID]:
    """Return everybody in a talk."""
    return [one for one in (found.person_id, found.helper_id, found.adviser_id) if one is not None]


async def talk_of(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """Return the talk somebody is in, in whatever part, or ``None``."""
    return await session.scalar(
        select(Handoff)
        .where(
            Handoff.status == "matched",
            (Handoff.person_id == person_id)
            | (Handoff.helper_id == person_id)
            | (Handoff.adviser_id == person_id),
        )
        .order_by(Handoff.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


async def close(session: AsyncSession, talk: Handoff) -> Handoff | None:
    """End a talk without a word, note the time it took, and forget what was said.

    Returns:
        The ended talk; ``None`` when somebody else has ended it already.
    """
    ended = await session.scalar(
        update(Handoff)
        .where(Handoff.id == talk.id, Handoff.status == "matched")
        .values(status="ended", ended_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if ended is None:
        return None
    await note_time(session, ended)
    await session.execute(delete(HandoffNote).where(HandoffNote.handoff_id == ended.id))
    await outbox.forget_thread(session, thread(ended.id))
    await session.flush()
    return ended


async def note_time(session: AsyncSession, ended: Handoff) -> None:
    """Note the time that a volunteer gave until now or the end; the staff's is their work."""
    helper = await people.get(session, ended.helper_id) if ended.helper_id else None
    if helper is None or ended.matched_at is None:
        return
    if ended.spoken is None and helper.role in STAFF:
        return
    session.add(
        InterpreterService(
            helper_id=helper.id,
            language=ended.spoken or ended.language,
            centre=ended.centre,
            way=CHAT if ended.spoken else DUTY,
            started_at=ended.matched_at,
            ended_at=ended.ended_at or clock.now(),
        )
    )


async def tell_ended(session: AsyncSession, ended: Handoff, person_id: uuid.UUID, key: str) -> None:
    """Tell one side that the talk is over, and ask how it was; the bot answers again from here."""
    if person_id == ended.adviser_id:
        await notify.tell(session, person_id, key)
        return
    how = [
        [("relay.good", f"h:good:{ended.id}"), ("relay.bad", f"h:bad:{ended.id}")],
        [("relay.report", f"h:report:{ended.id}")],
    ]
    await notify.tell(session, person_id, key, how)


async def rate(session: AsyncSession, handoff_id: int, person_id: uuid.UUID, how: str) -> bool:
    """Note how a talk was for one side: ``good`` or ``bad``; ``False`` when it was not theirs."""
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "ended":
        return False
    if person_id == found.person_id:
        found.person_said = how
    elif person_id == found.helper_id:
        found.helper_said = how
    else:
        return False
    await session.flush()
    return True


async def name_of(session: AsyncSession, person_id: uuid.UUID | None) -> str:
    """Return what staff or an interpreter is called among staff; empty for anybody else."""
    person = await people.get(session, person_id) if person_id else None
    return (person and person.name) or ""
