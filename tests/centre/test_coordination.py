"""What coordinators are told of who waits and who served: the cases beside the page's own tests."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import delete

from centre.handoffs import Handoff, HandoffAsk
from centre.people import Person
from centre.pool import coordination
from centre.pool.tables import InterpreterService
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who


async def asked_for(db: Database, label: str, *helpers: str, **values: object) -> None:
    """One request of a person, put to some helpers."""
    wish = {"kind": "interpreter", "centre": "reutlingen", "language": "ar", **values}
    async with db.transaction() as session:
        made = Handoff(person_id=who(label), **wish)
        session.add(made)
        await session.flush()
        session.add_all(HandoffAsk(handoff_id=made.id, helper_id=who(one)) for one in helpers)


async def taken_after(db: Database, minutes: int, created: datetime, **values: object) -> None:
    taken = created + timedelta(minutes=minutes)
    await asked_for(
        db, "p1", status="ended", created_at=created, matched_at=taken, ended_at=taken, **values
    )


async def test_open_requests_begin_with_emergencies_then_the_longest_wait(
    people: Database,
) -> None:
    now = clock.now()
    await asked_for(people, "p1", "i-ar-1", "i-ar-2", created_at=now - timedelta(minutes=5))
    await asked_for(people, "p2", topic="letter", created_at=now - timedelta(minutes=50))
    await asked_for(people, "p3", kind="human", urgent=True, stage="managers", created_at=now)
    await asked_for(people, "p4", centre="dettingen")
    async with people.transaction() as session:
        found = await coordination.open_requests(session, "reutlingen")
        everywhere = await coordination.open_requests(session, None)
    assert [(one.kind, one.topic, one.asked) for one in found] == [
        ("human", None, 0),
        ("interpreter", "letter", 0),
        ("interpreter", None, 2),
    ]
    assert (found[0].stage, found[1].since) == ("managers", now - timedelta(minutes=50))
    assert len(everywhere) == 4


async def test_an_open_request_is_not_counted_as_unfilled(people: Database) -> None:
    await asked_for(people, "p1")
    await asked_for(people, "p2", status="stopped", ended_at=clock.now())
    async with people.transaction() as session:
        (arabic,) = await coordination.waiting_times(session, "reutlingen")
    assert (arabic.requests, arabic.matched, arabic.unfilled) == (2, 0, 1)
    assert (arabic.median, arabic.ninety) == (None, None)


async def test_of_an_even_number_the_median_lies_between_the_middle_two(people: Database) -> None:
    for minutes in (2, 4, 8, 20):
        await taken_after(people, minutes, clock.now() - timedelta(days=1))
    async with people.transaction() as session:
        (arabic,) = await coordination.waiting_times(session, None)
    assert arabic.median == 6
    assert arabic.ninety == 17  # 8 and seven tenths of the way to 20, rounded up


async def test_what_is_older_than_ninety_days_is_not_counted(people: Database) -> None:
    await taken_after(people, 3, clock.now() - timedelta(days=91))
    async with people.transaction() as session:
        assert await coordination.waiting_times(session, None) == []


async def test_what_somebody_served_goes_with_them(people: Database) -> None:
    async with people.transaction() as session:
        start = berlin(2026, 11, 5, 9)
        for helper in ("i-ar-1", "i-ar-2"):
            session.add(
                InterpreterService(
                    helper_id=who(helper),
                    language="ar",
                    centre="reutlingen",
                    started_at=start,
                    ended_at=start + timedelta(minutes=10),
                )
            )
        await session.flush()
        await session.execute(delete(Person).where(Person.id == who("i-ar-1")))
        left = await coordination.served(session, date(2026, 11, 1), None)
    assert [one.helper_id for one in left] == [who("i-ar-2")]


async def test_a_month_begins_and_ends_at_midnight_in_berlin() -> None:
    assert coordination.span(date(2026, 3, 15)) == (berlin(2026, 3, 1), berlin(2026, 4, 1))
    assert coordination.span(date(2026, 12, 31)) == (berlin(2026, 12, 1), berlin(2027, 1, 1))
