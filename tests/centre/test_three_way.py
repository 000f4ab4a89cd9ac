"""Appointments of three: together or not at all, asked in fair order, each with a deadline."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from centre import appointments
from centre.appointments import (
    Appointment,
    HoldGone,
    NotYours,
    expiry,
    interpreters,
    three_way,
)
from centre.appointments.tables import InterpreterAsk
from centre.pool.tables import InterpreterLanguage, InterpreterProfile
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.staff import press
from tests.centre.three import (
    FIRST,
    SECOND,
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


@pytest.mark.parametrize(
    ("profile", "comes"),
    [
        ({"ways": ["chat", "on_site"]}, True),
        ({"ways": ["chat", "phone"]}, False),  # the appointment is at the centre
        ({"ways": ["on_site"], "centres": ["dettingen"]}, False),
        ({"ways": ["on_site"], "centres": ["reutlingen", "dettingen"]}, True),
        ({"ways": ["on_site"], "declared_on": None}, False),
        ({"ways": ["on_site"], "paused_until": berlin(2026, 12, 20)}, False),
        ({"ways": ["on_site"], "paused_until": berlin(2026, 12, 2)}, True),  # back by then
    ],
)
async def test_only_who_comes_on_site_there_and_then_is_asked(
    people: Database, profile: dict[str, object], comes: bool
) -> None:
    held = await hold(people)
    async with people.transaction() as session:
        for helper in ("i-ti-1", "i-ti-2"):
            values = {"declared_on": date(2026, 1, 1), **profile}
            session.add(InterpreterProfile(person_id=who(helper), **values))
    assert await request(people, held) is comes
