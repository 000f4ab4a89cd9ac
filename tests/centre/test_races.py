"""What the database's guards are worth: each race is run without its guard, then with it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from psycopg.errors import ExclusionViolation, UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, handoffs
from centre.appointments import Appointment, SlotTaken, guard
from centre.handoffs import Handoff, HandoffAsk, Taken
from centre.pool.tables import InterpreterLanguage
from storage.engine import Database
from tests.centre.conftest import berlin, new_person, sent_to, who

CLIENTS = 20
HELPERS = 50
START = berlin(2026, 12, 1, 9, 0)
OVERLAPS = text(
    "select count(*) from appointments a join appointments b"
    " on a.manager_id = b.manager_id and a.id < b.id and a.during && b.during"
    " where a.cancelled_at is null and b.cancelled_at is null"
)


@pytest_asyncio.fixture
async def crowd(people: Database, db_url: str) -> AsyncIterator[Database]:
    """The same database with a connection for everybody who races."""
    database = Database(db_url, pool=HELPERS)
    yield database
    await database.close()


@pytest.fixture
def all_check_before_any_inserts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every client between finding a free manager and taking the time."""
    barrier = asyncio.Barrier(CLIENTS)
    held: set[object] = set()
    claim: Callable[..., Awaitable[Appointment | None]] = guard._claim

    async def hold(session: AsyncSession, **values: Any) -> Appointment | None:
        if session not in held:
            held.add(session)
            async with asyncio.timeout(60):
                await barrier.wait()
        return await claim(session, **values)

    monkeypatch.setattr(guard, "_claim", hold)


async def drop_guards(db: Database) -> None:
    async with db.transaction() as session:
        for name in ("no_overlap_per_manager", "no_overlap_per_person"):
            await session.execute(text(f"alter table appointments drop constraint {name}"))


async def everybody_books(db: Database) -> list[Appointment | BaseException]:
    async with db.transaction() as session:
        racers = [
            await new_person(session, "script", f"racer-{number}") for number in range(CLIENTS)
        ]

    async def one(person_id: uuid.UUID) -> Appointment:
        async with db.transaction() as session:
            return await appointments.book(
                session,
                person_id=person_id,
                centre="reutlingen",
                topic="other",
                start=START,
                language="en",
                request_key=f"race-{person_id}",
            )

    return await asyncio.gather(*map(one, racers), return_exceptions=True)


async def overlaps(db: Database) -> int:
    async with db.transaction() as session:
        return int(await session.scalar(OVERLAPS) or 0)


@pytest.mark.usefixtures("all_check_before_any_inserts")
async def test_without_the_guards_people_share_a_time(crowd: Database) -> None:
    await drop_guards(crowd)
    results = await everybody_books(crowd)
    assert not [result for result in results if isinstance(result, BaseException)]
    assert await overlaps(crowd) > 0


@pytest.mark.usefixtures("all_check_before_any_inserts")
async def test_with_the_guards_each_manager_is_booked_once(crowd: Database) -> None:
    results = await everybody_books(crowd)
    winners = [result for result in results if isinstance(result, Appointment)]
    losers = [result for result in results if not isinstance(result, Appointment)]
    assert {winner.manager_id for winner in winners} == {
        who("m-reutlingen-1"),
        who("m-reutlingen-2"),
    }
    assert len(winners) == 2
    assert len(losers) == CLIENTS - 2
    assert all(isinstance(loser, SlotTaken) for loser in losers)
    assert await overlaps(crowd) == 0
    async with crowd.transaction() as session:
        for winner in winners:
            assert len(await sent_to(session, winner.manager_id)) == 1


async def test_the_same_request_handled_by_two_workers_books_once(crowd: Database) -> None:
    async def one() -> Appointment:
        async with crowd.transaction() as session:
            return await appointments.book(
                session,
                person_id=who("p1"),
                centre="reutlingen",
                topic="other",
                start=START,
                language="ar",
                request_key="update-9",
            )

    made = await asyncio.gather(*(one() for _ in range(10)))
    assert len({appointment.id for appointment in made}) == 1
    async with crowd.transaction() as session:
        assert len(await sent_to(session, made[0].manager_id)) == 1


@pytest.mark.parametrize("same", ["manager_id", "person_id"])
async def test_the_database_itself_refuses_overlaps(people: Database, same: str) -> None:
    ids = {"manager_id": who("m-reutlingen-1"), "person_id": who("p1")}
    others = {"manager_id": who("m-reutlingen-2"), "person_id": who("p2")}
    add = text(
        "insert into appointments"
        " (manager_id, person_id, centre, topic, kind, language, during, blocked, childcare,"
        "  step_free, sequence, changed_at, created_at, cancelled_at)"
        " select :manager_id, :person_id, 'reutlingen', 'other', 'follow_up', 'ar', time, time,"
        "  false, false, 0, now(), now(), :cancelled"
        " from (values (tstzrange('2026-12-01 08:00Z', '2026-12-01 08:30Z'))) as at (time)"
    )
    async with people.transaction() as session:
        await session.execute(add, {**ids, "cancelled": START})  # holds no time
        await session.execute(add, {**ids, "cancelled": None})
    with pytest.raises(IntegrityError) as refused:
        async with people.transaction() as session:
            await session.execute(add, {**others, same: ids[same], "cancelled": None})
    assert isinstance(refused.value.orig, ExclusionViolation)
    assert same.removesuffix("_id") in str(refused.value.orig)


async def open_handoff(db: Database, person: str, helpers: list[uuid.UUID]) -> int:
    async with db.transaction() as session:
        made = Handoff(
            kind="interpreter", person_id=who(person), centre="reutlingen", language="am"
        )
        session.add(made)
        await session.flush()
        session.add_all(
            HandoffAsk(handoff_id=made.id, helper_id=helper, language="am") for helper in helpers
        )
        return made.id


async def test_of_fifty_who_accept_at_once_one_wins(crowd: Database) -> None:
    async with crowd.transaction() as session:
        helpers = [
            await new_person(session, "script", f"helper-{number}", role="interpreter")
            for number in range(HELPERS)
        ]
        session.add_all(InterpreterLanguage(person_id=one, language="am") for one in helpers)
    handoff_id = await open_handoff(crowd, "p1", helpers)
    start = asyncio.Barrier(HELPERS)

    async def one(helper: uuid.UUID) -> Handoff:
        async with crowd.transaction() as session:
            await session.execute(text("select 1"))  # connected before the race begins
            async with asyncio.timeout(60):
                await start.wait()
            return await handoffs.accept(session, handoff_id, helper)

    results = await asyncio.gather(*map(one, helpers), return_exceptions=True)
    winners = [result for result in results if isinstance(result, Handoff)]
    assert len(winners) == 1
    assert sum(isinstance(result, Taken) for result in results) == HELPERS - 1
    async with crowd.transaction() as session:
        assert len(await sent_to(session, "p1")) == 1
        told = [len(await sent_to(session, helper)) for helper in helpers]
        assert sum(told) == HELPERS - 1
        stored = await session.get(Handoff, handoff_id)
        assert stored is not None
        assert stored.helper_id == winners[0].helper_id


async def test_an_interpreter_who_accepts_two_at_once_gets_one(crowd: Database) -> None:
    helper = who("i-am-1")
    both = [await open_handoff(crowd, person, [helper]) for person in ("p1", "p2")]

    async def one(handoff_id: int) -> Handoff:
        async with crowd.transaction() as session:
            return await handoffs.accept(session, handoff_id, helper)

    results = await asyncio.gather(*map(one, both), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Busy", "Handoff"]


@pytest.mark.parametrize(
    ("guard", "person", "status"),
    [
        ("one_match_per_helper", "p2", "matched"),
        ("one_active_handoff_per_person", "p1", "open"),
    ],
)
async def test_the_database_itself_refuses_a_second_talk(
    people: Database, guard: str, person: str, status: str
) -> None:
    async def add(of: str, state: str) -> None:
        async with people.transaction() as session:
            session.add(
                Handoff(
                    kind="human",
                    person_id=who(of),
                    helper_id=who("i-am-1") if state == "matched" else None,
                    centre="reutlingen",
                    language="ar",
                    status=state,
                )
            )

    await add("p1", "matched")
    with pytest.raises(IntegrityError) as refused:
        await add(person, status)
    assert isinstance(refused.value.orig, UniqueViolation)
    assert guard in str(refused.value.orig)
    async with people.transaction() as session:
        await session.execute(text(f"drop index {guard}"))
    await add(person, status)  # it was this guard and no other


async def test_a_person_who_asks_from_two_places_has_one_request(crowd: Database) -> None:
    async def one(number: int) -> tuple[Handoff, int, bool]:
        async with crowd.transaction() as session:
            return await handoffs.request(
                session,
                person_id=who("p1"),
                kind="interpreter",
                centre="reutlingen",
                language="ar",
                request_key=f"update-{number}",
            )

    results = await asyncio.gather(*map(one, range(10)))
    assert len({handoff.id for handoff, _, _ in results}) == 1
    assert sum(new for _, _, new in results) == 1
    async with crowd.transaction() as session:
        assert len(await sent_to(session, "i-ar-1")) == 1
