"""The booking form: what is offered, held, kept and given back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from bot.clean import valid_tap
from centre import appointments
from centre.appointments import ManagerSettings, Room, WorkingHours, waiting
from centre.appointments.tables import Appointment, WaitingPlace
from centre.people import Person
from centre.pool.tables import InterpreterLanguage
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who
from tests.dialogues.form import Talk
from translations.catalogue import say

TUESDAY = "2026-12-01"


def talk(database: Database, person: str = "p7", **slots: str) -> Talk:
    centre = {"p1": "reutlingen", "p7": "reutlingen", "p6": "dettingen"}[person]
    return Talk(database, who(person), {"consent": "yes", "person_centre": centre, **slots})


async def to_times(one: Talk, kind: str = "follow_up", day: str = TUESDAY) -> None:
    await one.tap(topic="ask_work")
    await one.tap(booking_kind=kind)
    if one.slots["requested_slot"] == "booking_who":
        await one.tap(booking_who="any")
    await one.tap(booking_day=day)


async def to_confirm(one: Talk, start: str = f"{TUESDAY}T09:00", needs: str = "none") -> None:
    await to_times(one)
    await one.tap(booking_time=start)
    await one.tap(booking_needs=needs)


async def held(database: Database) -> list[Appointment]:
    async with database.transaction() as session:
        rows = await session.scalars(
            select(Appointment)
            .where(Appointment.cancelled_at.is_(None), Appointment.held_until.is_not(None))
            .order_by(Appointment.id)
        )
        return list(rows)


async def setting(database: Database, label: str, **values: object) -> None:
    async with database.transaction() as session:
        found = await session.get(ManagerSettings, who(label))
        if found is None:
            found = ManagerSettings(manager_id=who(label))
            session.add(found)
        for name, value in {"languages": [], "municipalities": [], **values}.items():
            setattr(found, name, value)


async def nobody_particular(database: Database) -> None:
    for label in ("m-reutlingen-1", "m-reutlingen-2"):
        await setting(database, label, gender=None)


async def test_a_booking_from_topic_to_yes(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one, needs="cs")
    assert "Check documents" not in one.text
    assert "Another meeting" in one.text
    assert say("needs.childcare", "en") in one.text
    assert say("needs.step_free", "en") in one.text
    assert "09:00" in one.text
    assert say("book.held", "en", time="08:05") in one.text
    [kept] = await held(people)
    assert f'/choose{{"confirm_booking":"{kept.id}"}}' in one.data
    await one.tap(confirm_booking=str(kept.id))
    assert one.said[0].document is not None
    async with people.transaction() as session:
        [mine] = await appointments.upcoming(session, who("p7"))
    assert (mine.id, mine.topic, mine.childcare, mine.step_free) == (
        kept.id,
        "ask_work",
        True,
        True,
    )


async def test_nobody_to_choose_from_is_no_question(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await one.tap(topic="ask_work")
    await one.tap(booking_kind="follow_up")
    assert one.slots["booking_who"] == "any"
    assert one.slots["requested_slot"] == "booking_day"


async def test_only_fulfilled_wishes_are_offered_and_the_own_adviser_first(
    people: Database,
) -> None:
    await setting(people, "m-reutlingen-1", gender="f", languages=["en"])
    await setting(people, "m-reutlingen-2", gender=None, languages=["tr"])
    async with people.transaction() as session:
        person = await session.get(Person, who("p7"))
        assert person is not None
        person.manager_id = who("m-reutlingen-2")
    one = talk(people)
    await one.tap(topic="ask_work")
    await one.tap(booking_kind="follow_up")
    assert one.labels == [
        say("who.mine", "en", manager="Beispiel, Max"),
        say("who.any", "en"),
        say("who.woman", "en"),
        say("who.speaks", "en", language="English"),
    ]
    await one.tap(booking_who="man")
    assert one.slots["requested_slot"] == "booking_who"
    await one.tap(booking_who="mine")
    await one.tap(booking_day=TUESDAY)
    await one.tap(booking_time=f"{TUESDAY}T11:00")
    [kept] = await held(people)
    assert kept.manager_id == who("m-reutlingen-2")


async def test_times_come_three_at_a_time_into_the_next_day_and_back(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    assert one.labels[:3] == ["09:00", "09:30", "10:00"]
    assert say("book.later", "en") in one.labels
    # Monday's times lie before.
    assert say("book.earlier", "en") in one.labels
    await one.tap(booking_time=f"later:{TUESDAY}T14:30")
    assert one.labels[:3] == ["Tue 01/12, 15:00", "Tue 01/12, 15:30", "Wed 02/12, 09:00"]
    assert one.said[-1].text == say("book.ask_time_any", "en")
    await one.tap(booking_time=f"earlier:{TUESDAY}T15:00")
    assert one.labels[:3] == ["13:30", "14:00", "14:30"]
    assert all(valid_tap(data) for data in one.data)
    await one.tap(booking_time="2026-12-02T09:00")
    [kept] = await held(people)
    assert kept.start == berlin(2026, 12, 2, 9, 0)


async def test_a_typed_time_is_held_once_even_if_the_update_is_repeated(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    before = dict(one.slots)
    await one.tap(update="u1", time="10:30")
    one.slots = before
    await one.tap(update="u1", time="10:30")
    [kept] = await held(people)
    assert kept.start == berlin(2026, 12, 1, 10, 30)
    assert kept.held_until is not None
    assert timedelta(minutes=4) < kept.held_until - clock.now() <= timedelta(minutes=5)
    assert one.slots["requested_slot"] == "booking_needs"


async def test_a_repeated_yes_says_booked_again(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one)
    before = dict(one.slots)
    number = one.slots["booking_hold"].split()[0]
    await one.tap(update="yes", confirm_booking=number)
    first = one.text
    one.slots = before
    await one.tap(update="yes", confirm_booking=number)
    assert one.text == first
    async with people.transaction() as session:
        assert len(await appointments.upcoming(session, who("p7"))) == 1


async def test_an_old_yes_does_not_confirm_another_time(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one)
    old = one.slots["booking_hold"].split()[0]
    await one.tap(booking_day="other")
    assert await held(people) == []
    await one.tap(booking_day="2026-12-02")
    await one.tap(booking_time="2026-12-02T10:00")
    assert one.slots["requested_slot"] == "booking_confirmed"
    await one.tap(confirm_booking=old)
    assert one.slots["requested_slot"] == "booking_confirmed"
    [kept] = await held(people)
    assert kept.start == berlin(2026, 12, 2, 10, 0)


async def test_a_hold_that_ran_out_is_said_and_the_other_answers_stay(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one, needs="c")
    number = one.slots["booking_hold"].split()[0]
    clock.advance(timedelta(minutes=6))
    await one.tap(confirm_booking=number)
    assert next(m.text for m in one.said) == say("book.hold_gone", "en")
    assert one.labels[0] == "09:30" or one.labels[0] == "09:00"
    await one.tap(booking_time=f"{TUESDAY}T10:00")
    assert one.slots["requested_slot"] == "booking_confirmed"
    [kept] = [row for row in await held(people) if row.held_until > clock.now()]
    assert kept.childcare


async def test_childcare_asked_for_in_words_is_marked_beside_what_was_tapped(
    people: Database,
) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    await one.tap(booking_time=f"{TUESDAY}T09:00")
    await one.tap(booking_needs="mark:s")
    said = await one.interrupt("I need childcare", "ask_childcare", "action_answer")
    assert [content.text for content in said] == [say("book.ask_needs", "en")]
    assert one.data[-1] == '/choose{"booking_needs":"cs"}'


async def test_a_question_about_childcare_is_answered_and_marks_nothing(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    await one.tap(booking_time=f"{TUESDAY}T09:00")
    for words in ("What does childcare cost?", "كم تكلف رعاية الأطفال؟"):
        said = await one.interrupt(words, "ask_childcare", "action_answer")
        assert said[0].text != say("book.ask_needs", "en")
        assert one.data[-1] == '/choose{"booking_needs":"none"}'


async def test_a_typed_hour_of_the_night_means_the_afternoon(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    await one.tap(booking_time="01:30")
    assert one.slots["booking_time"] == "13:30"


@pytest.mark.parametrize("at", ["booking_needs", "booking_confirmed"])
async def test_a_question_in_between_after_the_hold_is_still_answered(
    people: Database, at: str
) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    await one.tap(booking_time=f"{TUESDAY}T09:00")
    if at == "booking_confirmed":
        await one.tap(booking_needs="none")
    clock.advance(timedelta(minutes=6))
    await one.type("How much is a language course?", "ask_language_course")
    assert one.said[0].text == say("book.hold_gone", "en")
    assert one.slots["requested_slot"] == "booking_time"


async def test_needs_are_marked_and_unmarked(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_times(one)
    await one.tap(booking_time=f"{TUESDAY}T09:00")
    interpreter = say("menu.interpreter", "en")
    assert interpreter in one.labels[0]
    await one.tap(booking_needs="mark:i")
    assert one.labels[0].startswith("✓ ")
    assert one.data[-1] == '/choose{"booking_needs":"i"}'
    await one.tap(booking_needs=json.loads(one.data[0].removeprefix("/choose"))["booking_needs"])
    assert one.data[-1] == '/choose{"booking_needs":"none"}'
    assert all(valid_tap(data) for data in one.data)


async def test_by_phone_in_german_there_is_nothing_to_need(people: Database) -> None:
    one = talk(people, "p6", booking_who="any")
    await to_times(one, kind="phone")
    await one.tap(booking_time=f"{TUESDAY}T10:00")
    assert one.slots["requested_slot"] == "booking_confirmed"


async def test_without_steps_means_another_room_or_another_time(people: Database) -> None:
    await nobody_particular(people)
    async with people.transaction() as session:
        session.add(Room(centre="reutlingen", name="1", step_free=False))
        session.add(Room(centre="reutlingen", name="2", step_free=True))
    first, second = talk(people), talk(people, "p1")
    await to_confirm(first, needs="s")
    [kept] = await held(people)
    async with people.transaction() as session:
        room = await session.get(Room, kept.room_id)
    assert room is not None
    assert room.step_free
    await to_confirm(second, needs="s")
    assert say("book.no_step_free", "ar") in second.text
    assert second.slots["requested_slot"] == "booking_time"
    assert len(await held(people)) == 1
    await second.tap(booking_time=f"{TUESDAY}T10:00")
    assert second.slots["requested_slot"] == "booking_confirmed"


async def test_leaving_the_form_gives_the_time_back(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one)
    await one.act("action_clear_form")
    assert await held(people) == []
    assert one.slots["booking_hold"] is None


async def test_saying_no_gives_the_time_back(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one)
    await one.tap(confirm_booking="no")
    assert one.text == say("book.not_booked", "en")
    assert await held(people) == []


async def test_another_person_gets_the_next_time(people: Database) -> None:
    await setting(people, "m-reutlingen-2", gender=None)
    async with people.transaction() as session:
        for hours in await session.scalars(
            select(WorkingHours).where(WorkingHours.manager_id == who("m-reutlingen-2"))
        ):
            await session.delete(hours)
    first, second = talk(people), talk(people, "p1")
    await to_times(first)
    await to_times(second)
    await first.tap(booking_time=f"{TUESDAY}T09:00")
    await second.tap(booking_time=f"{TUESDAY}T09:00")
    assert say("book.time_not_free", "ar") in second.text
    assert second.labels[0] == "09:30"


async def test_open_hours_are_told_with_the_day(people: Database) -> None:
    async with people.transaction() as session:
        session.add(
            WorkingHours(
                manager_id=who("m-reutlingen-1"),
                centre="reutlingen",
                weekday=4,
                start=berlin(2026, 12, 4, 14, 0).time(),
                end=berlin(2026, 12, 4, 16, 0).time(),
                open_consultation=True,
            )
        )
    await nobody_particular(people)
    one = talk(people)
    await one.tap(topic="ask_work")
    await one.tap(booking_kind="follow_up")
    assert say("book.open_hours", "en", centre="Reutlingen/Pfullingen") in one.text
    assert "Friday, 4 December 2026, 14:00–16:00" in one.text


async def test_moving_keeps_the_old_time_until_the_yes(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one, needs="c")
    await one.tap(confirm_booking=one.slots["booking_hold"].split()[0])
    async with people.transaction() as session:
        [old] = await appointments.upcoming(session, who("p7"))
    assert f'/reschedule_appointment{{"appointment":"{old.id}"}}' in [
        data for data in (await shown(one))
    ]
    await one.act("action_begin_move", appointment=str(old.id))
    assert one.slots["move_begins"] is True
    await one.go_on({"text": "/", "metadata": {"update": "x"}})
    assert one.slots["requested_slot"] == "booking_day"
    await one.tap(booking_day="2026-12-03")
    await one.tap(booking_time="2026-12-03T10:00")
    assert say("move.instead", "en", day="Tuesday, 1 December 2026", start="09:00") in one.text
    async with people.transaction() as session:
        assert [a.id for a in await appointments.upcoming(session, who("p7"))] == [old.id]
    await one.tap(confirm_booking=one.slots["booking_hold"].split()[0])
    async with people.transaction() as session:
        [new] = await appointments.upcoming(session, who("p7"))
    assert new.start == berlin(2026, 12, 3, 10, 0)
    assert new.manager_id == old.manager_id
    assert new.childcare


async def shown(one: Talk) -> list[str]:
    await one.act("action_show_appointments")
    return one.data


async def test_which_one_is_asked_when_there_are_two_and_anothers_is_refused(
    people: Database,
) -> None:
    async with people.transaction() as session:
        made = [
            await appointments.book(
                session,
                person_id=who(person),
                centre="reutlingen",
                topic="other",
                start=berlin(2026, 12, day, 10, 0),
                language="en",
                request_key=None,
            )
            for person, day in (("p7", 1), ("p7", 3), ("p1", 2))
        ]
    one = talk(people)
    await one.act("action_begin_move")
    assert one.slots["move_begins"] is False
    assert one.text == say("move.which", "en")
    assert len(one.data) == 2
    await one.act("action_begin_move", appointment=str(made[2].id))
    assert one.slots["move_begins"] is False
    assert one.text == say("appointments.gone", "en")


async def test_one_tap_books_again_after_cancelling(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people)
    await to_confirm(one)
    await one.tap(confirm_booking=one.slots["booking_hold"].split()[0])
    async with people.transaction() as session:
        [mine] = await appointments.upcoming(session, who("p7"))
    one.slots.update(appointment=str(mine.id), cancel_confirmed="yes")
    await one.act("action_cancel_appointment")
    assert one.data[0] == '/book_appointment{"topic":"ask_work"}'


async def test_who_waits_for_an_earlier_time_can_book_a_later_one_meanwhile(
    people: Database,
) -> None:
    await nobody_particular(people)
    one = talk(people)
    await one.tap(topic="ask_work")
    await one.tap(booking_kind="follow_up")
    assert say("book.wait_button", "en") in one.labels
    await one.tap(booking_day="waiting")
    assert one.said[0].text == say("book.waiting", "en")
    assert say("book.wait_button", "en") not in one.labels
    await one.tap(booking_day=TUESDAY)
    await one.tap(booking_time=f"{TUESDAY}T10:00")
    await one.tap(booking_needs="none")
    await one.tap(confirm_booking=one.slots["booking_hold"].split()[0])
    async with people.transaction() as session:
        [mine] = await appointments.upcoming(session, who("p7"))
        [place] = await session.scalars(select(WaitingPlace))
    assert (place.person_id, place.appointment_id) == (who("p7"), mine.id)
    data = await shown(one)
    assert say("book.waiting", "en") in one.text
    assert "w:off" in data
    async with people.transaction() as session:
        await waiting.leave(session, who("p7"))
    assert "w:off" not in await shown(one)


async def test_without_any_free_time_other_ways_are_offered(people: Database) -> None:
    await setting(people, "m-reutlingen-1", gender="f")
    async with people.transaction() as session:
        for hours in await session.scalars(
            select(WorkingHours).where(WorkingHours.manager_id == who("m-reutlingen-1"))
        ):
            hours.valid_from = berlin(2027, 12, 1, 0, 0).date()
    one = talk(people)
    await one.tap(topic="ask_work")
    await one.tap(booking_kind="follow_up")
    await one.tap(booking_who="woman")
    assert say("book.no_slots", "en") in one.text
    assert '/choose{"booking_day":"waiting"}' in one.data
    await one.tap(booking_who="any")
    assert say("book.ask_day", "en", minutes=30, centre="Reutlingen/Pfullingen") in one.text


async def test_nothing_is_held_before_consent(people: Database) -> None:
    async with people.transaction() as session:
        person = await session.get(Person, who("p7"))
        assert person is not None
        person.consented_at = None
    one = talk(people, consent="")
    await one.tap(
        topic="ask_work", booking_kind="phone", booking_who="any", booking_time=f"{TUESDAY}T10:00"
    )
    assert await held(people) == []


async def test_with_an_interpreter_the_time_waits_for_their_answer(people: Database) -> None:
    await nobody_particular(people)
    one = talk(people, "p1")
    await to_confirm(one, needs="i")
    assert say("needs.interpreter", "ar", language="العربية") in one.text
    before = dict(one.slots)
    number = one.slots["booking_hold"].split()[0]
    for _ in range(2):  # the update may be repeated
        one.slots = dict(before)
        await one.tap(update="yes", confirm_booking=number)
        assert say("book.interpreter_asked", "ar", language="العربية") in one.text
    [kept] = await held(people)
    assert kept.hold_for == "interpreter"
    await one.act("action_clear_form")
    assert len(await held(people)) == 1, "leaving the form must not give this one back"


async def test_without_any_interpreter_it_is_booked_and_said(people: Database) -> None:
    await nobody_particular(people)
    async with people.transaction() as session:
        await session.execute(delete(InterpreterLanguage))
    one = talk(people, "p1")
    await to_confirm(one, needs="i")
    await one.tap(confirm_booking=one.slots["booking_hold"].split()[0])
    assert one.said[0].document is not None
    assert one.said[1].text == say("book.no_interpreter", "ar", language="العربية")
    assert one.data[0].startswith("/reschedule_appointment")
    async with people.transaction() as session:
        [mine] = await appointments.upcoming(session, who("p1"))
    assert mine.interpreter_language is None
