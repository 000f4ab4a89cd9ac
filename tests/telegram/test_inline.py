"""Inline mode: anybody shares an offer in any chat, and nothing about them is kept."""

import json
from datetime import datetime
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import func, select, text
from telegram import Bot

from bot.telegram import inline, receive
from centre.county import centres, municipalities
from knowledge_base.importer import import_folder
from lotse.prepare import DEMO
from storage.engine import Database
from translations.catalogue import say

from .peer import Call, Peer, listening
from .test_polling import polling, quick

__all__ = ["quick"]
pytestmark = pytest.mark.filterwarnings("ignore:Please use 'Bot.getUpdates'")

SECRET = "s3cret"


@pytest_asyncio.fixture
async def offers(db: Database, monday_morning: datetime) -> Database:
    async with db.transaction() as session:
        await import_folder(
            session, DEMO, list(centres()), municipalities=municipalities(), embed=False
        )
    return db


async def answered(peer: Peer, count: int = 1) -> Call:
    await peer.until(lambda: len(peer.done("answerInlineQuery")) >= count)
    return peer.done("answerInlineQuery")[count - 1]


def results(call: Call) -> list[dict[str, Any]]:
    found = call.fields["results"]
    return json.loads(found) if isinstance(found, str) else found


async def test_course_women_dettingen_finds_the_offer_to_share(
    bot: Bot, offers: Database, peer: Peer
):
    async with polling(bot, offers):
        await peer.inquire(77, "course women dettingen", "en")
        call = await answered(peer)
    first, *others = results(call)
    assert first["title"] == "German course A1 for women in the morning (example)"
    assert "Monday" in first["description"]
    assert "Dettingen an der Erms" in first["description"]
    shared = first["input_message_content"]["message_text"]
    assert "Dettingen an der Erms" in shared
    assert say("answer.source", "en", source="Beispiel, frei erfunden") in shared
    assert say("answer.checked", "en", date="1 November 2026") in shared
    link = "https://example.org/lotse-demo/demo_det_course_women"
    assert link in shared
    assert first["reply_markup"]["inline_keyboard"][0][0]["url"] == link
    assert call.fields["cache_time"] == inline.CACHE_SECONDS == 60
    assert call.fields["is_personal"] is True
    assert [one["title"] for one in others] == [
        "German course for mothers with childcare (example)"
    ]


async def test_everybody_is_answered_in_the_language_of_their_telegram(
    bot: Bot, offers: Database, peer: Peer
):
    async with polling(bot, offers):
        await peer.inquire(77, "kurs frauen", "de")
        german = await answered(peer)
        await peer.inquire(77, "دورة نساء", "ar")
        arabic = await answered(peer, 2)
        await peer.inquire(77, "course women", "pt-br")
        unknown = await answered(peer, 3)
    assert (
        say("offer.childcare", "de") in results(german)[0]["input_message_content"]["message_text"]
    )
    assert (
        say("offer.childcare", "ar") in results(arabic)[0]["input_message_content"]["message_text"]
    )
    assert results(unknown) == results(german)


async def test_nothing_is_kept_of_who_asks_and_what(bot: Bot, offers: Database, peer: Peer):
    async with polling(bot, offers):
        number = await peer.inquire(77, "course women dettingen")
        await answered(peer)
        await peer.until(lambda: _offset(peer) == number + 1)
    async with offers.transaction() as session:
        for table in ("updates", "people", "addresses", "outgoing_messages", "procrastinate_jobs"):
            assert await session.scalar(select(func.count()).select_from(text(table))) == 0, table


def _offset(peer: Peer) -> Any:
    asked = [call for call in peer.calls if call.method == "getUpdates"]
    return asked[-1].fields.get("offset") if asked else None


async def test_at_most_ten_without_any_words(bot: Bot, offers: Database, peer: Peer):
    async with polling(bot, offers):
        await peer.inquire(77, "")
        assert len(results(await answered(peer))) == 10


async def test_a_wish_that_nothing_fulfils_is_named(bot: Bot, offers: Database, peer: Peer):
    async with polling(bot, offers):
        await peer.inquire(77, "naturalisation ballet", "en")
        nothing = await answered(peer)
        await peer.inquire(77, "course women evening", "en")
        without = await answered(peer, 2)
    assert results(nothing) == []
    note = say("offer.without", "en", wishes=say("offer.in_evening", "en"))
    assert results(without)
    for one in results(without):
        assert one["description"].startswith(note)
        assert note not in one["input_message_content"]["message_text"]


async def test_nonsense_and_refusals_stop_nothing(
    bot: Bot, offers: Database, peer: Peer, caplog: pytest.LogCaptureFixture
):
    peer.fail("answerInlineQuery", 400, description="Bad Request: query is too old")
    async with polling(bot, offers):
        await peer.push({"inline_query": {"id": "1"}})
        await peer.push({"inline_query": {"id": "2", "from": 5, "query": {"a": 1}}})
        await peer.inquire(77, "secret words \u202e " + "x" * 5000)
        await peer.inquire(77, "kurs")
        await peer.until(lambda: len(peer.done("answerInlineQuery")) >= 3)
    assert "secret words" not in caplog.text


async def test_a_webhook_answers_them_too(bot: Bot, offers: Database, peer: Peer):
    application = web.Application()
    application.router.add_post("/telegram", receive.webhook(offers, SECRET, bot))
    query = {"id": "1", "from": {"id": 77, "is_bot": False, "first_name": "A"}, "query": "kurs"}
    headers = {receive.SECRET_HEADER: SECRET}
    async with listening(application) as url, aiohttp.ClientSession() as client:
        body = {"update_id": 1, "inline_query": query}
        async with client.post(f"{url}/telegram", json=body, headers=headers) as answer:
            assert answer.status == 200
        assert results(await answered(peer))
    async with offers.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(text("updates"))) == 0
