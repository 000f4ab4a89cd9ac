"""Rasa dies: what matters most still works, and what has to wait is answered when it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from bot.inbox import Update
from lotse.ask import answered, put
from storage.engine import Database

from .conftest import Home
from .helpers import PATIENCE, check, messages_to, settle, until_true

MANAGERS = ("m-reutlingen-1", "m-reutlingen-2")


@pytest_asyncio.fixture
async def dark(home: Home) -> AsyncIterator[Home]:
    """Everything runs but Rasa, which crashed."""
    await home.start("web")
    await home.start("worker")
    await home.rasa.kill()
    yield home
    if not await home.rasa.client.ready():
        await home.rasa.start()


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
    await said(dark, MANAGERS[0], {"text": "Was ist passiert?"}, "relay.from_person")
    heard = (await messages_to(database, "dark-1"))[before:]
    check(
        [one.content["text"] for one in heard], ["human.matched_person", "relay.from_staff"], "de"
    )


async def test_what_had_to_wait_is_answered_once_and_in_order(dark: Home) -> None:
    database = dark.database
    await settle(database, "script", "dark-2", "de")
    questions = ["Wo kann ich Deutsch lernen?", "Danke", "Ich möchte einen Termin"]
    numbers = [await put(database, "script", "dark-2", {"text": one}) for one in questions]
    await until_true(lambda: _tried(database, numbers, 2))
    # Told once, however often it was tried and however much they wrote.
    waiting = [one.content["text"] for one in await messages_to(database, "dark-2")]
    check(waiting, ["menu.limited"], "de")
    assert not await _answered(database, numbers)
    # What needs no Rasa does not queue up behind what does.
    await said(dark, "dark-2", {"tap": "/emergency"}, "emergency.text")

    await dark.rasa.start()
    # Nor may what is said now overtake what was said before.
    chosen = {"tap": '/choose{"topic":"ask_work"}'}
    numbers.append(await put(database, "script", "dark-2", chosen))
    await until_true(lambda: _answered(database, numbers))
    texts = [one.content["text"] for one in await messages_to(database, "dark-2")]
    expected = ["menu.limited", "emergency.text"]
    check(texts, [*expected, "answer", "talk.thank", "book.ask_topic", "book.ask_day"], "de")


async def test_a_newcomer_is_not_forgotten(dark: Home) -> None:
    database = dark.database
    number = await put(database, "script", "dark-3", {"text": "/start", "lang": "de"})
    await until_true(lambda: _tried(database, [number], 1))
    await dark.rasa.start()
    await until_true(lambda: _answered(database, [number]))
    texts = [one.content["text"] for one in await messages_to(database, "dark-3")]
    check(texts, ["menu.limited", "start.ask_centre"], "de")


async def _tried(database: Database, numbers: list[int], times: int) -> bool:
    async with database.transaction() as session:
        rows = [await session.get_one(Update, number) for number in numbers]
        return rows[0].attempts >= times and all(one.attempts for one in rows)


async def _answered(database: Database, numbers: list[int]) -> bool:
    async with database.transaction() as session:
        rows = [await session.get_one(Update, number) for number in numbers]
        return all(one.answered_at is not None for one in rows)
