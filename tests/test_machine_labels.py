"""Wherever a text that a machine translated is shown, it says so; an outdated one says both."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import icalendar
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from bot.telegram import inline
from centre import curation, demo, digest, offers
from centre.county import centres, municipalities
from centre.people import Person
from knowledge_base.content_files import text_hash
from knowledge_base.entries import MACHINE, EntryText
from knowledge_base.importer import import_folder
from knowledge_base.simple_view import sign
from knowledge_base.wishes import Wishes
from lotse import curate, drafts
from lotse.prepare import DEMO
from storage.engine import Database
from storage.outbox import Button, Content
from tests.dialogues.test_answers import ask
from tests.knowledge_base.rows import put_entry
from tests.web.conftest import application, components, conversation, served
from translations import speech
from translations.catalogue import say
from translations.direction import FIRST_STRONG_ISOLATE, POP_ISOLATE

__all__ = ["application", "components", "conversation", "served"]

ROOT = Path(__file__).parents[1]
COURSE = "demo_det_course_women"
TITLES = {"en": "Course by a machine", "fa": "کلاس ماشینی", "prs": "صنف ماشینی"}
ROBOT = sign("machine")

# Every file that shows title or text of a knowledge entry in a reader's language. A new one needs
# its label, a test here, and its line.
SHOWING = {
    "centre/offer_calendar.py",
    "centre/offers.py",
    "dialogues/actions/answer_view.py",
    "dialogues/actions/answers.py",
    "web/offer_view.py",
    "web/templates/offers.html",
    "web/templates/poster.html",
}
READS = re.compile(r"\b(?:hit|other|shown)\.(?:title|body|section)\b")


@pytest_asyncio.fixture(params=[False, True], ids=["new", "outdated"])
async def outdated(
    request: pytest.FixtureRequest, db: Database, monday_morning: datetime
) -> AsyncIterator[bool]:
    """The fictional offers and two articles, all translated by a machine; or that is outdated."""
    stale: bool = request.param
    async with db.transaction() as session:
        await demo.load(session)
        await import_folder(
            session, DEMO, list(centres()), municipalities=municipalities(), embed=False
        )
        for entry_id in ("kita", "schule"):
            await put_entry(session, entry_id, "en", "fa", "prs")
        rows = (await session.scalars(select(EntryText))).all()
        german = {one.entry_id: one for one in rows if one.language == "de"}
        there = {(one.entry_id, one.language): one for one in rows}
        for entry_id, original in german.items():
            made_from = "0" * 12 if stale else text_hash(original.title, original.body)
            for language, title in TITLES.items():
                text = there.get((entry_id, language))
                if text is None:
                    text = EntryText(entry_id=entry_id, language=language)
                    session.add(text)
                text.change(title, title, MACHINE, made_from, MACHINE)
    yield stale


@pytest_asyncio.fixture
async def client(outdated: bool, served: TestServer) -> AsyncIterator[TestClient]:
    opened = TestClient(served)
    yield opened
    await opened.session.close()


def plain(text: str) -> str:
    return text.translate({ord(one): None for one in (FIRST_STRONG_ISOLATE, POP_ISOLATE, "\u200f")})


def labelled(text: str, language: str, outdated: bool) -> bool:
    """Whether a text says what it has to, and nothing that contradicts it."""
    words = " ".join(plain(text).split())
    expected = {
        "answer.machine": True,
        "answer.outdated": outdated,
        "answer.unreviewed": False,
        "machine.as_persian": language == "prs",
    }
    return {key: say(key, language) in words for key in expected} == expected


def by_machine(text: str, language: str) -> bool:
    return say("answer.machine", language) in plain(text)


def buttons(content: Content) -> list[Button]:
    return [button for row in content.buttons for button in row]


@pytest.mark.parametrize("language", TITLES)
async def test_in_an_answer_and_on_the_buttons_under_it(
    db: Database, outdated: bool, language: str
) -> None:
    async with db.transaction() as session:
        content = await ask(session, language=language, page="kita")
    assert TITLES[language] in content.text
    assert labelled(content.text, language, outdated)
    titles = [one.label for one in buttons(content) if TITLES[language] in one.label]
    assert titles
    assert all(ROBOT in one for one in titles)


async def test_the_german_text_under_an_answer_has_no_label(db: Database, outdated: bool) -> None:
    async with db.transaction() as session:
        content = await ask(session, language="fa", page="de:kita")
    assert "Ein Text." in content.text
    assert not by_machine(content.text, "fa")


@pytest.mark.parametrize("language", TITLES)
async def test_in_the_list_of_offers_and_on_its_buttons(
    db: Database, outdated: bool, language: str
) -> None:
    async with db.transaction() as session:
        content = await offers.listed(session, Wishes(types=("course",)), "dettingen", language)
    said = plain(content.text).split("\n")
    titles = [line for line in said if TITLES[language] in line]
    assert titles
    assert all(ROBOT in line for line in titles)
    assert by_machine(content.text, language)
    labels = [one.label for one in buttons(content) if TITLES[language] in one.label]
    assert len(labels) == len(titles)
    assert all(ROBOT in one for one in labels)


@pytest.mark.parametrize("language", TITLES)
async def test_on_an_offer_in_detail(db: Database, outdated: bool, language: str) -> None:
    async with db.transaction() as session:
        listed = await offers.listed(session, Wishes(types=("course",)), "dettingen", language)
        first = next(one for one in buttons(listed) if TITLES[language] in one.label)
        content = await offers.tap(session, first.data, "dettingen", language)
    assert content is not None
    assert labelled(content.text, language, outdated)


async def test_on_an_offer_that_is_shared_in_another_chat(db: Database, outdated: bool) -> None:
    async with db.transaction() as session:
        cards, note = await offers.shared(session, "course women dettingen", "en")
    articles = [inline._article(card, note, "en") for card in cards]
    assert articles
    for one in articles:
        assert one.title == f"{ROBOT} {TITLES['en']}"
        content = one.input_message_content.to_dict()
        assert labelled(content["message_text"], "en", outdated)


@pytest.mark.parametrize("language", TITLES)
async def test_on_the_web_page_and_the_poster(
    client: TestClient, outdated: bool, language: str
) -> None:
    for path, card in (("dettingen", "article.offer"), ("dettingen/poster", "article")):
        async with client.get(f"/offers/{path}?lang={language}") as answer:
            page = HTMLParser(await answer.text())
        shown = page.css(card)
        assert shown
        for one in shown:
            assert TITLES[language] in one.text()
            assert labelled(one.text(separator=" "), language, outdated)


async def test_in_the_calendar(client: TestClient, outdated: bool) -> None:
    async with client.get("/offers/dettingen.ics?lang=en") as answer:
        calendar = icalendar.Calendar.from_ical(await answer.text())
    events = calendar.walk("VEVENT")
    assert events
    for event in events:
        # Many calendars list titles alone.
        assert event["SUMMARY"] == f"{ROBOT} {TITLES['en']}"
        assert labelled(event["DESCRIPTION"], "en", outdated)


async def test_above_a_text_that_is_read_aloud_and_in_its_sound(
    db: Database, outdated: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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
        content = await ask(session, language="en", page="au:kita")
    assert content.document is not None
    assert by_machine(content.text, "en")
    assert by_machine(base64.b64decode(content.document.content).decode(), "en")


@pytest.mark.parametrize("name", ["articles", "offers"])
async def test_in_the_open_data(client: TestClient, outdated: bool, name: str) -> None:
    async with client.get(f"/open/{name}.json") as answer:
        entries = json.loads(await answer.text())[name]
    assert entries
    for entry in entries:
        for language, text in entry["texts"].items():
            machine = language in TITLES
            assert text["machine"] is machine
            assert (text["status"] == "outdated") is (outdated and machine)


async def test_for_editors_in_the_weekly_digest_under_an_entry_and_in_the_status(
    db: Database, outdated: bool, capsys: pytest.CaptureFixture[str], db_url: str
) -> None:
    async with db.transaction() as session:
        [told] = await digest.digest(session, "de")
        curator = await session.get_one(Person, demo.person_id("c1"))
        shown = await curation.tap(session, curator, "k:show:kita", "de")
    listed = say("knowledge.digest_machine", "de", list="").rstrip()
    assert shown is not None
    for one in (told.text, shown[0].text):
        [line] = [line for line in plain(one).split("\n") if line.startswith(plain(listed))]
        assert "Persisch" in line
        assert ("Übersetzungen, die älter" in one) is outdated
    # Entries are named there by their German titles.
    assert not any(title in one for title in TITLES.values() for one in (told.text, shown[0].text))
    await curate.show_status(db_url, None)
    printed = capsys.readouterr().out
    both = next(line for line in printed.split("\n") if line.startswith("machine, outdated:"))
    assert ("kita.en" in both) is outdated


async def test_in_the_list_for_reviewers(
    db: Database,
    outdated: bool,
    capsys: pytest.CaptureFixture[str],
    db_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It holds drafts and nothing else, and says which of them are outdated."""
    monkeypatch.setenv("COLUMNS", "160")
    async with db.transaction() as session:
        await put_entry(session, "arzt", "fa")
    await drafts.show(db_url, "fa")
    printed = capsys.readouterr().out
    rows = [line for line in printed.split("\n") if TITLES["fa"] in line]
    assert len([row for row in rows if "kita" in row or "schule" in row]) == 2
    assert all(("outdated" in row) is outdated for row in rows)
    assert f"{len(rows)} drafts." in printed
    assert "arzt" not in printed


def test_no_other_place_shows_a_text() -> None:
    files = [
        path
        for folder in ("bot", "centre", "dialogues/actions", "web")
        for ending in ("*.py", "*.html")
        for path in (ROOT / folder).rglob(ending)
    ]
    showing = {
        path.relative_to(ROOT).as_posix() for path in files if READS.search(path.read_text("utf-8"))
    }
    assert showing == SHOWING
