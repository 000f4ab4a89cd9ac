"""The chat page's promises over HTTP."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import timedelta

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select, text

from bot import inbox
from bot.inbox import Update
from centre import people
from centre.logins import hashed
from storage import clock, outbox
from storage.engine import Database
from storage.outbox import Content, OutgoingMessage
from tests.web.conftest import (
    HEADERS,
    Components,
    PretendedConversation,
    Visit,
    read,
    say,
)
from web import chat
from web.app import build
from web.mailbox import MAILBOX

API = "/chat/api/messages"
PATIENCE_SECONDS = 15  # far below the 25 that a poll may take


def cookie(client: TestClient, served: TestServer) -> str:
    return client.session.cookie_jar.filter_cookies(served.make_url("/chat"))["lotse_chat"].value


async def tell(db: Database, address: str, words: str) -> int:
    async with db.transaction() as session:
        person = await people.find_or_create(session, "web", address)
        return await outbox.enqueue(session, person.id, "web", address, Content(text=words))


async def until_somebody_waits(application: web.Application) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not application[MAILBOX].anybody():  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.01)


async def test_the_front_door_leads_to_the_chat(visit: Visit) -> None:
    client = await visit("/")
    async with client.get("/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/chat")


@pytest.mark.parametrize(("proto", "secure"), [("http", False), ("https", True)])
async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    served: TestServer, proto: str, secure: bool
) -> None:
    async with TestClient(served) as client:
        answer = await client.get("/chat", headers={"X-Forwarded-Proto": proto})
        given = answer.cookies["lotse_chat"]
    assert given["httponly"]
    assert given["samesite"] == "Lax"
    assert bool(given["secure"]) is secure
    assert len(given.value) == 43  # 256 bits


async def test_a_known_browser_keeps_its_session(visit: Visit, served: TestServer) -> None:
    client = await visit()
    before = cookie(client, served)
    await client.get("/chat")
    assert cookie(client, served) == before


async def test_only_a_hash_of_the_session_is_stored(
    visit: Visit, served: TestServer, db: Database
) -> None:
    client = await visit()
    await say(client, text="hello")
    token = cookie(client, served)
    async with db.transaction() as session:
        addresses = list(await session.scalars(select(people.Address.address)))
    assert addresses == [hashed(token)]
    assert token not in addresses


@pytest.mark.parametrize(
    ("wish", "language", "direction"),
    [
        ("ar-SY,ar;q=0.9,de;q=0.8", "ar", "rtl"),
        ("xx, tr;q=0.5, uk;q=0.9", "uk", "ltr"),
        ("ku", "kmr", "ltr"),
        ("fa-AF", "prs", "rtl"),
        ("de;q=0, zz", "de", "ltr"),
        ("en;q=much, ,;;", "de", "ltr"),
        ("", "de", "ltr"),
    ],
)
async def test_the_page_speaks_the_browsers_language(
    served: TestServer, wish: str, language: str, direction: str
) -> None:
    async with TestClient(served) as client:
        answer = await client.get("/chat", headers={"Accept-Language": wish})
        assert f'<html lang="{language}" dir="{direction}">' in await answer.text()


async def test_the_page_follows_the_language_chosen_in_the_talk(visit: Visit) -> None:
    client = await visit()
    await say(client, tap="l:ar")
    async with client.get(API, params={"wait": 0, "lang": "de"}) as answer:
        page = (await answer.json())["page"]
    assert (page["lang"], page["dir"]) == ("ar", "rtl")
    async with client.get(API, params={"wait": 0, "lang": "ar"}) as answer:
        assert "page" not in await answer.json()
    assert '<html lang="ar" dir="rtl">' in await (await client.get("/chat")).text()


async def test_a_message_is_answered(visit: Visit, conversation: PretendedConversation) -> None:
    client = await visit()
    assert await say(client, text="hello") == 202
    assert await say(client, tap="x:1") == 202
    assert await say(client, location=[48.49, 9]) == 202
    assert conversation.taken == [{"text": "hello"}, {"tap": "x:1"}, {"location": [48.49, 9.0]}]
    texts = [one["text"] for one in await read(client)]
    assert [texts[0][:16], *texts[1:]] == ["You wrote: hello", "Tapped: x:1", "Place: 48.49 9.00"]


@pytest.mark.parametrize(
    ("browser", "hint"), [("fa-AF", "prs"), ("de-DE", "de"), ("zz", None), (["de"], None)]
)
async def test_the_browsers_language_is_handed_on_as_a_launch_language(
    visit: Visit, conversation: PretendedConversation, browser: object, hint: str | None
) -> None:
    assert await say(await visit(), text="/start", lang=browser) == 202
    assert conversation.taken[0].get("lang") == hint


async def test_a_repeated_post_is_handled_once(db: Database) -> None:
    application = build(db, receive=inbox.receive, ready=Components().ready)
    async with TestClient(TestServer(application)) as client:
        await client.get("/chat")
        number = str(uuid.uuid4())
        posts = [say(client, number=number, text="hello") for _ in range(5)]
        assert await asyncio.gather(*posts) == [202] * 5
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Update)) == 1
        assert await session.scalar(text("select count(*) from procrastinate_jobs")) == 1


async def test_two_people_may_use_the_same_message_number(
    visit: Visit, conversation: PretendedConversation
) -> None:
    number = str(uuid.uuid4())
    for client in (await visit(), await visit()):
        assert await say(client, number=number, text="hello") == 202
    assert len(conversation.taken) == 2


async def test_a_post_from_another_site_is_refused(
    visit: Visit, conversation: PretendedConversation
) -> None:
    client = await visit()
    body = {"id": str(uuid.uuid4()), "text": "hello"}
    async with client.post(API, json=body) as answer:
        assert answer.status == 403
        assert await answer.json() == {"error": "forbidden"}
    assert conversation.taken == []


async def test_nothing_works_without_a_session(served: TestServer) -> None:
    async with TestClient(served) as client:
        assert await say(client, text="hello") == 401
        assert (await client.get(API)).status == 401
        client.session.cookie_jar.update_cookies({"lotse_chat": "guess"})
        assert (await client.get(API)).status == 401


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "[" * 30_000,
        '{"text": "hello"}',
        '{"id": "1", "text": "hello"}',
        '{"id": "%s"}',
        '{"id": "%s", "text": 5}',
        '{"id": "%s", "text": "a", "tap": "b"}',
        '{"id": "%s", "tap": null}',
        '{"id": "%s", "location": [1]}',
        '{"id": "%s", "location": [91, 0]}',
        '{"id": "%s", "location": [NaN, 0]}',
        '{"id": "%s", "location": [true, false]}',
        '{"id": "%s", "location": [1e999, 0]}',
    ],
)
async def test_nonsense_is_refused(
    visit: Visit, conversation: PretendedConversation, body: str
) -> None:
    client = await visit()
    body = body.replace("%s", str(uuid.uuid4()))
    async with client.post(API, data=body.encode(), headers=HEADERS) as answer:
        assert answer.status == 400
        assert await answer.json() == {"error": "bad_message"}
    assert conversation.taken == []


async def test_what_is_far_too_long_is_refused(visit: Visit) -> None:
    client = await visit()
    assert await say(client, text="ا" * 4000) == 202
    assert await say(client, text="a" * 4001) == 400
    async with client.post(API, data=b"a" * 40_000, headers=HEADERS) as answer:
        assert answer.status == 413


async def test_a_flood_is_stopped_for_its_session_alone(visit: Visit) -> None:
    client, other = await visit(), await visit()
    answers = [await say(client, tap="x:1") for _ in range(31)]
    assert answers == [202] * 30 + [429]
    assert await say(other, tap="x:1") == 202


async def test_nobody_sees_the_messages_of_others(visit: Visit) -> None:
    client, other = await visit(), await visit()
    await say(client, text="mine")
    assert len(await read(client)) == 1
    assert await read(other) == []


async def test_messages_to_another_channel_of_the_person_stay_there(
    visit: Visit, served: TestServer, db: Database
) -> None:
    client = await visit()
    await say(client, text="hello")
    async with db.transaction() as session:
        person = await people.find(session, "web", hashed(cookie(client, served)))
        assert person is not None
        await outbox.enqueue(session, person.id, "script", "p1", Content(text="elsewhere"))
    assert [one["text"][:9] for one in await read(client)] == ["You wrote"]


async def test_history_comes_whole_and_then_only_what_is_new(visit: Visit) -> None:
    client = await visit()
    for word in ("one", "two"):
        await say(client, text=word)
    history = await read(client, after=0)
    assert [one["text"].split()[2] for one in history] == ["one", "two"]
    await say(client, text="three")
    new = await read(client, after=history[-1]["id"])
    assert [one["text"].split()[2] for one in new] == ["three"]


async def test_a_message_committed_late_is_not_lost(
    visit: Visit, served: TestServer, db: Database
) -> None:
    client = await visit()
    await say(client, text="hello")
    address = hashed(cookie(client, served))
    async with db.transaction() as slow:
        person = await people.find(slow, "web", address)
        assert person is not None
        early = await outbox.enqueue(slow, person.id, "web", address, Content(text="slow"))
        late = await tell(db, address, "fast")
        assert early < late
        seen = [one["id"] for one in await read(client)]
        assert early not in seen
    rest = await read(client, after=0, seen=",".join(map(str, seen)))
    assert [one["text"] for one in rest] == ["slow"]


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "-1"}, {"seen": "1,x"}, {"wait": ""}])
async def test_wrong_numbers_are_refused(visit: Visit, query: dict[str, str]) -> None:
    assert (await (await visit()).get(API, params=query)).status == 400


async def test_a_waiting_page_is_woken(
    visit: Visit, served: TestServer, application: web.Application, db: Database
) -> None:
    """Also the very first time, when nobody is known at the address yet."""
    client = await visit()
    async with asyncio.timeout(PATIENCE_SECONDS):
        waiting = asyncio.create_task(read(client, wait=25))
        await until_somebody_waits(application)
        await tell(db, hashed(cookie(client, served)), "news")
        assert [one["text"] for one in await waiting] == ["news"]


async def test_a_page_is_not_woken_for_somebody_else(
    visit: Visit, served: TestServer, application: web.Application, db: Database
) -> None:
    client, other = await visit(), await visit()
    waiting = asyncio.create_task(read(client, wait=25))
    await until_somebody_waits(application)
    await say(other, text="hello")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await tell(db, hashed(cookie(client, served)), "news")
        assert [one["text"] for one in await waiting] == ["news"]


async def test_the_listener_comes_back_after_the_database_has_dropped_it(
    visit: Visit, served: TestServer, application: web.Application, db: Database, db_url: str
) -> None:
    client = await visit()
    waiting = asyncio.create_task(read(client, wait=25))
    await until_somebody_waits(application)
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with await psycopg.AsyncConnection.connect(db_url, autocommit=True) as admin:
            dropped = None
            while not dropped:
                found = await admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where query = 'listen outgoing' and datname = current_database()"
                )
                dropped = await found.fetchone()
        await tell(db, hashed(cookie(client, served)), "news")
        assert [one["text"] for one in await waiting] == ["news"]


async def test_stopping_does_not_wait_for_waiting_pages(
    visit: Visit, served: TestServer, application: web.Application
) -> None:
    client = await visit()
    waiting = asyncio.create_task(read(client, wait=25))
    await until_somebody_waits(application)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await served.close()
        assert await waiting == []


async def test_one_session_cannot_hold_all_connections(
    visit: Visit, application: web.Application
) -> None:
    client = await visit()
    polls = [asyncio.create_task(client.get(API, params={"wait": 25})) for _ in range(7)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        done, _ = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        assert [poll.result().status for poll in done] == [429]
    application[MAILBOX].closing = True
    application[MAILBOX].wake_all()
    await asyncio.gather(*polls)


async def test_only_what_is_older_than_a_day_is_forgotten(
    visit: Visit, served: TestServer, db: Database
) -> None:
    client = await visit()
    await say(client, text="old")
    await say(client, text="new")
    async with db.transaction() as session:
        oldest = select(func.min(OutgoingMessage.id)).scalar_subquery()
        row = (
            await session.scalars(select(OutgoingMessage).where(OutgoingMessage.id == oldest))
        ).one()
        row.created_at = clock.now() - timedelta(hours=24, minutes=1)
    async with db.transaction() as session:
        await chat.forget_old(session)
    assert [one["text"].split()[2] for one in await read(client)] == ["new"]


async def test_logs_hold_no_words_no_queries_and_no_tokens(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*given: object) -> int | None:
        raise RuntimeError(f"cannot store {given[-1]}")

    application = build(db, receive=broken, ready=Components().ready)
    served = TestServer(application)
    await served.start_server(access_log=None)
    with caplog.at_level(logging.INFO):
        async with TestClient(served) as client:
            page = await client.get("/chat?word=private-query")
            token = page.cookies["lotse_chat"].value
            body = {"id": str(uuid.uuid4()), "text": "private-words"}
            async with client.post(API, json=body, headers=HEADERS) as answer:
                assert (answer.status, await answer.json()) == (500, {"error": "internal"})
            await client.get("/private-guess")
    written = caplog.text
    assert "GET /chat 200" in written
    assert "POST /chat/api/messages 500" in written
    assert "RuntimeError" in written
    assert "private" not in written
    assert token not in written
