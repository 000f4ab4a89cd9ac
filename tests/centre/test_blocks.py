"""What managers write about times: read right, or refused with an example; and what it changes."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from centre import appointments
from centre.appointments import (
    Absence,
    Appointment,
    HoldGone,
    Needs,
    NotYours,
    SlotTaken,
    blocks,
    booking,
    three_way,
    times,
)
from centre.appointments.errors import TimeOrder, TimePast, TimeSkipped, TimeUnreadable
from storage import clock
from storage.engine import Database
from storage.outbox import Content
from tests.centre import booked
from tests.centre.booked import ERIKA, MAX, TUESDAY, book, take
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.staff import data_of, press, write
from translations.catalogue import say


def day(month: int, number: int, year: int = 2026) -> tuple[datetime, datetime]:
    start = berlin(year, month, number)
    return start, start + timedelta(days=1)


def hours(number: int, start: tuple[int, ...], end: tuple[int, ...]) -> tuple[datetime, datetime]:
    return berlin(2026, 12, number, *start), berlin(2026, 12, number, *end)


async def absences(db: Database) -> int:
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Absence)) or 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("tomorrow 9-12", [hours(1, (9,), (12,))]),
        ("Morgen 9 – 12 Uhr", [hours(1, (9,), (12,))]),
        ("morgen von 9 bis 12:30", [hours(1, (9,), (12, 30))]),
        ("übermorgen 9-12", [hours(2, (9,), (12,))]),
        ("day after tomorrow 9 to 12", [hours(2, (9,), (12,))]),
        ("3.12. 9:00-12:30", [hours(3, (9,), (12, 30))]),
        ("3.12.2026 9.00-12.30", [hours(3, (9,), (12, 30))]),
        ("2026-12-03 9-12", [hours(3, (9,), (12,))]),
        ("3. Dezember 9-12", [hours(3, (9,), (12,))]),
        ("dec 24 ", None),
        ("tomorrow 22-24", [(berlin(2026, 12, 1, 22), berlin(2026, 12, 2))]),
        ("heute", [day(11, 30)]),
        ("Montag", [day(11, 30)]),
        ("fri", [day(12, 4)]),
        ("mon-fri", [(berlin(2026, 11, 30), berlin(2026, 12, 5))]),
        ("mo-fr", [(berlin(2026, 11, 30), berlin(2026, 12, 5))]),
        ("Do. - Di.", [(berlin(2026, 12, 3), berlin(2026, 12, 9))]),
        ("24.12.-31.12.", [(berlin(2026, 12, 24), berlin(2027, 1, 1))]),
        ("24.-31.12.", [(berlin(2026, 12, 24), berlin(2027, 1, 1))]),
        ("24.12.-2.1.", [(berlin(2026, 12, 24), berlin(2027, 1, 3))]),
        ("2026-12-24 - 2026-12-31", [(berlin(2026, 12, 24), berlin(2027, 1, 1))]),
        ("di-mi 9-12", [hours(1, (9,), (12,)), hours(2, (9,), (12,))]),
        # The night in which summer time begins, and the one in which it ends (both times 2 to 3).
        ("28.3.2027 1-4", [(berlin(2027, 3, 28, 1), berlin(2027, 3, 28, 4))]),
    ],
)
def test_times_are_read_in_german_and_english(
    monday_morning: datetime, written: str, expected: list[tuple[datetime, datetime]] | None
) -> None:
    if expected is None:
        with pytest.raises(TimeUnreadable):
            times.spans(written)
        return
    assert times.spans(written) == expected


def test_an_hour_that_comes_twice_is_blocked_twice(monday_morning: datetime) -> None:
    [(start, end)] = times.spans("31.10.2027 2-2:30")
    assert end - start == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("", TimeUnreadable),
        ("9-12", TimeUnreadable),
        ("3-5", TimeUnreadable),
        ("tomorrow", None),
        ("tomorrow 9", TimeUnreadable),
        ("irgendwann", TimeUnreadable),
        ("31.2.", TimeUnreadable),
        ("32.12. 9-12", TimeUnreadable),
        ("tomorrow 25-26", TimeUnreadable),
        ("tomorrow 9:61-12", TimeUnreadable),
        ("31.12.9999", TimeUnreadable),
        ("'; drop table people; --", TimeUnreadable),
        ("9" * 5000, TimeUnreadable),
        ("27.11.", TimePast),
        ("1.1.2020", TimePast),
        ("today 6-7", TimePast),
        ("tomorrow 12-9", TimeOrder),
        ("tomorrow 9-9", TimeOrder),
        ("5.12.-3.12.", TimeOrder),
        ("28.3.2027 2:30-5", TimeSkipped),
    ],
)
def test_what_cannot_be_meant_is_refused(
    monday_morning: datetime, written: str, error: type[Exception] | None
) -> None:
    if error is None:
        assert times.spans(written)
        return
    with pytest.raises(error):
        times.spans(written)


@pytest.mark.parametrize(
    ("written", "last"), [("", 30), ("today", 30), ("until 3.12.", 3), ("bis Freitag", 4)]
)
def test_illness_is_told_by_its_last_day(monday_morning: datetime, written: str, last: int) -> None:
    [(start, end)] = times.until(written)
    assert start == berlin(2026, 11, 30)
    assert (end - timedelta(seconds=1)).astimezone(clock.BERLIN).day == last


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("/block", "times.unreadable"),
        ("/block tomorow 9-12", "times.unreadable"),
        ("/block 27.11.", "times.past"),
        ("/block tomorrow 12-9", "times.order"),
        ("/block 28.3.2027 2:30-5", "times.skipped"),
        ("/ill someday", "times.unreadable"),
        ("/extra 5.12.", "times.unreadable"),
        ("/extra", "times.unreadable"),
        ("/propose", "times.unreadable"),
        ("/propose 3.12. 10:00", "times.unreadable"),
        ("/propose 99 3.12. 10:00", "appointments.gone"),
    ],
)
async def test_bad_input_is_answered_with_an_example_and_changes_nothing(
    people: Database, written: str, key: str
) -> None:
    [answer] = await write(people, ERIKA, written)
    assert answer.text == say(key, "de")
    assert await absences(people) == 0


async def test_only_managers_can_block(people: Database) -> None:
    for label in ("p1", "i-ar-1", "v1", "c1"):
        assert await write(people, label, "/block tomorrow 9-12") == []
    assert await absences(people) == 0


async def test_a_blocked_time_is_no_longer_offered_and_free_again_after_unblock(
    people: Database,
) -> None:
    [answer] = await write(people, ERIKA, "/block morgen 9-12")
    assert "Dienstag, 1. Dezember 2026, 09:00–12:00" in answer.text
    with pytest.raises(SlotTaken):
        # Somebody else offers this time, but the wish is for her.
        await _taken_or_invalid(people)
    [which] = await write(people, ERIKA, "/unblock")
    [lift] = data_of([which])
    [foreign] = await press(people, MAX, lift)
    assert foreign.text == say("manager.not_yours", "de")
    [lifted] = await press(people, ERIKA, lift)
    assert lifted.text == say("block.lifted", "de", times="Dienstag, 1. Dezember 2026, 09:00–12:00")
    [again] = await press(people, ERIKA, lift)
    assert again.text == say("block.none", "de")
    assert (await book(people)).start == TUESDAY


async def _taken_or_invalid(db: Database) -> None:
    try:
        await book(db)
    except appointments.SlotInvalid:
        raise SlotTaken from None


async def test_what_is_booked_in_a_blocked_time_stays_until_the_manager_decides(
    people: Database,
) -> None:
    made = await book(people)
    later = await book(people, "p2", berlin(2026, 12, 1, 13, 0))
    done, asked = await write(people, ERIKA, "/block tomorrow 9-12")
    assert "09:00–12:00" in done.text
    assert asked.text.startswith(say("block.booked", "de"))
    assert [one.split(":")[1] for one in data_of([asked])] == ["offer", "move", "drop", "keep"]
    [kept] = await press(people, ERIKA, data_of([asked])[3])
    assert kept.text == say("block.kept", "de")
    async with people.transaction() as session:
        assert [one.id for one in await appointments.agenda(session, who(ERIKA))] == [
            made.id,
            later.id,
        ]
        assert await sent_to(session, "p1") == []


async def test_all_in_a_blocked_time_can_be_cancelled_at_once_by_its_manager_only(
    people: Database,
) -> None:
    made = await book(people)
    later = await book(people, "p2", berlin(2026, 12, 1, 13, 0))
    _, asked = await write(people, ERIKA, "/block tomorrow 9-12")
    drop = data_of([asked])[2]
    [foreign] = await press(people, MAX, drop)
    assert foreign.text == say("manager.not_yours", "de")
    [done] = await press(people, ERIKA, drop)
    assert done.text == say("block.dropped", "de", count=1)
    [again] = await press(people, ERIKA, drop)
    assert again.text == say("appointments.gone", "de")
    async with people.transaction() as session:
        assert [one.id for one in await appointments.agenda(session, who(ERIKA))] == [later.id]
        [told] = await sent_to(session, "p1")
        assert told.buttons[0][0].data.startswith("/book_appointment")
        gone = await session.get_one(Appointment, made.id)
        assert gone.cancelled_by == who(ERIKA)


async def test_a_time_held_for_somebody_is_given_back_by_a_block(people: Database) -> None:
    held = await booked.held(people)
    assert len(await write(people, ERIKA, "/block tomorrow 9-12")) == 1
    async with people.transaction() as session:
        with pytest.raises(HoldGone):
            await appointments.confirm(session, held.id, who("p1"))


async def test_who_waits_for_an_interpreter_is_told_when_the_time_is_blocked(
    people: Database,
) -> None:
    async with people.transaction() as session:
        held = await take(
            session, needs=Needs(interpreter_language="ar"), hold=booking.hold_for_person()
        )
        assert await three_way.request(session, held)
        [helper] = [one for one in ("i-ar-1", "i-ar-2") if who(one) == held.interpreter_id]
    assert len(await write(people, ERIKA, "/ill morgen")) == 1
    async with people.transaction() as session:
        assert (await sent_to(session, "p1"))[-1].text == say("book.hold_gone", "ar")
        assert len(await sent_to(session, helper)) == 2
        found = await session.get_one(Appointment, held.id)
        assert found.cancelled_at is not None


async def test_additional_hours_can_be_booked(people: Database) -> None:
    saturday = berlin(2026, 12, 5, 9, 0)
    with pytest.raises(appointments.SlotInvalid):
        await book(people, start=saturday)
    [answer] = await write(people, ERIKA, "/extra 5.12. 9-12")
    assert "Samstag, 5. Dezember 2026, 09:00–12:00" in answer.text
    assert (await book(people, start=saturday)).manager_id == who(ERIKA)


async def test_a_booking_that_comes_while_a_block_is_made_does_not_slip_in(
    people: Database,
) -> None:
    """The block has looked at what is booked, but is not committed, when the booking arrives."""
    waiting = asyncio.Event()

    async def late() -> Appointment:
        await waiting.wait()
        return await book(people)

    racer = asyncio.create_task(late())
    async with people.transaction() as session:
        made = await blocks.block(session, who(ERIKA), times.spans("tomorrow 9-12"))
        assert await blocks.meetings(session, made) == []
        waiting.set()
        await _blocked_by_a_lock(people)
    with pytest.raises(SlotTaken):
        await racer
    async with people.transaction() as session:
        assert await appointments.agenda(session, who(ERIKA)) == []


async def test_a_block_that_comes_while_a_booking_is_made_sees_it(people: Database) -> None:
    waiting = asyncio.Event()

    async def late() -> list[Content]:
        await waiting.wait()
        return await write(people, ERIKA, "/block tomorrow 9-12")

    racer = asyncio.create_task(late())
    async with people.transaction() as session:
        await take(session)
        waiting.set()
        await _blocked_by_a_lock(people)
    done, asked = await racer
    assert "09:00–12:00" in done.text
    assert asked.buttons


async def test_bookings_and_blocks_at_once_never_meet_unseen(people: Database) -> None:
    """Whatever the order: what is booked in the blocked time was listed for the manager."""

    async def block() -> list[int]:
        async with people.transaction() as session:
            made = await blocks.block(session, who(ERIKA), times.spans("tomorrow 9-12"))
            return [one.id for one in await blocks.meetings(session, made)]

    bookings = [
        book(people, f"p{number}", TUESDAY + timedelta(minutes=30 * (number - 1)))
        for number in range(1, 6)
    ]
    results = await asyncio.gather(*bookings[:2], block(), *bookings[2:], return_exceptions=True)
    [listed] = [one for one in results if isinstance(one, list)]
    booked = [one.id for one in results if isinstance(one, Appointment)]
    refused = [one for one in results if isinstance(one, BaseException)]
    assert all(isinstance(one, SlotTaken | appointments.SlotInvalid) for one in refused)
    assert sorted(listed) == sorted(booked)


async def test_somebody_else_s_absence_cannot_be_lifted(people: Database) -> None:
    async with people.transaction() as session:
        [made] = await blocks.block(session, who(ERIKA), times.spans("tomorrow 9-12"))
        with pytest.raises(NotYours):
            await blocks.unblock(session, made.id, who(MAX))


async def _blocked_by_a_lock(db: Database) -> None:
    """Wait until another connection of this database waits for a lock."""
    query = "select count(*) from pg_locks l join pg_stat_activity a using (pid)"
    query += " where not l.granted and a.datname = current_database()"
    async with asyncio.timeout(20), db.transaction() as session:
        connection = await session.connection()
        while not (await connection.exec_driver_sql(query)).scalar():  # noqa: ASYNC110 - asks anew
            await asyncio.sleep(0)
