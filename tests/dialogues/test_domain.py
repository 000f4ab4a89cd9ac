"""Rasa's files, the contract and our actions agree with each other."""

from __future__ import annotations

from pathlib import Path

import yaml

from dialogues import make_rules
from dialogues.actions import server
from dialogues.actions.keyboards import KEYBOARDS
from dialogues.actions.turn import actions
from translations.catalogue import template

DOMAIN = Path(make_rules.HERE) / "domain"
BY_BUTTON_ONLY = {"start", "choose", "cancel"}


def part(name: str) -> dict:
    return yaml.safe_load((DOMAIN / f"{name}.yml").read_text("utf-8"))


def test_the_domain_has_exactly_the_intents_of_the_contract_and_three_for_buttons() -> None:
    contract = yaml.safe_load(make_rules.INTENTS.read_text("utf-8"))["intents"]
    assert set(part("intents")["intents"]) == set(contract) | BY_BUTTON_ONLY


def test_every_action_of_the_domain_is_served_and_no_other() -> None:
    assert set(part("actions")["actions"]) == set(actions)


def test_every_utterance_has_a_text_and_a_keyboard_that_exist() -> None:
    for key, board in server.utterances().values():
        assert key in template()
        assert board is None or board in KEYBOARDS


def test_every_slot_of_a_form_is_asked_for() -> None:
    slots = {s for form in part("forms")["forms"].values() for s in form["required_slots"]}
    assert {f"action_ask_{slot}" for slot in slots} <= set(actions)
    assert slots <= set(part("slots")["slots"])


def test_the_generated_rules_are_up_to_date() -> None:
    assert make_rules.RULES.read_text("utf-8") == make_rules.render()


def test_every_button_fits_into_telegrams_callback_data() -> None:
    for rows in KEYBOARDS.values():
        for row in rows:
            for key, data in row:
                assert key in template()
                assert len(data.encode()) <= 64
