"""Free times follow the managers' weekly hours in local time, and never lie in the past."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete

from centre import appointments
from centre.appointments import Slot, Wish, WorkingHours
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who


def local_starts(times: list[Slot]) -> list[str]:
    return [slot.start.astimezone(clock.BERLIN).strftime("%H:%M") for slot in times]


async def only_hours(
    db: Database, weekday: int, start: time, end: time, *, first: bool = True
) -> None:
    """Leave one manager of Reutlingen, with one stretch a week (or one more)."""
    async with db.transaction() as session:
        if first:
            await session.execute(delete(WorkingHours))
        session.add(
            WorkingHours(
                manager_id=who("m-reutlingen-1"),
                centre="reutlingen",
                weekday=weekday,
                start=start,
                end=end,
            )
        )


async def starts(db: Database, day: date) -> list[datetime]:
    async with db.transaction() as session:
        return [
            one.start for one in await appointments.free_times(session, Wish("reutlingen"), day)
        ]


async def test_hours_are_cut_into_half_hours_and_a_rest_is_left_over(people: Database) -> None:
    await only_hours(people, 1, time(9), time(10, 45))
    async with people.transaction() as session:
        found = await appointments.free_times(session, Wish("reutlingen"), date(2026, 12, 1))
    assert local_starts(found) == ["09:00", "09:30", "10:00"]
    assert all(slot.end - slot.start == timedelta(minutes=30) for slot in found)


async def test_hours_that_end_before_they_begin_offer_nothing(people: Database) -> None:
    await only_hours(people, 1, time(12), time(9))
    assert await starts(people, date(2026, 12, 1)) == []


async def test_nine_o_clock_stays_nine_o_clock_when_summer_time_begins(people: Database) -> None:
    clock.set_now(berlin(2026, 3, 20, 12, 0))
    await only_hours(people, 5, time(9), time(10))
    await only_hours(people, 6, time(9), time(10), first=False)
    assert (await starts(people, date(2026, 3, 28)))[0] == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert (await starts(people, date(2026, 3, 29)))[0] == datetime(2026, 3, 29, 7, tzinfo=UTC)


async def test_nine_o_clock_stays_nine_o_clock_when_summer_time_ends(people: Database) -> None:
    clock.set_now(berlin(2026, 10, 20, 12, 0))
    await only_hours(people, 5, time(9), time(10))
    await only_hours(people, 6, time(9), time(10), first=False)
    assert (await starts(people, date(2026, 10, 24)))[0] == datetime(2026, 10, 24, 7, tzinfo=UTC)
    assert (await starts(people, date(2026, 10, 25)))[0] == datetime(2026, 10, 25, 8, tzinfo=UTC)


async def test_the_hour_that_does_not_exist_is_not_offered(people: Database) -> None:
    clock.set_now(berlin(2026, 3, 27, 12, 0))
    await only_hours(people, 6, time(1), time(4))
    async with people.transaction() as session:
        found = await appointments.free_times(session, Wish("reutlingen"), date(2026, 3, 29))
    assert local_starts(found) == ["01:00", "01:30", "03:00", "03:30"]
    assert all(slot.end - slot.start == timedelta(minutes=30) for slot in found)


async def test_the_hour_that_comes_twice_is_offered_twice(people: Database) -> None:
    clock.set_now(berlin(2026, 10, 23, 12, 0))
    await only_hours(people, 6, time(1), time(4))
    async with people.transaction() as session:
        found = await appointments.free_times(session, Wish("reutlingen"), date(2026, 10, 25))
    assert local_starts(found) == [
        *("01:00", "01:30", "02:00", "02:30"),
        *("02:00", "02:30", "03:00", "03:30"),
    ]
    assert len({slot.start for slot in found}) == 8


async def test_an_appointment_on_the_day_of_the_change_is_at_the_local_time(
    people: Database,
) -> None:
    clock.set_now(berlin(2026, 3, 27, 12, 0))
    await only_hours(people, 6, time(9), time(10))
    async with people.transaction() as session:
        made = await appointments.book(
            session,
            person_id=who("p1"),
            centre="reutlingen",
            topic="other",
            start=berlin(2026, 3, 29, 9, 0),
            language="ar",
            request_key=None,
        )
    assert made.start == datetime(2026, 3, 29, 7, tzinfo=UTC)


async def test_no_time_is_offered_in_the_past_or_within_the_hour(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 9, 45))
    async with people.transaction() as session:
        today = await appointments.free_times(session, Wish("reutlingen"), date(2026, 11, 30))
        yesterday = await appointments.free_times(session, Wish("reutlingen"), date(2026, 11, 27))
    assert local_starts(today)[0] == "11:00"
    assert yesterday == []


async def test_nothing_is_offered_beyond_eight_weeks(people: Database) -> None:
    async with people.transaction() as session:
        days = await appointments.free_days(session, Wish("reutlingen"), limit=99)
        after = await appointments.free_times(session, Wish("reutlingen"), date(2027, 1, 26))
    assert days[0] == date(2026, 11, 30)
    assert days[-1] == date(2027, 1, 22)  # 25 January, 08:00 is the end; the work begins at 9
    assert not any(day.weekday() > 4 for day in days)
    assert after == []


async def test_as_many_days_and_times_as_asked_for(people: Database) -> None:
    async with people.transaction() as session:
        assert len(await appointments.free_days(session, Wish("reutlingen"))) == 6
        assert len(await appointments.free_days(session, Wish("reutlingen"), limit=2)) == 2
        times = await appointments.free_times(
            session, Wish("reutlingen"), date(2026, 12, 1), limit=3
        )
        assert local_starts(times) == ["09:00", "09:30", "10:00"]
        assert await appointments.free_days(session, Wish("nowhere")) == []


async def test_a_time_is_offered_once_with_the_manager_who_has_least_to_do(
    people: Database,
) -> None:
    day = date(2026, 12, 1)
    async with people.transaction() as session:
        before = await appointments.free_times(session, Wish("reutlingen"), day)
        made = await appointments.book(
            session,
            person_id=who("p1"),
            centre="reutlingen",
            topic="other",
            start=before[0].start,
            language="ar",
            request_key=None,
        )
        after = await appointments.free_times(session, Wish("reutlingen"), day)
    assert len({slot.start for slot in before}) == len(before)
    assert {slot.manager_id for slot in before[:2]} == {made.manager_id}
    assert after[0].start == before[0].start  # the other manager is still free
    assert after[1].manager_id != made.manager_id
    assert made.manager_id not in {s.manager_id for s in after if s.start < made.end}


async def test_times_are_the_same_whenever_one_looks(people: Database) -> None:
    day = date(2026, 12, 1)
    whole = await starts(people, day)
    clock.advance(timedelta(days=1, hours=2, minutes=7))
    later = await starts(people, day)
    assert later
    assert set(later) <= set(whole)
