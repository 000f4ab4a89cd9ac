"""Reminders: when they come, what they say, and when they had better not come at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot import appointment_buttons
from centre import appointments
from centre.appointments import Appointment, Needs, Wish, handing_over, reminders, three_way
from centre.people import Person
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from translations.catalogue import catalogue, say

TUESDAY = berlin(2026, 12, 1, 9, 0)


async def book(db: Database, kind: str = "follow_up", topic: str = "ask_work") -> Appointment:
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who("p7"),
            wish=Wish("reutlingen", kind),
            topic=topic,
            start=TUESDAY,
            language="en",
            request_key=None,
        )


async def remind(db: Database, made: Appointment, which: str = "day") -> None:
    async with db.transaction() as session:
        await reminders.remind(session, made.id, which, made.start.isoformat())


async def tap(db: Database, data: str, person: str = "p7") -> str:
    async with db.transaction() as session:
        somebody = await session.get_one(Person, who(person))
        content = await appointment_buttons.tap(session, somebody, data, "en")
    assert content is not None
    return content.text


@pytest.mark.parametrize(
    ("start", "booked", "expected"),
    [
        pytest.param(
            berlin(2026, 12, 3, 14, 0),
            berlin(2026, 11, 30, 8, 0),
            {"day": berlin(2026, 12, 2, 14, 0), "soon": berlin(2026, 12, 3, 12, 0)},
            id="a day and two hours before",
        ),
        pytest.param(
            berlin(2026, 12, 3, 8, 30),
            berlin(2026, 11, 30, 8, 0),
            {"day": berlin(2026, 12, 2, 8, 30), "soon": berlin(2026, 12, 3, 7, 0)},
            id="not before seven",
        ),
        pytest.param(
            berlin(2026, 12, 3, 7, 30),
            berlin(2026, 11, 30, 8, 0),
            {"day": berlin(2026, 12, 2, 7, 30), "soon": berlin(2026, 12, 2, 20, 45)},
            id="early in the morning: the evening before",
        ),
        pytest.param(
            berlin(2026, 12, 3, 14, 0),
            berlin(2026, 12, 3, 9, 0),
            {"soon": berlin(2026, 12, 3, 12, 0)},
            id="booked on the same day",
        ),
        pytest.param(
            berlin(2026, 12, 3, 14, 0), berlin(2026, 12, 3, 12, 30), {}, id="booked just before"
        ),
        pytest.param(
            berlin(2026, 12, 3, 7, 30),
            berlin(2026, 12, 2, 22, 0),
            {"soon": berlin(2026, 12, 3, 7, 0)},
            id="booked at night for the early morning: a little late is better than not at all",
        ),
        pytest.param(
            berlin(2026, 3, 30, 9, 0),
            berlin(2026, 3, 20, 9, 0),
            {"day": berlin(2026, 3, 29, 9, 0), "soon": berlin(2026, 3, 30, 7, 0)},
            id="after the clocks went forward",
        ),
    ],
)
def test_when_they_come(start: datetime, booked: datetime, expected: dict[str, datetime]) -> None:
    found = reminders.due(start, booked)
    assert found.keys() == expected.keys()
    assert all(found[which] == at for which, at in expected.items())


async def test_it_says_when_where_with_whom_and_what_to_bring(people: Database) -> None:
    made = await book(people)
    await remind(people, made)
    async with people.transaction() as session:
        message = (await sent_to(session, "p7"))[-1]
    for words in ("09:00", "Reutlingen/Pfullingen", "Tuesday", say("bring.ask_work", "en")):
        assert words in message.text
    assert say("book.place_unconfirmed", "en") in message.text
    buttons = [button for row in message.buttons for button in row]
    assert [one.data for one in buttons if one.data] == [
        f"a:come:{made.id}",
        f"a:cant:{made.id}",
        f'/reschedule_appointment{{"appointment":"{made.id}"}}',
    ]
    assert [one.url for one in buttons if one.url] == [reminders.MAP.format(48.4914, 9.2043)]


async def test_scheduling_twice_reminds_once(people: Database) -> None:
    made = await book(people)
    for _ in range(2):
        async with people.transaction() as session:
            await reminders.schedule(session, made.id)
    async with people.transaction() as session:
        jobs = await session.scalars(
            text("select args->>'which' from procrastinate_jobs where task_name = :task"),
            {"task": reminders.REMIND_TASK},
        )
        # It is Monday, 8:00: the day before Tuesday, 9:00, is still to come.
        assert sorted(jobs) == ["day", "soon"]


async def test_an_unknown_topic_has_a_general_list(people: Database) -> None:
    assert reminders.bring("ask_leisure", "en") == say("bring.default", "en")


@pytest.mark.parametrize(("kind", "key"), [("phone", "reminder.call"), ("home", "reminder.visit")])
async def test_who_need_not_come_is_not_sent_to_the_centre(
    people: Database, kind: str, key: str
) -> None:
    made = await book(people, kind)
    await remind(people, made)
    async with people.transaction() as session:
        message = (await sent_to(session, "p7"))[-1]
    assert say(key, "en") in message.text
    assert not [button for row in message.buttons for button in row if button.url]


async def test_nothing_comes_for_what_was_cancelled_moved_or_has_begun(people: Database) -> None:
    made = await book(people)
    async with people.transaction() as session:
        before = len(await sent_to(session, "p7"))
        await reminders.remind(
            session, made.id, "day", (made.start + timedelta(days=1)).isoformat()
        )
        assert len(await sent_to(session, "p7")) == before
    clock.set_now(TUESDAY + timedelta(minutes=1))
    await remind(people, made)
    clock.set_now(TUESDAY - timedelta(hours=2))
    async with people.transaction() as session:
        await appointments.cancel(session, made.id, who("p7"))
    await remind(people, made, "soon")
    async with people.transaction() as session:
        assert len(await sent_to(session, "p7")) == before


async def test_the_answers_of_one_tap(people: Database) -> None:
    made = await book(people)
    assert "09:00" in await tap(people, f"a:come:{made.id}")
    async with people.transaction() as session:
        found = await appointments.get(session, made.id)
        assert found is not None
        assert found.coming_at is not None
    assert "09:00" in await tap(people, f"a:cant:{made.id}")  # asks first
    async with people.transaction() as session:
        assert len(await appointments.upcoming(session, who("p7"))) == 1
    await tap(people, f"a:cancel:{made.id}")
    async with people.transaction() as session:
        assert await appointments.upcoming(session, who("p7")) == []
    for verb in ("come", "cant", "cancel"):  # pressed again
        assert await tap(people, f"a:{verb}:{made.id}") == say("appointments.gone", "en")


async def test_nobody_answers_for_somebody_else(people: Database) -> None:
    made = await book(people)
    for verb in ("come", "cant", "cancel"):
        gone = say("appointments.gone", "en")
        assert await tap(people, f"a:{verb}:{made.id}", "p1") == gone
    async with people.transaction() as session:
        assert len(await appointments.upcoming(session, who("p7"))) == 1


async def due_jobs(db: Database) -> list[datetime]:
    async with db.transaction() as session:
        rows = await session.scalars(
            text("select scheduled_at from procrastinate_jobs where task_name = :task"),
            {"task": reminders.REMIND_TASK},
        )
        return [one + clock.shift() for one in rows]


async def test_a_reminder_that_comes_late_wakes_nobody(people: Database) -> None:
    made = await book(people)
    clock.set_now(berlin(2026, 11, 30, 23, 0))
    await remind(people, made, "soon")
    async with people.transaction() as session:
        assert await sent_to(session, "p7") == []
    [at] = await due_jobs(people)
    assert abs(at - berlin(2026, 12, 1, 7, 0)) < timedelta(seconds=5)
    # Two at the same minute are one too many.
    await remind(people, made, "day")
    assert len(await due_jobs(people)) == 1


async def test_of_tomorrow_nobody_is_reminded_today(people: Database) -> None:
    made = await book(people)
    clock.set_now(TUESDAY - timedelta(hours=1))
    await remind(people, made, "day")
    async with people.transaction() as session:
        assert await sent_to(session, "p7") == []


async def test_an_answer_holds_for_whoever_takes_over(people: Database) -> None:
    made = await book(people)
    async with people.transaction() as session:
        new = await handing_over.hand_over(session, made.id)
    assert new is not None
    assert new.id != made.id
    assert "09:00" in await tap(people, f"a:come:{made.id}")
    await tap(people, f"a:cancel:{made.id}")
    async with people.transaction() as session:
        assert await appointments.upcoming(session, who("p7")) == []


async def test_the_interpreter_is_reminded_too_in_their_language(people: Database) -> None:
    async with people.transaction() as session:
        made = await appointments.take(
            session,
            person_id=who("p7"),
            wish=Wish("reutlingen"),
            topic="ask_work",
            start=TUESDAY,
            language="en",
            request_key=None,
            needs=Needs(interpreter_language="ar"),
            hold=appointments.hold_for_person(),
        )
        assert await three_way.request(session, made)
        helper = made.interpreter_id
        assert helper is not None
        await three_way.accept(session, made.id, helper)
        before = len(await sent_to(session, helper))
    await remind(people, made, "soon")
    await remind(people, made, "day")
    async with people.transaction() as session:
        [message] = (await sent_to(session, helper))[before:]
    assert message.text.startswith(catalogue("ar")["reminder.interpreter"][0].split("{")[0])
