"""Polling acknowledges nothing that is not stored, and goes on whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select, text
from telegram import Bot

from bot import inbox
from bot.inbox import Update
from bot.telegram import receive
from storage.engine import Database

from .conftest import Working
from .peer import PATIENCE, Peer

# pytest puts the filter of bot/telegram/receive.py aside.
pytestmark = pytest.mark.filterwarnings("ignore:Please use 'Bot.getUpdates'")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delays are there, but short."""

    def delays():
        while True:
            yield 0.02

    monkeypatch.setattr(receive, "_delays", delays)
    monkeypatch.setattr(receive, "TURN_SECONDS", 0.05)


@asynccontextmanager
async def polling(bot: Bot, db: Database) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(receive.poll(bot, db, stop, long_poll=2))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def stored(db: Database) -> list[Update]:
    async with db.transaction() as session:
        return list(await session.scalars(select(Update).order_by(Update.id)))


async def until_stored(db: Database, count: int) -> list[Update]:
    async with asyncio.timeout(PATIENCE):
        while len(found := await stored(db)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


def offsets(peer: Peer) -> list[int | None]:
    """What the successful and the failed polls asked for, repetitions left out."""
    asked = [call.fields.get("offset") for call in peer.calls if call.method == "getUpdates"]
    return [one for at, one in enumerate(asked) if at == 0 or asked[at - 1] != one]


async def acknowledged(peer: Peer, number: int) -> None:
    await peer.until(lambda: offsets(peer)[-1:] == [number + 1])


async def test_updates_are_stored_as_they_came(bot: Bot, db: Database, peer: Peer):
    async with polling(bot, db):
        number = await peer.say(5, "Hallo")
        (update,) = await until_stored(db, 1)
    assert update.content["message"]["text"] == "Hallo"
    assert (update.channel, update.external_id, update.address) == ("telegram", str(number), "5")
    assert update.answered_at is None


async def test_an_update_is_acknowledged_only_after_it_is_committed(
    bot: Bot, db: Database, peer: Peer, monkeypatch: pytest.MonkeyPatch
):
    real, calls = inbox.receive, 0

    async def failing(*arguments):
        nonlocal calls
        calls += 1
        if calls == 2:  # the first of the batch is in, and must go with the second
            raise ConnectionError
        return await real(*arguments)

    monkeypatch.setattr(inbox, "receive", failing)
    await peer.say(5, "eins")
    last = await peer.say(6, "zwei")
    async with polling(bot, db):
        await acknowledged(peer, last)
    polls = [c.fields.get("offset") for c in peer.calls if c.method == "getUpdates"]
    assert polls[:3] == [None, None, last + 1]
    assert [one.address for one in await stored(db)] == ["5", "6"]


async def test_at_the_moment_of_the_acknowledgement_the_update_is_there(
    bot: Bot, db: Database, peer: Peer
):
    """Seen from Telegram's side: when a higher offset arrives, the rows can be read."""
    seen: list[int] = []
    poll = peer._update_queues.poll

    async def looking(token, fields, **more):
        if fields.get("offset"):
            seen.append(len(await stored(db)))
        return await poll(token, fields, **more)

    peer._update_queues.poll = looking  # type: ignore[method-assign]
    for number in range(3):
        last = await peer.say(5, str(number))
    async with polling(bot, db):
        await acknowledged(peer, last)
        await peer.until(lambda: seen)
    assert set(seen) == {3}


async def test_an_update_that_comes_again_is_handled_once(bot: Bot, db: Database, peer: Peer):
    first = await peer.say(5, "Hallo")
    # Stored, but Telegram never hears of it: the acknowledging poll fails, and we start anew.
    peer.fail("getUpdates", 502, when=lambda call: "offset" in call.fields)
    async with polling(bot, db):
        await peer.until(lambda: offsets(peer)[:4] == [None, first + 1, None, first + 1])
    assert len(await stored(db)) == 1
    async with db.transaction() as session:
        jobs = await session.scalar(select(func.count()).select_from(text("procrastinate_jobs")))
    assert jobs == 1


async def test_a_database_that_goes_away_loses_nothing(bot: Bot, db: Database, peer: Peer):
    async with polling(bot, db):
        await peer.say(5, "vorher")
        await until_stored(db, 1)
        async with db.transaction() as session:
            killed = await session.scalars(
                text(
                    "select pg_terminate_backend(pid) from pg_locks"
                    " where locktype = 'advisory' and granted"
                    " and database = (select oid from pg_database"
                    " where datname = current_database())"
                )
            )
            assert killed.all() == [True]
        last = await peer.say(5, "nachher")
        await acknowledged(peer, last)
    assert [one.content["message"]["text"] for one in await stored(db)] == ["vorher", "nachher"]


async def test_telegram_s_troubles_are_survived(
    bot: Bot, db: Database, peer: Peer, caplog: pytest.LogCaptureFixture
):
    peer.fail("deleteWebhook", 502)
    peer.fail("getUpdates", 500, times=2)
    peer.fail("getUpdates", 409, description="Conflict: terminated by other getUpdates request")
    await peer.say(5, "Hallo")
    async with polling(bot, db):
        await until_stored(db, 1)
    assert "another program polls with this token" in caplog.text
    assert "Hallo" not in caplog.text


async def test_a_webhook_is_taken_away_before_polling(bot: Bot, db: Database, peer: Peer):
    await bot.set_webhook("http://127.0.0.1:9/")
    await peer.say(5, "Hallo")
    async with polling(bot, db):
        await until_stored(db, 1)


async def test_one_process_polls_and_another_takes_over(bot: Bot, db: Database, peer: Peer):
    other = Database(db.url)
    try:
        async with polling(bot, other):
            async with polling(bot, db):
                await peer.say(5, "eins")
                await until_stored(db, 1)
            last = await peer.say(5, "zwei")
            await acknowledged(peer, last)
    finally:
        await other.close()
    assert len(await stored(db)) == 2
    answers = {one["status"] for one in peer.requests if one["method"] == "getUpdates"}
    assert 409 not in answers


async def test_it_stops_in_the_middle_of_a_long_poll(bot: Bot, db: Database, peer: Peer):
    async with polling(bot, db):
        await peer.until(lambda: peer.done("getUpdates"))


@pytest.mark.parametrize("words", ["a\x00b", "a\ud800b"])
async def test_signs_that_cannot_be_stored_do_not_block_the_others(
    bot: Bot, db: Database, peer: Peer, words: str
):
    await peer.say(5, words)
    await peer.say(6, "Hallo")
    async with polling(bot, db):
        first, second = await until_stored(db, 2)
    assert first.content["message"]["text"] == "a\ufffdb"
    assert second.content["message"]["text"] == "Hallo"


async def test_everybody_is_answered_in_order(bot: Bot, db: Database, peer: Peer, working: Working):
    words = [str(number) for number in range(3)]
    async with polling(bot, db), working():
        for word in words:
            for chat in (5, 6):
                await peer.say(chat, word)
        await peer.until_sent(6)
    for chat in (5, 6):
        assert [call.text for call in peer.sent(chat)] == [f"echo {word}" for word in words]
    assert all(one.content == {} and one.answered_at for one in await stored(db))
