"""``/calendar``: only managers get an address, and see it once."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot import calendar_commands, helpers
from bot.incoming import Incoming
from centre import demo
from centre.appointments import feed
from centre.people import Person
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import who
from translations.catalogue import say

MANAGER = "m-reutlingen-1"
BASE = "https://lotse.example.org"


@pytest.fixture(autouse=True)
def base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_commands, "_base", calendar_commands._base)
    calendar_commands.configure(f"{BASE}/")


async def send(db: Database, label: str, **what: str) -> list[Content] | None:
    async with db.transaction() as session:
        person = await session.get_one(Person, who(label))
        return await helpers.handle(session, person, Incoming(**what))


async def test_an_address_is_made_shown_once_and_ended(
    db: Database, monday_morning: datetime
) -> None:
    async with db.transaction() as session:
        await demo.load(session)
    [none] = await send(db, MANAGER, kind="text", text="/calendar") or []
    assert none.text == say("calendar.none", "de")
    assert [one.data for row in none.buttons for one in row] == ["c:new"]

    [made] = await send(db, MANAGER, kind="tap", data="c:new") or []
    [line] = [one for one in made.text.split("\n") if "http" in one]
    assert line.startswith(f"{BASE}/calendar/")
    assert line.endswith(".ics")
    assert line.isascii()
    secret = line.rpartition("/")[2].removesuffix(".ics")
    async with db.transaction() as session:
        assert await feed.calendar(session, secret) is not None

    [there] = await send(db, MANAGER, kind="text", text="/Calendar@lotse_bot") or []
    assert there.text == say("calendar.exists", "de", day="30. November 2026")
    assert secret not in there.text
    assert [one.data for row in there.buttons for one in row] == ["c:new", "c:off"]

    [off] = await send(db, MANAGER, kind="tap", data="c:off") or []
    assert off.text == say("calendar.off", "de")
    async with db.transaction() as session:
        assert await feed.calendar(session, secret) is None


@pytest.mark.parametrize("label", ["p1", "i-ar-1", "c1", "a1"])
async def test_nobody_else_gets_one(db: Database, monday_morning: datetime, label: str) -> None:
    async with db.transaction() as session:
        await demo.load(session)
    assert await send(db, label, kind="text", text="/calendar") is None
    assert await send(db, label, kind="tap", data="c:new") is None
    async with db.transaction() as session:
        assert await feed.opened(session, who(label)) is None
