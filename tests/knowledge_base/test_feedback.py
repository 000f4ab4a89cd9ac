"""What people say of an answer is counted, all of it, and never who said it."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.housekeeping import forget
from centre.people import Person
from knowledge_base import feedback
from knowledge_base.feedback import EntryCount, UnansweredQuestion
from storage import clock
from storage.engine import Database
from tests.knowledge_base.rows import put_entry


async def person(session: AsyncSession) -> uuid.UUID:
    row = Person(id=uuid.uuid4(), dialogue={}, consented_at=clock.now())
    session.add(row)
    await session.flush()
    return row.id


async def test_many_taps_at_once_are_all_counted(db: Database, monday_morning: datetime) -> None:
    async with db.transaction() as session:
        await put_entry(session, "kita")

    async def tap(answer: str) -> None:
        async with db.transaction() as session:
            assert await feedback.count(session, "kita", "ar", answer)

    async def show() -> None:
        async with db.transaction() as session:
            await feedback.count_shown(session, "kita", "ar")

    await asyncio.gather(
        *(tap("yes") for _ in range(40)),
        *(tap("no") for _ in range(20)),
        *(tap("wrong") for _ in range(10)),
        *(show() for _ in range(30)),
    )
    async with db.transaction() as session:
        row = (await session.scalars(select(EntryCount))).one()
    assert (row.entry_id, row.language, row.day) == ("kita", "ar", date(2026, 11, 30))
    assert (row.shown, row.helped, row.not_helped, row.wrong) == (30, 40, 20, 10)


async def test_days_are_berlins_and_languages_are_counted_apart(db: Database) -> None:
    before = clock.shift()
    try:
        clock.set_now(datetime.fromisoformat("2026-12-01T23:30:00+00:00"))
        async with db.transaction() as session:
            await put_entry(session, "kita")
            await feedback.count_shown(session, "kita", "ar")
            await feedback.count_shown(session, "kita", "tr")
            rows = (await session.scalars(select(EntryCount).order_by(EntryCount.language))).all()
    finally:
        clock.advance(before - clock.shift())
    assert [(one.language, one.day) for one in rows] == [
        ("ar", date(2026, 12, 2)),
        ("tr", date(2026, 12, 2)),
    ]


async def test_there_is_no_place_to_store_who_voted(db: Database) -> None:
    assert {column.name for column in inspect(EntryCount).columns} == {
        *("entry_id", "language", "day"),
        *("shown", "helped", "not_helped", "wrong"),
    }


async def test_an_entry_that_does_not_exist_is_not_counted(db: Database) -> None:
    async with db.transaction() as session:
        assert not await feedback.count(session, "nix", "de", "yes")
        await feedback.count_shown(session, "nix", "de")
        assert (await session.scalars(select(EntryCount))).all() == []


async def test_without_consent_only_topic_and_language_of_a_question_are_stored(
    db: Database,
) -> None:
    async with db.transaction() as session:
        number = await feedback.store_unanswered(
            session, "reutlingen", "ar", "ask_housing", "Ich heiße Ali", None
        )
    async with db.transaction() as session:
        row = await session.get_one(UnansweredQuestion, number)
        assert (row.centre, row.language, row.topic) == ("reutlingen", "ar", "ask_housing")
        assert (row.text, row.person_id) == (None, None)


async def test_a_question_is_handed_on_once_and_settled_for_good(db: Database) -> None:
    async with db.transaction() as session:
        mine, other = await person(session), await person(session)
        number = await feedback.store_unanswered(session, "reutlingen", "ar", None, None, None)
        assert await feedback.hand_on(session, number, "Wo ist das Kino?", mine)
        assert not await feedback.hand_on(session, number, "Etwas anderes", other)
        assert await feedback.handed_on(session, mine) == ["Wo ist das Kino?"]
        assert await feedback.handed_on(session, other) == []
        assert await feedback.settle(session, number)
        assert not await feedback.hand_on(session, number, "Noch einmal", other)
        assert await feedback.handed_on(session, mine) == []
        assert not await feedback.settle(session, number + 1)


async def test_questions_go_after_90_days_and_with_the_person(
    db: Database, monday_morning: datetime
) -> None:
    async with db.transaction() as session:
        mine, other = await person(session), await person(session)
        for who in (mine, other):
            await feedback.store_unanswered(session, None, "de", None, "Wo ist das Kino?", who)
        await feedback.store_unanswered(session, None, "de", None, None, None)
    async with db.transaction() as session:
        await session.delete(await session.get_one(Person, mine))
    async with db.transaction() as session:
        rows = (await session.scalars(select(UnansweredQuestion))).all()
        assert [row.person_id for row in rows] == [other, None]
    clock.advance(timedelta(days=89))
    await forget(db)
    async with db.transaction() as session:
        assert len((await session.scalars(select(UnansweredQuestion))).all()) == 2
    clock.advance(timedelta(days=2))
    await forget(db)
    async with db.transaction() as session:
        assert (await session.scalars(select(UnansweredQuestion))).all() == []


async def test_an_answer_that_does_not_exist_is_refused(db: Database) -> None:
    async with db.transaction() as session:
        await put_entry(session, "kita")
        with pytest.raises(KeyError):
            await feedback.count(session, "kita", "de", "shown")
