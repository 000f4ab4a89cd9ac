"""One whole Lotse for all conversations: real Rasa, real worker, real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

import psycopg
import pytest_asyncio

from centre import demo
from lotse import prepare, settings
from lotse.stack import Stack, running
from storage import clock
from storage.embedded import EmbeddedServer

# One per checkout: two that run at once on one machine have nothing to do with each other.
DATABASE = f"lotse_conversations_{crc32(str(Path(__file__).parent).encode()):08x}"
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))


# Not for the whole session: its worker is in this process, and so are the ones of other tests.
@pytest_asyncio.fixture(scope="package")
async def stack(server: EmbeddedServer, template: str) -> AsyncIterator[Stack]:
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {DATABASE} with (force)")
        admin.execute(f"create database {DATABASE} template {template}")
    url = server.url(DATABASE)
    before = clock.shift()
    clock.set_now(MONDAY)
    async with running(settings.load(), url, queue_name="conversations") as started:
        await prepare.load_knowledge(started.database, settings.load())
        async with started.database.transaction() as session:
            await demo.load(session)
        await prepare.load_demo_offers(started.database)
        yield started
    clock.advance(before - clock.shift())
