"""A volunteer on duty answers beside the staff, and the staff can always take over."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from centre import handoffs
from centre.handoffs import adviser, office_hours, staff
from centre.handoffs.tables import HandoffAsk, TalkBan, TalkReport
from centre.people import Person
from centre.pool import changes
from centre.pool.changes import NotOffered
from centre.pool.tables import InterpreterProfile, InterpreterService
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, new_person, people, sent_to, who
from tests.centre.test_handoffs import MANAGERS, accept, ask, buttons, relay, texts
from translations.catalogue import say

__all__ = ["people"]

MONDAY, SUNDAY = berlin(2026, 11, 30, 10, 0), berlin(2026, 12, 6, 15, 0)
HOUR = timedelta(hours=1)


async def volunteer(db: Database, name: str = "Freiwillig, Fee", **values: object) -> uuid.UUID:
    """Add somebody who is on duty for two hours."""
    told = {"declared_on": date(2026, 1, 1), "duty_until": clock.now() + 2 * HOUR, **values}
    async with db.transaction() as session:
        helper = await new_person(
            session, "script", name, role="interpreter", language="de", name=name
        )
        session.add(InterpreterProfile(person_id=helper, **told))
    return helper


async def test_a_volunteer_on_duty_is_asked_beside_the_managers_and_can_answer(
    people: Database,
) -> None:
    clock.set_now(MONDAY)
    helper = await volunteer(people)
    made, count, _ = await ask(people, kind="human")
    assert count == 3
    async with people.transaction() as session:
        await handoffs.accept(session, made.id, helper)
    assert (await texts(people, "p1"))[-1] == say("human.matched_volunteer", "ar")
    for manager in MANAGERS:
        assert (await texts(people, manager))[-1] == say(
            "human.taken_by", "de", name="Freiwillig, Fee"
        )
        assert await buttons(people, manager) == [f"h:take:{made.id}"]
    async with people.transaction() as session:
        active = await handoffs.current(session, helper)
        assert active is not None
        said = handoffs.Said("Ich bin die Fee, Tel. 0176 0000 1234")
        assert (await handoffs.relay(session, active, said)).removed == 2
    got = (await texts(people, "p1"))[-1]
    assert got.startswith(say("relay.from_volunteer", "ar", text="Ich bin die")[:12])
    assert "0176" not in got


async def test_the_time_of_a_duty_is_noted_and_a_manager_can_go_on_with_the_talk(
    people: Database,
) -> None:
    clock.set_now(MONDAY)
    helper = await volunteer(people)
    made, _, _ = await ask(people, kind="human")
    async with people.transaction() as session:
        await handoffs.accept(session, made.id, helper)
        assert await adviser.ask(session, helper) == 2
    clock.advance(timedelta(minutes=6, seconds=30))
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
    async with people.transaction() as session:
        [served] = await session.scalars(select(InterpreterService))
    assert (served.helper_id, served.way, served.language, served.minutes) == (
        helper,
        "duty",
        "ar",
        7,
    )
    again, _, _ = await ask(people, kind="human")
    async with people.transaction() as session:
        await handoffs.accept(session, again.id, helper)
    clock.advance(timedelta(minutes=2, seconds=30))
    async with people.transaction() as session:
        await staff.take_over(session, again.id, who(MANAGERS[0]))
    assert (await texts(people, helper))[-1] == say("human.taken_over", "de", name="Muster, Erika")
    assert await relay(people, MANAGERS[0], "Guten Tag")
    clock.advance(timedelta(minutes=20))
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
        times = await session.scalars(select(InterpreterService).order_by(InterpreterService.id))
        assert [one.minutes for one in times] == [7, 3]


async def test_on_a_sunday_somebody_is_there_when_a_volunteer_is_on_duty(people: Database) -> None:
    clock.set_now(SUNDAY)
    async with people.transaction() as session:
        opens = await office_hours.next_answer(session, "reutlingen", who("p1"))
        assert opens is not None
        assert opens > clock.now() + 12 * HOUR
    helper = await volunteer(people)
    async with people.transaction() as session:
        there = await office_hours.next_answer(session, "reutlingen", who("p1"))
        assert there is not None
        assert there <= clock.now()
        # Whoever asks is not there for themselves.
        assert await office_hours.next_answer(session, "reutlingen", helper) == opens
    await ask(people, kind="human")
    async with people.transaction() as session:
        [to_manager] = await sent_to(session, MANAGERS[0])
        [to_volunteer] = await sent_to(session, helper)
    assert to_manager.silent
    assert not to_volunteer.silent


@pytest.mark.parametrize(
    "values",
    [
        {"declared_on": None},
        {"duty_until": None},
        {"duty_until": berlin(2026, 11, 30, 9, 59)},
        {"paused_until": berlin(2026, 12, 1, 8, 0)},
        {"centres": ["muensingen"]},
    ],
)
async def test_who_is_not_on_duty_here_and_now_is_not_asked(
    people: Database, values: dict[str, object]
) -> None:
    clock.set_now(MONDAY)
    helper = await volunteer(people, **values)
    await ask(people, kind="human")
    assert await texts(people, helper) == []


async def test_who_was_reported_is_kept_from_talks_or_is_in_one_is_not_asked(
    people: Database,
) -> None:
    clock.set_now(MONDAY)
    reported, banned, talking = [await volunteer(people, f"Wache {number}") for number in range(3)]
    async with people.transaction() as session:
        session.add(TalkReport(by_id=who("p1"), about_id=reported, centre="reutlingen"))
        session.add(TalkBan(person_id=banned, until=clock.now() + HOUR))
    other, count, _ = await ask(people, "p2", kind="human")
    assert count == 2 + 2, "the two who are free for this person, and the managers"
    async with people.transaction() as session:
        await handoffs.accept(session, other.id, talking)
    made, count, _ = await ask(people, kind="human")
    assert count == 2
    async with people.transaction() as session:
        asked = set(
            await session.scalars(
                select(HandoffAsk.helper_id).where(HandoffAsk.handoff_id == made.id)
            )
        )
    assert asked == {who(manager) for manager in MANAGERS}


async def test_an_emergency_is_for_the_staff(people: Database) -> None:
    clock.set_now(MONDAY)
    helper = await volunteer(people)
    _, count, _ = await ask(people, kind="human", urgent=True)
    assert count == 2
    assert await texts(people, helper) == []


async def test_a_duty_begins_and_ends_by_buttons_and_has_an_end_of_its_own(
    people: Database,
) -> None:
    clock.set_now(MONDAY)
    async with people.transaction() as session:
        await changes.go_on_duty(session, who("i-ar-1"), 2)
        row = await session.get_one(InterpreterProfile, who("i-ar-1"))
        assert row.duty_until is not None
        assert HOUR < row.duty_until - clock.now() <= 2 * HOUR
        await changes.go_off_duty(session, who("i-ar-1"))
        assert row.duty_until is None
        with pytest.raises(NotOffered):
            await changes.go_on_duty(session, who("i-ar-1"), 12)


async def test_the_volunteer_who_answers_stays_no_secret_to_the_staff_only(
    people: Database,
) -> None:
    clock.set_now(MONDAY)
    helper = await volunteer(people)
    made, _, _ = await ask(people, kind="human")
    await accept(people, made.id, MANAGERS[0])
    # The volunteer learns that it is taken, not by whom.
    assert (await texts(people, helper))[-1] == say("interpreter.taken", "de")
    async with people.transaction() as session:
        person = await session.get_one(Person, who("p1"))
        assert person.name is None
