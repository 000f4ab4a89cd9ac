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
from translations.machine import engine, packages

# Two test runs on one machine share the server, never a database.
TEMPLATE = f"lotse_template_{os.getpid()}"
TINY = Path(__file__).parent / "data" / "argos"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    folder = Path(os.environ.get("LOTSE_TEST_DATA", tempfile.gettempdir())) / "lotse-test-postgres"
    running = EmbeddedServer(folder)
    yield running
    running.stop()


@pytest_asyncio.fixture(scope="session")
async def template(server: EmbeddedServer) -> AsyncIterator[str]:
    drop = f"drop database if exists {TEMPLATE} with (force)"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(drop)
    await ensure_database(server.url(TEMPLATE))
    upgrade(server.url(TEMPLATE))
    yield TEMPLATE
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(drop)


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


@pytest.fixture(scope="session", autouse=True)
def no_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is installed on the machine of whoever runs the tests has no say in them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path_factory.mktemp("no-models")))
        yield


@pytest.fixture(scope="session")
def installed_argos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two tiny real packages: German to English, English to Persian."""
    home = tmp_path_factory.mktemp("argos")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOTSE_TRANSLATION_MODELS", str(home))
        for file in sorted(TINY.glob("*.argosmodel")):
            packages.install(file)
    engine.stop()
    return home


@pytest.fixture
def argos_home(installed_argos: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, found by what the test calls."""
    monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(installed_argos))
    yield installed_argos
    engine.stop()
