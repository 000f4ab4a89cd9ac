"""People of two languages in one talk: both see what was really written, and what a machine did."""

from __future__ import annotations

import uuid

import pytest

from centre import digest, format, handoffs, machine_words
from centre.handoffs import interpreter_instead
from centre.people import Person
from knowledge_base import feedback
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import sent_to, who
from tests.centre.test_handoffs import accept, ask, block, relay
from translations.catalogue import say
from translations.languages import languages

MANAGER = "m-reutlingen-1"
GERMAN = "Bitte bringen Sie Ihren Ausweis mit."


async def talk(db: Database, person: str, language: str, kind: str = "human") -> None:
    """Bring a refugee of a language and the manager (or an interpreter) together."""
    async with db.transaction() as session:
        one = await session.get_one(Person, who(person))
        one.language = language
    made, _, _ = await ask(db, person, kind, language)
    await accept(db, made.id, MANAGER if kind == "human" else f"i-{language}-1")


async def last(db: Database, person: str | uuid.UUID) -> Content:
    async with db.transaction() as session:
        return (await sent_to(session, person))[-1]


def taps(content: Content) -> list[str]:
    return [button.data for row in content.buttons for button in row]


@pytest.mark.usefixtures("argos_home")
async def test_the_managers_german_stands_beside_labelled_persian(people: Database) -> None:
    await talk(people, "p2", "fa")
    assert await relay(people, MANAGER, GERMAN)
    got = await last(people, "p2")
    first, second = got.text.split("\n\n")
    assert first == say("relay.from_staff", "fa", text=GERMAN)
    label = say("machine.translated", "fa", language="آلمانی", text="…")
    assert second.startswith(label.split("\n")[0])
    assert "کارت شناسایی" in second
    assert taps(got) == []


@pytest.mark.usefixtures("argos_home")
async def test_dari_is_served_as_persian_and_says_so(people: Database) -> None:
    await talk(people, "p2", "prs")
    await relay(people, MANAGER, GERMAN)
    got = await last(people, "p2")
    assert say("machine.as_persian", "prs") in got.text
    assert "کارت شناسایی" in got.text


@pytest.mark.usefixtures("argos_home")
@pytest.mark.parametrize(("words", "language"), [("ሓገዝ የድልየኒ ኣሎ", "ti"), ("کمک می‌خواهم", "fa")])
async def test_without_a_model_the_message_says_so_and_offers_an_interpreter(
    people: Database, words: str, language: str
) -> None:
    """Tigrinya has no model anywhere; for Persian to German none is installed here."""
    await talk(people, "p2", language)
    await relay(people, "p2", words)
    got = await last(people, MANAGER)
    assert got.text.startswith(say("relay.from_person", "de", text=words))
    name = {"ti": "Tigrinya", "fa": "Persisch"}[language]
    assert got.text.endswith(say("machine.none", "de", language=name))
    assert taps(got) == [machine_words.INTERPRETER]
    await relay(people, MANAGER, "Das verstehe ich leider nicht, einen Augenblick.")
    if language == "ti":
        back = await last(people, "p2")
        assert back.text.endswith(
            say("machine.none", "ti", language=format.language_name("de", "ti"))
        )
        assert taps(back) == [machine_words.INTERPRETER]


@pytest.mark.usefixtures("argos_home")
async def test_who_writes_the_readers_language_gets_no_label(people: Database) -> None:
    await talk(people, "p2", "fa")
    words = "Guten Tag, ich habe eine Frage zu meinem Brief vom Jobcenter."
    await relay(people, "p2", words)
    assert (await last(people, MANAGER)).text == say("relay.from_person", "de", text=words)


@pytest.mark.usefixtures("argos_home")
@pytest.mark.parametrize("words", ["👍👍", "12:30", "https://example.org/brief?nummer=4"])
async def test_what_holds_no_words_is_passed_on_as_it_is(people: Database, words: str) -> None:
    await talk(people, "p2", "fa")
    await relay(people, MANAGER, words)
    assert (await last(people, "p2")).text == say("relay.from_staff", "fa", text=words)


@pytest.mark.usefixtures("argos_home")
async def test_arabic_in_latin_letters_gets_no_wrong_label(people: Database) -> None:
    await talk(people, "p2", "fa")
    words = "salam man farda nemitavanam biyayam"
    await relay(people, "p2", words)
    got = await last(people, MANAGER)
    assert got.text == (
        say("relay.from_person", "de", text=words) + "\n\n" + say("machine.refused", "de")
    )


@pytest.mark.usefixtures("argos_home")
async def test_the_interpreter_sees_original_and_machine_text_too(people: Database) -> None:
    """Somebody who writes German to a Persian interpreter, as a volunteer would."""
    async with people.transaction() as session:
        one = await session.get_one(Person, who("p2"))
        one.language = "de"
    made, _, _ = await ask(people, "p2", "interpreter", "fa")
    await accept(people, made.id, "i-fa-1")
    await relay(people, "p2", GERMAN)
    got = await last(people, "i-fa-1")
    assert got.text.startswith(say("relay.from_person", "fa", text=GERMAN))
    assert "کارت شناسایی" in got.text


async def test_an_interpreter_is_not_told_that_no_machine_knows_the_language(
    people: Database,
) -> None:
    await talk(people, "p2", "ti", "interpreter")
    await relay(people, "p2", "ሓገዝ የድልየኒ ኣሎ")
    helper = await last(people, "i-ti-1")
    assert helper.text.endswith("ሓገዝ የድልየኒ ኣሎ\u2069")
    assert helper.buttons == []


@pytest.mark.parametrize("side", ["p2", MANAGER])
async def test_either_side_can_bring_an_interpreter_in(people: Database, side: str) -> None:
    await talk(people, "p2", "ti")
    async with people.transaction() as session:
        person = await session.get_one(Person, who(side))
        language = person.language or "de"
        answer = await interpreter_instead.tapped(session, person, language)
    told = [say("machine.interpreter_third", language)] if side == MANAGER else []
    assert [one.text for one in answer] == told
    other = await last(people, MANAGER if side == "p2" else "p2")
    async with people.transaction() as session:
        asked = [one.text for one in await sent_to(session, "i-ti-1")]
        refugee = [one.text for one in await sent_to(session, "p2")]
        assert await handoffs.current(session, who("p2")) is None
    assert len(asked) == 1
    if side == "p2":
        assert other.text == say("machine.interpreter_third", "de")
    else:
        assert say("machine.interpreter_wanted", "ti") in refugee
    name = format.language_name("ti", "ti")
    assert say("interpreter.requested", "ti", language=name, count=2) in refugee


async def test_the_manager_is_in_the_talk_again_as_soon_as_the_interpreter_is_there(
    people: Database,
) -> None:
    await talk(people, "p2", "ti")
    async with people.transaction() as session:
        person = await session.get_one(Person, who("p2"))
        await interpreter_instead.tapped(session, person, "ti")
        waits = await handoffs.waiting(session, who("p2"))
        assert waits is not None
    taken = await accept(people, waits.id, "i-ti-1")
    assert taken.adviser_id == who(MANAGER)
    assert (await last(people, "p2")).text == say("relay.adviser_here", "ti")
    assert (await last(people, MANAGER)).text == say("relay.joined", "de")
    await relay(people, "p2", "ሓገዝ የድልየኒ ኣሎ")
    for one in ("i-ti-1", MANAGER):
        assert "ሓገዝ የድልየኒ ኣሎ" in (await last(people, one)).text


async def test_a_manager_who_is_in_another_talk_by_then_stays_in_that(people: Database) -> None:
    await talk(people, "p2", "ti")
    async with people.transaction() as session:
        person = await session.get_one(Person, who("p2"))
        await interpreter_instead.tapped(session, person, "ti")
        waits = await handoffs.waiting(session, who("p2"))
        assert waits is not None
    await talk(people, "p1", "ar")
    taken = await accept(people, waits.id, "i-ti-1")
    assert taken.adviser_id is None
    async with people.transaction() as session:
        active = await handoffs.current(session, who(MANAGER))
        assert active is not None
        assert active.handoff.person_id == who("p1")


async def test_without_an_interpreter_the_talk_goes_on(people: Database) -> None:
    await talk(people, "p2", "ti")
    await block(people, "i-ti-1", "i-ti-2")
    async with people.transaction() as session:
        person = await session.get_one(Person, who("p2"))
        (answer,) = await interpreter_instead.tapped(session, person, "ti")
        assert await handoffs.current(session, who("p2")) is not None
    name = languages()["ti"].name
    assert answer.text == say("machine.interpreter_none", "ti", language=name)


async def test_outside_a_talk_the_button_is_out_of_date(people: Database) -> None:
    async with people.transaction() as session:
        person = await session.get_one(Person, who("p1"))
        (answer,) = await interpreter_instead.tapped(session, person, "ar")
    assert answer.text == say("interpreter.over", "ar")


@pytest.mark.usefixtures("argos_home")
async def test_curators_read_peoples_questions_in_both_languages(people: Database) -> None:
    async with people.transaction() as session:
        await feedback.store_unanswered(
            session,
            centre="reutlingen",
            language="de",
            topic="ask_housing",
            text=GERMAN,
            person_id=who("p6"),
        )
        *_, persian = await digest.digest(session, "fa")
        *_, german = await digest.digest(session, "de")
    assert GERMAN in persian.text
    assert "کارت شناسایی" in persian.text
    assert (
        say("machine.translated", "fa", language="آلمانی", text="").split("\n")[0] in persian.text
    )
    assert GERMAN in german.text
    assert "🤖" not in german.text
