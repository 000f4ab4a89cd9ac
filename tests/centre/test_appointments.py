"""Booking and cancelling: what is promised to the person and to the manager."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest

from centre import appointments, format
from centre.appointments import Appointment, Wish
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from translations.catalogue import say

TUESDAY = berlin(2026, 12, 1, 9, 0)


async def book(
    db: Database,
    person: str = "p1",
    start: datetime = TUESDAY,
    key: str | None = None,
    centre: str = "reutlingen",
) -> Appointment:
    async with db.transaction() as session:
        return await appointments.book(
            session,
            person_id=who(person),
            centre=centre,
            topic="ask_childcare",
            start=start,
            language="ar",
            request_key=key,
        )


async def cancel(db: Database, number: int, by: uuid.UUID, key: str | None = None) -> Appointment:
    async with db.transaction() as session:
        return await appointments.cancel(session, number, by, key)


async def test_the_manager_is_told_about_a_booking_in_german_with_language_and_topic(
    people: Database,
) -> None:
    made = await book(people)
    async with people.transaction() as session:
        [message] = await sent_to(session, made.manager_id)
    assert message.text == say(
        "manager.booked",
        "de",
        day="Dienstag, 1. Dezember 2026",
        start="09:00",
        end="09:30",
        topic=say("topic.ask_childcare", "de"),
        kind=say("kind.follow_up", "de"),
        language="Arabisch",
        centre="Reutlingen/Pfullingen",
    )
    offered = [button.data for row in message.buttons for button in row]
    assert offered == [f"s:{verb}:{made.id}" for verb in ("accept", "propose", "cancel")]


async def test_a_booked_time_is_in_both_lists_and_no_longer_free(people: Database) -> None:
    made = await book(people)
    async with people.transaction() as session:
        assert [a.id for a in await appointments.upcoming(session, who("p1"))] == [made.id]
        assert [a.id for a in await appointments.agenda(session, made.manager_id)] == [made.id]
        found = await appointments.get(session, made.id)
        assert found is not None
        assert (found.start, found.end) == (TUESDAY, TUESDAY + timedelta(minutes=30))
        free = await appointments.free_times(session, Wish("reutlingen"), TUESDAY.date())
        assert made.manager_id not in {s.manager_id for s in free if s.start == TUESDAY}


async def test_asking_twice_with_the_same_key_books_once(people: Database) -> None:
    first = await book(people, key="update-7")
    again = await book(people, key="update-7")
    async with people.transaction() as session:
        assert len(await sent_to(session, first.manager_id)) == 1
        assert len(await appointments.upcoming(session, who("p1"))) == 1
    assert again.id == first.id


async def test_a_key_of_somebody_else_is_refused(people: Database) -> None:
    await book(people, key="update-7")
    with pytest.raises(appointments.NotYours):
        await book(people, "p2", key="update-7")


async def test_the_second_manager_takes_over_and_then_the_time_is_taken(people: Database) -> None:
    first, second = await book(people), await book(people, "p2")
    assert first.manager_id != second.manager_id
    with pytest.raises(appointments.SlotTaken) as refused:
        await book(people, "p3")
    assert refused.value.code == "slot_taken"


async def test_nobody_has_two_appointments_at_once(people: Database) -> None:
    await book(people)
    with pytest.raises(appointments.AlreadyBooked):
        await book(people)
    with pytest.raises(appointments.AlreadyBooked):
        await book(people, centre="dettingen")


async def test_nobody_has_more_than_three_appointments(people: Database) -> None:
    for hour in (9, 10, 11):
        await book(people, start=berlin(2026, 12, 1, hour, 0))
    with pytest.raises(appointments.TooManyAppointments) as refused:
        await book(people, start=berlin(2026, 12, 3, 9, 0))
    assert refused.value.data == {"count": 3}


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(berlin(2026, 11, 27, 9, 0), id="last week"),
        pytest.param(berlin(2026, 11, 30, 8, 30), id="in half an hour"),
        pytest.param(berlin(2027, 1, 26, 9, 0), id="beyond the horizon"),
        pytest.param(berlin(2026, 12, 1, 7, 0), id="before work"),
        pytest.param(berlin(2026, 12, 1, 12, 0), id="in the break"),
        pytest.param(berlin(2026, 12, 5, 9, 0), id="on Saturday"),
        pytest.param(berlin(2026, 12, 1, 9, 10), id="not on a slot"),
        pytest.param(datetime(2026, 12, 1, 9, 0), id="no time zone"),
    ],
)
async def test_a_time_that_is_no_slot_is_refused(people: Database, start: datetime) -> None:
    with pytest.raises(appointments.SlotInvalid):
        await book(people, start=start)


async def test_an_erased_person_books_nothing(people: Database) -> None:
    with pytest.raises(appointments.PersonGone):
        await book(people, "nobody")


async def test_when_the_person_cancels_the_manager_is_told(people: Database) -> None:
    made = await book(people)
    gone = await cancel(people, made.id, who("p1"))
    assert gone.cancelled_by == who("p1")
    async with people.transaction() as session:
        message = (await sent_to(session, made.manager_id))[-1]
        assert await sent_to(session, "p1") == []
    assert message.text == say(
        "manager.person_cancelled",
        "de",
        day="Dienstag, 1. Dezember 2026",
        start="09:00",
        end="09:30",
        topic=say("topic.ask_childcare", "de"),
    )


async def test_when_the_manager_cancels_the_person_is_told_in_their_language(
    people: Database,
) -> None:
    made = await book(people)
    await cancel(people, made.id, made.manager_id)
    async with people.transaction() as session:
        [message] = await sent_to(session, "p1")
        assert len(await sent_to(session, made.manager_id)) == 1  # the booking only
    assert message.text == say(
        "appointments.cancelled_by_manager", "ar", day=format.day(TUESDAY, "ar"), start="09:00"
    )
    assert message.buttons[0][0].data == '/book_appointment{"topic":"ask_childcare"}'


async def test_a_cancelled_time_is_free_again(people: Database) -> None:
    made = await book(people)
    await cancel(people, made.id, who("p1"))
    again = await book(people)
    assert again.id != made.id


async def test_only_the_two_concerned_can_cancel(people: Database) -> None:
    made = await book(people)
    strangers = {who("p2"), who("m-reutlingen-1"), who("m-reutlingen-2")} - {made.manager_id}
    for stranger in strangers:
        with pytest.raises(appointments.NotYours):
            await cancel(people, made.id, stranger)


async def test_what_is_cancelled_missing_or_past_cannot_be_cancelled(people: Database) -> None:
    made, later = await book(people), await book(people, start=berlin(2026, 12, 1, 10, 0))
    await cancel(people, made.id, who("p1"))
    with pytest.raises(appointments.AppointmentGone):
        await cancel(people, made.id, made.manager_id)
    with pytest.raises(appointments.AppointmentGone):
        await cancel(people, 999_999, who("p1"))
    clock.set_now(berlin(2026, 12, 1, 10, 5))
    with pytest.raises(appointments.AppointmentGone):
        await cancel(people, later.id, who("p1"))


async def test_the_same_cancellation_handled_twice_tells_once(people: Database) -> None:
    made = await book(people)
    await cancel(people, made.id, who("p1"), "update-8")
    again = await cancel(people, made.id, who("p1"), "update-8")
    assert again.cancelled_at is not None
    async with people.transaction() as session:
        assert len(await sent_to(session, made.manager_id)) == 2


async def test_an_appointment_stays_in_the_list_until_it_is_over(people: Database) -> None:
    await book(people)
    clock.set_now(TUESDAY + timedelta(minutes=29))
    async with people.transaction() as session:
        assert len(await appointments.upcoming(session, who("p1"))) == 1
    clock.set_now(TUESDAY + timedelta(minutes=31))
    async with people.transaction() as session:
        assert await appointments.upcoming(session, who("p1")) == []


async def test_nobody_is_told_when_the_booking_is_rolled_back(people: Database) -> None:
    managers: list[uuid.UUID] = []

    async def fail_after_booking() -> None:
        async with people.transaction() as session:
            made = await appointments.book(
                session,
                person_id=who("p1"),
                centre="reutlingen",
                topic="other",
                start=TUESDAY,
                language="ar",
                request_key=None,
            )
            managers.append(made.manager_id)
            assert len(await sent_to(session, made.manager_id)) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_booking()
    async with people.transaction() as session:
        assert await sent_to(session, managers[0]) == []
        assert await appointments.upcoming(session, who("p1")) == []


def test_an_unknown_topic_is_something_else() -> None:
    assert appointments.topic_label("ask_nothing", "de") == say("topic.other", "de")
