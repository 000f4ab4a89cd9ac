"""Work that PostgreSQL had to undo is done again, as a whole."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.engine import Database


async def two_counters(db: Database) -> None:
    async with db.transaction() as session:
        await session.execute(text("create table counters (id int primary key, n int not null)"))
        await session.execute(text("insert into counters values (1, 0), (2, 0)"))


def crossing(first: int, second: int, both: asyncio.Barrier):  # type: ignore[no-untyped-def]
    """Return work that adds to two rows in an order, and waits in between for its rival."""
    add = text("update counters set n = n + 1 where id = :id")
    calls = []

    async def work(session: AsyncSession) -> int:
        calls.append(first)
        await session.execute(add, {"id": first})
        if len(calls) == 1:
            await both.wait()
        await session.execute(add, {"id": second})
        return len(calls)

    return work


async def test_of_two_who_wait_for_each_other_one_runs_again_and_both_succeed(
    db: Database,
) -> None:
    await two_counters(db)
    both = asyncio.Barrier(2)
    runs = await asyncio.gather(db.run(crossing(1, 2, both)), db.run(crossing(2, 1, both)))
    assert sorted(runs) == [1, 2]
    async with db.transaction() as session:
        assert (await session.scalars(text("select n from counters"))).all() == [2, 2]


async def test_without_running_again_one_of_the_two_fails(db: Database) -> None:
    await two_counters(db)
    both = asyncio.Barrier(2)
    results = await asyncio.gather(
        db.run(crossing(1, 2, both), attempts=1),
        db.run(crossing(2, 1, both), attempts=1),
        return_exceptions=True,
    )
    assert [type(one) for one in results].count(int) == 1
    assert any(isinstance(one, DBAPIError) for one in results)


async def test_any_other_failure_is_not_repeated(db: Database) -> None:
    calls = []

    async def work(session: AsyncSession) -> None:
        calls.append(1)
        await session.execute(text("select 1 / 0"))

    with pytest.raises(DBAPIError):
        await db.run(work)
    assert len(calls) == 1
