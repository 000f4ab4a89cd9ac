"""Which times are free: hours, exceptions, holidays, buffers, rooms, and whom one asked for."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import Range

from centre import appointments
from centre.appointments import (
    Absence,
    Appointment,
    ManagerSettings,
    Room,
    SlotInvalid,
    SlotTaken,
    Wish,
    WorkingHours,
)
from centre.appointments.availability import free_days, next_times, previous_times, public_holidays
from centre.appointments.tables import ExtraHours
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, new_person, who

TUESDAY = date(2026, 12, 1)
ANYBODY = Wish("reutlingen")
FIRST, SECOND = who("m-reutlingen-1"), who("m-reutlingen-2")


@pytest.fixture
async def one(people: Database) -> Database:
    """Reutlingen with one manager, who works on Tuesdays from 9 to 12."""
    async with people.transaction() as session:
        await session.execute(delete(WorkingHours))
        await session.execute(delete(ManagerSettings))
        session.add(hours(FIRST))
    return people


def hours(manager: uuid.UUID, **values: object) -> WorkingHours:
    usual = {"centre": "reutlingen", "weekday": 1, "start": time(9), "end": time(12)}
    return WorkingHours(manager_id=manager, **{**usual, **values})


async def add(db: Database, *rows: object) -> None:
    async with db.transaction() as session:
        session.add_all(rows)


async def free(db: Database, wish: Wish = ANYBODY, day: date = TUESDAY) -> list[str]:
    async with db.transaction() as session:
        slots = await appointments.free_times(session, wish, day)
    return [slot.start.astimezone(clock.BERLIN).strftime("%H:%M") for slot in slots]


async def book(
    db: Database,
    start: datetime,
    person: str = "p1",
    wish: Wish = ANYBODY,
    hold: appointments.Hold | None = None,
) -> Appointment:
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who(person),
            wish=wish,
            topic="other",
            start=start,
            language="en",
            request_key=None,
            hold=hold,
        )


HALVES = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


async def test_hours_hold_from_their_first_to_their_last_day(one: Database) -> None:
    await add(
        one,
        hours(FIRST, start=time(14), end=time(15), valid_until=date(2026, 12, 1)),
        hours(FIRST, start=time(16), end=time(17), valid_from=date(2026, 12, 8)),
    )
    assert await free(one) == [*HALVES, "14:00", "14:30"]
    assert await free(one, day=date(2026, 12, 8)) == [*HALVES, "16:00", "16:30"]


async def test_extra_hours_add_a_day_and_absences_take_time_away(one: Database) -> None:
    extra = Range(berlin(2026, 12, 2, 13, 0), berlin(2026, 12, 2, 14, 0))
    away = Range(berlin(2026, 12, 1, 10, 0), berlin(2026, 12, 1, 11, 0))
    await add(
        one,
        ExtraHours(manager_id=FIRST, centre="reutlingen", during=extra),
        Absence(manager_id=FIRST, during=away, reason="blocked"),
    )
    assert await free(one) == ["09:00", "09:30", "11:00", "11:30"]
    assert await free(one, day=date(2026, 12, 2)) == ["13:00", "13:30"]


async def test_nobody_is_booked_on_a_public_holiday_of_the_land(one: Database) -> None:
    assert date(2027, 1, 6) in public_holidays(2027)  # Epiphany, not everywhere in Germany
    assert date(2027, 5, 27) in public_holidays(2027)  # Corpus Christi
    await add(one, hours(FIRST, weekday=2))
    assert await free(one, day=date(2027, 1, 6)) == []
    assert await free(one, day=date(2027, 1, 13)) == HALVES
    with pytest.raises(SlotInvalid):
        await book(one, berlin(2027, 1, 6, 9, 0))


async def test_open_consultation_is_never_booked(one: Database) -> None:
    await add(one, hours(FIRST, weekday=3, open_consultation=True))
    assert await free(one, day=date(2026, 12, 3)) == []
    with pytest.raises(SlotInvalid):
        await book(one, berlin(2026, 12, 3, 9, 0))


async def test_a_kind_takes_as_long_as_it_takes(one: Database) -> None:
    assert await free(one, Wish("reutlingen", "first")) == HALVES[:5]
    quarters = await free(one, Wish("reutlingen", "documents"))
    assert (quarters[:3], len(quarters)) == (["09:00", "09:15", "09:30"], 12)
    made = await book(one, berlin(2026, 12, 1, 9, 30), wish=Wish("reutlingen", "first"))
    assert made.end - made.start == timedelta(hours=1)
    assert await free(one) == ["09:00", "10:30", "11:00", "11:30"]


async def test_a_buffer_lies_after_every_appointment(one: Database) -> None:
    await add(one, ManagerSettings(manager_id=FIRST, buffer_minutes=15))
    await book(one, berlin(2026, 12, 1, 10, 0))
    # 9:30 would leave no quarter of an hour before 10:00; the next begins at 10:45.
    assert await free(one) == ["09:00", "10:45", "11:15"]
    for start in (berlin(2026, 12, 1, 9, 30), berlin(2026, 12, 1, 10, 30)):
        with pytest.raises(SlotTaken):
            await book(one, start, "p4")


async def test_the_database_itself_keeps_the_buffer(one: Database) -> None:
    await add(one, ManagerSettings(manager_id=FIRST, buffer_minutes=15))
    made = await book(one, berlin(2026, 12, 1, 10, 0))
    assert made.blocked.upper == made.end + timedelta(minutes=15)


async def test_a_manager_may_want_more_notice_and_a_nearer_horizon(one: Database) -> None:
    await add(one, ManagerSettings(manager_id=FIRST, notice_minutes=25 * 60 + 45, horizon_days=10))
    assert await free(one) == ["10:00", "10:30", "11:00", "11:30"]  # it is Monday, 8:00
    assert await free(one, day=date(2026, 12, 8)) == HALVES
    assert await free(one, day=date(2026, 12, 15)) == []


async def test_whom_one_asks_for(one: Database) -> None:
    await add(
        one,
        hours(SECOND, start=time(10), end=time(11)),
        ManagerSettings(manager_id=FIRST, gender="m", languages=["de", "tr"]),
        ManagerSettings(manager_id=SECOND, gender="f", languages=["de", "ar"]),
    )
    assert await free(one, Wish("reutlingen", gender="f")) == ["10:00", "10:30"]
    assert await free(one, Wish("reutlingen", gender="m")) == HALVES
    assert await free(one, Wish("reutlingen", speaks="ar")) == ["10:00", "10:30"]
    assert await free(one, Wish("reutlingen", speaks="so")) == []
    assert await free(one, Wish("reutlingen", managers=(SECOND,))) == ["10:00", "10:30"]
    for prefer in (FIRST, SECOND):
        made = await book(one, berlin(2026, 12, 1, 10, 0), wish=Wish("reutlingen", prefer=prefer))
        assert made.manager_id == prefer
        async with one.transaction() as session:
            await appointments.cancel(session, made.id, made.person_id)


async def test_fewer_rooms_than_managers(one: Database) -> None:
    await add(one, hours(SECOND), Room(centre="reutlingen", name="1"))
    made = await book(one, berlin(2026, 12, 1, 9, 0))
    assert made.room_id is not None
    assert await free(one) == HALVES[1:]
    with pytest.raises(SlotTaken):
        await book(one, berlin(2026, 12, 1, 9, 0), "p4")
    # A talk on the phone needs no room.
    by_phone = await book(one, berlin(2026, 12, 1, 9, 0), "p4", Wish("reutlingen", "phone"))
    assert by_phone.room_id is None


async def test_a_way_without_steps(one: Database) -> None:
    await add(
        one,
        hours(SECOND),
        Room(centre="reutlingen", name="1"),
        Room(centre="reutlingen", name="2", step_free=True),
    )
    wish = Wish("reutlingen", step_free=True)
    await book(one, berlin(2026, 12, 1, 9, 0), wish=wish)
    assert await free(one, wish) == HALVES[1:]
    assert await free(one) == HALVES


async def test_what_somebody_holds_is_not_free_until_the_hold_runs_out(one: Database) -> None:
    start = berlin(2026, 12, 1, 9, 0)
    await book(one, start, hold=appointments.hold_for_person())
    assert await free(one) == HALVES[1:]
    with pytest.raises(SlotTaken):
        await book(one, start, "p4")
    clock.advance(timedelta(minutes=5, seconds=1))
    assert await free(one) == HALVES
    made = await book(one, start, "p4")
    assert not made.held


async def test_a_new_hold_takes_the_place_of_ones_own(one: Database) -> None:
    await book(one, berlin(2026, 12, 1, 9, 0), hold=appointments.hold_for_person())
    await book(one, berlin(2026, 12, 1, 9, 30), hold=appointments.hold_for_person())
    assert await free(one) == ["09:00", *HALVES[2:]]


async def test_later_and_earlier_go_on_over_the_days(one: Database) -> None:
    async with one.transaction() as session:
        first = await next_times(session, Wish("reutlingen"), clock.now(), 5)
        then = await next_times(
            session, Wish("reutlingen"), first[-1].start + timedelta(seconds=1), 3
        )
        back = await previous_times(session, Wish("reutlingen"), then[0].start, 2)
    assert [slot.start for slot in first] == [
        berlin(2026, 12, 1, 9, 0) + timedelta(minutes=30 * n) for n in range(5)
    ]
    assert [slot.start for slot in then] == [
        berlin(2026, 12, 1, 11, 30),
        berlin(2026, 12, 8, 9, 0),
        berlin(2026, 12, 8, 9, 30),
    ]
    assert [slot.start for slot in back] == [
        berlin(2026, 12, 1, 10, 30),
        berlin(2026, 12, 1, 11, 0),
    ]


async def test_among_many_managers_no_day_is_overlooked(one: Database) -> None:
    """Only one of forty works on the Thursday and on the Saturday; one Tuesday all are away."""
    async with one.transaction() as session:
        many = [
            await new_person(session, "test", f"m{n}", role="manager", centre="reutlingen")
            for n in range(40)
        ]
    away = Range(berlin(2026, 12, 8, 0, 0), berlin(2026, 12, 9, 0, 0))
    only = many[17]
    await add(
        one,
        *(hours(manager, valid_until=date(2026, 12, 8)) for manager in many),
        *(Absence(manager_id=manager, during=away, reason="blocked") for manager in [*many, FIRST]),
        hours(only, weekday=3, valid_until=date(2026, 12, 3)),
        ExtraHours(
            manager_id=only,
            centre="reutlingen",
            during=Range(berlin(2026, 12, 12, 10, 0), berlin(2026, 12, 12, 11, 0)),
        ),
    )
    async with one.transaction() as session:
        for _ in range(5):  # Whoever is asked first is drawn by lot.
            days = await free_days(session, ANYBODY, limit=4)
            assert days == [date(2026, 12, day) for day in (1, 3, 12, 15)]
            away_from = await free_days(session, ANYBODY, limit=2, after=date(2026, 12, 4))
            assert away_from == [date(2026, 12, day) for day in (12, 15)]


async def test_in_the_hour_that_does_not_exist_nothing_can_be_booked(one: Database) -> None:
    clock.set_now(berlin(2026, 3, 27, 12, 0))
    await add(one, hours(FIRST, weekday=6, start=time(2), end=time(3)))
    assert await free(one, day=date(2026, 3, 29)) == []


async def test_a_manager_who_is_erased_leaves_no_times(one: Database) -> None:
    async with one.transaction() as session:
        await session.execute(text("delete from people where id = :id"), {"id": FIRST})
    assert await free(one) == []
