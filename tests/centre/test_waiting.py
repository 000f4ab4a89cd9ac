"""The waiting list: who is asked about a freed time, in which order, until when."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from centre import appointments
from centre.appointments import (
    HoldGone,
    NotYours,
    Wish,
    expiry,
    waiting,
)
from centre.appointments.tables import WaitingPlace
from centre.people import Person
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.waiters import LATER, MANAGER, TUESDAY, book, free, held, join, offered


async def test_a_freed_time_is_offered_to_who_waits_longest_and_kept_for_them(
    people: Database,
) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await join(people, "p7")
    await free(people, made)
    hold = await held(people, "p4")
    assert hold is not None
    assert (hold.start, hold.manager_id, hold.topic) == (TUESDAY, who(MANAGER), "ask_housing")
    assert hold.held_until is not None
    assert timedelta(hours=1, minutes=59) < hold.held_until - clock.now() <= timedelta(hours=2)
    assert await held(people, "p7") is None
    async with people.transaction() as session:
        [message] = await sent_to(session, "p4")
        free_then = await appointments.free_times(session, Wish("reutlingen"), TUESDAY.date())
    assert [b.data for row in message.buttons for b in row] == [
        f"w:yes:{hold.id}",
        f"w:no:{hold.id}",
        "w:off",
    ]
    assert who(MANAGER) not in {one.manager_id for one in free_then if one.start == TUESDAY}


async def test_yes_takes_the_time_and_gives_the_later_one_back(people: Database) -> None:
    made, later = await book(people, "p1"), await book(people, "p4", LATER)
    await join(people, "p4", instead=later.id)
    await free(people, made)
    hold = await held(people, "p4")
    assert hold is not None
    for _ in range(2):  # a button is quickly pressed twice
        async with people.transaction() as session:
            await waiting.accept(session, hold.id, who("p4"))
    async with people.transaction() as session:
        assert [one.start for one in await appointments.upcoming(session, who("p4"))] == [TUESDAY]
        assert await waiting.places(session, who("p4")) == []


async def test_no_offers_the_time_to_the_next_and_keeps_the_place(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await join(people, "p7")
    await free(people, made)
    hold = await held(people, "p4")
    assert hold is not None
    async with people.transaction() as session:
        await waiting.decline(session, hold.id, who("p4"))
    await offered(people, hold.id)
    assert await held(people, "p4") is None
    assert await held(people, "p7") is not None
    async with people.transaction() as session:
        assert len(await waiting.places(session, who("p4"))) == 1


async def test_who_does_not_answer_is_told_and_the_next_is_asked(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await join(people, "p7")
    await free(people, made)
    hold = await held(people, "p4")
    assert hold is not None
    clock.advance(timedelta(hours=2, minutes=1))
    with pytest.raises(HoldGone):
        async with people.transaction() as session:
            await waiting.accept(session, hold.id, who("p4"))
    async with people.transaction() as session:
        await expiry.over(session, hold.id)
    await offered(people, hold.id)
    second = await held(people, "p7")
    assert second is not None
    async with people.transaction() as session:
        assert len(await sent_to(session, "p4")) == 2
        await appointments.release(session, second.id, who("p7"))
    # Both have been asked about this time: it is simply free now.
    await offered(people, second.id)
    assert await held(people, "p4") is None
    assert await held(people, "p7") is None


async def test_nobody_is_offered_what_does_not_help_them(people: Database) -> None:
    made, sooner = await book(people, "p1", LATER), await book(people, "p4")
    await join(people, "p4", instead=sooner.id)  # has an earlier time already
    await join(people, "p7", kind="first")  # an hour does not fit into half of one
    await join(people, "p1")  # gave this very time up
    await free(people, made)
    for person in ("p1", "p4", "p7"):
        assert await held(people, person) is None


async def test_nobody_is_asked_about_a_time_that_begins_too_soon(people: Database) -> None:
    made = await book(people, "p1", berlin(2026, 11, 30, 10, 0))
    await join(people, "p4")
    await free(people, made)
    assert await held(people, "p4") is None


async def test_at_night_the_offer_waits_for_the_morning(people: Database) -> None:
    made = await book(people, "p1", LATER)
    await join(people, "p4")
    clock.set_now(berlin(2026, 12, 1, 23, 0))
    await free(people, made)
    assert await held(people, "p4") is None
    async with people.transaction() as session:
        at = await session.scalar(
            text(
                "select scheduled_at from procrastinate_jobs where task_name = 'appointment_offer'"
            )
        )
    assert abs(at + clock.shift() - berlin(2026, 12, 2, 7, 0)) < timedelta(seconds=5)
    clock.set_now(berlin(2026, 12, 2, 7, 0))
    await offered(people, made.id)
    assert await held(people, "p4") is not None


async def test_leaving_the_list_gives_the_offered_time_back(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await free(people, made)
    async with people.transaction() as session:
        assert await waiting.leave(session, who("p4"))
        assert not await waiting.leave(session, who("p4"))
    assert await held(people, "p4") is None


async def test_an_offer_is_for_one_person_only(people: Database) -> None:
    made = await book(people, "p1")
    await join(people, "p4")
    await free(people, made)
    hold = await held(people, "p4")
    assert hold is not None
    for answer in (waiting.accept, waiting.decline):
        with pytest.raises(NotYours):
            async with people.transaction() as session:
                await answer(session, hold.id, who("p7"))
    assert await held(people, "p4") is not None


async def test_joining_again_keeps_the_place(people: Database) -> None:
    first, again = await join(people, "p4"), await join(people, "p4")
    assert first.id == again.id


async def test_two_times_freed_at_once_are_offered_to_two_people(people: Database) -> None:
    one, two = await book(people, "p1"), await book(people, "p1", berlin(2026, 12, 1, 10, 0))
    await join(people, "p4")
    await join(people, "p7")
    async with people.transaction() as session:
        for made in (one, two):
            await appointments.cancel(session, made.id, made.person_id)
    await asyncio.gather(offered(people, one.id), offered(people, two.id))
    await offered(people, one.id)
    first, second = await held(people, "p4"), await held(people, "p7")
    assert first is not None
    assert second is not None
    assert {first.start, second.start} == {one.start, two.start}


async def test_the_wish_goes_with_the_person(people: Database) -> None:
    await join(people, "p4")
    async with people.transaction() as session:
        await session.delete(await session.get_one(Person, who("p4")))
    async with people.transaction() as session:
        assert (await session.scalars(select(WaitingPlace))).all() == []
