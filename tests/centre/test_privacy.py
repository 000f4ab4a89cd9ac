"""Whoever asks to be erased is gone from every table, and who counted on them is told."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, handoffs, privacy
from centre.appointments import Appointment
from centre.handoffs import Handoff
from centre.people import Person, find, find_or_create
from centre.pool.tables import InterpreterLanguage
from storage import clock, queue
from storage.engine import Database
from tests.centre.conftest import berlin, new_person, sent_to, who
from translations.catalogue import say

CHAT = "7700190441"


async def traces(session: AsyncSession, *needles: str) -> dict[str, int]:
    """Tables with rows that hold one of the strings anywhere, with how many."""
    tables = await session.scalars(
        text("select table_name from information_schema.tables where table_schema = 'public'")
    )
    found: dict[str, int] = {}
    for table in tables.all():
        for needle in needles:
            count = await session.scalar(
                text(f'select count(*) from "{table}" t where strpos(t::text, :needle) > 0'),
                {"needle": needle},
            )
            if count:
                found[table] = found.get(table, 0) + count
    return found


async def book(session: AsyncSession, person_id: uuid.UUID, hour: int, key: str) -> Appointment:
    return await appointments.book(
        session,
        person_id=person_id,
        centre="reutlingen",
        topic="ask_health",
        start=berlin(2026, 12, 1, hour, 0),
        language="tr",
        request_key=key,
    )


async def busy_person(session: AsyncSession) -> uuid.UUID:
    """Somebody on Telegram with appointments past, cancelled and to come, and a talk."""
    person_id = await new_person(
        session, "telegram", CHAT, language="tr", centre="reutlingen", dialogue={"topic": "x"}
    )
    gone = await book(session, person_id, 9, f"telegram:{CHAT}:1")
    await appointments.cancel(session, gone.id, person_id, f"telegram:{CHAT}:2")
    await book(session, person_id, 10, f"telegram:{CHAT}:3")
    cancelled = await book(session, person_id, 11, f"telegram:{CHAT}:4")
    await appointments.cancel(session, cancelled.id, cancelled.manager_id)
    made, _, _ = await handoffs.request(
        session,
        person_id=person_id,
        kind="interpreter",
        centre="reutlingen",
        language="tr",
        request_key=f"telegram:{CHAT}:5",
    )
    helper = await new_person(session, "telegram", "31337", role="interpreter", language="tr")
    session.add(handoffs.HandoffAsk(handoff_id=made.id, helper_id=helper))
    await handoffs.accept(session, made.id, helper)
    active = await handoffs.current(session, person_id)
    assert active is not None
    file = {"chat": int(CHAT), "message": 5}
    assert (await handoffs.relay(session, active, handoffs.Said("merhaba", file))).complete
    return person_id


async def test_nothing_of_an_erased_person_is_left_in_any_table(people: Database) -> None:
    async with people.transaction() as session:
        person_id = await busy_person(session)
        await queue.defer(session, "done_long_ago", lock=f"in:telegram:{CHAT}")
        await queue.defer(session, "about_somebody", person=str(person_id))
        await session.execute(
            text(
                "update procrastinate_jobs set status = 'succeeded'"
                " where task_name in ('done_long_ago', 'about_somebody')"
            )
        )
    async with people.transaction() as session:
        before = await traces(session, str(person_id), CHAT)
        assert {
            *("people", "addresses", "appointments", "handoffs"),
            *("outgoing_messages", "procrastinate_jobs"),
        } <= set(before)
        await privacy.erase(session, person_id)
    async with people.transaction() as session:
        assert await traces(session, str(person_id), CHAT) == {}


async def test_who_counted_on_the_person_is_told(people: Database) -> None:
    async with people.transaction() as session:
        person_id = await busy_person(session)
        [coming] = await appointments.upcoming(session, person_id)
        talk = await handoffs.current(session, person_id)
        assert talk is not None
        before = len(await sent_to(session, coming.manager_id))
    async with people.transaction() as session:
        await privacy.erase(session, person_id)
    async with people.transaction() as session:
        told = (await sent_to(session, coming.manager_id))[before:]
        assert [content.text for content in told] == [
            say(
                "manager.person_cancelled",
                "de",
                day="Dienstag, 1. Dezember 2026",
                start="10:00",
                end="10:30",
                topic=say("topic.ask_health", "de"),
            )
        ]
        last = (await sent_to(session, talk.others[0]))[-1]
        assert last.text == say("relay.ended_other", "tr")
        assert await handoffs.current(session, talk.others[0]) is None
        free = await appointments.free_times(
            session, appointments.Wish("reutlingen"), coming.start.date()
        )
        assert coming.start in {slot.start for slot in free}


async def test_an_open_request_goes_too(people: Database) -> None:
    async with people.transaction() as session:
        made, _, _ = await handoffs.request(
            session,
            person_id=who("p1"),
            kind="human",
            centre="reutlingen",
            language="ar",
            request_key=None,
        )
        await privacy.erase(session, who("p1"))
    async with people.transaction() as session:
        assert await traces(session, str(who("p1"))) == {}
        await handoffs.waves.due(session, made.id)
        with pytest.raises(handoffs.Over):
            await handoffs.accept(session, made.id, who("m-reutlingen-1"))


async def test_an_erased_manager_leaves_no_trace_with_others(people: Database) -> None:
    async with people.transaction() as session:
        made = await book(session, who("p5"), 9, "update-1")
        manager = made.manager_id
        talk, _, _ = await handoffs.request(
            session,
            person_id=who("p7"),
            kind="human",
            centre="reutlingen",
            language="en",
            request_key=None,
        )
        await handoffs.accept(session, talk.id, manager)
    async with people.transaction() as session:
        await privacy.erase(session, manager)
    async with people.transaction() as session:
        assert await traces(session, str(manager)) == {}
        [kept] = await appointments.upcoming(session, who("p5"))
        assert (kept.start, kept.end) == (made.start, made.end)
        colleague = await session.get_one(Person, kept.manager_id)
        assert colleague.name is not None
        assert colleague.name in (await sent_to(session, "p5"))[-1].text
        assert (await sent_to(session, "p7"))[-1].text == say("relay.ended_other", "en")
        ended = await session.get(Handoff, talk.id)
        assert ended is not None
        assert (ended.status, ended.helper_id) == ("ended", None)


async def test_an_erased_interpreter_leaves_no_trace_with_others(people: Database) -> None:
    async with people.transaction() as session:
        made, _, _ = await handoffs.request(
            session,
            person_id=who("p1"),
            kind="interpreter",
            centre="reutlingen",
            language="ar",
            request_key=None,
        )
        await handoffs.accept(session, made.id, who("i-ar-1"))
    async with people.transaction() as session:
        await privacy.erase(session, who("i-ar-1"))
    async with people.transaction() as session:
        assert await traces(session, str(who("i-ar-1"))) == {}
        assert (await sent_to(session, "p1"))[-1].text == say("relay.ended_other", "ar")
        rest = await session.scalars(
            select(InterpreterLanguage.person_id).where(InterpreterLanguage.language == "ar")
        )
        assert list(rest) == [who("i-ar-2")]


async def test_others_keep_what_is_theirs(people: Database) -> None:
    async with people.transaction() as session:
        kept = await book(session, who("p5"), 9, "update-1")
        await book(session, who("p1"), 14, "update-2")
        waiting = await queue.defer(session, "send_message", lock="out:telegram:1", message_id=1)
        person_id = await busy_person(session)
        unread = await queue.defer(session, "handle", lock=f"in:telegram:{CHAT}", update=7)
    async with people.transaction() as session:
        await privacy.erase(session, person_id)
    async with people.transaction() as session:
        [still] = await appointments.upcoming(session, who("p5"))
        assert still.id == kept.id
        assert len(await appointments.upcoming(session, who("p1"))) == 1
        jobs = set(await session.scalars(text("select id from procrastinate_jobs")))
        # What they wrote after asking to be erased is still answered, as from somebody new.
        assert {waiting, unread} <= jobs


async def test_an_appointment_that_has_begun_does_not_stand_in_the_way(people: Database) -> None:
    async with people.transaction() as session:
        await book(session, who("p5"), 9, "update-1")
    clock.set_now(berlin(2026, 12, 1, 9, 10))
    async with people.transaction() as session:
        await privacy.erase(session, who("p5"))
    async with people.transaction() as session:
        assert await traces(session, str(who("p5"))) == {}


async def test_erasing_twice_is_no_error_and_writing_again_starts_anew(people: Database) -> None:
    async with people.transaction() as session:
        await privacy.erase(session, who("p1"))
        await privacy.erase(session, who("p1"))
    async with people.transaction() as session:
        assert await find(session, "script", "p1") is None
        again = await find_or_create(session, "script", "p1")
        assert again.id != who("p1")
        assert again.consented_at is None
        assert await session.get(Person, who("p1")) is None
