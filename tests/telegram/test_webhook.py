"""The webhook believes only Telegram and answers 200 only for what is stored."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import func, select, text
from telegram import Bot

from bot import inbox
from bot.inbox import Update
from bot.telegram import receive
from storage import queue
from storage.engine import Database

from .conftest import Working
from .peer import Peer, listening

SECRET = "s3cret_-"
UPDATE = {"update_id": 9, "message": {"chat": {"id": 5, "type": "private"}, "text": "Hallo"}}


@pytest_asyncio.fixture
async def door(db: Database) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/telegram", receive.webhook(db, SECRET))
    async with listening(application) as url:
        yield f"{url}/telegram"


async def post(door: str, body: object, secret: str | None = SECRET) -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if secret is None else {receive.SECRET_HEADER: secret}
    async with (
        aiohttp.ClientSession() as client,
        client.post(door, data=data, headers=headers) as answer,
    ):
        return answer.status


async def count(db: Database, table: str = "updates") -> int:
    async with db.transaction() as session:
        return int(await session.scalar(select(func.count()).select_from(text(table))) or 0)


async def test_an_update_is_stored_with_its_job(door: str, db: Database):
    assert await post(door, UPDATE) == 200
    async with db.transaction() as session:
        (update,) = (await session.scalars(select(Update))).all()
        job = (await session.execute(text("select * from procrastinate_jobs"))).one()
    assert update.content == UPDATE
    assert (job.task_name, job.lock, job.queue_name, job.args) == (
        inbox.HANDLE_TASK,
        "in:telegram:5",
        queue.queue_name(),
        {"update_id": update.id},
    )


async def test_a_repetition_is_accepted_and_handled_once(door: str, db: Database):
    answers = await asyncio.gather(*(post(door, UPDATE) for _ in range(8)))
    assert set(answers) == {200}
    assert await count(db) == await count(db, "procrastinate_jobs") == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "s3crét"])
async def test_nobody_without_the_secret_gets_in(door: str, db: Database, secret: str | None):
    assert await post(door, UPDATE, secret) == 401
    assert await post(door, b"{not json", secret) == 401
    assert await count(db) == 0


async def test_the_secret_is_compared_in_constant_time(door: str, monkeypatch: pytest.MonkeyPatch):
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append({one, other})
        return True

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert await post(door, UPDATE, "wrong") == 200
    assert compared == [{b"wrong", SECRET.encode()}]


def test_an_empty_secret_is_refused(db: Database):
    with pytest.raises(ValueError, match="secret"):
        receive.webhook(db, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{not json",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"update_id": "x"}',
        b'{"update_id": true}',
        b'{"update_id": -1}',
        b'{"update_id": 1e400}',
        b'{"update_id": 1, "x": NaN}',
        b'{"update_id": %s}' % (b"9" * 3000),
        b'{"update_id": 1, "x": %s}' % (b"[" * 200_000 + b"]" * 200_000),
    ],
    ids=lambda body: body[:30].decode("latin-1"),
)
async def test_what_is_no_update_is_refused(door: str, db: Database, body: bytes):
    assert await post(door, body) == 400
    assert await count(db) == 0


async def test_a_body_without_end_is_refused(door: str, db: Database):
    assert await post(door, b" " * (receive.LARGEST_BODY + 1)) == 413
    assert await count(db) == 0


async def test_nothing_is_confirmed_before_it_is_committed(door: str, db: Database):
    """Somebody else is storing the same update and has not decided yet."""
    async with db.engine.connect() as other:
        await other.execute(
            text(
                "insert into updates (channel, external_id, address, content, received_at,"
                " attempts) values ('telegram', '9', '5', '{}', now(), 0)"
            )
        )
        posting = asyncio.create_task(post(door, UPDATE))
        done, _ = await asyncio.wait({posting}, timeout=0.3)
        assert not done
        await other.rollback()
        assert await posting == 200
    assert await count(db) == 1


async def test_what_could_not_be_stored_is_not_confirmed(
    door: str,
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    real = inbox.receive

    async def failing(*arguments):
        await real(*arguments)
        raise ConnectionError("Hallo")

    monkeypatch.setattr(inbox, "receive", failing)
    assert await post(door, UPDATE) == 503
    assert await count(db) == await count(db, "procrastinate_jobs") == 0
    assert "Hallo" not in caplog.text
    monkeypatch.setattr(inbox, "receive", real)
    assert await post(door, UPDATE) == 200


async def test_signs_that_cannot_be_stored_are_replaced(door: str, db: Database):
    assert await post(door, {"update_id": 1, "x\x00": ["\ud800", 5, None]}) == 200
    async with db.transaction() as session:
        (update,) = (await session.scalars(select(Update))).all()
    assert update.content == {"update_id": 1, "x\ufffd": ["\ufffd", 5, None]}
    assert update.address == "0"


async def test_telegram_delivers_with_the_secret_and_is_answered(
    door: str, bot: Bot, peer: Peer, working: Working
):
    await receive.set_webhook(bot, door, SECRET)
    async with working():
        await peer.say(5, "Hallo")
        (call,) = await peer.until_sent(1)
    assert call.text == "echo Hallo"
    (told,) = peer.done("setWebhook")
    assert told.fields["allowed_updates"] == list(receive.ALLOWED_UPDATES)


async def test_setting_the_webhook_waits_for_telegram(
    bot: Bot, peer: Peer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receive, "_delays", lambda: iter([0.01] * 5))
    peer.fail("setWebhook", 502, times=2)
    await receive.set_webhook(bot, "http://127.0.0.1:9/", SECRET)
    assert len(peer.done("setWebhook")) == 1
