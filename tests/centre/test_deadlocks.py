"""Transactions that wait for each other: PostgreSQL ends one, which is run again as a whole."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments
from centre.appointments import Appointment, Hold, SlotTaken, Wish, hold_for_person
from centre.appointments.reasons import FOR_WAITING
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who

NINE, HALF_PAST = berlin(2026, 12, 1, 9, 0), berlin(2026, 12, 1, 9, 30)
ORDERS = {who("p1"): (NINE, HALF_PAST), who("p4"): (HALF_PAST, NINE)}


async def hold(
    session: AsyncSession, person: uuid.UUID, number: int, kept: Hold | None = None
) -> Appointment:
    return await appointments.take(
        session,
        person_id=person,
        wish=Wish("reutlingen", managers=(who("m-reutlingen-1"),)),
        topic="other",
        start=ORDERS[person][number],
        language="en",
        request_key=None,
        hold=kept or hold_for_person(),
    )


def two_times(
    person: uuid.UUID, both: asyncio.Barrier
) -> Callable[[AsyncSession], Awaitable[list[Appointment]]]:
    """Return work that takes two times in one transaction, as handing over several does."""
    calls: list[uuid.UUID] = []

    async def work(session: AsyncSession) -> list[Appointment]:
        calls.append(person)
        kept = Hold(clock.now() + timedelta(hours=1), FOR_WAITING)
        first = await hold(session, person, 0, kept)
        if len(calls) == 1:
            await both.wait()
        return [first, await hold(session, person, 1, kept)]

    return work


async def crossing(db: Database, attempts: int) -> list[list[Appointment] | BaseException]:
    both = asyncio.Barrier(2)
    return await asyncio.gather(
        *(db.run(two_times(person, both), attempts) for person in ORDERS), return_exceptions=True
    )


async def test_two_who_take_the_same_times_crosswise_wait_for_each_other(people: Database) -> None:
    results = await crossing(people, attempts=1)
    failures = [one for one in results if isinstance(one, OperationalError)]
    assert [type(one.orig) for one in failures] == [DeadlockDetected]


async def test_run_again_one_gets_both_times_and_the_other_a_clear_answer(
    people: Database,
) -> None:
    results = await crossing(people, attempts=5)
    assert sorted(type(one).__name__ for one in results) == ["SlotTaken", "list"]


async def test_two_who_want_each_others_time_keep_their_own(people: Database) -> None:
    one, other = ORDERS
    await asyncio.gather(*(people.run(lambda s, who=who: hold(s, who, 0)) for who in ORDERS))
    results = await asyncio.gather(
        *(people.run(lambda s, who=who: hold(s, who, 1)) for who in ORDERS), return_exceptions=True
    )
    assert all(isinstance(one, Appointment | SlotTaken) for one in results)
    async with people.transaction() as session:
        held = [await appointments.held_by(session, person) for person in (one, other)]
    assert len({one.start for one in held if one is not None}) == 2
