"""A manager is away: colleagues stand in, nobody comes in vain, and nothing is done by halves."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from centre import appointments, format, privacy
from centre.appointments import (
    Absence,
    Appointment,
    ManagerSettings,
    Needs,
    blocks,
    substitution,
    three_way,
)
from centre.appointments.errors import NotYours
from centre.appointments.tables import InterpreterAsk
from centre.appointments.times import spans, until
from storage import clock
from storage.engine import Database
from storage.outbox import Content
from tests.centre.booked import ERIKA, MAX, TUESDAY, book
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.staff import data_of, plain, press, write
from translations.catalogue import say

# Erika and Max both work on Tuesday morning; on Tuesday afternoon only Erika does.
AFTERNOON = berlin(2026, 12, 1, 14, 0)


async def upcoming(db: Database, person: str) -> list[Appointment]:
    async with db.transaction() as session:
        return await appointments.upcoming(session, who(person))


async def told(db: Database, label: str) -> list[Content]:
    async with db.transaction() as session:
        return await sent_to(session, label)


async def absence(db: Database) -> int:
    async with db.transaction() as session:
        return (await session.scalars(select(Absence.id).order_by(Absence.id))).first() or 0


async def jobs(db: Database, task: str) -> int:
    async with db.transaction() as session:
        query = text("select count(*) from procrastinate_jobs where task_name = :task")
        return await session.scalar(query, {"task": task}) or 0


async def test_ill_keeps_new_bookings_away_and_offers_what_to_do(people: Database) -> None:
    await book(people)
    done, asked = await write(people, ERIKA, "/ill until 3.12.")
    assert "Montag, 30. November 2026 – Donnerstag, 3. Dezember 2026" in done.text
    assert [one.split(":")[1] for one in data_of([asked])] == ["offer", "move", "drop", "keep"]
    assert "09:00–09:30" in plain(asked.text)
    with pytest.raises((appointments.SlotTaken, appointments.SlotInvalid)):
        await book(people, "p2", berlin(2026, 12, 3, 9, 0))


async def test_all_are_moved_in_one_action_and_the_rest_choose_another_time(
    people: Database,
) -> None:
    moved = await book(people, needs=Needs(childcare=True))
    left = await book(people, "p2", AFTERNOON)
    _, asked = await write(people, ERIKA, "/ill morgen")
    [foreign] = await press(people, MAX, data_of([asked])[1])
    assert foreign.text == say("manager.not_yours", "de")
    [working] = await press(people, ERIKA, data_of([asked])[1])
    assert working.text == say("ill.working", "de")
    assert await jobs(people, substitution.SUBSTITUTE_TASK) == 1
    await substitution.substitute(people, await absence(people))

    [kept] = await upcoming(people, "p1")
    assert (kept.start, kept.manager_id, kept.childcare) == (TUESDAY, who(MAX), True)
    assert kept.topic == moved.topic
    message = (await told(people, "p1"))[-1]
    assert "Beispiel, Max" in message.text
    assert message.buttons[0][0].data == f'/reschedule_appointment{{"appointment":"{kept.id}"}}'
    assert f"s:accept:{kept.id}" in data_of(await told(people, MAX))

    [stays] = await upcoming(people, "p2")
    assert (stays.id, stays.manager_id) == (left.id, who(ERIKA))
    question = (await told(people, "p2"))[-1]
    assert data_of([question]) == [f'/reschedule_appointment{{"appointment":"{left.id}"}}']
    assert (await told(people, ERIKA))[-1].text == say("ill.summary", "de", moved=1, asked=1)


async def test_moving_twice_tells_nobody_twice(people: Database) -> None:
    await book(people)
    await book(people, "p2", AFTERNOON)
    await write(people, ERIKA, "/ill morgen")
    number = await absence(people)
    for _ in range(2):
        await substitution.substitute(people, number)
    assert len(await told(people, "p1")) == 1
    assert len(await told(people, "p2")) == 1
    assert await jobs(people, substitution.STRANDED_TASK) == 1


async def test_whoever_chooses_no_other_time_in_time_does_not_come_in_vain(
    people: Database,
) -> None:
    left = await book(people, "p2", AFTERNOON)
    await write(people, ERIKA, "/ill morgen")
    await substitution.substitute(people, await absence(people))
    clock.set_now(AFTERNOON - timedelta(hours=2))
    async with people.transaction() as session:
        await substitution.stranded(session, left.id)
        await substitution.stranded(session, left.id)
    assert await upcoming(people, "p2") == []
    question, cancelled = await told(people, "p2")
    assert say("appointments.reason_ill", "fa") in cancelled.text
    assert data_of([cancelled]) == ['/book_appointment{"topic":"ask_school"}']
    assert data_of([question]) != data_of([cancelled])


async def test_when_the_manager_comes_back_the_appointment_stays(people: Database) -> None:
    left = await book(people, "p2", AFTERNOON)
    await write(people, ERIKA, "/ill morgen")
    number = await absence(people)
    await substitution.substitute(people, number)
    await press(people, ERIKA, f"s:unblock:{number}")
    clock.set_now(AFTERNOON - timedelta(hours=2))
    async with people.transaction() as session:
        await substitution.stranded(session, left.id)
    assert [one.id for one in await upcoming(people, "p2")] == [left.id]
    [gone] = await press(people, ERIKA, f"s:move:{number}")
    assert gone.text == say("appointments.gone", "de")


async def test_without_time_to_choose_it_is_cancelled_at_once(people: Database) -> None:
    await book(people, "p2", AFTERNOON)
    clock.set_now(AFTERNOON - timedelta(minutes=20))
    await write(people, ERIKA, "/ill today")
    await substitution.substitute(people, await absence(people))
    assert await upcoming(people, "p2") == []
    [cancelled] = await told(people, "p2")
    assert say("appointments.reason_ill", "fa") in cancelled.text


async def test_colleagues_are_asked_and_the_first_takes_it(people: Database) -> None:
    made = await book(people)
    await write(people, ERIKA, "/ill morgen")
    number = await absence(people)
    for _ in range(2):
        [answer] = await press(people, ERIKA, f"s:offer:{number}")
        assert answer.text.startswith(say("ill.offered", "de", until_day="", until="")[:20])
    asked = [one for one in await told(people, MAX) if f"s:take:{made.id}" in data_of([one])]
    assert len(asked) == 1
    assert await told(people, "m-muensingen-1") == []
    assert await told(people, "p1") == []

    [taken] = await press(people, MAX, f"s:take:{made.id}")
    shown = {"day": "Dienstag, 1. Dezember 2026", "start": "09:00"}
    assert taken.text == say("manager.accepted", "de", **shown)
    [mine] = await upcoming(people, "p1")
    assert (mine.manager_id, mine.accepted_at is not None) == (who(MAX), True)
    again = await press(people, MAX, f"s:take:{made.id}")
    assert again == [taken]
    [late] = await press(people, ERIKA, f"s:take:{made.id}")
    assert late.text == say("manager.not_yours", "de")
    [stranger] = await press(people, "p2", f"s:take:{made.id}")
    assert stranger.text == say("appointments.gone", "fa")
    assert len(await upcoming(people, "p1")) == 1
    # What nobody took would be handed over at the deadline; nothing is left.
    await substitution.substitute(people, number)
    assert len(await told(people, "p1")) == 1


async def test_a_colleague_who_is_booked_meanwhile_cannot_take_it(people: Database) -> None:
    made = await book(people)
    await write(people, ERIKA, "/ill morgen")
    await press(people, ERIKA, f"s:offer:{await absence(people)}")
    await book(people, "p2", TUESDAY, MAX)
    [answer] = await press(people, MAX, f"s:take:{made.id}")
    shown = {"day": "Dienstag, 1. Dezember 2026", "start": "09:00"}
    assert answer.text == say("manager.propose_taken", "de", **shown)
    assert [one.id for one in await upcoming(people, "p1")] == [made.id]


async def test_nobody_takes_the_appointment_of_a_colleague_who_is_there(
    people: Database,
) -> None:
    made = await book(people)
    [answer] = await press(people, MAX, f"s:take:{made.id}")
    assert answer.text == say("manager.not_yours", "de")
    assert [one.id for one in await upcoming(people, "p1")] == [made.id]


async def test_all_can_be_cancelled_with_the_reason(people: Database) -> None:
    await book(people)
    await book(people, "p2", AFTERNOON)
    _, asked = await write(people, ERIKA, "/ill morgen")
    [answer] = await press(people, ERIKA, data_of([asked])[2])
    assert answer.text == say("block.dropped", "de", count=2)
    for label, language in (("p1", "ar"), ("p2", "fa")):
        assert await upcoming(people, label) == []
        assert say("appointments.reason_ill", language) in (await told(people, label))[-1].text


async def test_an_interpreter_stays_with_the_appointment(people: Database) -> None:
    made = await book(people, needs=Needs(interpreter_language="ar"))
    async with people.transaction() as session:
        (await session.get_one(Appointment, made.id)).interpreter_id = who("i-ar-1")
        asked = InterpreterAsk(
            appointment_id=made.id, helper_id=who("i-ar-1"), answer=three_way.ACCEPTED
        )
        session.add(asked)
    await write(people, ERIKA, "/ill morgen")
    await substitution.substitute(people, await absence(people))
    [kept] = await upcoming(people, "p1")
    assert (kept.interpreter_id, kept.interpreter_language) == (who("i-ar-1"), "ar")
    assert await told(people, "i-ar-1") == []
    # Their button still carries the old number, and works: the next one is asked.
    await press(people, "i-ar-1", f"t:no:{made.id}")
    [kept] = await upcoming(people, "p1")
    assert kept.interpreter_id == who("i-ar-2")


async def test_a_colleague_of_the_same_gender_is_asked_first(people: Database) -> None:
    lena = "m-dettingen-1"
    async with people.transaction() as session:
        for label in (MAX, lena):
            session.add(
                appointments.WorkingHours(
                    manager_id=who(label),
                    centre="reutlingen",
                    weekday=1,
                    start=datetime(2026, 1, 1, 13).time(),
                    end=datetime(2026, 1, 1, 16).time(),
                )
            )
    await book(people, start=AFTERNOON)
    await write(people, ERIKA, "/ill morgen")
    await substitution.substitute(people, await absence(people))
    [kept] = await upcoming(people, "p1")
    assert kept.manager_id == who(lena)


async def test_hours_on_several_days_are_dealt_with_together(people: Database) -> None:
    await book(people)
    await book(people, "p2", berlin(2026, 12, 3, 9, 0))
    _, asked = await write(people, ERIKA, "/block di-do 9-12")
    await press(people, ERIKA, data_of([asked])[1])
    await substitution.substitute(people, int(data_of([asked])[1].rsplit(":", 1)[1]))
    for label in ("p1", "p2"):
        [kept] = await upcoming(people, label)
        assert kept.manager_id == who(MAX)


async def test_two_hand_overs_at_once_make_one_appointment(people: Database) -> None:
    made = await book(people)
    async with people.transaction() as session:
        await blocks.block(session, who(ERIKA), until("morgen"))

    async def one(taker: uuid.UUID | None) -> object:
        async with people.transaction() as session:
            if taker is None:
                return await substitution.move_or_ask(session, made.id)
            return await substitution.take_over(session, made.id, taker)

    takers = [who(MAX), None, who(MAX), None]
    results = await asyncio.gather(*map(one, takers), return_exceptions=True)
    assert all(
        isinstance(one, Appointment | bool | NotYours | appointments.AppointmentGone)
        for one in results
    )
    [kept] = await upcoming(people, "p1")
    assert kept.manager_id == who(MAX)
    assert len(await told(people, "p1")) == 1


async def test_when_nobody_can_stand_in_nothing_changes(people: Database) -> None:
    made = await book(people, "p2", AFTERNOON)
    async with people.transaction() as session:
        await blocks.block(session, who(ERIKA), spans("morgen"))
        assert await substitution.hand_over(session, made.id) is None
    [same] = await upcoming(people, "p2")
    assert same.id == made.id
    assert await told(people, "p2") == []


async def test_a_manager_who_is_erased_leaves_nobody_without_word(people: Database) -> None:
    await book(people)
    await book(people, "p2", AFTERNOON)
    async with people.transaction() as session:
        assert await session.get(ManagerSettings, who(ERIKA)) is not None
        await privacy.erase(session, who(ERIKA))
    [kept] = await upcoming(people, "p1")
    assert kept.manager_id == who(MAX)
    assert await upcoming(people, "p2") == []
    [cancelled] = await told(people, "p2")
    assert cancelled.text.startswith(
        say(
            "appointments.cancelled_by_manager",
            "fa",
            day=format.day(AFTERNOON, "fa"),
            start="14:00",
        )
    )


@pytest.mark.parametrize("verb", ["move", "drop", "offer", "unblock", "keep"])
async def test_buttons_of_an_absence_that_is_gone_change_nothing(
    people: Database, verb: str
) -> None:
    made = await book(people)
    await press(people, ERIKA, f"s:{verb}:999999")
    assert [one.id for one in await upcoming(people, "p1")] == [made.id]
    assert await told(people, "p1") == []
