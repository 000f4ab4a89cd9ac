"""A manager's private calendar, as programs that read calendars see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from centre import appointments, county, demo
from centre.appointments import Absence, Room, Wish, WorkingHours, feed
from centre.appointments.calendar import DIRECTION
from centre.appointments.calendar_tables import CalendarFeed
from centre.people import Person
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who
from translations.catalogue import say

BERLIN = ZoneInfo("Europe/Berlin")
MANAGER = "m-reutlingen-1"
TUESDAY = berlin(2026, 12, 1, 9, 0)


async def opened(db: Database, manager: str = MANAGER) -> str:
    async with db.transaction() as session:
        path = await feed.open(session, who(manager))
    return path.removeprefix("/calendar/").removesuffix(".ics")


async def read(db: Database, secret: str) -> bytes:
    async with db.transaction() as session:
        found = await feed.calendar(session, secret)
    assert found is not None
    return found


async def events(db: Database, secret: str) -> list[icalendar.Component]:
    return icalendar.Calendar.from_ical(await read(db, secret)).walk("VEVENT")


async def take(
    db: Database, start: datetime = TUESDAY, kind: str = "first", person: str = "p1"
) -> appointments.Appointment:
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who(person),
            wish=Wish("reutlingen", kind, managers=(who(MANAGER),)),
            topic="ask_childcare",
            start=start,
            language="ar",
            request_key=None,
            needs=appointments.Needs("ar", step_free=True),
        )


async def open_hours(db: Database, **values: object) -> None:
    hours = {"weekday": 3, "start": time(14), "end": time(16), "open_consultation": True}
    async with db.transaction() as session:
        session.add(
            WorkingHours(**{"manager_id": who(MANAGER), "centre": "reutlingen"} | hours | values)
        )


def starts(written: bytes, first: date, last: date, uid: str) -> list[datetime]:
    calendar = icalendar.Calendar.from_ical(written)
    found = recurring_ical_events.of(calendar).between(first, last)
    return sorted(one["DTSTART"].dt for one in found if one["UID"].startswith(uid))


async def test_a_calendar_shows_what_is_booked_and_nobodys_name(people: Database) -> None:
    async with people.transaction() as session:
        session.add(Room(centre="reutlingen", name="Zimmer 3", step_free=True))
        (await session.get_one(Person, who("p1"))).name = "Ratsuchende Person"
    made = await take(people)
    secret = await opened(people)
    [event] = await events(people, secret)
    assert event["UID"] == f"appointment-{made.id}@lotse"
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (made.start, made.end)
    assert (str(event["STATUS"]), event["SEQUENCE"], str(event["CLASS"])) == (
        *("CONFIRMED", 0),
        "PRIVATE",
    )
    assert say("topic.ask_childcare", "de") in event["SUMMARY"]
    assert say("kind.first", "de") in event["SUMMARY"]
    assert event["LOCATION"] == "Reutlingen/Pfullingen, Zimmer 3"
    lines = event["DESCRIPTION"].split("\n")
    assert lines[0] == "Sprache: Arabisch"
    assert say("needs.step_free", "de") in lines
    assert {"DTSTAMP", "LAST-MODIFIED", "CREATED"} <= set(event)
    written = await read(people, secret)
    assert b"Ratsuchende" not in written
    assert str(who("p1")).encode() not in written


async def test_a_change_raises_the_sequence_and_the_stamp(people: Database) -> None:
    made = await take(people)
    secret = await opened(people)
    [before] = await events(people, secret)
    clock.advance(timedelta(minutes=5))
    async with people.transaction() as session:
        found = await appointments.get(session, made.id)
        assert found is not None
        found.accepted_at = clock.now()
    [after] = await events(people, secret)
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after.decoded("LAST-MODIFIED") > before.decoded("LAST-MODIFIED")
    assert after.decoded("DTSTAMP") > before.decoded("DTSTAMP")
    assert after["UID"] == before["UID"]


async def test_holds_and_what_was_cancelled_are_not_in_it(people: Database) -> None:
    made = await take(people)
    async with people.transaction() as session:
        await appointments.take(
            session,
            person_id=who("p2"),
            wish=Wish("reutlingen", managers=(who(MANAGER),)),
            topic="other",
            start=berlin(2026, 12, 1, 11, 0),
            language="ar",
            request_key=None,
            hold=appointments.hold_for_person(),
        )
        await appointments.cancel(session, made.id, who("p1"))
    assert await events(people, await opened(people)) == []


async def test_a_telephone_call_is_at_no_place(people: Database) -> None:
    await take(people, kind="phone")
    [event] = await events(people, await opened(people))
    assert "LOCATION" not in event


@pytest.mark.parametrize("zone", ["spring", "autumn"])
async def test_open_hours_follow_the_clock_on_the_wall(people: Database, zone: str) -> None:
    await open_hours(people, weekday=0)
    written = await read(people, await opened(people))
    assert b"BEGIN:VTIMEZONE" in written
    assert b"DTSTART;TZID=Europe/Berlin:" in written
    first, last = {
        # Summer begins on 28 March 2027 and ends on 31 October 2027, both Sundays.
        "spring": (date(2027, 3, 22), date(2027, 4, 6)),
        "autumn": (date(2027, 10, 25), date(2027, 11, 9)),
    }[zone]
    found = starts(written, first, last, "hours-")
    local = [one.astimezone(BERLIN) for one in found]
    assert {one.time() for one in local} == {time(14)}
    assert {one.astimezone(UTC).hour for one in found} == {12, 13}
    # Easter Monday, 29 March 2027, is left out.
    days = {"spring": [date(2027, 3, 22), date(2027, 4, 5)]}.get(
        zone, [date(2027, 10, 25), date(2027, 11, 1) + timedelta(7)]
    )
    assert [one.date() for one in local] == days


async def test_open_hours_end_and_leave_out_holidays_and_absences(people: Database) -> None:
    await open_hours(people, valid_from=date(2026, 12, 1), valid_until=date(2027, 1, 14))
    async with people.transaction() as session:
        for begin, end in (
            (berlin(2026, 12, 10, 8, 0), berlin(2026, 12, 10, 18, 0)),
            (berlin(2026, 12, 17, 15, 0), berlin(2026, 12, 17, 15, 30)),
        ):
            during = Range(begin.astimezone(UTC), end.astimezone(UTC))
            session.add(Absence(manager_id=who(MANAGER), during=during, reason="ill"))
    written = await read(people, await opened(people))
    days = [one.date() for one in starts(written, date(2026, 1, 1), date(2028, 1, 1), "hours-")]
    # All day on the 10th there is nobody; for half an hour on the 17th, which is shown as such.
    expected = [(12, 3), (12, 17), (12, 24), (12, 31), (1, 7), (1, 14)]
    assert [(day.month, day.day) for day in days] == expected
    assert b"RRULE:FREQ=WEEKLY;UNTIL=20270114T225959Z" in written
    away = starts(written, date(2026, 12, 1), date(2027, 1, 1), "absence-")
    assert len(away) == 2
    found = icalendar.Calendar.from_ical(written).walk("VEVENT")
    absences = [one for one in found if one["UID"].startswith("absence-")]
    assert {str(one["SUMMARY"]) for one in absences} == {say("calendar.away", "de")}
    assert {name for one in absences for name in one} == {
        *("UID", "DTSTAMP", "DTSTART", "DTEND"),
        "SUMMARY",
    }


async def test_hours_that_are_over_or_turned_round_are_left_out(people: Database) -> None:
    await open_hours(people, valid_from=date(2026, 1, 5), valid_until=date(2026, 9, 1))
    await open_hours(people, start=time(16), end=time(14))
    await open_hours(people, valid_from=date(2026, 12, 4), valid_until=date(2026, 12, 8))
    assert await events(people, await opened(people)) == []


async def test_names_cannot_add_lines_or_turn_the_text_round(
    people: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "Reut\r\nATTENDEE:mailto:eve@example.org\x00\x1b\u2028\u202egnil;,\\n\u0085:\ud800"
    real = county.centre("reutlingen")
    odd = county.Centre(real.id, evil, real.location, real.places)
    async with people.transaction() as session:
        session.add(Room(centre="reutlingen", name="Eins\r\nBEGIN:VALARM", step_free=True))
    await open_hours(people)
    await take(people)
    monkeypatch.setattr(county, "centre", lambda _: odd)
    written = (await read(people, await opened(people))).decode("utf-8")
    assert not [one for one in written if (ord(one) < 32 and one not in "\r\n") or one == "\x85"]
    assert not (DIRECTION | {"\u2028"}) & set(written)
    assert "\r\nATTENDEE" not in written
    assert "BEGIN:VALARM" not in written.split("\r\n")
    found = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert len(found) == 2
    for event in found:
        assert event["LOCATION"].startswith("Reut ATTENDEE:mailto:eve@example.org gnil;,\\n :")


async def test_the_calendar_is_the_same_until_something_changes(people: Database) -> None:
    await open_hours(people)
    await take(people)
    secret = await opened(people)
    first = await read(people, secret)
    clock.advance(timedelta(hours=3))
    assert await read(people, secret) == first
    await take(people, berlin(2026, 12, 3, 9, 0), person="p2")
    assert await read(people, secret) != first


async def test_only_a_hash_of_the_secret_is_kept(people: Database) -> None:
    secret = await opened(people)
    assert len(secret) == 43
    async with people.transaction() as session:
        [row] = await session.scalars(select(CalendarFeed))
        assert secret not in row.secret_hash
        assert await feed.calendar(session, row.secret_hash) is None


async def test_a_new_address_ends_the_old_one_and_closing_ends_both(people: Database) -> None:
    first = await opened(people)
    other = await opened(people, "m-reutlingen-2")
    second = await opened(people)
    async with people.transaction() as session:
        assert await feed.calendar(session, first) is None
        assert await feed.calendar(session, second) is not None
        assert await feed.opened(session, who(MANAGER)) is not None
        await feed.close(session, who(MANAGER))
        await feed.close(session, who(MANAGER))
        assert await feed.calendar(session, second) is None
        assert await feed.opened(session, who(MANAGER)) is None
        assert await feed.calendar(session, other) is not None
        assert await feed.calendar(session, "") is None


async def test_nobody_reads_the_calendar_of_somebody_who_is_no_manager_any_more(
    people: Database,
) -> None:
    secret = await opened(people)
    async with people.transaction() as session:
        (await session.get_one(Person, demo.person_id(MANAGER))).role = "volunteer"
    async with people.transaction() as session:
        assert await feed.calendar(session, secret) is None
