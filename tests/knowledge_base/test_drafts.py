"""Machine drafts: whole, labelled, renewed, and never in the way of what a person wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path

import procrastinate
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import housekeeping
from centre import drafting
from knowledge_base import drafts, freshness, statuses
from knowledge_base.content_files import text_hash
from knowledge_base.drafts import Made, Wanted
from knowledge_base.editing import edit_text, mark_reviewed
from knowledge_base.entries import Entry, EntryText, Lexeme
from knowledge_base.importer import import_folder
from knowledge_base.offers import Contact, Offer
from knowledge_base.plan import plan
from knowledge_base.revisions import history
from knowledge_base.search import entry as shown
from knowledge_base.search import search
from storage import queue
from storage.engine import Database
from tests.knowledge_base.conftest import CENTRES
from tests.knowledge_base.rows import put_entry

pytestmark = pytest.mark.usefixtures("argos_home")

TITLE = "Ich brauche einen Termin."
BODY = """Der Kurs ist kostenlos. Der Kurs beginnt am Montag.

• Bitte bringen Sie Ihren Ausweis mit.
• 07121 480-1234

1. Ich brauche einen Deutschkurs.
☎️"""
IN_ENGLISH = """The course is free. The course starts on Monday.

• Please bring your ID.
• 07121 480-1234

1. I need a German course.
☎️"""
IN_PERSIAN_TITLE = "من به یک وقت ملاقات نیاز دارم."
NEW_BODY = "Der Kurs beginnt am Freitag."
# Words that the tiny models have never seen, with more to protect than they can keep apart.
TOO_HARD = (
    "Zahlungsaufschub: 3,50 € bis 7. Mai, 12 € bis 9. Juli, 18 € bis 4. August, amt@example.org"
)


async def put(session: AsyncSession, entry_id: str, *languages: str, **values: object) -> Entry:
    """Add an entry with a German text that the tiny models know."""
    german = values.pop("body", BODY)
    added = await put_entry(session, entry_id, **values)
    added.texts[0].change(TITLE, str(german), "original", None)
    for language in languages:
        text = EntryText(language=language)
        added.texts.append(text)
        text.change("Written", "By a person.", "unreviewed", text_hash(TITLE, str(german)))
    await session.flush()
    return added


async def text(session: AsyncSession, entry_id: str, language: str) -> EntryText | None:
    return await session.scalar(
        select(EntryText)
        .where(EntryText.entry_id == entry_id, EntryText.language == language)
        .execution_options(populate_existing=True)
    )


async def everything(db: Database, **chosen: object) -> drafting.Report:
    async with db.transaction() as session:
        wanted = await drafts.wanted(session, drafting.targets(), **chosen)
    return await drafting.draft(db, wanted)


async def change_german(db: Database, entry_id: str, body: str = NEW_BODY) -> None:
    async with db.transaction() as session:
        await edit_text(session, entry_id, "de", TITLE, body, "curator:1")


def test_german_can_be_drafted_in_what_is_installed_dari_as_persian() -> None:
    assert drafting.targets() == ["en", "fa", "prs"]


async def test_a_draft_keeps_paragraphs_and_lists_and_says_what_it_is(db: Database) -> None:
    async with db.transaction() as session:
        await put(session, "kita")
    report = await everything(db)
    assert [(one.language, one.outdated) for one in report.drafted] == [
        ("en", False),
        ("fa", False),
        ("prs", False),
    ]
    assert (report.refused, report.passed) == ([], [])
    async with db.transaction() as session:
        english, persian = await text(session, "kita", "en"), await text(session, "kita", "fa")
        assert english is not None
        assert persian is not None
        assert (english.title, english.body) == ("I need an appointment.", IN_ENGLISH)
        assert (persian.title, persian.body.count("\n")) == (IN_PERSIAN_TITLE, 6)
        for one in (english, persian):
            assert (one.status, one.translated_from) == ("machine", text_hash(TITLE, BODY))
            [revision] = await history(session, "kita", one.language)
            assert (revision.author, revision.status) == ("machine", "machine")
        assert await text(session, "kita", "ar") is None


async def test_a_draft_is_found_and_the_answer_knows_that_a_machine_made_it(db: Database) -> None:
    async with db.transaction() as session:
        await put(session, "kita")
    await everything(db)
    async with db.transaction() as session:
        [hit] = (await search(session, TITLE, centre=None, language="en")).hits
        assert (hit.language, hit.text_status, hit.machine) == ("en", "machine", True)
        german = await shown(session, "kita", language="de")
        assert german is not None
        assert german.machine is False
        known = select(Lexeme.passages).where(Lexeme.language == "en", Lexeme.lexeme == "appoint")
        assert await session.scalar(known) == 1


async def test_what_people_wrote_or_a_feed_brings_is_never_touched(db: Database) -> None:
    async with db.transaction() as session:
        await put(session, "written", "en", "fa", "prs")
        reviewed = await put(session, "reviewed", "en", "fa", "prs")
        for one in reviewed.texts[1:]:
            one.status = "reviewed"
        await put(session, "feed-1", origin="integreat:testkreis")
        await put(session, "over", valid_until=date(2020, 1, 1))
        await put(session, "gone", withdrawn_at=freshness.clock.now())
        await put(session, "section", kind="section")
    await change_german(db, "written")
    await change_german(db, "reviewed")
    report = await everything(db)
    assert (report.drafted, report.refused, report.passed) == ([], [], [])
    async with db.transaction() as session:
        found = await statuses.statuses(session)
    assert {found[one]["en"] for one in ("written", "reviewed")} == {"outdated"}


async def test_an_outdated_draft_is_renewed_in_the_background_and_nothing_else_is(
    db: Database,
) -> None:
    async with db.transaction() as session:
        await put(session, "drafted")
        await put(session, "missing")
    await everything(db, entry_id="drafted")
    async with db.transaction() as session:
        await edit_text(session, "drafted", "fa", "من", "نوشته", "curator:1")
    await change_german(db, "drafted")
    async with db.transaction() as session:
        before = await statuses.statuses(session)
        hit = await shown(session, "drafted", language="en")
        assert hit is not None
        assert (hit.text_status, hit.machine) == ("outdated", True)
    assert [before["drafted"][one] for one in ("en", "fa", "prs")] == [
        statuses.OUTDATED_DRAFT,
        "outdated",
        statuses.OUTDATED_DRAFT,
    ]
    assert await drafting.renew(db) == 2
    assert await drafting.renew(db) == 0
    async with db.transaction() as session:
        after = await statuses.statuses(session)
        english = await text(session, "drafted", "en")
    assert [after["drafted"][one] for one in ("en", "fa", "prs")] == [
        "machine",
        "outdated",
        "machine",
    ]
    assert set(after["missing"].values()) == {"original", "missing"}
    assert english is not None
    assert english.body == "The course starts on Friday."


async def test_a_text_that_cannot_be_trusted_is_refused_whole_and_counted(db: Database) -> None:
    async with db.transaction() as session:
        await put(session, "hard", body=f"Der Kurs ist kostenlos.\n\n{TOO_HARD}")
        # 3,000 characters at most: in German there are fewer of them.
        await put(session, "long", body="\n".join(["Wir suchen einen Termin."] * 115))
    report = await everything(db)
    assert report.drafted == []
    assert report.reasons() == {"damaged": 3, drafting.NOT_VALID: 3}
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(EntryText)) == 2


async def test_drafting_can_be_stopped_and_goes_on_where_it_was(db: Database) -> None:
    async with db.transaction() as session:
        for number in range(5):
            await put(session, f"entry{number}", "fa", "prs")
        wanted = await drafts.wanted(session, drafting.targets())
    done = []

    def stop(number: int) -> None:
        done.append(number)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await drafting.draft(db, wanted, at_once=2, progress=stop)
    async with db.transaction() as session:
        left = await drafts.wanted(session, drafting.targets())
    assert [one.entry_id for one in left] == ["entry4"]
    report = await drafting.draft(db, left)
    assert len(report.drafted) == 1


async def test_whoever_writes_meanwhile_wins(db: Database) -> None:
    async with db.transaction() as session:
        await put(session, "kita", "prs")
        wanted = await drafts.wanted(session, drafting.targets())
        await edit_text(session, "kita", "en", "Mine", "By a person.", "curator:1")
    report = await drafting.draft(db, wanted)
    assert report.passed == [Wanted("kita", "en", outdated=False)]
    assert [one.language for one in report.drafted] == ["fa"]
    async with db.transaction() as session:
        english = await text(session, "kita", "en")
        assert english is not None
        assert (english.title, english.status) == ("Mine", "unreviewed")
        late = Made("kita", "ar", "x", "x", text_hash("An older", "German text"))
        gone = Made("nowhere", "ar", "x", "x", "0" * 12)
        assert await drafts.store(session, [late, gone]) == []


async def test_two_who_draft_at_the_same_time_make_one_text(db: Database) -> None:
    async with db.transaction() as session:
        for number in range(3):
            await put(session, f"entry{number}", "fa", "prs")
    one, other = await asyncio.gather(everything(db), everything(db))
    assert len(one.drafted) + len(other.drafted) == 3
    async with db.transaction() as session:
        assert len(await history(session, "entry0", "en")) == 1


async def test_a_draft_is_for_review_until_somebody_has_reviewed_it(db: Database) -> None:
    async with db.transaction() as session:
        await put(session, "important", rank=1)
        await put(session, "less", "fa", "prs", rank=2)
    await everything(db)
    await change_german(db, "less")
    async with db.transaction() as session:
        await mark_reviewed(session, "important", "prs", "curator:1")
        listed = await drafts.waiting(session)
        found = await freshness.overview(session)
        assert [one.entry_id for one in await drafts.waiting(session, "fa")] == ["important"]
    assert [(one.language, one.entry_id, one.outdated) for one in listed] == [
        ("en", "important", False),
        ("en", "less", True),
        ("fa", "important", False),
    ]
    assert found.drafts == {"en": 2, "fa": 1}


async def test_an_offers_place_and_contact_keep_their_names(db: Database) -> None:
    async with db.transaction() as session:
        session.add(
            Contact(
                id="kurs",
                name="Frau Kurs",
                source_title="Amt",
                source_url="https://example.org/",
            )
        )
        offer = await put(session, "treff", "fa", "prs", kind="offer", body="Frau Kurs ist im Amt.")
        offer.offer = Offer(
            type="course",
            place="Haus Montag",
            contact="kurs",
            except_on=[],
            levels=[],
            languages=[],
        )
        await session.flush()
        [german] = (await drafts.originals(session, ["treff"])).values()
        assert german.names == ("Frau Kurs",)  # the place is not spoken of
    report = await everything(db)
    async with db.transaction() as session:
        english = await text(session, "treff", "en")
    # Whole with the name as it is, or not at all.
    assert [one.entry_id for one in report.drafted] == (["treff"] if english else [])
    assert english is None or "Frau Kurs" in english.body


async def test_a_file_takes_the_place_of_a_draft_and_a_draft_stays_without_one(
    db: Database, content: Path, german: Callable[..., Path], english: Callable[..., Path]
) -> None:
    german(title=TITLE, body=BODY)
    german("other", title=TITLE, body=BODY)

    async def bring() -> list[str]:
        async with db.transaction() as session:
            planned = await plan(session, content, CENTRES, withdraw=True)
            report = await import_folder(session, content, CENTRES, withdraw=True)
            assert len(planned.kept) == len(report.kept_newer) == 0
            return sorted([*report.added, *report.updated, *report.withdrawn])

    await bring()
    await everything(db)
    assert await bring() == []
    english(title="Nursery", body="Written by a person.", made_from=text_hash(TITLE, BODY))
    assert await bring() == ["kita.en"]
    async with db.transaction() as session:
        now = await text(session, "kita", "en")
        draft = await text(session, "other", "en")
        assert now is not None
        assert draft is not None
        assert (now.title, now.status, draft.status) == ("Nursery", "unreviewed", "machine")
    # Nobody edited an entry that a machine translated: it may be hidden.
    (content / "all" / "other.de.md").unlink()
    assert await bring() == ["other.de"]


async def test_without_packages_nothing_is_looked_for(
    db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with db.transaction() as session:
        await put(session, "kita")
    await everything(db)
    await change_german(db, "kita")
    monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path))
    assert await drafting.renew(db) == 0


async def test_the_workers_renew_every_ten_minutes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tasks register once per process, and other tests start whole stacks in this one.
    app = procrastinate.App(connector=procrastinate.PsycopgConnector())
    monkeypatch.setattr(queue, "app", app)
    housekeeping.register(db)
    tasks = {one.task.name: one for one in queue.app.periodic_registry.periodic_tasks.values()}
    assert tasks[housekeeping.RENEW_TASK].cron == "*/10 * * * *"
