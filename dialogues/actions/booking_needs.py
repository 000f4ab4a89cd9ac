"""What is needed at an appointment: an interpreter, childcare, a way without steps."""

from __future__ import annotations

import re

from dialogues.actions import booking_hold
from dialogues.actions.booking_wish import (
    CHILDCARE,
    INTERPRETER,
    NOTHING,
    STEP_FREE,
    possible_needs,
    start_of,
)
from dialogues.actions.turn import Turn, action
from storage.outbox import Button

MARKED = "mark:"
"""Begins what a button to mark a need carries: everything marked then, so tapping twice is once."""
LABELS = {
    INTERPRETER: "menu.interpreter",
    CHILDCARE: "topic.ask_childcare",
    STEP_FREE: "book.need_step_free",
}
TICK = "✓ "
QUESTION_MARK = re.compile("[?؟፧]")


def check(turn: Turn) -> None:
    """Accept what can be needed; a mark is remembered and the question stays open."""
    value = turn.slots.get("booking_needs")
    can = possible_needs(turn)
    if value is None:
        if not can and start_of(turn) is not None:
            turn.set("booking_needs", NOTHING)
        return
    if value.startswith(MARKED):
        # Words ("I need an interpreter") mark one thing more; a button says all that is marked.
        before = "" if turn.entity("booking_needs") else turn.slots.get("booking_marked") or ""
        turn.set("booking_marked", _known(value.removeprefix(MARKED) + before, can))
        turn.forget("booking_needs")
    elif turn.entity("booking_needs") and value != NOTHING:
        turn.set("booking_needs", _known(value, can) or NOTHING)


def said(turn: Turn) -> bool:
    """Mark childcare when it is asked for in words while the needs are; tell whether it was.

    A question about childcare, or its button, is answered instead.
    """
    wished = turn.text and turn.intent == "ask_childcare" and not QUESTION_MARK.search(turn.text)
    can = possible_needs(turn)
    if not wished or turn.slots.get("requested_slot") != "booking_needs" or CHILDCARE not in can:
        return False
    turn.set("booking_marked", _known((turn.slots.get("booking_marked") or "") + CHILDCARE, can))
    return True


def _known(value: str, can: str) -> str:
    return "".join(one for one in can if one in value)


@action("action_ask_booking_needs")
async def ask_needs(turn: Turn) -> None:
    """Ask what is needed, each a button that can be marked, and a way on."""
    if await booking_hold.still_held(turn) is None:
        return
    can = possible_needs(turn)
    marked = _known(turn.slots.get("booking_marked") or "", can)
    rows = [[_toggle(turn, one, marked, can)] for one in can]
    rows.append([turn.button("book.continue", f'/choose{{"booking_needs":"{marked or NOTHING}"}}')])
    turn.say("book.ask_needs", rows)


def _toggle(turn: Turn, need: str, marked: str, can: str) -> Button:
    after = MARKED + "".join(one for one in can if (one in marked) != (one == need))
    button = turn.button(LABELS[need], f'/choose{{"booking_needs":"{after}"}}')
    if need in marked:
        button.label = TICK + button.label
    return button
