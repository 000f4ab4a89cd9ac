"""What somebody writes or taps, answered as the bot does, one transaction each."""

from __future__ import annotations

from bot import helpers
from bot.incoming import Incoming
from centre.people import Person
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import who


async def write(db: Database, label: str, text: str) -> list[Content]:
    async with db.transaction() as session:
        person = await session.get_one(Person, who(label))
        return await helpers.handle(session, person, Incoming("text", text=text)) or []


async def press(db: Database, label: str, data: str) -> list[Content]:
    async with db.transaction() as session:
        person = await session.get_one(Person, who(label))
        return await helpers.handle(session, person, Incoming("tap", data=data)) or []


def data_of(contents: list[Content]) -> list[str]:
    return [button.data for one in contents for row in one.buttons for button in row]


def plain(text: str) -> str:
    """Return a text without the signs that keep words of both directions apart."""
    return text.replace("\u2068", "").replace("\u2069", "")
