"""What an answer says and offers, and what happens when there is none."""

from __future__ import annotations

import base64
import shutil
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clean import valid_tap
from bot.telegram.render import render
from centre import people
from dialogues.actions import answer_view, answers
from dialogues.actions.keyboards import topics
from dialogues.actions.turn import Turn
from knowledge_base.feedback import EntryCount, UnansweredQuestion
from knowledge_base.search import Hit, entry
from knowledge_base.simple_view import pictogram, sign
from storage.engine import Database
from storage.outbox import Button, Content
from tests.knowledge_base.rows import put_entry
from translations import speech
from translations.catalogue import say
from translations.languages import languages

LONGEST_ID = "a" * 40
HIT = Hit(
    entry_id="kita",
    score=1.0,
    language="de",
    title="Kita",
    body="Fragen Sie.",
    topic="ask_childcare",
    centre="all",
    source_title="Beispielamt",
    source_url="https://example.org/",
    checked_on=date(2026, 11, 1),
    volatile=False,
    unconfirmed=False,
    text_status="original",
    statuses=("any",),
    kind="article",
    original=("Kita", "Fragen Sie."),
)


async def turn(
    session: AsyncSession, language: str = "en", text: str = "", page: str | None = None
) -> Turn:
    person = await people.find_or_create(session, "script", "somebody")
    person.language, person.centre = language, "reutlingen"
    entities = [{"entity": "page", "value": page}] if page else []
    message = {
        "text": text or "/ask_childcare",
        "intent": {"name": "ask_childcare"},
        "entities": entities,
    }
    return Turn(session, person, {}, message)


async def ask(session: AsyncSession, **about: Any) -> Content:
    asked = await turn(session, **about)
    await answers.answer(asked)
    [response] = asked.responses
    return Content.model_validate(response["custom"])


def tap(content: Content, label: str) -> str:
    """Return the page a button opens."""
    [button] = [one for one in buttons(content) if one.label.endswith(label)]
    assert valid_tap(button.data)
    return button.data.split('"page":"')[1].removesuffix('"}')


def buttons(content: Content) -> list[Button]:
    return [button for row in content.buttons for button in row]


async def shown(db: Database, hit: Hit, language: str, audible: bool = True) -> Content:
    async with db.transaction() as session:
        others = [replace(HIT, entry_id=f"other{n}", title=f"Title {n}") for n in range(4)]
        return answer_view.answer(await turn(session, language), hit, others, audible)


async def test_an_answer_says_what_and_whence_in_short_paragraphs(db: Database) -> None:
    hit = replace(HIT, body="Eins.\nZwei.", more_sources=("Gesetz", "Beispielamt"))
    content = await shown(db, hit, "de")
    assert content.text.split("\n\n") == [
        f"{pictogram('ask_childcare')} Kita",
        "Eins.",
        "Zwei.",
        "\n".join(
            [
                f"{sign('place')} {say('answer.all_centres', 'de')}",
                f"{sign('source')} {say('answer.source', 'de', source='Beispielamt; Gesetz')}",
                f"{sign('date')} {say('answer.checked', 'de', date='1. November 2026')}",
            ]
        ),
        say("answer.feedback", "de"),
    ]


@pytest.mark.parametrize("language", languages())
async def test_an_answer_has_at_most_five_rows_that_telegram_takes(
    db: Database, language: str
) -> None:
    hit = replace(HIT, entry_id=LONGEST_ID, language="kmr", whole=False, position=123)
    for topic in topics():
        content = await shown(db, replace(hit, topic=topic), language)
        assert len(content.buttons) == 5
        assert render(content, language)
        taps = [one.data for one in buttons(content) if one.data.startswith("/")]
        assert all(valid_tap(data) for data in taps)


async def test_two_other_answers_are_offered_and_never_the_one_that_is_shown(db: Database) -> None:
    content = await shown(db, replace(HIT, entry_id="other0"), "de")
    mark = pictogram("ask_childcare")
    offered = [one.label for one in buttons(content) if one.label.startswith(mark)]
    assert offered == [f"{mark} Title 1", f"{mark} Title 2"]


async def test_what_may_be_wrong_with_a_text_is_said(db: Database) -> None:
    notes = {
        "answer.outdated": replace(HIT, language="ar", text_status="outdated"),
        "answer.unreviewed": replace(HIT, language="ar", text_status="unreviewed"),
        "answer.unconfirmed": replace(HIT, unconfirmed=True, volatile=True),
        "answer.volatile": replace(HIT, volatile=True),
    }
    for key, hit in notes.items():
        text = (await shown(db, hit, hit.language)).text
        assert [one for one in notes if say(one, hit.language) in text] == [key]
    plain = (await shown(db, HIT, "de")).text
    assert not any(say(one, "de") in plain for one in notes)


async def test_a_part_of_a_long_text_stands_under_its_heading_and_leads_to_the_rest(
    db: Database,
) -> None:
    hit = replace(HIT, section="Kosten", whole=False, position=3)
    content = await shown(db, hit, "de")
    assert f"Kita\n\n{sign('section')} Kosten\n\nFragen Sie." in content.text
    [link] = [one for one in buttons(content) if one.url]
    assert (link.url, link.label) == (
        HIT.source_url,
        f"{sign('source')} {say('answer.read_all', 'de')}",
    )
    assert tap(content, say("answer.listen", "de")) == "au:kita:3"


async def test_listening_is_offered_only_where_it_works(db: Database) -> None:
    label = say("answer.listen", "de")
    assert label in " ".join(one.label for one in buttons(await shown(db, HIT, "de")))
    silent = await shown(db, HIT, "de", audible=False)
    assert label not in " ".join(one.label for one in buttons(silent))


async def test_the_german_text_is_offered_to_whoever_reads_another(db: Database) -> None:
    label = say("answer.german", "en")
    english = replace(HIT, language="en")
    assert tap(await shown(db, english, "en"), label) == "de:kita"
    without = replace(english, original=("", ""))
    for hit in (HIT, without):
        assert label not in " ".join(one.label for one in buttons(await shown(db, hit, "en")))


async def test_the_german_text_is_shown_for_an_office_and_leads_back(db: Database) -> None:
    async with db.transaction() as session:
        await put_entry(session, "kita", "en", checked_on=date(2026, 11, 1))
        content = await ask(session, page="de:kita")
        assert content.text.split("\n\n") == [
            say("answer.german_heading", "en"),
            f"{sign('german')} Kita",
            "Ein Text.",
            f"{sign('source')} {say('answer.source', 'de', source='Beispielamt')}\n"
            f"{sign('date')} {say('answer.checked', 'de', date='1. November 2026')}",
        ]
        back = await ask(session, page=tap(content, say("answer.back", "en")))
        assert back.text.startswith(f"{pictogram('ask_childcare')} Kita")


async def test_a_long_german_text_is_cut_and_linked(db: Database) -> None:
    async with db.transaction() as session:
        asked = await turn(session)
        hit = replace(HIT, original=("Kita", "Ein Satz für alle.\n" * 500))
        content = answer_view.german(asked, hit)
    assert len(content.text) < 4096
    assert [one.url for one in buttons(content) if one.url] == [HIT.source_url]


async def test_an_entry_that_is_gone_or_was_never_there_is_not_shown(db: Database) -> None:
    async with db.transaction() as session:
        await put_entry(session, "kita")
        await put_entry(session, "old", valid_until=date(2020, 1, 1))
        for page in ("old", "de:old", "au:old", "nothing", "xx:kita", "kita:x", "KITA", "topics"):
            assert (await ask(session, page=page)).text == say("input.stale", "en"), page


async def test_what_is_shown_is_counted_for_the_text_that_was_read(db: Database) -> None:
    async with db.transaction() as session:
        await put_entry(session, "kita", "en")
        content = await ask(session, language="ar", page="kita")
        counted = (await session.scalars(select(EntryCount))).one()
        assert (counted.entry_id, counted.language, counted.shown) == ("kita", "en", 1)
    data = [one.data for one in buttons(content) if one.data.startswith("k:")]
    assert data == ["k:yes:kita:en", "k:no:kita:en", "k:wrong:kita:en"]


async def test_without_an_answer_the_question_waits_and_only_its_topic_is_stored(
    db: Database,
) -> None:
    async with db.transaction() as session:
        asked = await turn(session, text="Wo wächst der Pfeffer?")
        await answers.answer(asked)
        [response] = asked.responses
        content = Content.model_validate(response["custom"])
        stored = (await session.scalars(select(UnansweredQuestion))).one()
    assert content.text == f"{say('answer.unknown', 'en')}\n\n{say('answer.hand_on', 'en')}"
    assert asked.slots["unanswered"] == "Wo wächst der Pfeffer?"
    assert (stored.text, stored.person_id, stored.topic) == (None, None, "ask_childcare")
    assert [one.data for one in buttons(content)] == [
        f"k:hand:yes:{stored.id}",
        f"k:hand:no:{stored.id}",
        "/ask_childcare",
        "/talk_to_human",
        "/help",
    ]


async def test_an_empty_topic_leaves_nothing_behind(db: Database) -> None:
    async with db.transaction() as session:
        content = await ask(session)
        assert (await session.scalars(select(UnansweredQuestion))).all() == []
    assert content.text == say("answer.unknown", "en")
    assert [one.data for one in buttons(content)] == ["/talk_to_human", "/help"]


async def test_whoever_cannot_be_read_to_is_told(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "ESPEAK", "no-such-program")
    async with db.transaction() as session:
        await put_entry(session, "kita", "en")
        assert (await ask(session, page="au:kita")).text == say("answer.silent", "en")
        shown = await ask(session, page="kita")
    assert say("answer.listen", "en") not in " ".join(one.label for one in buttons(shown))


async def test_a_text_is_read_to_whoever_taps_listen(
    db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text('#!/bin/sh\n[ "$1" = --voices ] && echo "P\n 5 en x"\ncat\n')
    program.chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    monkeypatch.setenv("PATH", f"{tmp_path}:{shell.rsplit('/', 1)[0]}:/bin")
    monkeypatch.setattr(speech, "_voices", None)
    monkeypatch.setattr(speech, "LAME", "no-such-program")
    async with db.transaction() as session:
        await put_entry(session, "kita", "en")
        heard = await ask(session, page="au:kita")
    assert heard.text == f"{pictogram('ask_childcare')} Kita"
    assert heard.document is not None
    assert heard.document.name == "kita.wav"
    spoken = base64.b64decode(heard.document.content)
    assert spoken == b"<speak><p>Kita</p><p>Ein Text.</p></speak>"


async def test_the_passage_that_was_shown_is_found_again(db: Database) -> None:
    async with db.transaction() as session:
        row = await put_entry(session, "kita")
        sections = [f"## Teil {n}\n{'Ein Satz. ' * 120}" for n in range(4)]
        row.texts[0].change("Kita", "\n".join(sections), "original", None)
        await session.flush()
        hit = await entry(session, "kita", language="de", position=2)
        assert hit is not None
        asked = await turn(session, "de")
        content = answer_view.answer(asked, hit, [], audible=True)
        page = tap(content, say("answer.listen", "de")).removeprefix("au:")
        again = await ask(session, language="de", page=page)
    assert again.text == content.text
    assert hit.section in again.text
