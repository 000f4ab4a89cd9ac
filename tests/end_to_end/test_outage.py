"""Rasa dies: what matters most still works, and what has to wait is answered when it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.inbox import Update
from bot.worker import WAITING
from centre import people
from lotse.ask import answered, put
from storage.embedded import EmbeddedServer
from storage.engine import Database

from .conftest import Home, SharedRasa, at_home
from .helpers import PATIENCE, all_answered, check, messages_to, settle, until_true

MANAGERS = ("m-reutlingen-1", "m-reutlingen-2")


@pytest_asyncio.fixture(scope="module")
async def running(
    server: EmbeddedServer,
    furnished: str,
    rasa: SharedRasa,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Home]:
    async with at_home(server, furnished, rasa, tmp_path_factory.mktemp("outage")) as one:
        await one.start("web")
        await one.start("worker")
        yield one
        if not await rasa.client.ready():
            await rasa.start()


@pytest_asyncio.fixture
async def dark(running: Home) -> Home:
    """Everything runs but Rasa, which crashed."""
    if await running.rasa.client.ready():
        await running.rasa.kill()
    return running


async def said(home: Home, address: str, content: dict[str, Any], *keys: str) -> None:
    """Put something and wait for the answer that needs no Rasa."""
    before = await messages_to(home.database, address)
    update = await put(home.database, "script", address, content)
    await answered(home.database, update, PATIENCE)
    after = await messages_to(home.database, address)
    check([one.content["text"] for one in after[len(before) :]], list(keys), "de")


async def test_menu_numbers_and_people_are_there_without_rasa(dark: Home) -> None:
    database = dark.database
    await settle(database, "script", "dark-1", "de")
    await said(dark, "dark-1", {"text": "/help"}, "menu.limited")
    await said(dark, "dark-1", {"tap": "/help"}, "menu.limited")
    (menu, *_) = await messages_to(database, "dark-1")
    for data in ("/emergency", "/talk_to_human"):
        assert data in str(menu.content["buttons"])
    await said(dark, "dark-1", {"tap": "/emergency"}, "emergency.text")
    # Danger is heard without a model too.
    await said(dark, "dark-1", {"text": "Hilfe, es brennt im Haus"}, "emergency.fire")
    await said(dark, "dark-1", {"tap": "/talk_to_human"}, "human.requested")
    for manager in MANAGERS:
        told = await messages_to(database, manager)
        check([one.content["text"] for one in told], ["manager.human_request"], "de")
    # The talk itself needs no Rasa either.
    (asked, *_) = await messages_to(database, MANAGERS[0])
    accept = asked.content["buttons"][0][0]["data"]
    before = len(await messages_to(database, "dark-1"))
    await said(dark, MANAGERS[0], {"tap": accept}, "interpreter.matched_helper")
    await said(dark, "dark-1", {"text": "Ich brauche Hilfe"})
    await said(dark, MANAGERS[0], {"text": "Was ist passiert?"})
    # The bot stays out of people's talk, but for this.
    await said(dark, "dark-1", {"text": "Es brennt im Haus"}, "emergency.fire")
    last = (await messages_to(database, MANAGERS[0]))[-1]
    check([last.content["text"]], ["relay.from_person"], "de")
    heard = (await messages_to(database, "dark-1"))[before:]
    keys = ["human.matched_person", "relay.from_staff", "emergency.fire"]
    check([one.content["text"] for one in heard], keys, "de")


async def test_what_had_to_wait_is_answered_once_and_in_order(dark: Home) -> None:
    database = dark.database
    await settle(database, "script", "dark-2", "de")
    questions = ["Wo kann ich Deutsch lernen?", "Danke", "Ich möchte einen Termin"]
    numbers = [await put(database, "script", "dark-2", {"text": one}) for one in questions]
    newcomer = await put(database, "script", "dark-3", {"text": "/start", "lang": "de"})
    await settle(database, "script", "dark-4", "de")
    async with database.transaction() as session:
        stranger = await people.find(session, "script", "dark-4")
        assert stranger is not None
        stranger.consented_at = None
    asks = await put(database, "script", "dark-4", {"tap": "/talk_to_human"})
    await until_true(lambda: _tried(database, [*numbers, newcomer, asks], 2))
    # Told once, however often it was tried and however much they wrote.
    for address in ("dark-2", "dark-3", "dark-4"):
        check(await _texts(database, address), ["menu.limited"], "de")
    assert not await all_answered(database, [newcomer])
    # What needs no Rasa does not queue up behind what does.
    await said(dark, "dark-2", {"tap": "/emergency"}, "emergency.text")

    await dark.rasa.start()
    # Nor may what is said now overtake what was said before.
    chosen = {"tap": '/choose{"topic":"ask_work"}'}
    numbers.append(await put(database, "script", "dark-2", chosen))
    await until_true(lambda: all_answered(database, [*numbers, newcomer, asks]))
    answers = ["answer", "talk.thank", "book.ask_topic", "book.ask_kind"]
    check(await _texts(database, "dark-2"), ["menu.limited", "emergency.text", *answers], "de")
    check(await _texts(database, "dark-3"), ["menu.limited", "start.ask_centre"], "de")
    check(await _texts(database, "dark-4"), ["menu.limited", "consent.needed"], "de")
    # The line is over: what is said now is answered at once.
    async with database.transaction() as session:
        someone = await people.find(session, "script", "dark-2")
        assert someone is not None
        assert WAITING not in someone.dialogue


async def _texts(database: Database, address: str) -> list[str]:
    return [one.content["text"] for one in await messages_to(database, address)]


async def _tried(database: Database, numbers: list[int], times: int) -> bool:
    async with database.transaction() as session:
        rows = [await session.get_one(Update, number) for number in numbers]
        return rows[0].attempts >= times and all(one.attempts for one in rows)
