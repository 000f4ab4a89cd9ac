"""Every text an entry ever had is kept, with who wrote it and when; reviews are never invented."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import text_hash
from knowledge_base.editing import (
    FromFeed,
    NothingToReview,
    TextInvalid,
    UnknownText,
    edit_text,
    mark_reviewed,
)
from knowledge_base.entries import Entry, EntryText
from knowledge_base.importer import import_folder
from knowledge_base.revisions import history
from knowledge_base.search import search
from knowledge_base.statuses import counts, having, statuses
from storage.engine import Database
from storage.migrate import config
from tests.knowledge_base.conftest import CENTRES, VECTORS, Write
from tests.knowledge_base.test_import import text_of

CURATOR = "curator:7d0c"
MADE_FROM = text_hash("Kita", "Jedes Kind darf.")


async def bring_in(db: Database, folder: Path) -> None:
    async with db.transaction() as session:
        await import_folder(session, folder, CENTRES, cache_file=VECTORS)


async def told(session: AsyncSession, language: str) -> list[tuple[int, str, str, str]]:
    return [
        (one.number, one.author, one.status, one.body)
        for one in await history(session, "kita", language)
    ]


async def test_each_change_is_kept_with_its_author_the_latest_first(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    await bring_in(db, content)
    german(body="Jedes Kind ab eins darf.")
    await bring_in(db, content)
    async with db.transaction() as session:
        await edit_text(session, "kita", "de", "Kita", "Jedes Kind ab drei muss.", CURATOR)
    async with db.transaction() as session:
        assert await told(session, "de") == [
            (3, CURATOR, "original", "Jedes Kind ab drei muss."),
            (2, "files", "original", "Jedes Kind ab eins darf."),
            (1, "files", "original", "Jedes Kind darf."),
        ]
        row = await text_of(session, "kita", "de")
        assert (row.revision, row.updated_by) == (3, CURATOR)
        assert (await history(session, "kita", "de"))[0].at == row.updated_at


async def test_a_change_made_past_the_door_is_kept_too_and_nobody_is_blamed(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        (await text_of(session, "kita", "de")).body = "Heimlich geändert."
    async with db.transaction() as session:
        assert (await told(session, "de"))[0] == (2, "unknown", "original", "Heimlich geändert.")
        # Opening an entry, or changing what is no text, is no revision.
        row = await text_of(session, "kita", "de")
        row.link = "https://example.org/kita"
    async with db.transaction() as session:
        assert len(await told(session, "de")) == 2


async def test_what_is_undone_leaves_no_revision(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        await edit_text(session, "kita", "de", "Kita", "Nie gesagt.", CURATOR)
        await session.rollback()
    async with db.transaction() as session:
        assert len(await told(session, "de")) == 1


async def test_an_edited_german_text_makes_its_translations_outdated(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english(made_from=MADE_FROM)
    await bring_in(db, content)
    async with db.transaction() as session:
        before = (await statuses(session))["kita"]
        assert (before["de"], before["en"], before["ar"]) == ("original", "unreviewed", "missing")
        await edit_text(session, "kita", "de", "Kita", "Jedes Kind ab eins darf.", CURATOR)
        assert (await statuses(session, "kita"))["kita"]["en"] == "outdated"
        await edit_text(session, "kita", "en", "Nursery", "Every child from one.", CURATOR)
        await edit_text(session, "kita", "ar", "الحضانة", "كل طفل.", CURATOR)
        found = await statuses(session)
    assert (found["kita"]["en"], found["kita"]["ar"]) == ("unreviewed", "unreviewed")
    assert counts(found, "tr") == {"missing": 1}
    assert having(found, "unreviewed") == {"en": 1, "ar": 1}


async def test_an_edited_text_is_found_by_its_new_words(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        await edit_text(session, "kita", "de", "Hund anmelden", "Hundesteuer zahlen.", CURATOR)
    async with db.transaction() as session:
        found = await search(session, "Hundesteuer", centre=None, language="de")
        assert (found.hits[0].entry_id, found.hits[0].body) == ("kita", "Hundesteuer zahlen.")


async def test_a_review_holds_until_the_german_text_changes(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english(made_from=MADE_FROM)
    await bring_in(db, content)
    async with db.transaction() as session:
        await mark_reviewed(session, "kita", "en", CURATOR)
        await mark_reviewed(session, "kita", "en", CURATOR)
        assert (await statuses(session))["kita"]["en"] == "reviewed"
        assert [one[:3] for one in await told(session, "en")] == [
            (2, CURATOR, "reviewed"),
            (1, "files", "unreviewed"),
        ]
        await edit_text(session, "kita", "de", "Kita", "Ganz anders.", CURATOR)
        with pytest.raises(NothingToReview):
            await mark_reviewed(session, "kita", "en", CURATOR)
        with pytest.raises(NothingToReview):
            await mark_reviewed(session, "kita", "de", CURATOR)
        with pytest.raises(UnknownText):
            await mark_reviewed(session, "kita", "ar", CURATOR)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("", "Text"),
        ("Zwei\nZeilen", "Text"),
        ("x" * 121, "Text"),
        ("Kita", " \n"),
        ("Kita", "x" * 3001),
        ("Kita", "[hier](javascript:alert(1))"),
        ("Kita", "Text\n<script>alert(1)</script>"),
        ("Kita", "<img src=x onerror=alert(1)>"),
        ("Kita", "<iframe src=//example.org>"),
    ],
)
async def test_a_text_that_breaks_the_rules_changes_nothing(
    db: Database, content: Path, german: Write, title: str, body: str
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        with pytest.raises(TextInvalid) as caught:
            await edit_text(session, "kita", "de", title, body, CURATOR)
        assert [one for one in caught.value.mistakes if one.what and one.todo]
    async with db.transaction() as session:
        assert len(await told(session, "de")) == 1


async def test_links_and_comparisons_are_no_html(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    body = "Für Kinder <3 Jahre; siehe <https://example.org/> oder [hier](https://example.org)."
    async with db.transaction() as session:
        assert (await edit_text(session, "kita", "de", "Kita", body, CURATOR)).body == body


async def test_what_is_not_there_or_not_ours_cannot_be_edited(
    db: Database, content: Path, german: Write
) -> None:
    german()
    german("fremd")
    await bring_in(db, content)
    async with db.transaction() as session:
        (await session.get_one(Entry, "fremd")).origin = "integreat:testkreis"
    async with db.transaction() as session:
        for entry, language, error in (
            ("nix", "de", UnknownText),
            ("kita", "xx", UnknownText),
            ("fremd", "de", FromFeed),
        ):
            with pytest.raises(error):
                await edit_text(session, entry, language, "Titel", "Text", CURATOR)
        assert set(await statuses(session)) == {"kita"}
        assert set(await statuses(session, "fremd")) == {"fremd"}
        assert await statuses(session, "nix") == {}


async def test_texts_of_an_entry_that_goes_take_their_history_along(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        entry = await session.get_one(Entry, "kita", options=[])
        await session.refresh(entry, ["texts"])
        await session.delete(entry)
    async with db.transaction() as session:
        assert await session.get(EntryText, 1) is None
        assert await history(session, "kita", "de") == []


def test_texts_from_before_there_were_revisions_are_their_first(db_url: str) -> None:
    command.downgrade(config(db_url), "0001")
    with psycopg.connect(db_url) as connection:
        connection.execute(
            "insert into entries values ('kita', 'article', 'ask_childcare', '{}', 'all', '{any}',"
            " '{everyone}', 1, 'Amt', 'https://example.org/', null, null, null, null, false, false)"
        )
        connection.execute(
            "insert into entry_texts (entry_id, language, title, body, status, revision,"
            " updated_at) values ('kita', 'de', 'Kita', 'Jedes Kind darf.', 'original', 3, now())"
        )
    command.upgrade(config(db_url), "head")
    with psycopg.connect(db_url) as connection:
        rows = connection.execute("select entry_id, language, number, body, author from revisions")
        assert rows.fetchall() == [("kita", "de", 3, "Jedes Kind darf.", "files")]
