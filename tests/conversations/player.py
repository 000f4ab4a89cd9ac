"""Plays a conversation that is written down as data, against a whole running Lotse.

A file is a list of turns. What a person does: ``say`` (typed words), ``tap`` (a button of the last
messages they got, by the catalogue key of its label, or by how its data begins), ``send`` (the data
of a button they do not have: an old or a forged one), ``location`` or ``advance`` (a duration).
What must come of it: ``expect`` (catalogue keys of the messages, in order; ``answer`` stands for an
answer from the knowledge base with its source and date;
``key@uk`` begins in that language; ``contains`` words that stand in them;
``document``: a file of that ending comes along; ``keep``: a pattern whose group is remembered for
``{kept}`` in a later ``say``), and ``others`` (who else gets which keys; nobody
else may get anything). Texts are compared with the catalogue of the reader's language, placeholders
standing for anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from lotse.stack import Stack
from lotse.talk import advance, duration, put
from translations.catalogue import catalogue, template

ANSWER = "answer"
# Buttons begin with a sign for people who read little.
SIGN = re.compile(r"^\W+")


@dataclass
class Player:
    """One conversation being played: the stack, who speaks which language, the last buttons."""

    stack: Stack
    languages: dict[str, str]
    buttons: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    kept: str = ""

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
        if "keep" in turn:
            everything = "\n".join(message["text"] for message in answer["messages"])
            found = re.search(turn["keep"], everything)
            assert found is not None, f"nothing to keep after:\n{where}\n{everything}"
            self.kept = found[1]
        if "document" in turn:
            names = [m["document"]["name"] for m in answer["messages"] if "document" in m]
            assert any(n.endswith(turn["document"]) for n in names), f"no file after:\n{where}"
        self._check_others(answer["others"], turn.get("others", {}), where)

    def _check_others(
        self, others: list[dict[str, Any]], expected: dict[str, list[str]], where: str
    ) -> None:
        for person, keys in expected.items():
            got = [m for o in others if _is(o["person"], person) for m in o["messages"]]
            self._check(person, got, keys, where)
        unasked = [o for o in others if not any(_is(o["person"], one) for one in expected)]
        assert not unasked, f"somebody else got {unasked} after:\n{where}"

    def _language(self, person: str | None) -> str:
        """Return what ``person`` reads; staff are not listed in every file and read German."""
        return self.languages.get(person or "", "de")

    def _content(self, turn: dict[str, Any]) -> dict[str, Any]:
        content: dict[str, Any] = {key: turn[key] for key in ("lang", "centre") if key in turn}
        if "say" in turn:
            return {**content, "text": turn["say"].replace("{kept}", self.kept)}
        if "location" in turn:
            return {**content, "location": turn["location"]}
        if "send" in turn:
            return {**content, "tap": turn["send"]}
        return {**content, "tap": self._button(turn["person"], turn["tap"])}

    def _button(self, person: str, wanted: str) -> str:
        """Return the data of the first button whose label key or data fits ``wanted``."""
        offered = self.buttons.get(person, [])
        for button in offered:
            if button["data"].startswith(wanted):
                return button["data"]
        known = wanted in template()
        pattern = _pattern(wanted, self._language(person)) if known else re.compile(wanted)
        for button in offered:
            if pattern.fullmatch(SIGN.sub("", button["label"])):
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
        language = self._language(person)
        assert len(texts) == len(keys), f"expected {keys}, got {texts} after:\n{where}"
        for wanted, text in zip(keys, texts, strict=True):
            key, _, begins = wanted.partition("@")
            assert _fits(key, text, begins or language), (
                f"expected {wanted} in {language}, got {text!r} after:\n{where}"
            )


def _is(label: str, wanted: str) -> bool:
    return re.fullmatch(wanted.replace("*", ".*"), label) is not None


def _fits(key: str, text: str, language: str) -> bool:
    if key != ANSWER:
        return _pattern(key, language).match(text) is not None
    dated = [_pattern(one, language).search(text) for one in ("answer.checked", "answer.undated")]
    return _pattern("answer.source", language).search(text) is not None and any(dated)


def _pattern(key: str, language: str) -> re.Pattern[str]:
    """Return what the text of ``key`` looks like, whatever its placeholders and number are."""
    forms = catalogue(language).get(key) or template()[key]
    split = [re.split(r"\{\w+\}", words) for words in forms]
    return re.compile(
        "|".join(".+?".join(re.escape(part) for part in parts) for parts in split), re.S
    )
