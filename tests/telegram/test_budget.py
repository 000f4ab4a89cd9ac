"""The send budget holds for all processes together, and one chat never holds up another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise

import pytest_asyncio
from sqlalchemy import func, select, text

from bot.telegram import budget
from bot.telegram.budget import ALL, CHAT, GROUP, Limit, Turn
from storage.engine import Database


@pytest_asyncio.fixture
async def other(db: Database) -> AsyncIterator[Database]:
    """A second process on the same database."""
    database = Database(db.url)
    yield database
    await database.close()


async def reserve(db: Database, chat: str, group: bool = False) -> Turn:
    async with db.transaction() as session:
        return await budget.reserve(session, chat, group)


async def skip(db: Database, seconds: float) -> None:
    """Let time pass for the budget, without waiting for it."""
    async with db.transaction() as session:
        await session.execute(
            text("update send_budget set free_at = free_at - make_interval(secs => :seconds)"),
            {"seconds": seconds},
        )


def assert_kept(moments: list[float], limit: Limit) -> None:
    """In no window of time are there more than a burst and what has drained since."""
    moments = sorted(moments)
    for first, start in enumerate(moments):
        for last in range(first, len(moments)):
            allowed = limit.burst + (moments[last] - start) / limit.interval
            assert last - first + 1 <= allowed + 0.01  # PostgreSQL counts in microseconds


async def booked(db: Database, chat: str, count: int, group: bool = False) -> list[float]:
    """Book ``count`` turns of one chat as soon as it may, time flying; return the moments."""
    moments: list[float] = []
    skipped = 0.0
    while len(moments) < count:
        turn = await reserve(db, chat, group)
        if turn.at is None:
            await skip(db, turn.wait)
            skipped += turn.wait
        else:
            moments.append(turn.at.timestamp() + skipped)
    return moments


async def test_two_processes_together_keep_the_common_limit(db: Database, other: Database):
    turns = await asyncio.gather(
        *(reserve((db, other)[chat % 2], str(chat)) for chat in range(1, 121))
    )
    moments = [turn.at.timestamp() for turn in turns if turn.at]
    assert len(moments) == 120
    assert_kept(moments, ALL)


async def test_what_is_booked_ahead_follows_without_a_gap(db: Database):
    few = Limit(interval=60, burst=2)
    turns = []
    for chat in range(1, 6):
        async with db.transaction() as session:
            turns.append(await budget.reserve(session, str(chat), everything=few))
    assert [turn.wait for turn in turns[:2]] == [0, 0]
    assert all(turn.at for turn in turns)
    at = [turn.at for turn in turns[2:] if turn.at]
    assert [(after - before).total_seconds() for before, after in pairwise(at)] == [60, 60]


async def test_a_chat_gets_three_at_once_and_then_one_a_second(db: Database):
    moments = await booked(db, "5", 8)
    assert_kept(moments, CHAT)
    assert moments[2] - moments[0] < 1
    assert moments[7] - moments[0] >= 5 * CHAT.interval - 0.1


async def test_two_processes_together_keep_the_limit_of_a_chat(db: Database, other: Database):
    turns = await asyncio.gather(*(reserve(one, "5") for _ in range(4) for one in (db, other)))
    assert len([turn for turn in turns if turn.at]) == CHAT.burst
    assert all(0 < turn.wait <= CHAT.interval for turn in turns if turn.at is None)


async def test_a_group_gets_no_more_than_twenty_in_any_minute(db: Database):
    moments = await booked(db, "-5", 50, group=True)
    for start in moments:
        assert len([one for one in moments if start <= one <= start + 60]) <= 20
    assert_kept(moments, GROUP)


async def test_a_paused_chat_waits_and_others_do_not(db: Database):
    async with db.transaction() as session:
        await budget.pause(session, "5", 30)
    paused = await reserve(db, "5")
    assert paused.at is None
    assert 29 < paused.wait <= 30
    others = [await reserve(db, str(chat)) for chat in range(6, 16)]
    assert all(turn.at is not None and turn.wait == 0 for turn in others)
    await skip(db, paused.wait)
    assert (await reserve(db, "5")).at is not None


async def test_asking_in_vain_costs_nothing(db: Database):
    """Else the tries of paused chats would use up what others could send."""
    async with db.transaction() as session:
        await budget.pause(session, "5", 30)
    for _ in range(100):
        await reserve(db, "5")
    assert (await reserve(db, "6")).wait == 0


async def test_a_shorter_pause_does_not_end_a_longer_one(db: Database):
    async with db.transaction() as session:
        await budget.pause(session, "5", 30)
        await budget.pause(session, "5", 1)
    assert (await reserve(db, "5")).wait > 20


async def test_the_demonstration_s_clock_does_not_matter(db: Database, monday_morning: datetime):
    turn = await reserve(db, "5")
    async with db.transaction() as session:
        now = (await session.scalars(select(func.clock_timestamp()))).one()
        assert turn.at is not None
        assert abs((now - turn.at).total_seconds()) < 60
        assert await budget.until(session, turn.at) == 0


async def test_chats_that_owe_nothing_are_forgotten(db: Database):
    await reserve(db, "5")
    async with db.transaction() as session:
        await budget.pause(session, "6", 30)
    await skip(db, 10)
    async with db.transaction() as session:
        await budget.prune(session)
        left = await session.scalars(select(budget.Budget.scope))
        assert set(left) == {"all", "chat:6"}
