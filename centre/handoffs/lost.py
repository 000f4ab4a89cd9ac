"""Somebody in a talk, or waiting for one, is gone: nobody is left waiting for them."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.handoffs import ending, requests, waves
from centre.handoffs.rules import HIGH
from centre.handoffs.tables import Handoff
from centre.people import Person

GONE_TASK = "helper_gone"
"""Argument ``person_id``: run when somebody has blocked the bot."""


async def gone(session: AsyncSession, person_id: uuid.UUID) -> None:
    """End what somebody is in who can't be reached any more, and find the other side somebody.

    Whoever waited for help has stopped asking. An interpreter is replaced: the person's request
    is put to others at once, as urgent.
    """
    await requests.stop(session, person_id)
    found = await ending.talk_of(session, person_id)
    if found is None:
        return
    if found.adviser_id == person_id:
        await ending.end(session, person_id)
        return
    helper_left = found.helper_id == person_id
    adviser = found.adviser_id
    # The person's row before the talk's, as whoever makes a request does.
    await people.lock(session, found.person_id)
    if await ending.close(session, found) is None:
        return
    if adviser is not None:
        await notify.tell(session, adviser, "relay.ended_other")
    if not helper_left:
        if found.helper_id is not None:
            await ending.tell_ended(session, found, found.helper_id, "relay.ended_other")
        return
    await replace(session, found)


async def orphaned(session: AsyncSession, handoff_id: int) -> None:
    """End a talk whose helper was erased, and ask others."""
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None or found.status != "matched" or found.helper_id is not None:
        return
    # The person's row before the talk's, as whoever makes a request does.
    await people.lock(session, found.person_id)
    if await ending.close(session, found) is not None:
        await replace(session, found)


async def replace(session: AsyncSession, lost: Handoff) -> None:
    """Ask others in place of a helper who is gone, and tell the person."""
    made, asked, _ = await requests.request(
        session,
        person_id=lost.person_id,
        kind=lost.kind,
        centre=lost.centre,
        language=lost.language,
        request_key=f"instead:{lost.id}",
        topic=lost.topic,
        urgent=lost.urgent,
        urgency=HIGH,
    )
    if made.status == "stopped":
        await notify.tell(session, lost.person_id, "human.nobody")
        return
    key = "relay.helper_gone" if asked and lost.kind == "interpreter" else "relay.helper_gone_staff"
    await notify.tell(session, lost.person_id, key, [waves.STOP])


async def without_helper(session: AsyncSession) -> list[int]:
    """Return the talks whose helper was erased or has blocked the bot, for the periodic check."""
    rows = await session.scalars(
        select(Handoff.id)
        .outerjoin(Person, Person.id == Handoff.helper_id)
        .where(
            Handoff.status == "matched",
            Handoff.helper_id.is_(None) | Person.blocked_at.is_not(None),
        )
        .order_by(Handoff.id)
    )
    return list(rows)
