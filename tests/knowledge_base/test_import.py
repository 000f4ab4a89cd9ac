"""Files come into the database and back without loss, and never over somebody's edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import CONTENT, text_hash
from knowledge_base.embedding import embed_changed
from knowledge_base.entries import Entry, EntryText, OffTopic, Passage
from knowledge_base.importer import ContentInvalid, Report, export_folder, import_folder
from storage.engine import Database
from tests.knowledge_base.conftest import CENTRES, VECTORS, Write


async def bring_in(db: Database, folder: Path, *, withdraw: bool = False) -> Report:
    async with db.transaction() as session:
        return await import_folder(session, folder, CENTRES, withdraw=withdraw, cache_file=VECTORS)


async def text_of(session: AsyncSession, entry_id: str, language: str) -> EntryText:
    return (
        await session.scalars(
            select(EntryText).where(EntryText.entry_id == entry_id, EntryText.language == language)
        )
    ).one()


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.md")}


async def test_a_second_import_changes_nothing(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english()
    first = await bring_in(db, content)
    assert sorted(first.added) == ["kita.de", "kita.en"]
    async with db.transaction() as session:
        before = await text_of(session, "kita", "de")

    second = await bring_in(db, content)

    assert sorted(second.unchanged) == ["kita.de", "kita.en"]
    assert not second.added + second.updated + second.kept_newer
    assert second.embedded == 0
    async with db.transaction() as session:
        after = await text_of(session, "kita", "de")
    assert (after.id, after.revision, after.updated_at) == (
        before.id,
        before.revision,
        before.updated_at,
    )


async def test_a_changed_file_updates_its_text_and_only_its_vector(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english()
    await bring_in(db, content)
    async with db.transaction() as session:
        vectors = dict(
            (await session.execute(select(Passage.language, Passage.embedding))).tuples().all()
        )

    german(body="Jedes Kind ab einem Jahr darf.")
    report = await bring_in(db, content)

    assert report.updated == ["kita.de"]
    assert report.unchanged == ["kita.en"]
    async with db.transaction() as session:
        now = dict(
            (await session.execute(select(Passage.language, Passage.embedding))).tuples().all()
        )
        assert (await text_of(session, "kita", "de")).revision == 2
    assert now["en"] == vectors["en"]
    assert now["de"] != vectors["de"]


async def test_changed_front_matter_updates_the_entry(
    db: Database, content: Path, german: Write
) -> None:
    path = german()
    await bring_in(db, content)
    path.write_text(path.read_text("utf-8").replace("volatile: false", "volatile: true"), "utf-8")

    report = await bring_in(db, content)

    assert report.updated == ["kita.de"]
    async with db.transaction() as session:
        assert (await session.get_one(Entry, "kita")).volatile


async def test_a_text_edited_in_the_database_is_kept(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english()
    await bring_in(db, content)
    async with db.transaction() as session:
        (await text_of(session, "kita", "de")).body = "Von der Redaktion verbessert."
    german(body="Neu in der Datei.")
    english(body="New in the file.")

    report = await bring_in(db, content)

    assert report.kept_newer == ["kita.de"]
    assert report.updated == ["kita.en"]
    async with db.transaction() as session:
        assert (await text_of(session, "kita", "de")).body == "Von der Redaktion verbessert."
        assert (await text_of(session, "kita", "en")).body == "New in the file."


async def test_front_matter_edited_in_the_database_is_kept(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        await session.execute(update(Entry).values(unconfirmed=True))

    report = await bring_in(db, content)

    assert report.kept_newer == ["kita.de"]
    async with db.transaction() as session:
        assert (await session.get_one(Entry, "kita")).unconfirmed


async def test_a_text_edited_in_the_database_gets_a_new_vector(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await bring_in(db, content)
    async with db.transaction() as session:
        row = await text_of(session, "kita", "de")
        row.change("Schule", "Von der Redaktion verbessert.", row.status, None)
        passage = select(Passage.embedding_of).where(Passage.text_id == row.id)
        before = await session.scalar(passage)
        await embed_changed(session)
        assert await session.scalar(passage) != before


async def test_a_folder_with_one_mistake_imports_nothing(
    db: Database, content: Path, german: Write
) -> None:
    german()
    german("schule", topic="ask_nonsense")
    with pytest.raises(ContentInvalid) as caught:
        await bring_in(db, content)
    assert [problem.path for problem in caught.value.problems] == ["all/schule.de.md"]
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Entry)) == 0


async def test_what_left_the_files_is_withdrawn_only_when_told_so(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english()
    gone = german("schule")
    await bring_in(db, content)
    gone.unlink()
    (content / "all" / "kita.en.md").unlink()

    assert (await bring_in(db, content)).withdrawn == []
    assert (await bring_in(db, content, withdraw=True)).withdrawn == ["kita.en", "schule.de"]
    async with db.transaction() as session:
        assert (await session.get_one(Entry, "schule")).withdrawn_at is not None

    german("schule")
    assert (await bring_in(db, content, withdraw=True)).updated == ["schule.de"]
    async with db.transaction() as session:
        assert (await session.get_one(Entry, "schule")).withdrawn_at is None


async def test_an_edited_entry_is_never_withdrawn(
    db: Database, content: Path, german: Write
) -> None:
    german()
    gone = german("schule")
    await bring_in(db, content)
    async with db.transaction() as session:
        (await text_of(session, "schule", "de")).body = "Von der Redaktion verbessert."
    gone.unlink()
    assert (await bring_in(db, content, withdraw=True)).withdrawn == []


async def test_an_export_is_byte_for_byte_what_was_imported(
    library: Database, tmp_path: Path
) -> None:
    async with library.transaction() as session:
        await export_folder(session, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(CONTENT)


async def test_an_edited_text_survives_export_and_import(
    db: Database, content: Path, german: Write, english: Write, tmp_path: Path
) -> None:
    german()
    english(made_from=text_hash("Kita", "Jedes Kind darf."))
    await bring_in(db, content)
    async with db.transaction() as session:
        row = await text_of(session, "kita", "en")
        row.change("Nursery: what’s new", "---\r\n\n**Every** child\n", "reviewed", "0" * 12)
        await export_folder(session, tmp_path / "out")

    report = await bring_in(db, tmp_path / "out")

    assert sorted(report.unchanged) == ["kita.de", "kita.en"]


async def test_off_topic_sentences_are_brought_in_line(
    db: Database, content: Path, german: Write
) -> None:
    german()
    async with db.transaction() as session:
        session.add(OffTopic(sentence="No longer in the file"))
    await bring_in(db, content)
    async with db.transaction() as session:
        rows = (await session.execute(select(OffTopic.sentence, OffTopic.embedding_of))).all()
    assert len(rows) > 30
    assert "No longer in the file" not in {row.sentence for row in rows}
    assert all(row.embedding_of for row in rows)
