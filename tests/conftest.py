"""Every test that asks for ``db`` gets its own clone of a migrated template database."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
import pytest_asyncio

from storage import clock
from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.migrate import upgrade

TEMPLATE = "lotse_template"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    folder = Path(os.environ.get("LOTSE_TEST_DATA", tempfile.gettempdir())) / "lotse-test-postgres"
    running = EmbeddedServer(folder)
    yield running
    running.stop()


@pytest_asyncio.fixture(scope="session")
async def template(server: EmbeddedServer) -> str:
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {TEMPLATE} with (force)")
    await ensure_database(server.url(TEMPLATE))
    upgrade(server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def db_url(server: EmbeddedServer, template: str) -> Iterator[str]:
    name = f"lotse_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}")
    yield server.url(name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    database = Database(db_url)
    yield database
    await database.close()


@pytest.fixture
def monday_morning() -> Iterator[datetime]:
    """The clock stands at Monday 30 November 2026, 08:00 in Berlin (and runs)."""
    moment = datetime(2026, 11, 30, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    before = clock.shift()
    clock.set_now(moment)
    yield moment
    clock.advance(before - clock.shift())
