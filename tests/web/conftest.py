"""A served web application, a conversation that is only pretended, and a real browser."""

from __future__ import annotations

import base64
import io
import shutil
import uuid
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as BrowserError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import people
from storage import outbox
from storage.engine import Database
from storage.outbox import Button, Content, Document
from web.app import TelegramState, build

HOW_TO_GET_CHROMIUM = (
    "NO BROWSER TESTS: no Chromium found. Get one with `apt-get install chromium` or"
    " `.venv/bin/playwright install chromium`, then run the tests again."
)
LAUNCH = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARABIC = "يمكنك التسجيل في دورة Deutsch يوم 3.12."
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
HEADERS = {"X-Lotse": "1"}

_browser_missing = False


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _browser_missing:
        terminalreporter.write_line(HOW_TO_GET_CHROMIUM, red=True, bold=True)


def silence() -> bytes:
    """A second of sound."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    return buffer.getvalue()


@dataclass
class PretendedConversation:
    """Notes what came in and answers at once, as the bot would, through the outbox."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    async def receive(
        self,
        session: AsyncSession,
        channel: str,
        external_id: str,
        address: str,
        content: dict[str, Any],
    ) -> int | None:
        if external_id in self.known:
            return None
        self.known.add(external_id)
        self.taken.append(content)
        person = await people.find_or_create(session, channel, address)
        for answer in self.answers(content, person):
            await outbox.enqueue(session, person.id, channel, address, answer)
        return len(self.known)

    def answers(self, content: dict[str, Any], person: people.Person) -> list[Content]:
        if content.get("text") == "/start":
            choices = [[Button(label="Deutsch", data="l:de"), Button(label="العربية", data="l:ar")]]
            return [Content(text="Hello! I am Lotse.", buttons=choices, ask_location=True)]
        if content.get("tap") == "l:ar":
            person.language = "ar"
            return [Content(text=ARABIC)]
        if "tap" in content:
            return [Content(text=f"Tapped: {content['tap']}")]
        if "location" in content:
            return [Content(text="Place: {:.2f} {:.2f}".format(*content["location"]))]
        if content["text"] == "file":
            document = Document(
                name="appointment.ics",
                media_type="text/calendar",
                content=base64.b64encode(CALENDAR).decode(),
            )
            return [Content(text="Here is a file.", document=document)]
        if content["text"] == "sound":
            document = Document(
                name="kita.wav",
                media_type="audio/wav",
                content=base64.b64encode(silence()).decode(),
            )
            return [Content(text="Here is a sound.", document=document)]
        return [Content(text=f"You wrote: {content['text']} — see https://example.org/a?b=1.")]


@dataclass
class Components:
    """What the other parts say about themselves."""

    rasa: bool = True

    async def ready(self) -> dict[str, bool]:
        return {"rasa": self.rasa}


@pytest.fixture
def conversation() -> PretendedConversation:
    return PretendedConversation()


@pytest.fixture
def components() -> Components:
    return Components()


@pytest.fixture
def application(
    db: Database, conversation: PretendedConversation, components: Components
) -> web.Application:
    return build(
        db,
        receive=conversation.receive,
        ready=components.ready,
        telegram=TelegramState("lotse_test_bot"),
    )


@pytest_asyncio.fixture
async def served(application: web.Application) -> AsyncIterator[TestServer]:
    running = TestServer(application)
    await running.start_server(access_log=None)  # as lotse does: our own log has no queries
    yield running
    await running.close()


Visit = Callable[..., Awaitable[TestClient]]


@pytest_asyncio.fixture
async def visit(served: TestServer) -> AsyncIterator[Visit]:
    """Open a fresh browser-like client, with cookies of its own, that has seen the chat page."""
    clients: list[TestClient] = []

    async def open_page(page: str = "/chat") -> TestClient:
        client = TestClient(served)
        clients.append(client)
        await client.start_server()
        assert (await client.get(page)).status == 200
        return client

    yield open_page
    for client in clients:
        await client.session.close()


async def say(client: TestClient, number: str | None = None, **what: Any) -> int:
    body = {"id": number or str(uuid.uuid4()), **what}
    async with client.post("/chat/api/messages", json=body, headers=HEADERS) as answer:
        return answer.status


async def read(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    async with client.get("/chat/api/messages", params={"wait": 0, **query}) as answer:
        assert answer.status == 200, await answer.text()
        found: list[dict[str, Any]] = (await answer.json())["messages"]
        return found


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, else Playwright's own, else a skip that nobody can overlook."""
    global _browser_missing
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        try:
            started = await playwright.chromium.launch(executable_path=system, args=LAUNCH)
        except BrowserError as error:
            if system or "Executable doesn't exist" not in str(error):
                raise
            _browser_missing = True
            pytest.skip(HOW_TO_GET_CHROMIUM)
        yield started
        await started.close()
