"""Offers from the waiting list that must fit what a person has, needs and did meanwhile."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot import appointment_buttons
from centre import appointments
from centre.appointments import (
    HoldGone,
    Needs,
    TooManyAppointments,
    three_way,
    waiting,
    waiting_offer,
)
from centre.appointments.interpreters import candidates
from centre.people import Person
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.waiters import (
    LATER,
    TUESDAY,
    accept,
    book,
    decline,
    free,
    held,
    join,
    offer_to,
    offered,
    upcoming,
)
from translations.catalogue import say

WEDNESDAY = berlin(2026, 12, 9, 10, 0)


async def tap(db: Database, person: str, data: str) -> str:
    async with db.transaction() as session:
        somebody = await session.get_one(Person, who(person))
        content = await appointment_buttons.tap(session, somebody, data, "en")
    assert content is not None
    return content.text


@pytest.mark.parametrize(
    ("now", "start", "until"),
    [
        pytest.param((1, 8, 0), (2, 9, 0), (1, 10, 0), id="two hours"),
        pytest.param((1, 8, 0), (1, 10, 45), (1, 8, 45), id="two hours before it begins"),
        pytest.param((1, 19, 30), (3, 9, 0), (2, 7, 30), id="nobody answers at night"),
        pytest.param((1, 19, 30), (2, 8, 0), (1, 20, 45), id="nor is woken by the end of it"),
    ],
)
def test_until_when_they_may_answer(
    now: tuple[int, ...], start: tuple[int, ...], until: tuple[int, ...]
) -> None:
    found = waiting_offer._deadline(berlin(2026, 12, *start), berlin(2026, 12, *now))
    assert found == berlin(2026, 12, *until)


async def test_whoever_gave_a_time_up_is_not_asked_when_others_say_no(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p1")
    await join(people, "p4")
    await free(people, made)
    hold = await offer_to(people, "p4")
    await decline(people, hold)
    await offered(people, hold.id)
    assert await held(people, "p1") is None


async def test_what_they_booked_meanwhile_is_what_an_earlier_time_replaces(
    people: Database,
) -> None:
    later, sooner = await book(people, "p1", LATER), await book(people, "p1")
    await join(people, "p4")
    await book(people, "p4", WEDNESDAY, topic="ask_housing")
    await free(people, later)
    assert await held(people, "p4") is None  # what they have is earlier
    await free(people, sooner)
    await accept(people, await offer_to(people, "p4"))
    assert await upcoming(people, "p4") == [TUESDAY]


async def test_what_they_moved_while_an_offer_was_open_is_replaced_all_the_same(
    people: Database,
) -> None:
    made, old = await book(people, "p1"), await book(people, "p4", LATER, topic="ask_housing")
    await join(people, "p4", instead=old.id)
    await free(people, made)
    hold = await offer_to(people, "p4")
    moving = appointments.hold_for_person(old.id)
    new = await book(people, "p4", WEDNESDAY, topic="ask_housing", hold=moving)
    async with people.transaction() as session:
        await appointments.confirm(session, new.id, who("p4"))
    await accept(people, hold)
    assert await upcoming(people, "p4") == [TUESDAY]


async def test_a_wish_is_over_when_its_appointment_has_begun(people: Database) -> None:
    made, own = await book(people, "p1", LATER), await book(people, "p4")
    place = await join(people, "p4", instead=own.id)
    clock.set_now(own.start + timedelta(minutes=5))
    async with people.transaction() as session:
        assert await waiting.places(session, who("p4")) == []
    await free(people, made)
    assert await held(people, "p4") is None
    assert (await join(people, "p4")).id != place.id  # a new wish, at the end of the line


async def test_who_wants_a_woman_is_offered_no_time_with_a_man(people: Database) -> None:
    man, woman = await book(people, "p1", manager="m-reutlingen-2"), await book(people, "p7")
    await join(people, "p4", gender="f")
    await free(people, man)
    assert await held(people, "p4") is None
    await free(people, woman)
    assert await held(people, "p4") is not None


async def test_what_is_needed_at_the_later_time_is_needed_at_the_earlier_one(
    people: Database,
) -> None:
    made = await book(people, "p1")
    old = await book(people, "p4", LATER, needs=Needs(childcare=True, step_free=True))
    await join(people, "p4", instead=old.id)
    await free(people, made)
    hold = await offer_to(people, "p4")
    assert (hold.childcare, hold.step_free) == (True, True)


async def test_with_an_interpreter_the_earlier_time_waits_for_their_yes(people: Database) -> None:
    made = await book(people, "p1")
    old = await book(people, "p4", LATER, needs=Needs(interpreter_language="ti"))
    await join(people, "p4", instead=old.id)
    await free(people, made)
    hold = await offer_to(people, "p4")
    language = "Tigrinya"
    assert language in await tap(people, "p4", f"w:yes:{hold.id}")
    assert language in await tap(people, "p4", f"w:yes:{hold.id}")  # pressed twice
    assert await upcoming(people, "p4") == [LATER]
    async with people.transaction() as session:
        asked = await session.get_one(appointments.Appointment, hold.id)
        assert asked.interpreter_id is not None
        await three_way.accept(session, hold.id, asked.interpreter_id)
    assert await upcoming(people, "p4") == [TUESDAY]
    async with people.transaction() as session:
        assert await waiting.places(session, who("p4")) == []


async def test_nobody_loses_their_interpreter_to_an_earlier_time(people: Database) -> None:
    made = await book(people, "p1")
    old = await book(people, "p4", LATER, needs=Needs(interpreter_language="ti"))
    await join(people, "p4", instead=old.id)
    async with people.transaction() as session:
        for helper in await candidates(session, old):
            (await session.get_one(Person, helper)).blocked_at = clock.now()
    await free(people, made)
    assert await held(people, "p4") is None
    assert await upcoming(people, "p4") == [LATER]


async def test_who_cannot_be_reached_does_not_hold_others_up(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await join(people, "p7")
    async with people.transaction() as session:
        (await session.get_one(Person, who("p4"))).blocked_at = clock.now()
    await free(people, made)
    assert await held(people, "p4") is None
    assert await held(people, "p7") is not None


async def test_a_yes_to_an_offer_books_nothing_else(people: Database) -> None:
    own = await book(people, "p4", hold=appointments.hold_for_person())
    with pytest.raises(HoldGone):
        await accept(people, own)
    assert await upcoming(people, "p4") == []


async def test_the_limit_of_appointments_holds_for_offers_too(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await free(people, made)
    hold = await offer_to(people, "p4")
    for day in range(appointments.rules().most):
        await book(people, "p4", berlin(2026, 12, 7 + day, 9, 30))
    with pytest.raises(TooManyAppointments):
        await accept(people, hold)
    count = appointments.rules().most
    assert await tap(people, "p4", f"w:yes:{hold.id}") == say("book.too_many", "en", count=count)
    assert await held(people, "p4") is not None


async def test_while_somebody_finishes_booking_the_time_the_list_waits(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    async with people.transaction() as session:
        await appointments.cancel(session, made.id, made.person_id)
    await book(people, "p7", hold=appointments.hold_for_person())
    await offered(people, made.id)
    assert await held(people, "p4") is None
    async with people.transaction() as session:
        at: datetime = await session.scalar(
            text(
                "select scheduled_at from procrastinate_jobs where task_name = 'appointment_offer'"
            )
        )
    waits = at + clock.shift() - clock.now()
    assert timedelta(minutes=4) < waits <= appointments.rules().hold
    clock.advance(timedelta(minutes=6))
    await offered(people, made.id)
    assert await held(people, "p4") is not None


async def test_the_same_job_twice_asks_one_person_once(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await join(people, "p7")
    async with people.transaction() as session:
        await appointments.cancel(session, made.id, made.person_id)
    await asyncio.gather(*(offered(people, made.id) for _ in range(4)))
    assert await held(people, "p4") is not None
    assert await held(people, "p7") is None
    async with people.transaction() as session:
        assert len(await sent_to(session, "p4")) == 1


async def test_every_button_of_an_offer_answers_clearly_whenever_it_is_pressed(
    people: Database,
) -> None:
    over = say("waiting.over", "en")
    made = await book(people, "p1")
    await join(people, "p4")
    await free(people, made)
    hold = await offer_to(people, "p4")
    for verb in ("yes", "no"):
        assert await tap(people, "p7", f"w:{verb}:{hold.id}") == over
        assert await tap(people, "p4", f"w:{verb}:{hold.id + 1000}") == over
    assert await tap(people, "p4", f"w:no:{hold.id}") == say("waiting.declined", "en")
    for verb in ("yes", "no"):
        assert await tap(people, "p4", f"w:{verb}:{hold.id}") == over
    for _ in range(2):
        assert await tap(people, "p4", "w:off") == say("waiting.left", "en")
    async with people.transaction() as session:
        assert await waiting.places(session, who("p4")) == []


async def test_a_tap_takes_the_offered_time_and_says_so(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await free(people, made)
    hold = await offer_to(people, "p4")
    for _ in range(2):
        assert "09:00" in await tap(people, "p4", f"w:yes:{hold.id}")
    assert await tap(people, "p4", f"w:no:{hold.id}") == say("waiting.over", "en")
    assert await upcoming(people, "p4") == [TUESDAY]
