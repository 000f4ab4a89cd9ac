"""What a machine makes of people's own words stands below them, under its label, wherever it is.

The places that show knowledge texts are walked in ``test_machine_labels.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.telegram import render
from centre import digest, format, machine_words
from centre.people import Person
from knowledge_base import feedback
from storage.engine import Database
from tests.centre.conftest import people, sent_to, who
from tests.centre.test_handoffs import accept, ask, relay
from translations.catalogue import say
from translations.machine import engine

__all__ = ["people"]

ROOT = Path(__file__).parents[1]
MANAGER, REFUGEE, INTERPRETER = "m-reutlingen-1", "p2", "i-fa-1"
GERMAN, PERSIAN = "Bitte bringen Sie Ihren Ausweis mit.", "کارت شناسایی"

# Every file that shows what a machine made of somebody's words. A new one needs a test here.
SHOWING = {"centre/handoffs/relay.py", "centre/digest.py"}
# Every file that has something translated: whose result nobody sees without these two.
TRANSLATING = {"centre/machine_words.py", "centre/drafting.py"}
TALKS = [
    pytest.param("human", MANAGER, REFUGEE, "relay.from_staff", id="manager to refugee"),
    pytest.param("human", REFUGEE, MANAGER, "relay.from_person", id="refugee to manager"),
    pytest.param(
        "interpreter", INTERPRETER, REFUGEE, "relay.from_interpreter", id="interpreter to refugee"
    ),
    pytest.param(
        "interpreter", REFUGEE, INTERPRETER, "relay.from_person", id="refugee to interpreter"
    ),
]


def label(reader: str) -> str:
    """The label's own words, without the text that stands under it."""
    language = format.language_name("de", reader)
    return say("machine.translated", reader, language=language, text="").split("\n")[0]


async def received(
    db: Database, kind: str, writer: str, reader: str, languages: tuple[str, str], words: str
) -> str:
    """Let somebody write in a talk of a refugee and a helper; return what the other one gets."""
    helper = writer if reader == REFUGEE else reader
    async with db.transaction() as session:
        for one, language in zip((writer, reader), languages, strict=True):
            (await session.get_one(Person, who(one))).language = language
    made, _, _ = await ask(db, REFUGEE, kind, "fa")
    await accept(db, made.id, helper)
    assert await relay(db, writer, words)
    async with db.transaction() as session:
        return (await sent_to(session, reader))[-1].text


@pytest.mark.usefixtures("argos_home")
@pytest.mark.parametrize("language", ["fa", "prs"])
@pytest.mark.parametrize(("kind", "writer", "reader", "prefix"), TALKS)
async def test_in_every_talk_and_in_both_directions(
    people: Database, kind: str, writer: str, reader: str, prefix: str, language: str
) -> None:
    got = await received(people, kind, writer, reader, ("de", language), GERMAN)
    original, machine = got.split("\n\n")
    assert original == say(prefix, language, text=GERMAN)
    assert machine.startswith(label(language))
    assert PERSIAN in machine
    assert (say("machine.as_persian", language) in machine) is (language == "prs")


@pytest.mark.parametrize("error", [engine.ModelSlow(seconds=4), engine.ModelFailed(reason="x")])
@pytest.mark.usefixtures("argos_home")
async def test_after_an_accident_the_original_goes_out_without_a_label(
    people: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fails(*arguments: object) -> list[str]:
        raise error

    monkeypatch.setattr(engine, "run", fails)
    got = await received(people, "human", MANAGER, REFUGEE, ("de", "fa"), GERMAN)
    assert got == f"{say('relay.from_staff', 'fa', text=GERMAN)}\n\n{say('machine.refused', 'fa')}"


@pytest.mark.usefixtures("argos_home")
async def test_a_message_that_outgrows_telegrams_limit_by_translation_arrives_whole(
    people: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_words, "SECONDS", 60.0)
    words = " ".join([GERMAN] * 110)
    assert 4_000 < len(words) <= render.LONGEST_TEXT
    got = await received(people, "human", MANAGER, REFUGEE, ("de", "fa"), words)
    pieces = render.split(got)
    assert len(pieces) > 1
    assert all(map(render.fits, pieces))
    assert " ".join(pieces).startswith(say("relay.from_staff", "fa", text=words))
    # What the machine made begins a message of its own, with its label.
    (labelled,) = [piece for piece in pieces if label("fa") in piece]
    assert labelled.startswith(label("fa"))
    assert labelled.count(PERSIAN) > 50


@pytest.mark.usefixtures("argos_home")
async def test_a_text_that_is_too_long_goes_out_as_it_was_written(people: Database) -> None:
    words = "Ich brauche einen Termin. " * 800
    got = await received(people, "human", MANAGER, REFUGEE, ("de", "fa"), words)
    assert got.startswith(say("relay.from_staff", "fa", text=words))
    assert got.endswith(say("machine.refused", "fa"))
    assert label("fa") not in got


@pytest.mark.usefixtures("argos_home")
@pytest.mark.parametrize("language", ["fa", "prs"])
async def test_under_peoples_questions_in_the_digest(people: Database, language: str) -> None:
    async with people.transaction() as session:
        await feedback.store_unanswered(
            session,
            centre="reutlingen",
            language="de",
            topic="ask_housing",
            text=GERMAN,
            person_id=who(REFUGEE),
        )
        *_, questions = await digest.digest(session, language)
    lines = questions.text.split("\n")
    (at,) = [number for number, line in enumerate(lines) if GERMAN in line]
    assert label(language) in lines[at + 1]
    assert PERSIAN in lines[at + 2]
    assert (say("machine.as_persian", language) in questions.text) is (language == "prs")


@pytest.mark.usefixtures("argos_home")
async def test_no_words_come_without_their_label(people: Database) -> None:
    """What the two functions return is all that those places have."""
    async with people.transaction() as session:
        made = await machine_words.translated(session, GERMAN, "de", "fa")
        beside = await machine_words.beside(session, GERMAN, "de", "fa")
    assert made is not None
    assert beside is not None
    assert made == beside.words
    assert made.startswith(label("fa"))


def test_no_other_place_shows_a_machines_words() -> None:
    shows = re.compile(r"\bmachine_words\.(?:beside|translated)\(")
    asks = re.compile(r"^\s*from translations\.machine\.translator import .*\btranslate\b", re.M)
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for folder in ("bot", "centre", "dialogues/actions", "knowledge_base", "lotse", "web")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name for name, text in files.items() if shows.search(text)} == SHOWING
    assert {name for name, text in files.items() if asks.search(text)} == TRANSLATING
