"""Lotse as it runs on a machine: processes of their own, around one real Rasa for all tests."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import psycopg
import pytest
import pytest_asyncio

from bot.rasa import Rasa
from centre import demo
from lotse import model, prepare, settings
from lotse.processes import Child, free_port, start_rasa, until
from lotse.settings import Settings
from storage import clock
from storage.embedded import EmbeddedServer
from storage.engine import Database

from .helpers import PATIENCE

FURNISHED = f"lotse_end_to_end_{os.getpid()}"
QUEUE = "end_to_end"
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
# What the machine of whoever runs the tests may have set.
FOREIGN = ("TELEGRAM_TOKEN", "TELEGRAM_API_URL", "TELEGRAM_WEBHOOK_URL", "LOTSE_PUBLIC_URL")
_numbers = itertools.count()


@dataclass
class SharedRasa:
    """The one Rasa of all tests; every test's web application listens where it calls back."""

    settings: Settings
    port: int
    web_port: int
    client: Rasa
    child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        callback = f"http://127.0.0.1:{self.web_port}"
        self.child = await start_rasa(self.settings, self.port, callback)
        await until(self.client.ready, PATIENCE, self.child)

    async def kill(self) -> None:
        """End it as a crash would."""
        assert self.child is not None
        kill(self.child)
        await self.child.process.wait()


@dataclass
class Home:
    """A database with knowledge and the demonstration's people, and what runs on it."""

    url: str
    database: Database
    rasa: SharedRasa
    logs: Path
    children: list[Child] = field(default_factory=list)

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.rasa.web_port}"

    async def start(self, name: str, **environment: str) -> Child:
        """Start ``lotse web`` or ``lotse worker``; the web application is waited for."""
        inherited = {key: value for key, value in os.environ.items() if key not in FOREIGN}
        child = await Child.start(
            name,
            [sys.executable, "-m", "lotse", name],
            self.logs / f"{name}.log",
            {
                **inherited,
                "DATABASE_URL": self.url,
                "RASA_URL": self.rasa.url,
                "LOTSE_PORT": str(self.rasa.web_port),
                "LOTSE_NOW": MONDAY.isoformat(),
                "OMP_NUM_THREADS": "1",
                **environment,
            },
        )
        self.children.append(child)
        if name == "web":
            await until(self._answers, PATIENCE, child)
        return child

    async def _answers(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.web}/healthz") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientError:
            return False


def kill(child: Child, sign: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, sign)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    before = clock.shift()
    clock.set_now(moment)
    try:
        yield
    finally:
        clock.advance(before - clock.shift())


@pytest_asyncio.fixture(scope="session")
async def rasa() -> AsyncIterator[SharedRasa]:
    configured = settings.load()
    if not model.is_current(configured):
        await asyncio.to_thread(model.train, configured)
    port, web_port = free_port(), free_port()
    client = Rasa(f"http://127.0.0.1:{port}", configured.secret("rasa"))
    shared = SharedRasa(configured, port, web_port, client)
    await shared.start()
    yield shared
    await client.close()
    if shared.child is not None:
        await shared.child.stop()


@pytest_asyncio.fixture(scope="session")
async def furnished(server: EmbeddedServer, template: str) -> AsyncIterator[str]:
    """A database with the knowledge and the demonstration's people, to be cloned."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {FURNISHED} with (force)")
        admin.execute(f"create database {FURNISHED} template {template}")
    database = Database(server.url(FURNISHED), pool=2)
    # Whatever a test does comes later than this.
    with clock_at(MONDAY - timedelta(days=1)):
        await prepare.load_knowledge(database, settings.load())
        async with database.transaction() as session:
            await demo.load(session)
    await database.close()
    yield FURNISHED
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {FURNISHED} with (force)")


@asynccontextmanager
async def at_home(
    server: EmbeddedServer, furnished: str, rasa: SharedRasa, logs: Path
) -> AsyncIterator[Home]:
    """Clone the furnished database; when the block ends, stop what runs on it and drop it."""
    name = f"lotse_home_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {furnished}")
    home = Home(server.url(name), Database(server.url(name)), rasa, logs)
    with clock_at(MONDAY), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOTSE_QUEUE", QUEUE)
        try:
            yield home
        finally:
            await asyncio.gather(*(child.stop() for child in home.children))
            await home.database.close()
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def home(
    server: EmbeddedServer, furnished: str, rasa: SharedRasa, tmp_path: Path
) -> AsyncIterator[Home]:
    async with at_home(server, furnished, rasa, tmp_path) as one:
        yield one
