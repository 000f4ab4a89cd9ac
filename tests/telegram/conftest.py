"""An emulated Telegram with a bot, and a worker on the test's own database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot

from bot.inbox import HANDLE_TASK, Update, finish
from bot.telegram import client, parse, send
from centre import people
from centre.people import Address, Person
from storage import outbox, queue
from storage.engine import Database
from storage.outbox import Content, OutgoingMessage

from .peer import TOKEN, Peer, listening

MINE = (HANDLE_TASK, outbox.SEND_TASK)
Working = Callable[[], AbstractAsyncContextManager[None]]


@pytest_asyncio.fixture
async def peer() -> Peer:
    return Peer()


@pytest_asyncio.fixture
async def api(peer: Peer) -> AsyncIterator[str]:
    async with listening(peer.app()) as url:
        yield url


@pytest_asyncio.fixture
async def bot(api: str) -> AsyncIterator[Bot]:
    one = client.build(TOKEN, api)
    await one.initialize()
    yield one
    await one.shutdown()


@pytest.fixture
def tasks() -> Iterator[None]:
    """The tasks of a test are its own."""
    before = dict(queue.app.tasks)
    periodic = dict(queue.app.periodic_registry.periodic_tasks)
    for name in MINE:
        queue.app.tasks.pop(name, None)
    queue.app.periodic_registry.periodic_tasks.clear()
    yield
    queue.app.tasks.clear()
    queue.app.tasks.update(before)
    queue.app.periodic_registry.periodic_tasks.clear()
    queue.app.periodic_registry.periodic_tasks.update(periodic)


@pytest.fixture
def working(db: Database, bot: Bot, tasks: None) -> Working:
    """Run a real worker: it sends, and echoes every text that comes in."""

    async def echo(update_id: int) -> None:
        async with db.transaction() as session:
            update = await session.get(Update, update_id, with_for_update=True)
            if update is None or update.answered_at is not None:
                return
            said = parse.incoming(update.content)
            person = await person_at(session, update.address)
            content = Content(text=f"echo {said.text or said.kind}")
            await outbox.enqueue(session, person, "telegram", update.address, content)
            await finish(session, update)

    queue.app.task(name=HANDLE_TASK)(echo)
    send.register(db, bot)

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with queue.opened(db.url) as app:
            task = asyncio.create_task(
                app.run_worker_async(
                    queues=[queue.queue_name()],
                    concurrency=8,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=0.1,
                )
            )
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    return run


async def person_at(session: AsyncSession, address: str) -> uuid.UUID:
    """The person behind a Telegram chat, made when missing."""
    found = await people.find(session, "telegram", address)
    if found is not None:
        return found.id
    person = Person(id=uuid.uuid4(), dialogue={}, language="en")
    session.add(person)
    await session.flush()
    session.add(Address(person_id=person.id, channel="telegram", address=address))
    await session.flush()
    return person.id


async def enqueue(db: Database, chat: int, *contents: Content | str) -> list[int]:
    """Store messages to a chat, in order; return their numbers."""
    numbers = []
    async with db.transaction() as session:
        person = await person_at(session, str(chat))
        for content in contents:
            worded = Content(text=content) if isinstance(content, str) else content
            numbers.append(await outbox.enqueue(session, person, "telegram", str(chat), worded))
    return numbers


async def message(db: Database, number: int) -> OutgoingMessage:
    async with db.transaction() as session:
        found = await session.get(OutgoingMessage, number)
        assert found is not None
        return found
