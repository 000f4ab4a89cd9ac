"""Open consultation: told with day and time, without holidays and whoever is away."""

from __future__ import annotations

from datetime import time, timedelta

import pytest_asyncio
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import Range

from centre.appointments import Absence, Wish, WorkingHours, free_times, open_hours
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who

FRIDAY, MONDAY = 4, 0


@pytest_asyncio.fixture
async def closed(people: Database) -> Database:
    """The demonstration without its own open hours."""
    async with people.transaction() as session:
        await session.execute(delete(WorkingHours).where(WorkingHours.open_consultation))
    return people


async def offer(
    database: Database, weekday: int, start: int, end: int, manager: str = "m-reutlingen-1"
) -> None:
    async with database.transaction() as session:
        session.add(
            WorkingHours(
                manager_id=who(manager),
                centre="reutlingen",
                weekday=weekday,
                start=time(start),
                end=time(end),
                open_consultation=True,
            )
        )


async def told(database: Database, language: str = "de") -> list[str]:
    async with database.transaction() as session:
        times = await open_hours.open_hours(session, "reutlingen")
    return open_hours.lines(times, language).splitlines()


async def test_a_centre_without_open_hours_says_nothing(closed: Database) -> None:
    assert await told(closed) == []


async def test_hours_of_two_advisers_that_meet_are_one(closed: Database) -> None:
    await offer(closed, FRIDAY, 14, 16)
    await offer(closed, FRIDAY, 15, 17, "m-reutlingen-2")
    assert await told(closed) == [
        "Freitag, 4. Dezember 2026, 14:00–17:00",
        "Freitag, 11. Dezember 2026, 14:00–17:00",
    ]


async def test_public_holidays_are_left_out(closed: Database) -> None:
    await offer(closed, FRIDAY, 14, 16)
    await offer(closed, MONDAY, 14, 16)
    clock.advance(berlin(2026, 12, 22, 8, 0) - clock.now())
    # Christmas Day and New Year's Day are Fridays.
    assert await told(closed) == [
        "Montag, 28. Dezember 2026, 14:00–16:00",
        "Montag, 4. Januar 2027, 14:00–16:00",
    ]


async def test_nobody_comes_in_vain_while_the_adviser_is_away(closed: Database) -> None:
    await offer(closed, FRIDAY, 14, 16)
    start = berlin(2026, 12, 4, 0, 0)
    async with closed.transaction() as session:
        session.add(
            Absence(
                manager_id=who("m-reutlingen-1"),
                during=Range(start, start + timedelta(days=1)),
                reason="ill",
            )
        )
    assert await told(closed) == ["Freitag, 11. Dezember 2026, 14:00–16:00"]


async def test_what_has_begun_counts_until_it_ends(closed: Database) -> None:
    await offer(closed, MONDAY, 7, 9)
    assert (await told(closed))[0] == "Montag, 30. November 2026, 07:00–09:00"


async def test_nothing_is_booked_in_open_hours(closed: Database) -> None:
    await offer(closed, FRIDAY, 14, 16)
    async with closed.transaction() as session:
        day = berlin(2026, 12, 4, 0, 0).date()
        times = await free_times(session, Wish("reutlingen"), day)
    assert max(slot.end for slot in times) <= berlin(2026, 12, 4, 13, 0)
