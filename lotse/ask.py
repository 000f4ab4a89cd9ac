"""Putting something to the assistant from inside, and waiting for what comes of it."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

from sqlalchemy import delete, func, select

from bot import inbox
from bot.inbox import Update
from centre import people
from storage.engine import Database
from storage.errors import LotseError
from storage.outbox import OutgoingMessage

POLL_SECONDS = 0.01


class NoAnswer(LotseError):
    """Nothing came in time; is the worker running?"""

    code = "no_answer"


async def put(database: Database, channel: str, address: str, content: dict[str, Any]) -> int:
    """Store an update as a channel would; return its number."""
    async with database.transaction() as session:
        number = await inbox.receive(session, channel, uuid.uuid4().hex, address, content)
    if number is None:
        raise NoAnswer(reason="duplicate")
    return number


async def answered(database: Database, update: int, seconds: float) -> None:
    """Wait until the update is answered.

    Raises:
        NoAnswer: it was not within ``seconds``.
    """
    try:
        async with asyncio.timeout(seconds):
            while True:
                async with database.transaction() as session:
                    row = await session.get(Update, update)
                    if row is not None and row.answered_at is not None:
                        return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise NoAnswer(seconds=seconds) from None


async def last_message(database: Database) -> int:
    """Return the number of the newest outgoing message."""
    async with database.transaction() as session:
        return int(await session.scalar(select(func.max(OutgoingMessage.id))) or 0)


async def messages_after(database: Database, number: int) -> list[OutgoingMessage]:
    """Return the outgoing messages newer than ``number``, in order."""
    async with database.transaction() as session:
        rows = await session.scalars(
            select(OutgoingMessage).where(OutgoingMessage.id > number).order_by(OutgoingMessage.id)
        )
        return list(rows)


async def ask_test_question(database: Database, seconds: float = 60) -> float:
    """Ask a real question through queue, Rasa and knowledge, and leave no trace of it.

    Returns:
        Seconds until it was answered.

    Raises:
        NoAnswer: it was not within ``seconds``.
    """
    address = f"self-test-{uuid.uuid4().hex}"
    started = time.monotonic()
    content = {"text": "Wo kann ich Deutsch lernen?", "lang": "de", "centre": "reutlingen"}
    number = await put(database, "script", address, content)
    await answered(database, number, seconds)
    took = time.monotonic() - started
    async with database.transaction() as session:
        person = await people.find(session, "script", address)
        if person is not None:
            count = await session.scalar(
                select(func.count())
                .select_from(OutgoingMessage)
                .where(OutgoingMessage.person_id == person.id)
            )
            await session.delete(person)
            if not count:
                raise NoAnswer(reason="empty")
        await session.execute(delete(Update).where(Update.id == number))
    return took
