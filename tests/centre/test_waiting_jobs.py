"""The waiting list and the reminders through the real queue: what follows, and no more."""

from __future__ import annotations

from datetime import timedelta

from centre import appointments, privacy
from centre.appointments import Appointment, after, waiting
from storage import clock, queue
from storage.engine import Database
from tests.centre.conftest import Work, berlin, sent_to, who
from tests.centre.waiters import (
    LATER,
    TUESDAY,
    accept,
    book,
    decline,
    held,
    join,
    offer_to,
    upcoming,
)

TEN = berlin(2026, 12, 1, 10, 0)


async def cancel(db: Database, *made: Appointment) -> None:
    async with db.transaction() as session:
        for one in made:
            await appointments.cancel(session, one.id, one.person_id)


async def test_offered_to_one_after_the_other_until_nobody_is_left(
    people: Database, work: Work
) -> None:
    made = await book(people, "p1")
    for person in ("p4", "p7"):
        await join(people, person)
    await cancel(people, made)
    await work()
    assert (await offer_to(people, "p4")).start == TUESDAY
    await work(later=timedelta(hours=2, minutes=1))
    assert await held(people, "p4") is None
    await decline(people, await offer_to(people, "p7"))
    await work()
    for person, messages in (("p4", 2), ("p7", 1)):
        assert await held(people, person) is None
        async with people.transaction() as session:
            assert len(await sent_to(session, person)) == messages
            assert len(await waiting.places(session, who(person))) == 1


async def test_what_a_shorter_appointment_leaves_is_offered_on(
    people: Database, work: Work
) -> None:
    hour = await book(people, "p1", kind="first")
    for person in ("p4", "p7"):
        await join(people, person)
    await cancel(people, hour)
    await work()
    starts = [(await offer_to(people, person)).start for person in ("p4", "p7")]
    assert starts == [TUESDAY, TUESDAY + timedelta(minutes=30)]


async def test_a_second_time_is_offered_when_the_first_did_not_suit(
    people: Database, work: Work
) -> None:
    one, two = await book(people, "p1"), await book(people, "p1", TEN)
    await join(people, "p4")
    await cancel(people, one, two)
    await work()
    first = await offer_to(people, "p4")
    await decline(people, first)
    await work()
    second = await offer_to(people, "p4")
    assert {first.start, second.start} == {TUESDAY, TEN}
    await decline(people, second)
    await work()
    assert await held(people, "p4") is None


async def test_an_erased_persons_times_go_to_who_waits(people: Database, work: Work) -> None:
    await book(people, "p1")
    for person in ("p4", "p7"):
        await join(people, person)
    for person, next_one in (("p1", "p4"), ("p4", "p7")):
        async with people.transaction() as session:
            await privacy.erase(session, who(person))
        await work()
        assert (await offer_to(people, next_one)).start == TUESDAY


async def test_an_accepted_offer_frees_the_later_time_for_the_next(
    people: Database, work: Work
) -> None:
    made, later = await book(people, "p1"), await book(people, "p4", LATER)
    await join(people, "p4", instead=later.id)
    await cancel(people, made)
    await work()
    await join(people, "p7")
    await accept(people, await offer_to(people, "p4"))
    await work()
    assert await upcoming(people, "p4") == [TUESDAY]
    assert (await offer_to(people, "p7")).start == LATER


async def test_two_reminders_come_and_no_more(people: Database, work: Work) -> None:
    await book(people, "p7", LATER)

    async def reminded() -> int:
        async with people.transaction() as session:
            return len(await sent_to(session, "p7"))

    await work()
    assert await reminded() == 0
    await work(later=LATER - timedelta(hours=23, minutes=59) - clock.now())
    assert await reminded() == 1
    await work(later=timedelta(hours=22))
    assert await reminded() == 2
    await work(later=timedelta(days=2))
    assert await reminded() == 2


async def test_a_worker_that_was_away_reminds_once(people: Database, work: Work) -> None:
    made = await book(people, "p7", LATER)
    async with people.transaction() as session:
        # The job of the booking may run twice as well.
        await queue.defer(session, after.BOOKED_TASK, appointment_id=made.id)
    await work()
    await work(later=LATER - timedelta(hours=1) - clock.now())
    async with people.transaction() as session:
        assert len(await sent_to(session, "p7")) == 1
