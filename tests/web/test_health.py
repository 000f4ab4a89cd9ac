"""Probes, headers, and what an error tells."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from centre import people
from storage import outbox
from storage.engine import Database
from storage.errors import LotseError
from storage.outbox import Content, OutgoingMessage
from tests.web.conftest import Components, PretendedConversation, Visit, say
from web.app import build


class Taken(LotseError):
    code = "slot_taken"


async def test_a_living_process_says_ok(served: TestServer) -> None:
    async with TestClient(served) as client:
        answer = await client.get("/healthz")
        assert (answer.status, await answer.text()) == (200, "ok")


async def test_ready_only_when_every_part_is(served: TestServer, components: Components) -> None:
    async with TestClient(served) as client:
        answer = await client.get("/readyz")
        assert (answer.status, await answer.json()) == (200, {"database": True, "rasa": True})
        components.rasa = False
        answer = await client.get("/readyz")
        assert (answer.status, await answer.json()) == (503, {"database": True, "rasa": False})


async def test_not_ready_when_a_part_cannot_be_asked(db: Database) -> None:
    async def broken() -> dict[str, bool]:
        raise OSError

    application = build(db, receive=PretendedConversation().receive, ready=broken)
    async with TestClient(TestServer(application)) as client:
        answer = await client.get("/readyz")
        assert answer.status == 503
        assert await answer.json() == {"database": True, "components": False}


async def test_without_a_database_it_lives_but_is_not_ready() -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    application = build(nowhere, receive=PretendedConversation().receive, ready=Components().ready)
    async with TestClient(TestServer(application)) as client:
        assert (await client.get("/healthz")).status == 200
        answer = await client.get("/readyz")
        assert (answer.status, (await answer.json())["database"]) == (503, False)
    await nowhere.close()


async def test_metrics_count_requests_and_what_waits_and_name_nobody(
    visit: Visit, db: Database
) -> None:
    client = await visit()
    await say(client, text="private words")
    await client.get("/guess/private")
    async with db.transaction() as session:
        person = await people.find_or_create(session, "telegram", "number-4711")
        session.add(
            OutgoingMessage(
                person_id=person.id,
                channel="telegram",
                address="number-4711",
                content=Content(text="private").model_dump(),
                status="waiting",
            )
        )
        await outbox.enqueue(session, person.id, "script", "p1", Content(text="sent"))
    text = await (await client.get("/metrics")).text()
    labels = 'method="POST",route="/chat/api/messages",status="202"'
    assert f"lotse_http_request_seconds_count{{{labels}}} 1.0" in text
    assert 'route="unmatched",status="404"' in text
    assert "lotse_outgoing_messages_waiting 1.0" in text
    assert "lotse_updates_unanswered 0.0" in text
    assert "private" not in text
    assert "number-4711" not in text


@pytest.mark.parametrize(
    "path", ["/chat", "/healthz", "/staff", "/static/chat.js", "/nothing", "/chat/api/messages"]
)
async def test_every_answer_keeps_strangers_out(served: TestServer, path: str) -> None:
    async with TestClient(served) as client:
        headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


async def test_pages_have_no_inline_scripts_or_styles(visit: Visit) -> None:
    page = await (await (await visit()).get("/chat")).text()
    assert page.count("<script") == page.count('<script type="module" src="/static/') == 1
    assert "<style" not in page
    assert " style=" not in page
    assert " on" + "click=" not in page


async def test_our_own_errors_are_answered_with_their_code(db: Database) -> None:
    async def taken(request: web.Request) -> web.Response:
        raise Taken(name="private")

    application = build(
        db,
        receive=PretendedConversation().receive,
        ready=Components().ready,
        extra_routes=[web.get("/extra", taken)],
    )
    async with TestClient(TestServer(application)) as client:
        answer = await client.get("/extra")
        assert (answer.status, await answer.json()) == (400, {"error": "slot_taken"})
