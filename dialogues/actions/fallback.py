"""When it is unclear what was meant: ask, with the likeliest meanings as buttons."""

from __future__ import annotations

from dialogues.actions import booking_hold
from dialogues.actions.booking_wish import SLOTS
from dialogues.actions.keyboards import intent_label, keyboard
from dialogues.actions.turn import Turn, action
from knowledge_base.simple_view import pictogram, signed
from storage.outbox import Button

CHOICES = 3
LONGEST_QUESTION = 500


@action("action_did_you_mean")
async def did_you_mean(turn: Turn) -> None:
    """Offer the three likeliest meanings; the question itself waits for the tap."""
    buttons: list[list[Button]] = []
    for one in turn.message.get("intent_ranking") or []:
        label = intent_label(one["name"], turn.language)
        if label and len(buttons) < CHOICES:
            words = signed(pictogram(one["name"]), label)
            buttons.append([Button(label=words, data=f"/{one['name']}")])
    if not buttons:
        await not_understood(turn)
        return
    turn.set("question", turn.text[:LONGEST_QUESTION] or None)
    buttons.append(
        [turn.button("talk.none_of_these", "/help"), turn.button("menu.human", "/talk_to_human")]
    )
    turn.say("talk.did_you_mean", buttons)


@action("action_not_understood")
async def not_understood(turn: Turn) -> None:
    """Say so and offer a person; an unknown word for a place is an unknown place."""
    if turn.slots.get("requested_slot") in ("person_centre", "chosen_centre") and turn.text:
        turn.say("centre.unknown")
        return
    turn.say("talk.not_understood", keyboard("human", turn.language))


@action("action_ask_again")
async def ask_again(turn: Turn) -> None:
    """Say nothing: the form asks its question again."""


COLLECTED = (
    "chosen_language",
    "chosen_centre",
    *SLOTS,
    "appointment",
    "has_appointments",
    "cancel_confirmed",
    "interpreter_language",
    "interpreter_topic",
    "deletion_confirmed",
    "urgent",
)


@action("action_clear_form")
async def clear_form(turn: Turn) -> None:
    """Forget what an earlier form had collected, but not what this very message says."""
    await booking_hold.give_back(turn)
    said = {str(one["value"]) for one in turn.message.get("entities") or []}
    turn.forget(*(slot for slot in COLLECTED if str(turn.slots.get(slot)) not in said))
