"""Appointments of three: together or not at all, asked in fair order, each with a deadline."""

from __future__ import annotations

import asyncio
import base64
import uuid
from datetime import datetime, timedelta

import icalendar
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from bot.telegram.render import render
from centre import appointments, privacy
from centre.appointments import (
    Appointment,
    HoldGone,
    Needs,
    NotYours,
    TooManyAppointments,
    Wish,
    expiry,
    interpreters,
    reminders,
    three_way,
    words,
)
from centre.appointments.tables import InterpreterAsk
from centre.handoffs import InterpreterLanguage
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.staff import data_of, press
from translations.catalogue import catalogue, say, template

THURSDAY = berlin(2026, 12, 3, 9, 0)
FIRST, SECOND = "m-reutlingen-1", "m-reutlingen-2"


async def hold(
    db: Database,
    person: str = "p4",
    start: datetime = THURSDAY,
    language: str = "ti",
    manager: str = FIRST,
) -> Appointment:
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who(person),
            wish=Wish("reutlingen", managers=(who(manager),)),
            topic="ask_work",
            start=start,
            language=language,
            request_key=None,
            needs=Needs(interpreter_language=language),
            hold=appointments.hold_for_person(),
        )


async def request(db: Database, held: Appointment) -> bool:
    async with db.transaction() as session:
        found = await session.get_one(Appointment, held.id)
        return await three_way.request(session, found)


async def asked(db: Database, number: int) -> uuid.UUID | None:
    async with db.transaction() as session:
        return (await session.get_one(Appointment, number)).interpreter_id


async def first_asked(db: Database, held: Appointment) -> uuid.UUID:
    """Look for an interpreter; return who is asked first."""
    assert await request(db, held)
    helper = await asked(db, held.id)
    assert helper is not None
    return helper


async def accept(db: Database, number: int, helper: uuid.UUID) -> Appointment:
    async with db.transaction() as session:
        return await three_way.accept(session, number, helper)


async def decline(db: Database, number: int, helper: uuid.UUID) -> None:
    async with db.transaction() as session:
        await three_way.decline(session, number, helper)


async def last(db: Database, person: str | uuid.UUID) -> str:
    async with db.transaction() as session:
        return (await sent_to(session, person))[-1].text


def begins(key: str, language: str) -> str:
    """The words of a text before its first placeholder."""
    return say_template(key, language).split("{")[0]


def say_template(key: str, language: str) -> str:
    return (catalogue(language).get(key) or template()[key])[0]


async def test_one_interpreter_is_asked_and_kept_free_until_they_answer(people: Database) -> None:
    held = await hold(people)
    assert await request(people, held)
    helper = await asked(people, held.id)
    assert helper in (who("i-ti-1"), who("i-ti-2"))
    async with people.transaction() as session:
        [message] = await sent_to(session, helper)
        assert [b.data for row in message.buttons for b in row] == [
            f"t:yes:{held.id}",
            f"t:no:{held.id}",
        ]
        # Nothing is booked yet, and nobody but the interpreter has been written to.
        assert await appointments.upcoming(session, who("p4")) == []
        assert await sent_to(session, FIRST) == []
    other = await hold(people, "p7", manager=SECOND)
    await request(people, other)
    assert await asked(people, other.id) not in (None, helper)


async def test_yes_books_manager_and_interpreter_together_and_tells_all(people: Database) -> None:
    held = await hold(people)
    helper = await first_asked(people, held)
    for _ in range(2):  # a button is quickly pressed twice
        made = await accept(people, held.id, helper)
    assert (made.interpreter_id, made.held) == (helper, False)
    async with people.transaction() as session:
        assert [one.id for one in await appointments.upcoming(session, who("p4"))] == [held.id]
        assert len(await sent_to(session, "p4")) == 1
        [told] = await sent_to(session, FIRST)
    assert say("needs.interpreter", "de", language="Tigrinya") in told.text


async def test_after_a_no_the_next_is_asked_and_at_the_end_the_person_chooses(
    people: Database,
) -> None:
    held = await hold(people)
    first = await first_asked(people, held)
    await decline(people, held.id, first)
    second = await asked(people, held.id)
    assert second not in (None, first)
    with pytest.raises(HoldGone):
        await accept(people, held.id, first)
    await decline(people, held.id, second)
    async with people.transaction() as session:
        message = (await sent_to(session, "p4"))[-1]
        assert [b.data.split("{")[0] for row in message.buttons for b in row] == [
            f"t:without:{held.id}",
            "/book_appointment",
            f"t:stop:{held.id}",
        ]
        made = await three_way.without(session, held.id, who("p4"))
    assert (made.interpreter_id, made.interpreter_language, made.held) == (None, None, False)


async def test_who_does_not_answer_in_time_loses_the_question_to_the_next(
    people: Database,
) -> None:
    held = await hold(people)
    first = await first_asked(people, held)
    clock.advance(timedelta(hours=5))
    with pytest.raises(HoldGone):
        await accept(people, held.id, first)
    async with people.transaction() as session:
        await expiry.over(session, held.id)
    assert await asked(people, held.id) not in (None, first)
    async with people.transaction() as session:
        ask = await session.get_one(InterpreterAsk, (held.id, first))
    assert ask.answer == "late"


async def test_the_choice_runs_out_too_and_the_time_is_free_again(people: Database) -> None:
    held = await hold(people)
    await request(people, held)
    for _ in range(2):
        helper = await asked(people, held.id)
        assert helper is not None
        await decline(people, held.id, helper)
    clock.advance(timedelta(minutes=31))
    async with people.transaction() as session:
        await expiry.over(session, held.id)
    async with people.transaction() as session:
        gone = await session.get_one(Appointment, held.id)
        assert gone.cancelled_at is not None
    assert (await last(people, "p4")).startswith(begins("three.over", "ti"))


async def test_with_nobody_to_ask_everything_stays_as_it_was(people: Database) -> None:
    async with people.transaction() as session:
        await session.execute(InterpreterLanguage.__table__.delete())  # type: ignore[attr-defined]
    held = await hold(people)
    assert not await request(people, held)
    async with people.transaction() as session:
        found = await session.get_one(Appointment, held.id)
        assert (found.hold_for, found.interpreter_id) == ("person", None)
        assert found.held_until == held.held_until


async def test_who_was_asked_last_is_asked_again_last(people: Database) -> None:
    order = []
    for hour in (9, 10):
        held = await hold(people, start=berlin(2026, 12, 3, hour, 0))
        await request(people, held)
        helper = await asked(people, held.id)
        assert helper is not None
        order.append(helper)
        await accept(people, held.id, helper)
    assert len(set(order)) == 2


async def test_an_interpreter_who_gives_up_later_is_replaced_and_the_appointment_stays(
    people: Database,
) -> None:
    held = await hold(people)
    first = await first_asked(people, held)
    await accept(people, held.id, first)
    await decline(people, held.id, first)
    second = await asked(people, held.id)
    assert second not in (None, first)
    assert second is not None
    made = await accept(people, held.id, second)
    assert (made.interpreter_id, made.cancelled_at, made.held) == (second, None, False)
    assert (await last(people, "p4")).startswith(begins("three.found", "ti"))
    await decline(people, held.id, second)
    async with people.transaction() as session:
        found = await session.get_one(Appointment, held.id)
        assert (found.interpreter_id, found.cancelled_at) == (None, None)


async def test_the_person_can_stop_it(people: Database) -> None:
    held = await hold(people)
    helper = await first_asked(people, held)
    with pytest.raises(NotYours):
        async with people.transaction() as session:
            await three_way.stop(session, held.id, who("p7"))
    async with people.transaction() as session:
        await three_way.stop(session, held.id, who("p4"))
    with pytest.raises(HoldGone):
        await accept(people, held.id, helper)


async def test_nobody_answers_for_another_interpreter(people: Database) -> None:
    held = await hold(people)
    await request(people, held)
    with pytest.raises(HoldGone):
        await accept(people, held.id, who("i-ar-1"))


@pytest.mark.parametrize(
    ("now", "start", "expected"),
    [
        (berlin(2026, 12, 1, 9, 0), berlin(2026, 12, 3, 9, 0), berlin(2026, 12, 1, 13, 0)),
        (berlin(2026, 12, 1, 9, 0), berlin(2026, 12, 1, 13, 0), berlin(2026, 12, 1, 10, 0)),
        (berlin(2026, 12, 1, 20, 0), berlin(2026, 12, 4, 9, 0), berlin(2026, 12, 2, 9, 0)),
        (berlin(2026, 12, 1, 9, 0), berlin(2026, 12, 1, 10, 10), None),
    ],
)
def test_the_deadline_leaves_time_and_lets_people_sleep(
    now: datetime, start: datetime, expected: datetime | None
) -> None:
    assert interpreters.deadline(start, now) == expected


async def both_ask(db: Database) -> list[uuid.UUID | None]:
    """Let two people at two managers want the one Somali interpreter at the same time."""
    one = await hold(db, "p4", language="so")
    two = await hold(db, "p7", language="so", manager=SECOND)
    await asyncio.gather(request(db, one), request(db, two))
    return [await asked(db, held.id) for held in (one, two)]


async def test_without_the_guard_an_interpreter_is_promised_twice(people: Database) -> None:
    async with people.transaction() as session:
        await session.execute(
            text("alter table appointments drop constraint no_overlap_per_interpreter")
        )
    assert await both_ask(people) == [who("i-so-1"), who("i-so-1")]


async def test_with_the_guard_only_one_of_two_gets_the_interpreter(people: Database) -> None:
    promised = await both_ask(people)
    assert sorted(promised, key=str) == sorted([who("i-so-1"), None], key=str)


async def promise(db: Database, number: int) -> None:
    async with db.transaction() as session:
        (await session.get_one(Appointment, number)).interpreter_id = who("i-so-1")


async def test_the_database_itself_refuses_an_interpreter_twice(people: Database) -> None:
    one, two = await hold(people), await hold(people, "p7", manager=SECOND)
    await promise(people, one.id)
    with pytest.raises(IntegrityError):
        await promise(people, two.id)


async def test_asks_go_with_the_interpreter(people: Database) -> None:
    held = await hold(people)
    await request(people, held)
    async with people.transaction() as session:
        await session.execute(text("delete from people where role = 'interpreter'"))
    async with people.transaction() as session:
        assert (await session.scalars(select(InterpreterAsk))).all() == []
        assert (await session.get_one(Appointment, held.id)).interpreter_id is None


async def test_a_yes_that_comes_too_late_does_not_stop_the_search(people: Database) -> None:
    held = await hold(people)
    await request(people, held)
    first = await asked(people, held.id)
    label = next(one for one in ("i-ti-1", "i-ti-2") if who(one) == first)
    clock.advance(timedelta(hours=5))
    # By the button: what is refused there is answered, and what was written stays.
    [answer] = await press(people, label, f"t:yes:{held.id}")
    assert answer.text == say("three.gone", "ti")
    async with people.transaction() as session:
        await expiry.over(session, held.id)
    assert await asked(people, held.id) not in (None, first)


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
