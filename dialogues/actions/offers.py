"""Questions that a list of offers answers better than an article."""

from __future__ import annotations

from centre import offers
from dialogues.actions.fallback import LONGEST_QUESTION
from dialogues.actions.keyboards import keyboard
from dialogues.actions.turn import Turn, action
from storage.outbox import Content
from translations.languages import told

COURSES = "ask_language_course"


async def instead(turn: Turn) -> bool:
    """Answer with the offers that fit what was typed; return whether that was done.

    The list's own buttons need no understanding and never come here (see bot/helpers.py).
    """
    question = turn.text or turn.slots.get("question") or ""
    if not question or turn.entity("page") or turn.entity("status"):
        return False
    content = await _fitting(turn, question, turn.intent)
    if content is None:
        return False
    if turn.slots.get("question"):
        turn.forget("question")
    turn.send(content)
    return True


@action("action_enrol_course")
async def enrol(turn: Turn) -> None:
    """Show the courses that fit what was wished, and say who can sign the person up."""
    content = await _fitting(turn, turn.text, COURSES, looking=True) if turn.text else None
    if content is not None:
        turn.send(content)
    turn.say("later.enrol_course", keyboard("book", turn.language))


async def _fitting(turn: Turn, question: str, topic: str, looking: bool = False) -> Content | None:
    # A remembered question is older than this turn's entities.
    understood = turn.message.get("entities") or [] if turn.text else []
    return await offers.fitting(
        turn.session,
        question[:LONGEST_QUESTION],
        [(str(one["entity"]), str(one["value"])) for one in understood],
        topic,
        turn.person.centre,
        turn.language,
        told(turn.message.get("language_guess")) if turn.text else None,
        looking,
    )
