"""A whole Lotse inside one process (plus Rasa): for the terminal, scripts and tests."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace

from bot.rasa import Rasa
from lotse import model
from lotse.processes import free_port, start_rasa, until
from lotse.services import run_worker, serve_web
from lotse.settings import Settings
from storage.engine import Database

RASA_SECONDS = 180


@dataclass
class Stack:
    """What is running: the database, Rasa, and where the web application listens."""

    database: Database
    rasa: Rasa
    url: str


@contextmanager
def _queue_of_its_own(name: str) -> Iterator[None]:
    before = os.environ.get("LOTSE_QUEUE")
    os.environ["LOTSE_QUEUE"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["LOTSE_QUEUE"]
        else:
            os.environ["LOTSE_QUEUE"] = before


@asynccontextmanager
async def running(
    settings: Settings, url: str, queue_name: str | None = None, worker: bool = True
) -> AsyncIterator[Stack]:
    """Start web, worker and Rasa on free ports around the database at ``url``.

    Telegram is left to ``make run``. With ``queue_name`` the stack works on a queue of its own, so
    that a second one on the same database does not take its work or move its clock.
    """
    if not settings.rasa_url and not model.is_current(settings):
        await asyncio.to_thread(model.train, settings)
    async with AsyncExitStack() as stack:
        if queue_name:
            stack.enter_context(_queue_of_its_own(queue_name))
        database = Database(url)
        stack.push_async_callback(database.close)
        port = free_port()
        settings = replace(settings, port=port)
        rasa_port = free_port()
        rasa = Rasa(f"http://127.0.0.1:{rasa_port}", settings.secret("rasa"))
        stack.push_async_callback(rasa.close)
        child = await start_rasa(settings, rasa_port, f"http://127.0.0.1:{port}")
        stack.push_async_callback(child.stop)
        web = await stack.enter_async_context(
            serve_web(settings, database, rasa, port, telegram=False)
        )
        if worker:
            await stack.enter_async_context(run_worker(settings, database, rasa, telegram=False))
        await until(rasa.ready, RASA_SECONDS, child)
        yield Stack(database, rasa, web.url)
