"""Nobody waits in silence: a few are asked, then others, then further out; the person sees it."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from centre import handoffs
from centre.handoffs import Handoff, mending, staff, waves, wishes
from centre.handoffs.tables import HandoffAsk
from centre.people import Person
from centre.pool.tables import InterpreterHours, InterpreterLanguage, InterpreterProfile
from storage import clock
from storage.engine import Database
from tests.centre.conftest import Work, berlin, new_person, sent_to, who
from tests.centre.test_handoffs import MANAGERS, accept, ask, block, buttons, texts
from translations.catalogue import say

MINUTES = timedelta(minutes=1)


async def interpreter(
    db: Database, name: str, language: str = "so", level: str = "fluent", **profile: object
) -> uuid.UUID:
    """Add somebody to the pool; with ``profile`` they have told something about themselves."""
    async with db.transaction() as session:
        helper = await new_person(session, "script", name, role="interpreter", language="en")
        session.add(InterpreterLanguage(person_id=helper, language=language, level=level))
        if profile:
            values = {"declared_on": datetime(2026, 1, 1).date(), **profile}
            session.add(InterpreterProfile(person_id=helper, **values))
    return helper


async def pool(db: Database, size: int, language: str = "so") -> list[uuid.UUID]:
    """Add ``size`` interpreters, and take those of the demonstration out."""
    async with db.transaction() as session:
        for one in await session.scalars(
            select(InterpreterLanguage).where(InterpreterLanguage.language == language)
        ):
            await session.delete(one)
    return [await interpreter(db, f"extra-{number}", language) for number in range(size)]


async def asked(db: Database, handoff_id: int) -> dict[uuid.UUID, int]:
    """Return who was asked in which wave."""
    async with db.transaction() as session:
        rows = await session.execute(
            select(HandoffAsk.helper_id, HandoffAsk.wave).where(HandoffAsk.handoff_id == handoff_id)
        )
        return dict(rows.tuples().all())


async def stored(db: Database, handoff_id: int) -> Handoff:
    async with db.transaction() as session:
        return await session.get_one(Handoff, handoff_id)


async def answered(db: Database, helper: uuid.UUID, handoff_id: int) -> Handoff:
    async with db.transaction() as session:
        return await handoffs.accept(session, handoff_id, helper)


async def test_three_are_asked_and_after_five_minutes_the_next(
    people: Database, work: Work
) -> None:
    helpers = await pool(people, 5)
    made, count, _ = await ask(people, language="so")
    assert count == 3
    assert await texts(people, "p1") == []  # the one who asks is told by the conversation
    await work(later=4 * MINUTES)
    assert len(await asked(people, made.id)) == 3
    await work(later=MINUTES)
    assert set(await asked(people, made.id)) == set(helpers)
    assert await texts(people, "p1") == [say("interpreter.next_wave", "ar", count=2)]
    assert await buttons(people, "p1") == ["h:stop"]


async def test_whoever_was_not_asked_for_the_longest_time_comes_first(people: Database) -> None:
    helpers = await pool(people, 4)
    first, _, _ = await ask(people, "p1", language="so")
    [left_out] = set(helpers) - set(await asked(people, first.id))
    second, _, _ = await ask(people, "p2", language="so")
    assert left_out in await asked(people, second.id)


async def test_a_basic_knowledge_is_asked_after_those_who_speak_well(people: Database) -> None:
    await pool(people, 0)
    basic = await interpreter(people, "basic", level="basic")
    well = {await interpreter(people, f"well-{n}", level="native") for n in range(3)}
    made, _, _ = await ask(people, language="so")
    assert set(await asked(people, made.id)) == well
    async with people.transaction() as session:
        await waves.due(session, made.id)
    assert basic in await asked(people, made.id)


@pytest.mark.parametrize(
    ("profile", "fits"),
    [
        ({}, True),
        ({"ways": ["chat", "phone"]}, True),
        ({"ways": ["on_site"]}, False),
        ({"declared_on": None}, False),
        ({"without": ["letter"]}, False),
        ({"without": ["work"]}, True),
        ({"paused_until": berlin(2026, 12, 1)}, False),
        ({"paused_until": berlin(2026, 11, 29)}, True),
    ],
)
async def test_only_who_wants_to_be_asked_is_asked(
    people: Database, profile: dict[str, object], fits: bool
) -> None:
    await pool(people, 0)
    helper = await interpreter(people, "one", **{"german": "B2", **profile})
    made, _, _ = await ask(people, language="so", topic="letter")
    assert (helper in await asked(people, made.id)) is fits


@pytest.mark.parametrize(
    ("at", "urgency", "fits"),
    [
        (berlin(2026, 11, 30, 18, 0), "normal", True),  # in their hours
        (berlin(2026, 11, 30, 10, 0), "normal", False),
        (berlin(2026, 11, 30, 10, 0), "high", True),  # urgent, by day
        (berlin(2026, 11, 30, 22, 30), "normal", True),  # a night owl's own hours
        (berlin(2026, 12, 1, 2, 0), "high", False),  # nobody is woken
    ],
)
async def test_weekly_hours_and_the_night_are_kept(
    people: Database, at: datetime, urgency: str, fits: bool
) -> None:
    await pool(people, 0)
    helper = await interpreter(people, "one", german="B2")
    async with people.transaction() as session:
        session.add(InterpreterHours(person_id=helper, weekday=0, start=time(17), end=time(23)))
    clock.set_now(at)
    made, _, _ = await ask(people, language="so", urgency=urgency)
    assert (helper in await asked(people, made.id)) is fits


async def test_nobody_is_asked_all_day_long_unless_it_is_urgent(people: Database) -> None:
    [helper] = await pool(people, 1)
    for number in range(6):
        made, _, _ = await ask(people, f"p{number + 1}", language="so")
        assert helper in await asked(people, made.id)
    seventh, _, _ = await ask(people, "p7", language="so")
    urgent, _, _ = await ask(people, "p8", language="so", urgency="high")
    assert helper in await asked(people, urgent.id)
    assert helper not in await asked(people, seventh.id)


async def test_when_all_of_a_wave_say_no_the_next_is_asked_at_once(people: Database) -> None:
    await pool(people, 4)
    made, _, _ = await ask(people, language="so")
    first = list(await asked(people, made.id))
    for number, helper in enumerate(first):
        assert len(await asked(people, made.id)) == 3, number
        async with people.transaction() as session:
            await handoffs.decline(session, made.id, helper)
    assert len(await asked(people, made.id)) == 4


async def test_urgent_asks_more_at_once_and_waits_less(people: Database, work: Work) -> None:
    helpers = await pool(people, 9)
    made, _, _ = await ask(people, language="so")
    async with people.transaction() as session:
        waiting = await handoffs.waiting(session, who("p1"))
        assert waiting is not None
        assert await wishes.change_urgency(session, waiting, "high") == 5
    await work(later=2 * MINUTES)
    assert set(await asked(people, made.id)) == set(helpers)


async def test_what_can_wait_gives_people_time(people: Database, work: Work) -> None:
    await pool(people, 4)
    made, _, _ = await ask(people, language="so")
    async with people.transaction() as session:
        waiting = await handoffs.waiting(session, who("p1"))
        assert waiting is not None
        assert await wishes.change_urgency(session, waiting, "low") == 0
    await work(later=15 * MINUTES)
    assert len(await asked(people, made.id)) == 3
    await work(later=5 * MINUTES)
    assert len(await asked(people, made.id)) == 4


async def test_then_those_who_speak_another_language_of_the_person(
    people: Database, work: Work
) -> None:
    [somali] = await pool(people, 1)
    made, _, _ = await ask(people, language="so")  # p1 reads Arabic
    assert set(await asked(people, made.id)) == {somali}
    await work(later=5 * MINUTES)
    assert set(await asked(people, made.id)) == {somali, who("i-ar-1"), who("i-ar-2")}
    assert await texts(people, "p1") == [say("interpreter.other_languages", "ar", count=2)]
    won = await answered(people, who("i-ar-1"), made.id)
    assert (won.language, won.spoken) == ("so", "ar")
    assert (await texts(people, "p1"))[-1] == say(
        "interpreter.matched_person", "ar", language="العربية"
    )


async def test_dari_speakers_are_asked_for_persian_and_the_other_way_round(
    people: Database,
) -> None:
    await block(people, "i-prs-1")
    made, count, _ = await ask(people, "p2", language="prs")
    assert count > 0
    assert who("i-fa-1") in await asked(people, made.id)


async def test_then_the_managers_and_the_person_may_name_one_more_language(
    people: Database, work: Work
) -> None:
    made, _, _ = await ask(people)
    await work(later=5 * MINUTES)
    for manager in MANAGERS:
        assert await texts(people, manager) == [
            say(
                "manager.no_interpreter",
                "de",
                minutes=5,
                language="Arabisch",
                centre="Reutlingen/Pfullingen",
            )
        ]
    told = await texts(people, "p1")
    assert told == [say("interpreter.timeout_person", "ar"), say("interpreter.which_else", "ar")]
    assert "h:also:fa" in await buttons(people, "p1")
    async with people.transaction() as session:
        waiting = await handoffs.waiting(session, who("p1"))
        assert waiting is not None
        assert await wishes.also(session, waiting, "fa") > 0
        assert (await session.get_one(Person, who("p1"))).also_speaks == ["fa"]
    assert who("i-fa-1") in await asked(people, made.id)
    await work(later=5 * MINUTES)
    assert len(await texts(people, MANAGERS[0])) == 1  # they know already


async def test_at_last_an_appointment_is_offered_and_after_a_day_it_is_closed(
    people: Database, work: Work
) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    made, _, _ = await ask(people)
    await work(later=5 * MINUTES)
    await work(later=10 * MINUTES)
    assert (await texts(people, "p1"))[-1].startswith(
        say("interpreter.book", "ar", day="…", time="…")[:40]
    )
    assert await buttons(people, "p1") == ["/book_appointment", "h:stop"]
    assert (await stored(people, made.id)).status == "open"
    await work(later=timedelta(hours=24))
    assert (await stored(people, made.id)).status == "stopped"
    assert (await texts(people, "p1"))[-1] == say("interpreter.given_up", "ar")
    with pytest.raises(handoffs.Over):
        await accept(people, made.id, "i-ar-1")


async def test_a_late_yes_still_helps_as_long_as_nobody_else_has_it(
    people: Database, work: Work
) -> None:
    made, _, _ = await ask(people)
    await work(later=20 * MINUTES)
    assert (await accept(people, made.id, "i-ar-2")).status == "matched"
    assert (await texts(people, MANAGERS[0]))[-1] == say("interpreter.taken", "de")


async def test_a_person_who_stops_hears_nothing_more(people: Database, work: Work) -> None:
    await pool(people, 5)
    made, _, _ = await ask(people, language="so")
    async with people.transaction() as session:
        await handoffs.stop(session, who("p1"))
    await work(later=timedelta(hours=30))
    assert len(await asked(people, made.id)) == 3
    assert await texts(people, "p1") == []


async def test_for_the_doctor_and_the_court_the_staff_are_asked_and_no_volunteer(
    people: Database,
) -> None:
    made, count, _ = await ask(people, topic="health")
    assert (count, made.status) == (0, "open")
    assert await texts(people, "i-ar-1") == []
    [words] = await texts(people, MANAGERS[0])
    assert say("interpreting.health", "de") in words


async def test_somebody_who_comes_along_is_ordered_by_the_staff(people: Database) -> None:
    await ask(people, topic="school")
    async with people.transaction() as session:
        assert await staff.on_site(session, who("p1")) == (2, False)  # at eight nobody is there
        assert await staff.on_site(session, who("p2")) is None
    [words] = await texts(people, MANAGERS[0])
    assert say("interpreting.school", "de") in words
    async with people.transaction() as session:
        [content] = await sent_to(session, MANAGERS[0])
    assert content.silent


async def test_an_interpreter_who_waits_for_help_themselves_is_not_sent_to_others(
    people: Database,
) -> None:
    other, _, _ = await ask(people, "p2", language="ar")
    own, _, _ = await ask(people, "i-ar-1", language="ar")
    assert set(await asked(people, own.id)) == {who("i-ar-2")}
    with pytest.raises(handoffs.Busy):
        await accept(people, other.id, "i-ar-1")
    await accept(people, own.id, "i-ar-2")
    with pytest.raises(handoffs.Busy):
        await accept(people, other.id, "i-ar-1")


async def test_whoever_helps_in_a_talk_asks_for_help_after_it(people: Database) -> None:
    made, _, _ = await ask(people)
    await accept(people, made.id, "i-ar-1")
    with pytest.raises(handoffs.Busy):
        await ask(people, "i-ar-1", language="ar")


async def test_six_requests_in_an_hour_are_enough_but_an_emergency_is_always_heard(
    people: Database,
) -> None:
    for _ in range(6):
        await ask(people)
        async with people.transaction() as session:
            await handoffs.stop(session, who("p1"))
    with pytest.raises(handoffs.TooMany):
        await ask(people)
    made, count, _ = await ask(people, kind="human", urgent=True)
    assert (made.status, count) == ("open", 2)
    clock.advance(61 * MINUTES)
    async with people.transaction() as session:
        await handoffs.stop(session, who("p1"))
    assert (await ask(people))[0].status == "open"


async def test_a_request_whose_job_was_lost_is_found_and_goes_on(people: Database) -> None:
    made, _, _ = await ask(people)
    clock.advance(6 * MINUTES)
    assert await mending.mend(people) == 0  # a moment late is not lost
    clock.advance(2 * MINUTES)
    assert await mending.mend(people) == 1
    assert (await stored(people, made.id)).stage == waves.MANAGERS
    assert await mending.mend(people) == 0


async def test_a_request_without_any_deadline_is_found_too(people: Database) -> None:
    made, _, _ = await ask(people)
    async with people.transaction() as session:
        await session.execute(
            update(Handoff).where(Handoff.id == made.id).values(due_at=None, stage="other")
        )
    clock.advance(3 * MINUTES)
    assert await mending.mend(people) == 1
    assert (await stored(people, made.id)).status == "stopped"
    assert (await texts(people, "p1"))[-1] == say("interpreter.given_up", "ar")
