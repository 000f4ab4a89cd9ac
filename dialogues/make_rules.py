"""Writes ``rules/interruptions.yml``: what may happen in the middle of any form.

Rasa wants one rule per form for the same behaviour, so the list is kept here once. Run it with
``python -m dialogues.make_rules`` after changing a form or an intent; a test compares the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RULES = HERE / "rules" / "interruptions.yml"
INTENTS = HERE.parent / "nlu" / "intents.yml"

HEADER = "# Written by dialogues/make_rules.py; change that and run it.\n"

# One intent, one answer, nothing to remember: the same inside a form and outside.
ANSWERS = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thank": "utter_thank",
    "bot_challenge": "utter_bot_challenge",
    "out_of_scope": "utter_out_of_scope",
    "help": "utter_menu",
    "show_privacy": "utter_privacy",
    "show_appointments": "action_show_appointments",
    "enrol_course": "action_enrol_course",
    "show_plan": "utter_show_plan_later",
    "find_position": "utter_find_position_later",
}

Step = dict[str, Any]


def topics() -> list[str]:
    """Return the intents that are answered from the knowledge base."""
    contract = yaml.safe_load(INTENTS.read_text("utf-8"))["intents"]
    return [name for name, about in contract.items() if about["kind"] == "topic"]


def _either(intents: list[str]) -> Step:
    return {"or": [{"intent": intent} for intent in intents]}


def _rule(name: str, steps: list[Step], form: str | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"rule": name}
    if form:
        rule["condition"] = [{"active_loop": form}]
    return {**rule, "steps": steps}


def _goes_on(name: str, first: Step, action: str, form: str) -> dict[str, Any]:
    steps = [first, {"action": action}, {"action": form}, {"active_loop": form}]
    return _rule(f"{name} during {form}", steps, form)


def rules() -> dict[str, Any]:
    """Return the whole rules file."""
    forms = yaml.safe_load((HERE / "domain" / "forms.yml").read_text("utf-8"))["forms"]
    outside = {**ANSWERS, "emergency": "action_emergency"}
    made = [_rule(intent, [{"intent": intent}, {"action": a}]) for intent, a in outside.items()]
    for form in forms:
        made.append(_goes_on("a question", _either(topics()), "action_answer", form))
        made.append(_goes_on("unclear", {"intent": "nlu_fallback"}, "action_not_understood", form))
        made.append(_goes_on("an old button", {"intent": "choose"}, "utter_stale", form))
        made.append(_goes_on("a yes to nothing", {"intent": "affirm"}, "action_ask_again", form))
        made += [_goes_on(i, {"intent": i}, action, form) for i, action in ANSWERS.items()]
        # The numbers are the last word; the form waits.
        danger = [{"intent": "emergency"}, {"action": "action_emergency"}]
        made.append(_rule(f"emergency during {form}", danger, form))
        stop = [
            _either(["cancel", "deny"]),
            {"action": "action_deactivate_loop"},
            {"active_loop": None},
            {"action": "action_clear_form"},
            {"action": "utter_cancelled"},
        ]
        made.append(_rule(f"stop {form}", stop, form))
    return {"version": "3.1", "rules": made}


def render() -> str:
    """Return the text of the rules file."""
    return HEADER + yaml.safe_dump(rules(), sort_keys=False, allow_unicode=True, width=100)


if __name__ == "__main__":
    RULES.write_text(render(), "utf-8")
