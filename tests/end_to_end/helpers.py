"""What the end-to-end tests share: waiting, settled people, and the words that are expected."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select

from bot.inbox import Update
from centre import people
from centre.people import Address, Person
from storage.engine import Database
from storage.outbox import OutgoingMessage
from tests.conversations.player import _fits as fits
from tests.telegram.peer import Call, Peer

# Seconds until a test gives up; nothing is asserted about time.
PATIENCE = 180.0


async def until_true(ready: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until ``ready()`` returns something true, and return that."""
    async with asyncio.timeout(PATIENCE):
        while not (value := await ready()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return value


async def settle(
    database: Database, channel: str, address: str, language: str, centre: str = "reutlingen"
) -> uuid.UUID:
    """Add a refugee who has been through the first contact and agreed to storing."""
    async with database.transaction() as session:
        person = Person(id=uuid.uuid4(), language=language, centre=centre, dialogue={})
        people.consent(person)
        session.add(person)
        await session.flush()
        session.add(Address(person_id=person.id, channel=channel, address=address))
    return person.id


async def all_answered(database: Database, numbers: list[int]) -> bool:
    """Return whether all these updates have been answered."""
    async with database.transaction() as session:
        rows = [await session.get_one(Update, number) for number in numbers]
        return all(one.answered_at is not None for one in rows)


async def messages_to(database: Database, address: str, after: int = 0) -> list[OutgoingMessage]:
    """Return what was sent to an address, in order."""
    async with database.transaction() as session:
        rows = await session.scalars(
            select(OutgoingMessage)
            .where(OutgoingMessage.address == address, OutgoingMessage.id > after)
            .order_by(OutgoingMessage.id)
        )
        return list(rows)


def check(texts: list[str], keys: list[str], language: str) -> None:
    """Assert that ``texts`` are the catalogue's texts ``keys`` in ``language``, in order."""
    assert len(texts) == len(keys), f"expected {keys}, got {texts}"
    for key, text in zip(keys, texts, strict=True):
        assert fits(key, text, language), f"expected {key} in {language}, got {text!r}"


class Phone:
    """Somebody with Telegram; what arrives is read in order, and nothing may come in between."""

    def __init__(self, peer: Peer, chat: int, language: str) -> None:
        self.peer = peer
        self.chat = chat
        self.language = language
        self.read = 0

    async def says(self, text: str) -> int:
        return await self.peer.say(self.chat, text, self.language)

    async def presses(self, start: str) -> None:
        """Tap the newest button whose data begins with ``start``."""
        found = [
            data
            for call in reversed(self.peer.sent(self.chat))
            for _, data in call.buttons
            if data.startswith(start)
        ]
        assert found, f"no button {start!r}"
        await self.peer.tap(self.chat, found[0], language=self.language)

    async def gets(self, *keys: str) -> list[Call]:
        """Wait for the next messages: catalogue keys, ``answer``, or ``copy`` for a copied file."""
        got = await self.next(len(keys))
        for key, call in zip(keys, got, strict=True):
            if key == "copy":
                assert call.method == "copyMessage", f"expected a copy, got {call.text!r}"
            else:
                check([call.text], [key], self.language)
        return got

    async def next(self, count: int = 1) -> list[Call]:
        """Wait for the next messages, whatever they are."""
        sent = await self.peer.until_sent(self.read + count, self.chat)
        self.read += count
        return sent[self.read - count : self.read]
