"""Appointments of three: what each reads, and what happens when somebody stops or leaves."""

from __future__ import annotations

import base64
from datetime import timedelta

import icalendar
import pytest

from bot.telegram.render import render
from centre import appointments, privacy
from centre.appointments import (
    Appointment,
    Needs,
    TooManyAppointments,
    Wish,
    expiry,
    reminders,
    words,
)
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.staff import data_of, press
from tests.centre.three import (
    FIRST,
    SECOND,
    THURSDAY,
    accept,
    asked,
    begins,
    decline,
    first_asked,
    hold,
    last,
    request,
)
from translations.catalogue import say


async def hold_instead(db: Database) -> Appointment:
    """Hold another time for somebody who has an appointment, and ask an interpreter for it."""
    async with db.transaction() as session:
        old = await appointments.book(
            session,
            person_id=who("p4"),
            centre="reutlingen",
            topic="ask_work",
            start=THURSDAY,
            language="ti",
            request_key=None,
        )
        held = await appointments.take(
            session,
            person_id=who("p4"),
            wish=Wish("reutlingen"),
            topic="ask_work",
            start=THURSDAY + timedelta(hours=1),
            language="ti",
            request_key=None,
            needs=Needs(interpreter_language="ti"),
            hold=appointments.hold_for_person(old.id),
        )
    assert await request(db, held)
    return held


async def test_whoever_stops_moving_an_appointment_reads_that_it_stays(people: Database) -> None:
    held = await hold_instead(people)
    [answer] = await press(people, "p4", f"t:stop:{held.id}")
    assert answer.text == say("appointments.kept", "ti")
    async with people.transaction() as session:
        assert [one.id for one in await appointments.upcoming(session, who("p4"))] == [held.moves]


async def test_when_the_choice_runs_out_the_appointment_to_be_moved_stays_and_is_named(
    people: Database,
) -> None:
    held = await hold_instead(people)
    for _ in range(2):
        helper = await asked(people, held.id)
        assert helper is not None
        await decline(people, held.id, helper)
    clock.advance(timedelta(minutes=31))
    async with people.transaction() as session:
        await expiry.over(session, held.id)
        old = await session.get_one(Appointment, held.moves)
        about = words.when(old, "ti")
    told = await last(people, "p4")
    assert told.startswith(begins("three.over", "ti"))
    assert told.endswith(say("move.begin", "ti", **about))


async def test_the_yes_of_an_interpreter_brings_the_person_a_file_for_their_calendar(
    people: Database,
) -> None:
    held = await hold(people)
    helper = await first_asked(people, held)
    await accept(people, held.id, helper)
    async with people.transaction() as session:
        told = (await sent_to(session, "p4"))[-1]
    assert told.document is not None
    [event] = icalendar.Calendar.from_ical(base64.b64decode(told.document.content)).events
    assert event.start == THURSDAY


async def test_at_night_an_interpreter_is_asked_without_a_sound(people: Database) -> None:
    clock.set_now(berlin(2026, 12, 1, 23, 0))
    held = await hold(people)
    helper = await first_asked(people, held)
    async with people.transaction() as session:
        [message] = await sent_to(session, helper)
    assert message.silent
    assert {part.arguments["disable_notification"] for part in render(message, "de")} == {True}


async def test_the_person_is_told_who_is_asked_next_until_when_and_can_stop(
    people: Database,
) -> None:
    held = await hold(people)
    first = await first_asked(people, held)
    await decline(people, held.id, first)
    async with people.transaction() as session:
        [told] = await sent_to(session, "p4")
        until = (await session.get_one(Appointment, held.id)).held_until
    assert told.text.startswith(begins("three.next", "ti"))
    assert until is not None
    assert f"{until.astimezone(clock.BERLIN):%H:%M}" in told.text
    assert data_of([told]) == [f"t:stop:{held.id}"]
    [answer] = await press(people, "p4", f"t:stop:{held.id}")
    assert answer.text == say("three.stopped", "ti")
    second = await asked(people, held.id)
    assert second is not None
    assert await last(people, second) != ""
    [again] = await press(people, "p4", f"t:stop:{held.id}")
    assert again.text == say("three.gone", "ti")


async def test_choosing_another_time_gives_back_what_was_kept(people: Database) -> None:
    held = await hold(people)
    await request(people, held)
    for _ in range(2):
        helper = await asked(people, held.id)
        assert helper is not None
        await decline(people, held.id, helper)
    await hold(people, start=berlin(2026, 12, 3, 10, 0))
    async with people.transaction() as session:
        assert (await session.get_one(Appointment, held.id)).cancelled_at is not None
    [answer] = await press(people, "p4", f"t:without:{held.id}")
    assert answer.text == say("three.gone", "ti")


async def test_what_waits_for_interpreters_counts_as_appointments(people: Database) -> None:
    for language, hour in (("ti", 9), ("so", 10), ("am", 11)):
        held = await hold(people, start=berlin(2026, 12, 3, hour, 0), language=language)
        assert await request(people, held)
    with pytest.raises(TooManyAppointments):
        await hold(people, start=berlin(2026, 12, 3, 14, 0))


async def test_only_who_said_yes_is_reminded(people: Database) -> None:
    held = await hold(people)
    first = await first_asked(people, held)
    await accept(people, held.id, first)
    await decline(people, held.id, first)
    second = await asked(people, held.id)
    assert second is not None
    for expected in (1, 2):
        async with people.transaction() as session:
            start = held.start.isoformat()
            await reminders.remind(session, held.id, "day", start)
        async with people.transaction() as session:
            assert len(await sent_to(session, second)) == expected
        if expected == 1:
            await accept(people, held.id, second)


async def test_when_nobody_is_left_both_know_that_it_is_without_an_interpreter(
    people: Database,
) -> None:
    held = await hold(people)
    await request(people, held)
    for _ in range(2):
        helper = await asked(people, held.id)
        assert helper is not None
        await accept(people, held.id, helper)
        await decline(people, held.id, helper)
    for person, language in (("p4", "ti"), (FIRST, "de")):
        assert (await last(people, who(person))).startswith(begins("three.none_booked", language))
    async with people.transaction() as session:
        found = await session.get_one(Appointment, held.id)
    assert (found.interpreter_id, found.interpreter_language) == (None, None)
    assert found.cancelled_at is None


async def test_an_interpreter_who_is_erased_is_replaced(people: Database) -> None:
    booked, waiting = await hold(people), await hold(people, "p7", manager=SECOND)
    for held in (booked, waiting):
        await request(people, held)
    leaving = await asked(people, booked.id)
    assert leaving is not None
    await accept(people, booked.id, leaving)
    async with people.transaction() as session:
        await privacy.erase(session, leaving)
    # The other one is asked for that time already; nobody is left for the booked one.
    assert await asked(people, booked.id) is None
    assert await asked(people, waiting.id) not in (None, leaving)
    assert (await last(people, "p4")).startswith(begins("three.none_booked", "ti"))


async def test_who_has_an_appointment_of_their_own_then_is_not_asked(people: Database) -> None:
    async with people.transaction() as session:
        await appointments.take(
            session,
            person_id=who("i-so-1"),
            wish=Wish("dettingen"),
            topic="other",
            start=THURSDAY,
            language="so",
            request_key=None,
        )
    assert not await request(people, await hold(people, language="so"))
