"""A region's pages become entries, follow the feed, and leave everything else alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from knowledge_base.content_files import text_hash, topics
from knowledge_base.entries import Entry, EntryText
from knowledge_base.importer import export_folder, import_folder
from knowledge_base.integreat.gather import gather
from knowledge_base.integreat.problems import FeedBroken
from knowledge_base.integreat.rows import entry_id
from knowledge_base.integreat.take import Report, take
from knowledge_base.revisions import history
from knowledge_base.search import search
from storage.engine import Database
from tests.knowledge_base.conftest import CENTRES, VECTORS, Write
from tests.knowledge_base.test_integreat_read import ENGLISH, GERMAN

Pages = list[dict[str, Any]]
Change = Callable[[Pages], object]
REGISTER, COURSES, DOCTOR = (f"beispielkreis_{number}" for number in (9002, 9004, 9005))
NAMES = {"ask_language_course": "Deutschkurse", "ask_health": "Gesundheit"}


async def bring(
    db: Database, tmp_path: Path, german: Change | None = None, english: Change | None = None
) -> Report:
    """Import the example's German pages, and the English ones if asked, changed beforehand."""
    sources = []
    for path, change in ((GERMAN, german), (ENGLISH, english)):
        if path == GERMAN or change is not None:
            pages = json.loads(path.read_text("utf-8"))
            if change is not None:
                change(pages)
            source = tmp_path / path.name
            source.write_text(json.dumps(pages), "utf-8")
            sources.append(str(source))
    feed = await gather(sources)
    async with db.transaction() as session:
        return await take(session, feed, "reutlingen", NAMES, cache_file=VECTORS)


def same(pages: Pages) -> None:
    """Leave the pages as they are."""


async def entries(db: Database) -> dict[str, Entry]:
    async with db.transaction() as session:
        rows = await session.scalars(select(Entry).options(selectinload(Entry.texts)))
        return {entry.id: entry for entry in rows}


def text(entry: Entry, language: str) -> EntryText:
    return next(text for text in entry.texts if text.language == language)


async def test_pages_become_entries_with_source_date_and_place(
    db: Database, tmp_path: Path
) -> None:
    report = await bring(db, tmp_path, english=same)
    found = await entries(db)
    assert len(report.added) == 9
    assert report.problems == []
    assert report.ignored == {"pl": 3}
    entry = found[REGISTER]
    assert entry.origin == "integreat:beispielkreis"
    assert entry.centre == "reutlingen"
    assert entry.source_title == "Integreat Beispielkreis: Sich anmelden"
    assert entry.source_url == "https://integreat.app/beispielkreis/de/ankommen/anmelden/"
    assert entry.source_date == str(entry.checked_on) == "2024-03-02"
    assert entry.volatile
    assert not entry.unconfirmed
    assert (entry.parent, entry.position) == ("beispielkreis_9001", 11)
    assert found["beispielkreis_9001"].kind == "section"
    assert {found[COURSES].topic, found[DOCTOR].topic} == {"ask_language_course", "ask_health"}
    assert {one.topic for one in found.values()} <= set(topics())


async def test_texts_say_how_far_they_are_checked_and_lead_to_their_own_page(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path, english=same)
    entry = (await entries(db))[REGISTER]
    german, english = text(entry, "de"), text(entry, "en")
    assert german.body.startswith("## Wann?\n\nSind Sie neu in einer Wohnung?")
    assert "alert" not in german.body
    assert (german.status, english.status) == ("original", "unreviewed")
    assert english.translated_from == text_hash(german.title, german.body)
    assert english.link == "https://integreat.app/beispielkreis/en/arriving/register/"
    async with db.transaction() as session:
        assert [one.author for one in await history(session, REGISTER, "en")] == ["integreat"]


async def test_people_find_the_passage_that_answers(db: Database, tmp_path: Path) -> None:
    await bring(db, tmp_path, english=same)
    async with db.transaction() as session:
        asked = "Was kostet ein Integrationskurs?"
        found = await search(session, asked, centre="reutlingen", language="de")
        elsewhere = await search(session, asked, centre="dettingen", language="de")
    assert found.hits[0].entry_id == COURSES
    assert elsewhere.hits == []


async def test_a_second_run_changes_and_computes_nothing(db: Database, tmp_path: Path) -> None:
    await bring(db, tmp_path, english=same)
    before = await entries(db)
    report = await bring(db, tmp_path, english=same)
    after = await entries(db)
    assert (report.added, report.updated, report.withdrawn, report.embedded) == ([], [], [], 0)
    assert len(report.unchanged) == 9
    assert {one: text(after[one], "de").revision for one in after} == {
        one: text(before[one], "de").revision for one in before
    }


async def test_a_changed_page_is_updated_and_its_translation_outdated_until_it_follows(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path, english=same)

    def longer(pages: Pages) -> None:
        pages[1]["content"] += "<p>Die Anmeldung ist kostenlos.</p>"
        pages[1]["last_updated"] = "2024-06-01T08:00:00.000+02:00"

    report = await bring(db, tmp_path, german=longer, english=same)
    entry = (await entries(db))[REGISTER]
    german, english = text(entry, "de"), text(entry, "en")
    assert report.updated == [f"{REGISTER}.de"]
    assert str(entry.checked_on) == "2024-06-01"
    assert german.body.endswith("Die Anmeldung ist kostenlos.")
    assert german.revision == 2
    assert english.translated_from != text_hash(german.title, german.body)

    def follows(pages: Pages) -> None:
        pages[1]["content"] += "<p>It is free.</p>"

    await bring(db, tmp_path, german=longer, english=follows)
    entry = (await entries(db))[REGISTER]
    assert text(entry, "en").translated_from == text_hash(german.title, german.body)


async def test_a_new_version_with_a_new_id_stays_the_same_entry(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path)

    def again(pages: Pages) -> None:
        pages[1] |= {"id": 9777, "last_updated": "2024-06-01T08:00:00.000+02:00"}

    def moved(pages: Pages) -> None:
        pages[1]["path"] = "/beispielkreis/de/ankommen/ummelden/"

    report = await bring(db, tmp_path, german=again)
    assert (report.added, report.updated) == ([], [f"{REGISTER}.de"])
    report = await bring(db, tmp_path, german=moved)
    assert (report.added, report.updated) == ([], [f"{REGISTER}.de"])
    assert (await entries(db))[REGISTER].source_url.endswith("/ummelden/")


async def test_what_is_gone_is_withdrawn_and_comes_back_with_the_page(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path, english=same)
    report = await bring(db, tmp_path, german=lambda pages: pages.pop(), english=same)
    assert report.withdrawn == [f"{DOCTOR}.de"]
    assert (await entries(db))[DOCTOR].withdrawn_at is not None
    report = await bring(db, tmp_path, english=lambda pages: pages.pop())
    assert report.withdrawn == [f"{COURSES}.en"]
    found = await entries(db)
    assert found[DOCTOR].withdrawn_at is None
    assert [one.language for one in found[COURSES].texts] == ["de"]


async def test_a_language_that_is_not_in_the_run_keeps_its_texts(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path, english=same)
    report = await bring(db, tmp_path)
    assert report.withdrawn == []
    assert {one.language for one in (await entries(db))[REGISTER].texts} == {"de", "en"}


async def test_translations_alone_find_the_german_pages_imported_before(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path)
    feed = await gather([str(ENGLISH)])
    async with db.transaction() as session:
        report = await take(session, feed, "reutlingen", NAMES, cache_file=VECTORS)
        elsewhere = await take(session, feed, "dettingen", NAMES, cache_file=VECTORS)
    assert len(report.added) == 4
    assert elsewhere.empty
    assert len(elsewhere.problems) == 4


BREAKS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no title": ({"title": None}, "page 9002", "it has no title"),
    "empty title": ({"title": " \u200b"}, "page 9002", "it has no title"),
    "no id": ({"id": None}, "page at position 2 of", "it has no id"),
    "wrong id": ({"id": "9002"}, "page at position 2 of", "its id is wrong"),
    "no path": ({"path": None}, "page 9002", "it has no path"),
    "wrong path": ({"path": "javascript:alert(1)"}, "page 9002", "its path is wrong"),
    "too long": ({"content": "x" * 1_000_000}, "page 9002", "too long (1,000,000 characters)"),
    "wrong text": ({"content": 5}, "page 9002", "its content is wrong"),
    "wrong date": ({"last_updated": "gestern"}, "page 9002", "when it was last changed"),
    "wrong order": ({"order": "elf"}, "page 9002", "its order is wrong"),
    "wrong languages": ({"available_languages": "en"}, "page 9002", "available_languages"),
    "half a character": ({"path": "/a/de/\ud800/"}, "page 9002", "its path is wrong"),
}


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
async def test_a_broken_page_is_named_and_the_rest_imported(
    db: Database, tmp_path: Path, broken: tuple[dict[str, Any], str, str]
) -> None:
    wrong, page, what = broken
    report = await bring(db, tmp_path, german=lambda pages: pages[1].update(wrong))
    assert len(report.added) == 4
    assert len(report.problems) == 1
    problem = report.problems[0]
    assert problem.page.startswith(page)
    assert what in problem.what
    assert problem.todo
    assert REGISTER not in await entries(db)


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
async def test_a_page_that_breaks_later_stays_as_it_was(
    db: Database, tmp_path: Path, broken: tuple[dict[str, Any], str, str]
) -> None:
    await bring(db, tmp_path, english=same)
    report = await bring(db, tmp_path, german=lambda pages: pages[1].update(broken[0]))
    assert report.withdrawn == []
    assert (await entries(db))[REGISTER].withdrawn_at is None


async def test_a_page_listed_twice_is_named_and_the_newest_counts(
    db: Database, tmp_path: Path
) -> None:
    def twice(pages: Pages) -> None:
        newer = {"title": "Neu", "last_updated": "2024-06-01T08:00:00.000+02:00"}
        pages.insert(0, {**pages[1], **newer})

    report = await bring(db, tmp_path, german=twice)
    assert len(report.added) == 5
    assert [problem.page for problem in report.problems] == ["page 9002"]
    assert "listed twice" in report.problems[0].what
    assert text((await entries(db))[REGISTER], "de").title == "Neu"


async def test_unknown_and_circular_parents_are_named_and_the_pages_imported(
    db: Database, tmp_path: Path
) -> None:
    def astray(pages: Pages) -> None:
        pages[1]["parent"]["path"] = "/beispielkreis/de/nirgends/"
        pages[2]["parent"] = {"id": 1, "path": pages[3]["path"]}
        pages[4]["parent"] = {"id": 1, "path": pages[4]["path"]}

    report = await bring(db, tmp_path, german=astray)
    found = await entries(db)
    assert [problem.page for problem in report.problems] == [
        *("page 9002", "page 9003", "page 9004", "page 9005")
    ]
    assert {entry.parent for entry in found.values()} == {None}


async def test_an_entry_of_the_centre_is_never_touched(
    db: Database, tmp_path: Path, german: Write, content: Path
) -> None:
    german(REGISTER, centre="reutlingen", title="Eigenes")
    german("kita", centre="reutlingen")
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES, cache_file=VECTORS)
    report = await bring(db, tmp_path, english=same)
    found = await entries(db)
    assert (found[REGISTER].origin, text(found[REGISTER], "de").title) == (None, "Eigenes")
    assert [one.language for one in found[REGISTER].texts] == ["de"]
    assert found["kita"].withdrawn_at is None
    assert [problem.page.split()[1] for problem in report.problems] == ["9002", "9102"]
    assert f"{COURSES}.de" in report.added


async def test_files_neither_withdraw_nor_export_the_feeds_entries(
    db: Database, tmp_path: Path, german: Write, content: Path
) -> None:
    await bring(db, tmp_path)
    german("kita")
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES, withdraw=True, cache_file=VECTORS)
        written = await export_folder(session, tmp_path / "export")
    assert (await entries(db))[REGISTER].withdrawn_at is None
    assert [path.name for path in written if path.suffix == ".md"] == ["kita.de.md"]


async def test_two_centres_may_have_the_same_region(db: Database, tmp_path: Path) -> None:
    await bring(db, tmp_path)
    feed = await gather([str(GERMAN)])
    async with db.transaction() as session:
        first = await take(session, feed, "dettingen", NAMES, cache_file=VECTORS)
        again = await take(session, feed, "dettingen", NAMES, cache_file=VECTORS)
    found = await entries(db)
    assert len(first.added) == len(again.unchanged) == 5
    assert found[REGISTER].centre == "reutlingen"
    assert found[f"{REGISTER}_dettingen"].parent == "beispielkreis_9001_dettingen"


async def test_an_import_that_fails_leaves_everything_as_it_was(
    db: Database, tmp_path: Path
) -> None:
    await bring(db, tmp_path)
    pages = json.loads(GERMAN.read_text("utf-8"))[1:]
    pages[0]["content"] += "<p>Neu.</p>"
    source = tmp_path / "pages.json"
    source.write_text(json.dumps(pages), "utf-8")
    feed = await gather([str(source)])

    async def fail_late() -> None:
        async with db.transaction() as session:
            await take(session, feed, "reutlingen", NAMES, cache_file=VECTORS)
            raise KeyError

    with pytest.raises(KeyError):
        await fail_late()
    assert {entry.withdrawn_at for entry in (await entries(db)).values()} == {None}
    assert "Neu." not in text((await entries(db))[REGISTER], "de").body


async def test_characters_that_no_database_holds_are_left_out(db: Database, tmp_path: Path) -> None:
    def odd(pages: Pages) -> None:
        pages[4] |= {"title": "Zum\x00 Arzt", "content": "<p>Geh\x00en \ud800Sie.</p>"}

    report = await bring(db, tmp_path, german=odd)
    doctor = text((await entries(db))[DOCTOR], "de")
    assert report.problems == []
    assert (doctor.title, doctor.body) == ("Zum Arzt", "Gehen Sie.")


async def test_pages_of_another_region_are_named(db: Database, tmp_path: Path) -> None:
    def stray(pages: Pages) -> None:
        pages[4]["path"] = "/anderswo/de/gesundheit/"

    report = await bring(db, tmp_path, german=stray)
    assert [problem.what for problem in report.problems] == ["it is not of beispielkreis"]
    with pytest.raises(FeedBroken) as broken:
        await gather([str(GERMAN)], region="nirgendwo")
    assert broken.value.todo == "They are of beispielkreis."


@pytest.mark.parametrize("region", ["rems-murr-kreis", "x" * 80, "Ämter", "-"])
def test_entry_ids_stay_within_the_rules(region: str) -> None:
    for centre in (None, "muensingen"):
        made = entry_id(region, 3148123, centre)
        assert len(made) <= 40
        assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
        assert made[0] != "_"
