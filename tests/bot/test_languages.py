"""The first message tells the language, the chosen one wins, and a switch is only suggested."""

from __future__ import annotations

from typing import Any

import pytest

from bot.conversation import Outcome, converse
from bot.incoming import Incoming
from bot.rasa import Reply
from centre import people as everybody
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import new_person, people, who
from translations.catalogue import say

__all__ = ["people"]

LONG = {"language": "uk", "confidence": 0.999, "letters": 40}


class Understanding:
    """Stands for Rasa: says what it is told to, remembers what it was asked."""

    def __init__(self, guess: dict[str, Any] | None, loop: str | None = None) -> None:
        self.guess, self.loop = guess, loop
        self.asked: list[tuple[str, str]] = []

    async def turn(
        self, sender: str, message: str, state: dict[str, Any], metadata: dict[str, Any]
    ) -> Reply:
        self.asked.append((message, metadata["language"]))
        kept = {"slots": {}, "loop": self.loop, "intent": "ask_work"}
        return Reply([Content(text="answer")], kept, self.guess)


async def write(
    db: Database, rasa: Understanding, person: str = "p1", language: str | None = None
) -> Outcome:
    """One typed message of ``person``; what it leaves behind is kept for the next."""
    async with db.transaction() as session:
        found = await everybody.get(session, who(person))
        assert found is not None
        words = Incoming(kind="text", text="some words", language=language)
        outcome = await converse(session, rasa, found, words, "u1")  # type: ignore[arg-type]
        found.dialogue = outcome.state or {}
    return outcome


def offers(outcome: Outcome) -> list[Content]:
    return [one for one in outcome.messages if one.text != "answer"]


async def test_a_long_message_in_another_language_gets_an_offer_in_both(people: Database) -> None:
    outcome = await write(people, Understanding(LONG))
    (offer,) = offers(outcome)
    assert offer.text.split("\n\n") == [
        say("language.suggest", "uk", language="Українська"),
        say("language.suggest", "ar", language="Українська"),
    ]
    (switch,), (keep,) = offer.buttons
    assert switch.label == say("language.switch", "uk", language="Українська")
    assert switch.data == '/change_language{"language":"uk"}'
    assert keep.label == say("language.keep", "ar", language="العربية")


async def test_it_is_offered_once(people: Database) -> None:
    assert offers(await write(people, Understanding(LONG)))
    assert not offers(await write(people, Understanding(LONG)))
    assert not offers(await write(people, Understanding(None)))
    assert not offers(await write(people, Understanding(LONG)))


@pytest.mark.parametrize(
    ("person", "guess"),
    [
        ("p1", {**LONG, "letters": 12}),
        ("p1", {**LONG, "confidence": 0.9}),
        ("p1", {**LONG, "language": "ar"}),
        ("p2", {**LONG, "language": "prs"}),
        ("p1", None),
    ],
    ids=["short", "unsure", "own", "Dari to Persian", "nothing to guess from"],
)
async def test_nothing_is_offered_without_reason(
    people: Database, person: str, guess: dict[str, Any] | None
) -> None:
    assert not offers(await write(people, Understanding(guess), person))


async def test_a_form_is_not_interrupted(people: Database) -> None:
    assert not offers(await write(people, Understanding(LONG, loop="booking_form")))


async def test_keeping_the_language_is_one_tap_and_needs_no_rasa(people: Database) -> None:
    async with people.transaction() as session:
        found = await everybody.get(session, who("p1"))
        assert found is not None
        tap = Incoming(kind="tap", data="l:keep")
        outcome = await converse(session, None, found, tap, "u1")
    assert [one.text for one in outcome.messages] == [
        say("language.kept", "ar", language="العربية")
    ]


async def test_a_newcomer_is_answered_in_the_language_of_the_first_message(db: Database) -> None:
    rasa = Understanding({"language": "ti", "confidence": 0.99, "letters": 9})
    async with db.transaction() as session:
        person = await everybody.get(
            session, await new_person(session, "telegram", "9", role="refugee")
        )
        assert person is not None
        words = Incoming(kind="text", text="some words", language="de")
        outcome = await converse(session, rasa, person, words, "u1")  # type: ignore[arg-type]
    assert rasa.asked == [("some words", "de"), ("/start", "ti")]
    assert outcome.state is not None
    assert outcome.state["guessed"] == "ti"


async def test_without_a_clear_guess_telegrams_language_counts(db: Database) -> None:
    rasa = Understanding({"language": "ti", "confidence": 0.5, "letters": 9})
    async with db.transaction() as session:
        person = await everybody.get(
            session, await new_person(session, "telegram", "9", role="refugee")
        )
        assert person is not None
        words = Incoming(kind="text", text="some words", language="fr")
        outcome = await converse(session, rasa, person, words, "u1")  # type: ignore[arg-type]
    assert rasa.asked == [("some words", "fr"), ("/start", "fr")]
    assert outcome.state is not None
    assert "guessed" not in outcome.state
