"""An interpreter or the staff take over, and the two sides write without knowing each other."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update

from centre import handoffs
from centre.appointments import PersonGone
from centre.handoffs import Handoff, Said, waves
from centre.people import Person
from centre.pool.tables import InterpreterLanguage
from storage import clock
from storage.engine import Database
from tests.centre.conftest import new_person, sent_to, who
from translations.catalogue import say

MANAGERS = ("m-reutlingen-1", "m-reutlingen-2")


async def ask(
    db: Database,
    person: str = "p1",
    kind: str = "interpreter",
    language: str = "ar",
    *,
    key: str | None = None,
    urgent: bool = False,
    topic: str | None = None,
    urgency: str = "normal",
) -> tuple[Handoff, int, bool]:
    async with db.transaction() as session:
        return await handoffs.request(
            session,
            person_id=who(person),
            kind=kind,
            centre="reutlingen",
            language=language,
            request_key=key,
            urgent=urgent,
            topic=topic,
            urgency=urgency,
        )


async def accept(db: Database, handoff_id: int, helper: str) -> Handoff:
    async with db.transaction() as session:
        return await handoffs.accept(session, handoff_id, who(helper))


async def matched(db: Database) -> Handoff:
    made, _, _ = await ask(db)
    return await accept(db, made.id, "i-ar-1")


async def texts(db: Database, person: str | uuid.UUID) -> list[str]:
    async with db.transaction() as session:
        return [content.text for content in await sent_to(session, person)]


async def buttons(db: Database, person: str) -> list[str]:
    async with db.transaction() as session:
        last = (await sent_to(session, person))[-1]
    return [button.data for row in last.buttons for button in row]


async def block(db: Database, *labels: str) -> None:
    async with db.transaction() as session:
        await session.execute(
            update(Person)
            .where(Person.id.in_([who(label) for label in labels]))
            .values(blocked_at=clock.now())
        )


async def test_the_first_wave_of_the_language_is_asked_at_once(people: Database) -> None:
    made, asked, new = await ask(people)
    assert (made.status, asked, new) == ("open", 2, True)
    for helper in ("i-ar-1", "i-ar-2"):
        assert await texts(people, helper) == [
            say(
                "interpreter.offer",
                "ar",
                language="العربية",
                topic=say("interpreting.other", "ar"),
                centre="Reutlingen/Pfullingen",
            )
        ]
        assert await buttons(people, helper) == [f"h:accept:{made.id}", f"h:decline:{made.id}"]
    assert await texts(people, "i-fa-1") == []
    assert await texts(people, MANAGERS[0]) == []


async def test_the_first_wave_has_five_minutes(
    people: Database,
) -> None:
    made, _, _ = await ask(people)
    async with people.transaction() as session:
        rows = (
            await session.execute(
                text("select task_name, args, scheduled_at from procrastinate_jobs")
            )
        ).all()
    [(task, arguments, due)] = rows
    assert (task, arguments) == ("handoff_deadline", {"handoff_id": made.id, "wave": 1})
    # Jobs are due by the machine's clock, which ours runs ahead of.
    wait = due + clock.shift() - made.created_at
    assert round(wait.total_seconds() / 60) == 5


async def test_the_managers_of_the_centre_are_asked_for_a_talk(people: Database) -> None:
    made, asked, new = await ask(people, kind="human")
    assert (asked, new) == (2, True)
    for manager in MANAGERS:
        assert await texts(people, manager) == [
            say(
                "manager.human_request",
                "de",
                language="Arabisch",
                centre="Reutlingen/Pfullingen",
            )
        ]
        assert await buttons(people, manager) == [f"h:accept:{made.id}"]
    assert await texts(people, "m-dettingen-1") == []


async def test_who_has_blocked_the_bot_is_not_asked(people: Database) -> None:
    await block(people, "i-ar-1", MANAGERS[0])
    _, interpreters, _ = await ask(people)
    _, managers, _ = await ask(people, "p4", kind="human")
    assert (interpreters, managers) == (1, 1)
    assert await texts(people, "i-ar-1") == await texts(people, MANAGERS[0]) == []


async def test_asking_again_returns_the_request_that_waits(people: Database) -> None:
    first, _, _ = await ask(people, key="update-1")
    second, asked, new = await ask(people, key="update-2")
    assert (second.id, asked, new) == (first.id, 2, False)
    assert len(await texts(people, "i-ar-1")) == 1


async def test_the_same_update_handled_twice_answers_the_same(people: Database) -> None:
    first = await ask(people, key="update-1")
    again = await ask(people, key="update-1")
    assert (again[0].id, again[1:]) == (first[0].id, first[1:])
    assert len(await texts(people, "i-ar-1")) == 1


async def test_with_no_interpreter_the_managers_are_told_at_once_and_can_answer(
    people: Database,
) -> None:
    await block(people, "i-am-1", "i-ar-1", "i-ar-2")
    made, asked, new = await ask(people, language="am")
    assert (made.status, asked, new) == ("open", 0, True)
    assert await texts(people, MANAGERS[0]) == [
        say(
            "manager.no_interpreter",
            "de",
            minutes=0,
            language="Amharisch",
            centre="Reutlingen/Pfullingen",
        )
    ]
    await accept(people, made.id, MANAGERS[0])
    assert await texts(people, "p1") == [say("human.matched_person", "ar")]


async def test_with_nobody_to_reach_no_request_stays_open(people: Database) -> None:
    await block(people, *MANAGERS)
    made, asked, new = await ask(people, kind="human")
    assert (made.status, asked, new) == ("stopped", 0, True)


async def test_an_emergency_says_so(people: Database) -> None:
    await ask(people, kind="human", urgent=True)
    expected = say(
        "manager.emergency_request", "de", language="Arabisch", centre="Reutlingen/Pfullingen"
    )
    assert await texts(people, MANAGERS[0]) == [expected]


async def test_an_emergency_is_not_held_up_by_a_search_for_an_interpreter(
    people: Database,
) -> None:
    search, _, _ = await ask(people)
    urgent, asked, new = await ask(people, kind="human", urgent=True)
    assert urgent.id != search.id
    assert (asked, new) == (2, True)
    with pytest.raises(handoffs.Over):
        await accept(people, search.id, "i-ar-1")
    again, _, new = await ask(people, kind="human", urgent=True)
    assert (again.id, new) == (urgent.id, False)
    assert len(await texts(people, MANAGERS[0])) == 1


async def test_an_emergency_during_a_talk_reaches_the_managers_once(people: Database) -> None:
    talk = await matched(people)
    for _ in range(2):
        same, _, new = await ask(people, kind="human", urgent=True)
        assert (same.id, new) == (talk.id, False)
    assert len(await texts(people, MANAGERS[0])) == 1
    assert await buttons(people, MANAGERS[0]) == []


async def test_the_first_to_accept_wins_and_the_others_are_told(people: Database) -> None:
    made, _, _ = await ask(people)
    won = await accept(people, made.id, "i-ar-2")
    assert (won.status, won.helper_id) == ("matched", who("i-ar-2"))
    assert await texts(people, "p1") == [
        say("interpreter.matched_person", "ar", language="العربية")
    ]
    assert (await texts(people, "i-ar-1"))[1:] == [say("interpreter.taken", "ar")]
    with pytest.raises(handoffs.Taken):
        await accept(people, made.id, "i-ar-1")


async def test_accepting_twice_is_no_error_and_tells_nobody_again(people: Database) -> None:
    made = await matched(people)
    again = await accept(people, made.id, "i-ar-1")
    assert again.id == made.id
    assert len(await texts(people, "p1")) == 1
    assert len(await texts(people, "i-ar-2")) == 2


async def test_only_who_was_asked_can_accept_or_decline(people: Database) -> None:
    made, _, _ = await ask(people)
    for forger in ("i-fa-1", "p2", "p1", MANAGERS[0]):
        with pytest.raises(handoffs.NotAsked):
            await accept(people, made.id, forger)
        with pytest.raises(handoffs.NotAsked):
            async with people.transaction() as session:
                await handoffs.decline(session, made.id, who(forger))


async def test_who_is_in_a_talk_cannot_accept_another(people: Database) -> None:
    other, _, _ = await ask(people, "p2")
    await matched(people)
    with pytest.raises(handoffs.Busy):
        await accept(people, other.id, "i-ar-1")


async def test_what_was_stopped_ended_or_never_was_is_over(people: Database) -> None:
    stopped, _, _ = await ask(people, "p2")
    async with people.transaction() as session:
        assert await handoffs.stop(session, who("p2")) is not None
        assert await handoffs.stop(session, who("p2")) is None
    with pytest.raises(handoffs.Over):
        await accept(people, stopped.id, "i-ar-1")
    ended = await matched(people)
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
    with pytest.raises(handoffs.Over):
        await accept(people, ended.id, "i-ar-2")
    with pytest.raises(handoffs.Over):
        await accept(people, 999_999, "i-ar-1")


async def test_who_declined_is_left_alone_but_may_change_their_mind(people: Database) -> None:
    first, _, _ = await ask(people)
    second, _, _ = await ask(people, "p2")
    async with people.transaction() as session:
        await handoffs.decline(session, first.id, who("i-ar-1"))
        await handoffs.decline(session, second.id, who("i-ar-1"))
    await accept(people, first.id, "i-ar-2")
    assert len(await texts(people, "i-ar-1")) == 2  # the two offers
    assert (await accept(people, second.id, "i-ar-1")).status == "matched"


async def test_a_manager_can_step_in_for_the_interpreter(people: Database) -> None:
    made, _, _ = await ask(people)
    async with people.transaction() as session:
        await waves.due(session, made.id)
    await accept(people, made.id, MANAGERS[1])
    assert (await texts(people, "p1"))[-1] == say("human.matched_person", "ar")
    assert (await texts(people, "i-ar-1"))[-1] == say("interpreter.taken", "ar")
    _, asked, _ = await ask(people)
    assert asked == 2  # interpreters, as it was said


async def test_a_deadline_that_is_no_longer_needed_changes_nothing(people: Database) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        await waves.due(session, made.id)
        await waves.due(session, 999_999)
    assert await texts(people, MANAGERS[0]) == []
    assert len(await texts(people, "p1")) == 1


@pytest.mark.parametrize(("ender", "other"), [("p1", "i-ar-1"), ("i-ar-1", "p1")])
async def test_either_side_ends_the_talk_and_both_are_told(
    people: Database, ender: str, other: str
) -> None:
    await matched(people)
    async with people.transaction() as session:
        ended = await handoffs.end(session, who(ender))
    assert ended is not None
    assert ended.status == "ended"
    assert (await texts(people, ender))[-1] == say("relay.ended", "ar")
    assert (await texts(people, other))[-1] == say("relay.ended_other", "ar")
    async with people.transaction() as session:
        assert await handoffs.end(session, who(other)) is None
        assert await handoffs.current(session, who(ender)) is None


async def test_both_sides_know_with_whom_they_are_in_a_talk(people: Database) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        person = await handoffs.current(session, who("p1"))
        helper = await handoffs.current(session, who("i-ar-1"))
        assert await handoffs.current(session, who("i-ar-2")) is None
    assert person is not None
    assert helper is not None
    assert (person.side, person.others) == ("person", [who("i-ar-1")])
    assert (helper.side, helper.others) == ("helper", [who("p1")])
    assert person.handoff.id == helper.handoff.id == made.id


async def relay(db: Database, sender: str, words: str) -> bool:
    async with db.transaction() as session:
        active = await handoffs.current(session, who(sender))
        assert active is not None
        return (await handoffs.relay(session, active, Said(words))).complete


async def test_words_pass_both_ways_and_say_only_the_role(people: Database) -> None:
    await matched(people)
    assert await relay(people, "p1", "Hallo?")
    assert await relay(people, "i-ar-1", "Ja!")
    assert (await texts(people, "i-ar-1"))[-1] == say("relay.from_person", "ar", text="Hallo?")
    assert (await texts(people, "p1"))[-1] == say("relay.from_interpreter", "ar", text="Ja!")
    for side in ("p1", "i-ar-1"):
        everything = " ".join(await texts(people, side))
        assert "Muster" not in everything
        assert str(who("p1")) not in everything
        assert str(who("i-ar-1")) not in everything


async def test_the_staff_write_as_the_centre(people: Database) -> None:
    made, _, _ = await ask(people, kind="human")
    await accept(people, made.id, MANAGERS[0])
    assert await relay(people, MANAGERS[0], "Guten Tag")
    said = say("relay.from_staff", "ar", text="Guten Tag")
    assert (await texts(people, "p1"))[-1].startswith(said)


async def test_nothing_passes_after_the_end(people: Database) -> None:
    await matched(people)
    async with people.transaction() as session:
        active = await handoffs.current(session, who("p1"))
        assert active is not None
        await handoffs.end(session, who("i-ar-1"))
        before = await sent_to(session, "i-ar-1")
        assert not (await handoffs.relay(session, active, Said("still there?"))).complete
        assert await sent_to(session, "i-ar-1") == before


async def test_a_file_is_copied_to_telegram_only(people: Database) -> None:
    async with people.transaction() as session:
        helper = await new_person(
            session, "telegram", "4711", role="interpreter", language="fa", name="Probe"
        )
        session.add(InterpreterLanguage(person_id=helper, language="fa"))
    made, asked, _ = await ask(people, "p2", language="fa")
    assert asked == 3
    async with people.transaction() as session:
        await handoffs.accept(session, made.id, helper)
    file = {"chat": 815, "message": 42}
    async with people.transaction() as session:
        person = await handoffs.current(session, who("p2"))
        assert person is not None
        assert (await handoffs.relay(session, person, Said("my letter", file))).complete
        words, copied = (await sent_to(session, helper))[-2:]
        assert words.text == say("relay.from_person", "fa", text="my letter")
        assert (copied.text, copied.copy_from) == (say("relay.file_from_other", "fa"), file)
        back = await handoffs.current(session, helper)
        assert back is not None
        assert not (await handoffs.relay(session, back, Said("", file))).complete
        assert all(content.copy_from is None for content in await sent_to(session, "p2"))


async def test_an_erased_person_asks_for_nobody(people: Database) -> None:
    with pytest.raises(PersonGone):
        await ask(people, "nobody")


async def test_moments_are_noted(people: Database) -> None:
    made = await matched(people)
    assert made.matched_at is not None
    assert made.matched_at.astimezone(UTC) >= datetime(2026, 11, 30, 7, tzinfo=UTC)
