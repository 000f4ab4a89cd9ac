"""The answer to danger: at once, with the numbers that fit, and never in the way."""

from __future__ import annotations

from centre import emergencies
from dialogues.actions.keyboards import keyboard
from dialogues.actions.turn import Turn, action


@action("action_emergency")
async def emergency(turn: Turn) -> None:
    """Say whom to call and offer a person; where life is in danger the staff are told as well."""
    kind = turn.entity("emergency_kind")
    told = await emergencies.alert(
        turn.session,
        turn.person,
        deadly=turn.entity("emergency_deadly") is not None,
        confidence=float((turn.message.get("intent") or {}).get("confidence") or 0.0),
        language=turn.language,
        request_key=turn.request_key,
    )
    buttons = keyboard("emergency", turn.language)
    certain = turn.entity("emergency_phrase") is not None
    text = emergencies.advice(kind, turn.language, certain=certain)
    turn.send_text(text, [] if told else buttons)
    if told:
        turn.say("emergency.told", buttons)
