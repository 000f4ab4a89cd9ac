"""A worker that dies in the middle of a hundred bookings loses nothing and does nothing twice."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections import Counter, defaultdict
from datetime import date, time, timedelta

from sqlalchemy import func, select, text

from bot import inbox
from bot.inbox import Update
from centre.appointments import Appointment, WorkingHours
from centre.people import Person
from lotse.ask import answered, put
from lotse.processes import Child
from storage import clock
from storage.engine import Database
from storage.outbox import OutgoingMessage

from .conftest import Home, kill
from .helpers import PATIENCE, check, fits, messages_to, settle, until_true

PEOPLE = 100
CENTRE = "dettingen"
# Every time has room for exactly those who want it, so that nobody is turned away by rights.
TIMES = ("09:00", "09:30", "10:00", "10:30")
MANAGERS = PEOPLE // len(TIMES)
DAY = date(2026, 12, 2)
CONVERSATION = (
    "/book_appointment",
    '/choose{{"topic":"ask_work"}}',
    '/choose{{"booking_kind":"follow_up"}}',
    '/choose{{"booking_day":"{day}"}}',
    '/choose{{"booking_time":"{day}T{time}"}}',
    '/choose{{"booking_needs":"none"}}',
    "/affirm",
)
ANSWERS = [
    *("book.ask_topic", "book.ask_kind", "book.ask_day", "book.ask_time", "book.ask_needs"),
    *("book.ask_confirm", "book.done"),
]
LAST = f"-{len(CONVERSATION) - 1}"
ALL = PEOPLE * len(CONVERSATION)


async def test_every_update_is_answered_once_and_every_booking_made_once(home: Home) -> None:
    database = home.database
    await _staff(database)
    everybody = [f"crash-{number}" for number in range(PEOPLE)]
    who = {label: await settle(database, "script", label, "de", CENTRE) for label in everybody}
    await home.start("web")
    await _put(database, everybody)

    doomed = await home.start("worker")
    assert await _freeze_in_the_middle(database, doomed)
    kill(doomed)
    await doomed.process.wait()
    dead_hands = await _jobs(database, "doing")
    assert dead_hands > 1

    await home.start("worker")
    await until_true(lambda: _nothing_open(database))
    await _check_messages(database, everybody)
    await _check_appointments(database, set(who.values()))
    assert await _jobs(database, "todo", "doing") == 0


async def test_a_worker_that_is_stopped_hands_over_what_it_could_not_finish(home: Home) -> None:
    """As at every new version: Rasa hangs, the old worker is told to end and may not wait."""
    database = home.database
    await settle(database, "script", "stopped", "de", CENTRE)
    await home.start("web")
    old = await home.start("worker")
    assert home.rasa.child is not None
    kill(home.rasa.child, signal.SIGSTOP)
    try:
        number = await put(database, "script", "stopped", {"text": "/help"})

        async def in_hand() -> bool:
            return await _jobs(database, "doing") == 1

        await until_true(in_hand)
        os.killpg(old.process.pid, signal.SIGTERM)
        assert await old.process.wait() == 0
    finally:
        kill(home.rasa.child, signal.SIGCONT)
    await home.start("worker")
    await answered(database, number, PATIENCE)
    texts = [one.content["text"] for one in await messages_to(database, "stopped")]
    check(texts, ["menu.text"], "de")


async def _staff(database: Database) -> None:
    """Put managers of our own in the place of the demonstration's."""
    async with database.transaction() as session:
        await session.execute(
            text("delete from working_hours where centre = :centre"), {"centre": CENTRE}
        )
        for number in range(MANAGERS):
            manager = Person(
                id=uuid.uuid4(), role="manager", name=f"Muster {number}", centre=CENTRE, dialogue={}
            )
            session.add(manager)
            await session.flush()
            hours = {"weekday": DAY.weekday(), "start": time(9), "end": time(11)}
            session.add(WorkingHours(manager_id=manager.id, centre=CENTRE, **hours))


async def _put(database: Database, everybody: list[str]) -> None:
    """Let everybody have said everything before the first is answered."""
    async with database.transaction() as session:
        for number, label in enumerate(everybody):
            at = {"day": DAY, "time": TIMES[number % len(TIMES)]}
            for step, said in enumerate(CONVERSATION):
                content = {"tap": said.format(**at)}
                await inbox.receive(session, "script", f"{label}-{step}", label, content)


async def _freeze_in_the_middle(database: Database, worker: Child) -> bool:
    """Stop the worker between two steps: jobs in hand, and a booking made but not yet told.

    Frozen first and looked at then, so that what is seen is what the kill will find.
    """
    for part in range(30, 80):
        await until_true(lambda part=part: _answered(database, ALL * part // 100))
        kill(worker, signal.SIGSTOP)
        await asyncio.sleep(1)  # the web application finishes what it was asked meanwhile
        async with database.transaction() as session:
            booked = select(func.count()).where(Appointment.held_until.is_(None))
            made = await session.scalar(booked) or 0
            told = await session.scalar(
                select(func.count())
                .select_from(Update)
                .where(
                    Update.external_id.endswith(f"-{len(CONVERSATION) - 1}"),
                    Update.answered_at.is_not(None),
                )
            )
        if made > (told or 0) and await _jobs(database, "doing") > 1:
            return True
        kill(worker, signal.SIGCONT)
    return False


async def _answered(database: Database, count: int) -> bool:
    async with database.transaction() as session:
        query = select(func.count()).select_from(Update).where(Update.answered_at.is_not(None))
        return (await session.scalar(query) or 0) >= count


async def _nothing_open(database: Database) -> bool:
    return await _answered(database, ALL)


async def _jobs(database: Database, *states: str) -> int:
    async with database.transaction() as session:
        query = text(
            "select count(*) from procrastinate_jobs"
            " where status::text = any(:states) and task_name = 'handle_update'"
        )
        return int(await session.scalar(query, {"states": list(states)}) or 0)


async def _check_messages(database: Database, everybody: list[str]) -> None:
    """Every update has one answer, and a person's answers are in the order of the questions."""
    async with database.transaction() as session:
        rows = await session.scalars(
            select(OutgoingMessage)
            .where(OutgoingMessage.channel == "script")
            .order_by(OutgoingMessage.id)
        )
        texts: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            texts[row.address].append(row.content["text"])
    assert set(texts) == set(everybody)
    asked = ANSWERS.index("book.ask_time")
    for label in everybody:
        # Three times are offered: with fewer left on the day, the next day's come along.
        later = fits("book.ask_time_any", texts[label][asked], "de")
        expected = [*ANSWERS]
        expected[asked] = "book.ask_time_any" if later else "book.ask_time"
        check(texts[label], expected, "de")


async def _check_appointments(database: Database, who: set[uuid.UUID]) -> None:
    async with database.transaction() as session:
        made = (await session.scalars(select(Appointment))).all()
        updates = (await session.scalars(select(Update.attempts))).all()
    assert len(made) == PEOPLE
    assert {one.person_id for one in made} == who
    assert not [one for one in made if one.cancelled_at]
    starts = Counter(one.start.astimezone(clock.BERLIN).strftime("%H:%M") for one in made)
    assert starts == dict.fromkeys(TIMES, MANAGERS)
    assert len({(one.manager_id, one.start) for one in made}) == PEOPLE
    assert all(one.end - one.start == timedelta(minutes=30) for one in made)
    assert set(updates) == {0}
