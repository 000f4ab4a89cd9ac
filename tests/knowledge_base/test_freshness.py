"""Curators learn what is due, expired, doubted and missing; one tap confirms an entry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import feedback, freshness
from knowledge_base.content_files import content_languages
from knowledge_base.editing import FromFeed, UnknownText
from knowledge_base.entries import Entry, EntryText
from knowledge_base.revisions import STILL_CORRECT, history
from storage import clock
from storage.engine import Database
from tests.knowledge_base.rows import put_entry

TODAY = date(2026, 11, 30)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest_asyncio.fixture
async def session(db: Database, monday_morning: datetime) -> AsyncIterator[AsyncSession]:
    async with db.transaction() as opened:
        yield opened


async def due(session: AsyncSession) -> list[str]:
    found = [one.entry_id for one in await freshness.due(session)]
    assert await freshness.due_count(session) == len(found)
    return found


async def test_volatile_entries_are_due_after_180_days_others_after_365(
    session: AsyncSession,
) -> None:
    for entry_id, volatile, checked in (
        ("steady_ok", False, ago(365)),
        ("steady_due", False, ago(366)),
        ("volatile_ok", True, ago(180)),
        ("volatile_due", True, ago(181)),
        ("never", False, None),
    ):
        await put_entry(session, entry_id, volatile=volatile, checked_on=checked)
    assert set(await due(session)) == {"steady_due", "volatile_due", "never"}


async def test_what_matters_most_is_due_first(session: AsyncSession) -> None:
    await put_entry(session, "rare", rank=3)
    await put_entry(session, "old", rank=1, checked_on=ago(900))
    await put_entry(session, "never", rank=1)
    await put_entry(session, "asked", rank=1, checked_on=ago(400))
    await feedback.count_shown(session, "asked", "ar")
    assert await due(session) == ["asked", "never", "old", "rare"]
    assert [one.entry_id for one in await freshness.due(session, 1)] == ["asked"]


async def test_what_nobody_sees_or_others_keep_is_not_due(session: AsyncSession) -> None:
    await put_entry(session, "expired", valid_until=ago(1))
    await put_entry(session, "withdrawn", withdrawn_at=clock.now())
    await put_entry(session, "feed", origin="integreat:testkreis")
    await put_entry(session, "parent", kind="section")
    await put_entry(session, "replaced")
    await put_entry(session, "newer", supersedes="replaced", checked_on=TODAY)
    await put_entry(session, "last_day", valid_until=TODAY)
    assert await due(session) == ["last_day"]
    assert await freshness.expired(session) == ["Expired"]


async def test_an_entry_replaced_from_next_month_on_is_still_looked_after(
    session: AsyncSession,
) -> None:
    await put_entry(session, "now")
    await put_entry(session, "later", supersedes="now", valid_from=ago(-30), checked_on=TODAY)
    assert await due(session) == ["now"]


async def test_one_tap_confirms_all_languages_and_is_written_down(session: AsyncSession) -> None:
    await put_entry(session, "kita", "en", "ar")
    before = {one.language: one.updated_at for one in await texts(session, "kita")}
    assert await freshness.still_correct(session, "kita", "curator:7d0c") == "Kita"
    assert (await session.get_one(Entry, "kita")).checked_on == TODAY
    assert await due(session) == []
    for language in ("de", "en", "ar"):
        latest, first = await history(session, "kita", language)
        assert (latest.author, latest.note, latest.number) == ("curator:7d0c", STILL_CORRECT, 1)
        assert (latest.body, first.note) == (first.body, None)
    assert {one.language: one.updated_at for one in await texts(session, "kita")} == before


async def texts(session: AsyncSession, entry_id: str) -> list[EntryText]:
    entry = await session.get_one(Entry, entry_id)
    await session.refresh(entry, ["texts"])
    return entry.texts


async def test_only_our_own_entries_can_be_confirmed(session: AsyncSession) -> None:
    await put_entry(session, "feed", origin="integreat:testkreis")
    with pytest.raises(FromFeed):
        await freshness.still_correct(session, "feed", "curator:7d0c")
    with pytest.raises(UnknownText):
        await freshness.still_correct(session, "nix", "curator:7d0c")


async def test_the_overview_counts_the_week_and_shortens_lists(session: AsyncSession) -> None:
    for number in range(7):
        entry_id = f"entry{number}"
        await put_entry(session, entry_id)
        for _ in range(number):
            await feedback.count_shown(session, entry_id, "ar")
            await feedback.count(session, entry_id, "tr", "no")
    await feedback.count(session, "entry0", "de", "wrong")
    await feedback.count(session, "entry1", "de", "yes")
    found = await freshness.overview(session)
    assert (len(found.due), found.due_count) == (5, 7)
    assert [one.shown for one in found.shown_most] == [6, 5, 4, 3, 2]
    assert [(one.wrong, one.not_helped) for one in found.doubted] == [
        (1, 0),
        (0, 6),
        (0, 5),
        (0, 4),
        (0, 3),
    ]
    total = found.totals
    assert (total.shown, total.helped, total.not_helped, total.wrong) == (21, 1, 21, 1)

    clock.advance(timedelta(days=7))
    later = await freshness.overview(session)
    assert (later.totals.shown, later.shown_most, later.doubted) == (0, [], [])


async def test_missing_texts_count_for_important_entries_only(session: AsyncSession) -> None:
    await put_entry(session, "kita", "en", "ar", rank=1)
    await put_entry(session, "minor", rank=2)
    german = next(one for one in await texts(session, "kita") if one.language == "de")
    german.change("Kita", "Neu.", "original", None, "curator:7d0c")
    found = await freshness.overview(session)
    assert found.missing == dict.fromkeys(set(content_languages()) - {"de", "en", "ar"}, 1)
    assert found.outdated == {"en": 1, "ar": 1}


async def test_unanswered_questions_come_by_topic_and_language(session: AsyncSession) -> None:
    for language, topic in (("ar", "ask_housing"), ("ar", "ask_housing"), ("tr", None)):
        last = await feedback.store_unanswered(session, None, language, topic, None, None)
    found = await freshness.overview(session)
    assert found.asked == [("ask_housing", "ar", 2), (None, "tr", 1)]
    assert (found.asked_count, found.questions) == (3, [])
    await feedback.settle(session, last)
    assert (await freshness.overview(session)).asked == [("ask_housing", "ar", 2)]
