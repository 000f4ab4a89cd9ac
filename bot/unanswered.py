"""A question that nothing answered: it waits for one message, which says whether it is handed on.

Until then its words are in the conversation's state, and nowhere else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.rasa import Reply
from centre import curation
from centre.people import Person
from storage import clock
from storage.outbox import Content

SLOT = curation.UNANSWERED_SLOT
KEEP = timedelta(hours=24)
FORGET_OLD = text(
    "update people set dialogue = dialogue #- cast(:path as text[])"
    " where dialogue #> cast(:path as text[]) is not null and not exists"
    " (select from addresses where person_id = people.id and last_used_at >= :before)"
)
# A typed yes or no is the same as the button.
BUTTONS = {"affirm": "k:hand:yes:", "deny": "k:hand:no:"}


async def typed(
    session: AsyncSession, person: Person, reply: Reply, offered: dict[str, str], language: str
) -> list[Content] | None:
    """Take a typed yes or no as the answer to whether the question may be handed on.

    Args:
        session: the caller's open transaction.
        person: who typed it, with the state before this message.
        reply: what Rasa understood.
        offered: the last buttons, by label.
        language: in which the person is answered.

    Returns:
        What to say; ``None`` when it was no answer to that.
    """
    verb = BUTTONS.get(reply.intent)
    if verb is None or person.dialogue.get("loop") or SLOT not in _slots(person.dialogue):
        return None
    data = next((one for one in offered.values() if one.startswith(verb)), None)
    return await curation.tap(session, person, data, language) if data else None


async def forget(session: AsyncSession, person: Person) -> None:
    """Drop a waiting question after a message that was answered without Rasa."""
    slots = _slots(person.dialogue)
    if slots.pop(SLOT, None) is not None:
        person.dialogue = {**person.dialogue, "slots": slots}
        await session.flush()


async def forget_old(session: AsyncSession) -> None:
    """Drop the waiting questions of everybody who has not written for 24 hours."""
    values = {"path": ["slots", SLOT], "before": clock.now() - KEEP}
    await session.execute(FORGET_OLD, values)


def carried(state: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return ``state`` with the question that waits in ``before``, if one does."""
    if SLOT not in _slots(before):
        return state
    return {**state, "slots": {**_slots(state), SLOT: _slots(before)[SLOT]}}


def _slots(state: dict[str, Any]) -> dict[str, Any]:
    return dict(state.get("slots") or {})
