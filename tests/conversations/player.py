"""Plays a conversation that is written down as data, against a whole running Lotse.

A file is a list of turns. What a person does: ``say`` (typed words), ``tap`` (a button of the last
messages they got, by the catalogue key of its label, or by how its data begins), ``location`` or
``advance`` (a duration). What must come of it: ``expect`` (catalogue keys of the messages, in
order; ``contains`` words that stand in them; ``document``: a file of that ending comes along), and
``others`` (who else gets which keys). Texts are compared with the catalogue of the reader's
language, placeholders standing for anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from lotse.stack import Stack
from lotse.talk import advance, duration, put
from translations.catalogue import catalogue, template


@dataclass
class Player:
    """One conversation being played: the stack, who speaks which language, the last buttons."""

    stack: Stack
    languages: dict[str, str]
    buttons: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    async def turn(self, turn: dict[str, Any]) -> None:
        """Play one turn and check what came of it."""
        if "advance" in turn:
            answer = await advance(self.stack, duration(turn["advance"]))
        else:
            answer = await put(self.stack, turn["person"], self._content(turn))
        where = yaml.safe_dump(turn, allow_unicode=True, sort_keys=False)
        self._remember(answer)
        if "language" in turn:
            self.languages[turn["person"]] = turn["language"]
        if "expect" in turn:
            self._check(turn.get("person"), answer["messages"], turn["expect"], where)
        for contained in turn.get("contains", []):
            everything = "\n".join(message["text"] for message in answer["messages"])
            assert contained in everything, (
                f"{contained!r} is not said after:\n{where}\n{everything}"
            )
        if "document" in turn:
            names = [m["document"]["name"] for m in answer["messages"] if "document" in m]
            assert any(n.endswith(turn["document"]) for n in names), f"no file after:\n{where}"
        for person, keys in turn.get("others", {}).items():
            got = [
                m for o in answer["others"] if self._is(o["person"], person) for m in o["messages"]
            ]
            self._check(person, got, keys, where)

    def _is(self, label: str, wanted: str) -> bool:
        return re.fullmatch(wanted.replace("*", ".*"), label) is not None

    def _content(self, turn: dict[str, Any]) -> dict[str, Any]:
        content = {key: turn[key] for key in ("lang", "centre") if key in turn}
        if "say" in turn:
            return {**content, "text": turn["say"]}
        if "location" in turn:
            return {**content, "location": turn["location"]}
        return {**content, "tap": self._button(turn["person"], turn["tap"])}

    def _button(self, person: str, wanted: str) -> str:
        """Return the data of the first button whose label key or data fits ``wanted``."""
        offered = self.buttons.get(person, [])
        for button in offered:
            if button["data"].startswith(wanted):
                return button["data"]
        known = wanted in template()
        pattern = _pattern(wanted, self.languages[person]) if known else re.compile(wanted)
        for button in offered:
            if pattern.fullmatch(button["label"]):
                return button["data"]
        raise AssertionError(f"{person} has no button {wanted!r}, only {offered}")

    def _remember(self, answer: dict[str, Any]) -> None:
        groups = [(answer["person"], answer["messages"])]
        groups += [(other["person"], other["messages"]) for other in answer["others"]]
        for person, messages in groups:
            got = [b for m in messages for row in m["buttons"] for b in row if b["data"]]
            if person and got:
                self.buttons[person] = got

    def _check(
        self, person: str | None, messages: list[dict[str, Any]], keys: list[str], where: str
    ) -> None:
        texts = [message["text"] for message in messages]
        language = self.languages.get(person or "", "de")
        assert len(texts) == len(keys), f"expected {keys}, got {texts} after:\n{where}"
        for key, text in zip(keys, texts, strict=True):
            if key != "*":
                assert _pattern(key, language).match(text), (
                    f"expected {key} in {language}, got {text!r} after:\n{where}"
                )


def _pattern(key: str, language: str) -> re.Pattern[str]:
    words = catalogue(language).get(key) or template()[key]
    parts = re.split(r"\{\w+\}", words)
    return re.compile(".+?".join(re.escape(part) for part in parts), re.S)
