"""An import is shown before it is done, and what is shown is what is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import text_hash
from knowledge_base.editing import edit_text
from knowledge_base.entries import Entry, EntryText, Passage
from knowledge_base.importer import ContentInvalid, export_folder, import_folder
from knowledge_base.plan import Change, Plan, plan
from knowledge_base.revisions import Revision
from lotse.show_plan import summary
from storage.engine import Database
from tests.knowledge_base.conftest import CENTRES, VECTORS, Write
from tests.knowledge_base.test_import import bring_in, text_of, tree

CURATOR = "curator:7d0c"
MORE_SOURCES = """more_sources:
- title: Zweite Quelle
  url: https://example.org/zwei
  date: 03.11.2026
- title: 'Dritte: ohne Datum'
  url: https://example.org/drei
  date: null
checked_on"""


async def planned(db: Database, folder: Path, *, withdraw: bool = False) -> Plan:
    async with db.transaction() as session:
        return await plan(session, folder, CENTRES, withdraw=withdraw)


def paths(changes: list[Change]) -> list[str]:
    return [change.path for change in changes]


async def rows(session: AsyncSession) -> list[int]:
    tables = (Entry, EntryText, Passage, Revision)
    return [await session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


async def test_a_plan_shows_fields_and_lines_and_changes_nothing(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    path = german(body="Jedes Kind darf.\n\nKommen Sie vorbei.")
    english(made_from="0" * 12)
    await bring_in(db, content)
    text = path.read_text("utf-8").replace("volatile: false", "volatile: true")
    text = text.replace("url: https://example.org/", "url: https://example.org/neu")
    path.write_text(text.replace("vorbei.", "am Montag."), "utf-8")
    german("schule", title="Schule")
    async with db.transaction() as session:
        before = await rows(session)

    found = await planned(db, content)

    assert paths(found.added) == ["all/schule.de.md"]
    assert paths(found.changed) == ["all/kita.de.md"]
    assert found.changed[0].fields() == [
        ("source.url", "https://example.org/", "https://example.org/neu"),
        ("volatile", False, True),
    ]
    assert found.changed[0].lines() == [
        "@@ -2,2 +2,2 @@",
        " ",
        "-Kommen Sie vorbei.",
        "+Kommen Sie am Montag.",
    ]
    assert summary(found) == "1 to add, 1 to update, 1 unchanged"
    async with db.transaction() as session:
        assert await rows(session) == before
        assert not (await session.get_one(Entry, "kita")).volatile

    report = await bring_in(db, content)
    assert (report.added, report.updated) == (["schule.de"], ["kita.de"])
    assert (await planned(db, content)).empty


async def test_a_newer_edit_is_named_with_who_made_it_and_stays(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english()
    await bring_in(db, content)
    async with db.transaction() as session:
        await edit_text(session, "kita", "en", "Nursery", "Better words.", CURATOR)
    english(body="Words of the file.")

    found = await planned(db, content)

    assert found.empty
    assert [(one.name, one.author) for one in found.kept] == [("kita.en", CURATOR)]
    await bring_in(db, content)
    async with db.transaction() as session:
        assert (await text_of(session, "kita", "en")).body == "Better words."


async def test_what_would_be_hidden_is_named_only_when_it_would_be(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english().rename(content / "all" / "gone.txt")
    (content / "all" / "gone.txt").unlink()
    gone = german("schule")
    await bring_in(db, content)
    gone.unlink()

    assert (await planned(db, content)).empty
    assert paths((await planned(db, content, withdraw=True)).withdrawn) == ["all/schule.de.md"]
    async with db.transaction() as session:
        assert (await session.get_one(Entry, "schule")).withdrawn_at is None


async def test_a_folder_with_a_mistake_has_no_plan(
    db: Database, content: Path, german: Write
) -> None:
    german(topic="ask_nonsense")
    with pytest.raises(ContentInvalid):
        await planned(db, content)


async def test_pages_of_a_feed_are_neither_exported_nor_withdrawn(
    db: Database, content: Path, german: Write, tmp_path: Path
) -> None:
    german()
    foreign = german("fremd")
    await bring_in(db, content)
    async with db.transaction() as session:
        (await session.get_one(Entry, "fremd")).origin = "integreat:testkreis"
    foreign.unlink()

    assert (await planned(db, content, withdraw=True)).empty
    assert (await bring_in(db, content, withdraw=True)).withdrawn == []
    async with db.transaction() as session:
        await export_folder(session, tmp_path / "out")
    assert list(tree(tmp_path / "out")) == ["all/kita.de.md"]


async def test_every_kind_of_text_comes_back_byte_for_byte(
    db: Database, content: Path, german: Write, english: Write, tmp_path: Path
) -> None:
    path = german(
        title="'Kita: „Wo?“ – & #1'",
        body="- **Fett** und [Link](https://example.org/?a=b&c=ü)\n\n## Ü\n\n\tTab, 東 🙂",
    )
    path.write_text(path.read_text("utf-8").replace("checked_on", MORE_SOURCES), "utf-8")
    english(title="Nursery", body="Zeile eins\nZeile zwei\n\n---\n\nnach der Linie")
    german("note", title="Mit Notiz")
    noted = content / "all" / "note.de.md"
    noted.write_text(
        noted.read_text("utf-8").replace("title: Mit", "note: 'nur: intern'\ntitle: Mit"), "utf-8"
    )
    await bring_in(db, content)
    async with db.transaction() as session:
        await export_folder(session, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(content)


async def test_an_edit_goes_out_as_a_file_and_comes_in_as_nothing_new(
    db: Database, content: Path, german: Write, english: Write, tmp_path: Path
) -> None:
    german()
    english(made_from=text_hash("Kita", "Jedes Kind darf."))
    await bring_in(db, content)
    async with db.transaction() as session:
        await edit_text(session, "kita", "de", "Kita", "Neu.\r\n\r\nUnd noch mehr.  ", CURATOR)
        await edit_text(session, "kita", "ar", "حضانة", "كل طفل.", CURATOR)
        await export_folder(session, tmp_path / "out")
    assert (await planned(db, tmp_path / "out", withdraw=True)).empty
    # The files have caught up: what they say next is taken again.
    await bring_in(db, tmp_path / "out")
    changed = tmp_path / "out" / "all" / "kita.de.md"
    changed.write_text(changed.read_text("utf-8").replace("Neu.", "Noch neuer."), "utf-8")
    assert paths((await planned(db, tmp_path / "out")).changed) == ["all/kita.de.md"]


async def test_an_import_that_was_only_planned_leaves_no_lock(
    db: Database, content: Path, german: Write
) -> None:
    german()
    async with db.transaction() as looking:
        await plan(looking, content, CENTRES)
        async with db.transaction() as session:
            report = await import_folder(session, content, CENTRES, cache_file=VECTORS)
    assert report.added == ["kita.de"]
