"""Curators are told weekly what to look after, and tap it done; readers are thanked, not noted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clean import LONGEST_DATA
from bot.helpers import handle
from bot.housekeeping import tell_curators
from bot.incoming import Incoming
from centre import digest, privacy
from centre.people import Person
from knowledge_base import feedback
from knowledge_base.content_files import TITLE_MAX
from knowledge_base.entries import Entry
from knowledge_base.feedback import EntryCount, UnansweredQuestion
from knowledge_base.freshness import still_correct
from knowledge_base.revisions import history
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import new_person, sent_to, who
from tests.centre.test_privacy import traces
from tests.knowledge_base.rows import put_entry
from translations.catalogue import say
from translations.languages import languages

LONGEST_MESSAGE = 4096


async def tap(session: AsyncSession, label: str, data: str) -> list[Content] | None:
    person = await session.get_one(Person, who(label))
    return await handle(session, person, Incoming("tap", data=data))


async def write(session: AsyncSession, label: str, words: str) -> list[Content] | None:
    person = await session.get_one(Person, who(label))
    return await handle(session, person, Incoming("text", text=words))


def keys(content: Content) -> list[str]:
    return [button.data for row in content.buttons for button in row]


async def test_the_digest_lists_what_is_due_with_two_buttons_each(people: Database) -> None:
    async with people.transaction() as session:
        for number in range(7):
            await put_entry(session, f"entry{number}")
        await feedback.count(session, "entry3", "ar", "wrong")
        [overview] = await digest.digest(session, "de")
    assert overview.text.startswith(say("knowledge.digest_title", "de", date="30. November 2026"))
    assert say("knowledge.digest_due", "de", count=7) in overview.text
    line = say("knowledge.digest_doubted_line", "de", title="Entry3", wrong=1, not_helped=0)
    assert line in overview.text
    assert keys(overview) == [
        data for n in range(5) for data in (f"k:ok:entry{n}", f"k:show:entry{n}")
    ]


async def test_nothing_to_do_is_said_in_a_line(people: Database) -> None:
    async with people.transaction() as session:
        [overview] = await digest.digest(session, "en")
    assert say("knowledge.digest_nothing", "en") in overview.text
    assert overview.buttons == []


@pytest.mark.parametrize("language", languages())
async def test_the_fullest_digest_fits_into_a_message(people: Database, language: str) -> None:
    async with people.transaction() as session:
        for number in range(12):
            entry_id = f"{'x' * 37}_{number:02}"
            expired = date(2026, 1, 1) if number >= 6 else None
            entry = await put_entry(session, entry_id, valid_until=expired)
            entry.texts[0].title = "W" * TITLE_MAX
            for _ in range(3):
                await feedback.count_shown(session, entry_id, language)
                await feedback.count(session, entry_id, language, "wrong")
            await feedback.store_unanswered(
                session, None, list(languages())[number], "ask_recognition", "W" * 900, who("p1")
            )
        overview, questions = await digest.digest(session, language)
    for content in (overview, questions):
        assert len(content.text.encode("utf-16-le")) // 2 <= LONGEST_MESSAGE
        assert all(len(data.encode()) <= LONGEST_DATA for data in keys(content))
        assert all(len(b.label) <= 64 for row in content.buttons for b in row)
    assert len(questions.buttons) == 5


async def test_it_comes_on_monday_at_eight_to_curators_and_admins(people: Database) -> None:
    async with people.transaction() as session:
        blocked = await new_person(session, "script", "c2", role="curator", language="de")
        (await session.get_one(Person, blocked)).blocked_at = datetime.now(UTC)
    for moment in (
        datetime(2026, 11, 30, 6, 0, tzinfo=UTC),  # 7 in Berlin
        datetime(2026, 12, 1, 7, 0, tzinfo=UTC),  # a Tuesday
        datetime(2026, 7, 6, 7, 0, tzinfo=UTC),  # 9 in Berlin
    ):
        await tell_curators(people, moment)
    async with people.transaction() as session:
        assert await sent_to(session, "c1") == []
    await tell_curators(people, datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    await tell_curators(people, datetime(2026, 7, 6, 6, 0, tzinfo=UTC))
    async with people.transaction() as session:
        for label, number in (("c1", 2), ("a1", 2), ("m-reutlingen-1", 0), ("p1", 0)):
            assert len(await sent_to(session, label)) == number
        assert await sent_to(session, blocked) == []


async def test_one_tap_confirms_and_says_how_many_are_left(people: Database) -> None:
    async with people.transaction() as session:
        await put_entry(session, "kita", "ar")
        await put_entry(session, "schule")
        said = await tap(session, "c1", "k:ok:kita")
    assert said == [Content(text=say("knowledge.checked_now", "de", title="Kita", count=1))]
    async with people.transaction() as session:
        assert (await session.get_one(Entry, "kita")).checked_on == date(2026, 11, 30)
        assert (await history(session, "kita", "ar"))[0].author == f"curator:{who('c1')}"


async def test_an_entry_is_shown_whole_with_its_source(people: Database) -> None:
    async with people.transaction() as session:
        entry = await put_entry(session, "kita", "ar", checked_on=date(2020, 1, 2))
        entry.texts[0].change("Kita", "Absatz eins.\n\nAbsatz zwei.", "original", None, "files")
        shown = await tap(session, "c1", "k:show:kita")
        assert shown is not None
        [content] = shown
    assert "Kita\n\nAbsatz eins.\n\nAbsatz zwei." in content.text
    assert say("answer.checked", "de", date="2. Januar 2020") in content.text
    assert say("knowledge.digest_outdated", "de", list="Arabisch 1") in content.text
    assert [b.data or b.url for row in content.buttons for b in row] == [
        "k:ok:kita",
        "https://example.org/",
    ]


async def test_a_page_of_a_feed_can_be_looked_at_only(people: Database) -> None:
    async with people.transaction() as session:
        entry = await put_entry(session, "feed-12", origin="integreat:testkreis")
        entry.texts[0].body = "x" * 9000
        shown = await tap(session, "c1", "k:show:feed-12")
        assert shown is not None
        assert keys(shown[0]) == [""]
        assert len(shown[0].text) < LONGEST_MESSAGE
        assert await tap(session, "c1", "k:ok:feed-12") == [
            Content(text=say("knowledge.not_ours", "de"))
        ]


@pytest.mark.parametrize("data", ["k:ok:kita", "k:show:kita", "k:done:1"])
@pytest.mark.parametrize("label", ["p1", "i-ar-1", "v1"])
async def test_only_staff_may_use_the_curators_buttons(
    people: Database, label: str, data: str
) -> None:
    async with people.transaction() as session:
        await put_entry(session, "kita")
        number = await feedback.store_unanswered(session, None, "ar", None, "Wo?", who("p2"))
        assert await tap(session, label, data.replace("1", str(number))) is None
        assert (await session.get_one(Entry, "kita")).checked_on is None
        assert (await session.get_one(UnansweredQuestion, number)).settled_at is None
        assert await write(session, label, "/knowledge") is None


@pytest.mark.parametrize("label", ["c1", "a1", "m-reutlingen-1"])
async def test_staff_see_the_digest_when_they_ask(people: Database, label: str) -> None:
    async with people.transaction() as session:
        await put_entry(session, "kita")
        said = await write(session, label, "/knowledge")
        assert said == await digest.digest(session, "de")


@pytest.mark.parametrize(
    "data",
    [
        *("k:ok:nix", "k:show:nix", "k:done:99", "k:yes:nix", "k:wrong:"),
        *("k:yes:kita:ar:x", "k:yes:KITA", "k:hand:yes:1", "k:hand:maybe:1", "k:", "k:drop:kita"),
    ],
)
async def test_old_and_forged_buttons_do_nothing(people: Database, data: str) -> None:
    async with people.transaction() as session:
        await put_entry(session, "kita")
        assert await tap(session, "c1", data) is None
        assert (await session.scalars(select(EntryCount))).all() == []


async def test_readers_are_thanked_and_only_counted(people: Database) -> None:
    async with people.transaction() as session:
        await put_entry(session, "kita")
        yes = await tap(session, "p1", "k:yes:kita:tr")
        no = await tap(session, "p1", "k:no:kita")
        wrong = await tap(session, "p1", "k:wrong:kita:xx")
        assert yes == [Content(text=say("feedback.thanks", "ar"))]
        assert no is not None
        assert wrong is not None
        assert (no[0].text, keys(no[0])) == (say("feedback.not_helped", "ar"), ["/talk_to_human"])
        assert (wrong[0].text, keys(wrong[0])) == (say("feedback.wrong", "ar"), ["/talk_to_human"])
        rows = await session.scalars(select(EntryCount).order_by(EntryCount.language))
        assert [(one.language, one.helped, one.not_helped, one.wrong) for one in rows] == [
            ("ar", 0, 1, 1),
            ("tr", 1, 0, 0),
        ]
        assert "entry_counts" not in await traces(session, str(who("p1")))


async def ask(session: AsyncSession, words: str | None) -> int:
    """What the answer does when it has none: a row without words, the words in the slot."""
    person = await session.get_one(Person, who("p1"))
    person.dialogue = {"intent": "ask_housing", "slots": {"unanswered": words, "question": "x"}}
    await session.flush()
    return await feedback.store_unanswered(session, "reutlingen", "ar", "ask_housing", None, None)


async def test_a_question_is_handed_on_only_with_a_yes_and_then_forgotten_here(
    people: Database,
) -> None:
    async with people.transaction() as session:
        number = await ask(session, "Wo ist das Kino?")
    async with people.transaction() as session:
        said = await tap(session, "p1", f"k:hand:yes:{number}")
        assert said == [Content(text=say("feedback.handed_on", "ar"))]
        assert await tap(session, "p1", f"k:hand:yes:{number}") is None
    async with people.transaction() as session:
        person = await session.get_one(Person, who("p1"))
        assert person.dialogue == {"intent": "ask_housing", "slots": {"question": "x"}}
        assert await feedback.handed_on(session, who("p1")) == ["Wo ist das Kino?"]
        _, questions = await digest.digest(session, "de")
        assert "Arabisch: \u2068Wo ist das Kino?" in questions.text
        assert str(who("p1")) not in questions.model_dump_json()
        said = await tap(session, "c1", keys(questions)[0])
        assert said == [Content(text=say("knowledge.question_settled", "de"))]
        assert len(await digest.digest(session, "de")) == 1
        assert await traces(session, "Wo ist das Kino?") == {}


async def test_a_no_leaves_no_words_anywhere(people: Database) -> None:
    async with people.transaction() as session:
        number = await ask(session, "Wo ist das Kino?")
        said = await tap(session, "p1", f"k:hand:no:{number}")
        assert said == [Content(text=say("feedback.not_handed_on", "ar"))]
    async with people.transaction() as session:
        assert await traces(session, "Wo ist das Kino?") == {}
        assert (await session.get_one(UnansweredQuestion, number)).topic == "ask_housing"


async def test_nobody_fills_somebody_elses_question(people: Database) -> None:
    async with people.transaction() as session:
        number = await ask(session, "Wo ist das Kino?")
        await tap(session, "p1", f"k:hand:yes:{number}")
        other = await session.get_one(Person, who("p2"))
        other.dialogue = {"slots": {"unanswered": "Etwas anderes"}}
        assert await tap(session, "p2", f"k:hand:yes:{number}") is None
        assert await feedback.handed_on(session, who("p2")) == []


async def test_the_privacy_notice_lists_a_persons_questions_and_erasing_takes_them(
    people: Database,
) -> None:
    async with people.transaction() as session:
        assert await privacy.stored_questions(session, who("p1"), "de") == ""
        number = await ask(session, "Wo ist das Kino?")
        await tap(session, "p1", f"k:hand:yes:{number}")
        told = await privacy.stored_questions(session, who("p1"), "de")
        assert told.startswith(say("privacy.questions", "de"))
        assert "Wo ist das Kino?" in told
        assert await privacy.stored_questions(session, who("p2"), "de") == ""
        await privacy.erase(session, who("p1"))
    async with people.transaction() as session:
        assert await traces(session, "Wo ist das Kino?", str(who("p1"))) == {}


async def test_an_erased_curator_leaves_the_role_and_not_the_person(people: Database) -> None:
    async with people.transaction() as session:
        await put_entry(session, "kita")
        await put_entry(session, "schule")
        curator = f"curator:{who('c1')}"
        await still_correct(session, "kita", curator)
        other = f"curator:{who('a1')}"
        await still_correct(session, "schule", other)
        await session.execute(
            text("update entry_texts set updated_by = :by where entry_id = 'kita'"), {"by": curator}
        )
    async with people.transaction() as session:
        await privacy.erase(session, who("c1"))
    async with people.transaction() as session:
        assert await traces(session, str(who("c1"))) == {}
        assert [one.author for one in await history(session, "kita", "de")] == ["curator", "files"]
        assert (await history(session, "schule", "de"))[0].author == other
