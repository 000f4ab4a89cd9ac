"""``make run``: everything on one machine, started in order, stopped together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

import aiohttp
from rich.console import Console

from bot.rasa import Rasa
from lotse import model, prepare
from lotse.ask import ask_test_question
from lotse.processes import Child, StartFailed, free_port, start_rasa, until
from lotse.settings import Settings
from storage.engine import Database
from web.staff import admin_link

console = Console()
RASA_SECONDS = 180
WEB_SECONDS = 60


async def run(settings: Settings) -> int:
    """Start everything, say where it is, and wait for Ctrl-C.

    Returns:
        The exit status: 0 after Ctrl-C, 1 when a process could not start or died.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    started = time.monotonic()
    children: list[Child] = []
    with prepare.database_url(settings) as url:
        try:
            working = asyncio.create_task(_start(settings, url, children, started))
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                return 0
            working.result()
            return await _until_stopped(waiting, children)
        except StartFailed as error:
            console.print(
                f"[red]Could not start {error.data['name']}.[/red] See {error.data['log']}"
            )
            return 1
        finally:
            console.print("Stopping …")
            await asyncio.gather(*(child.stop() for child in reversed(children)))
            console.print("Stopped.")


async def _start(settings: Settings, url: str, children: list[Child], started: float) -> None:
    _step("PostgreSQL is running; bringing the schema up to date")
    await prepare.migrate(url)
    database = Database(url, pool=2)
    port = free_port(settings.port)
    base = settings.public_url or f"http://{settings.host}:{port}"
    # Any free port: Rasa takes seconds to listen, so a fixed one could be promised to two of us.
    rasa_port = free_port()
    rasa_url = settings.rasa_url or f"http://127.0.0.1:{rasa_port}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "RASA_URL": rasa_url,
        "LOTSE_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    _step("Loading the knowledge")
    loading = asyncio.create_task(prepare.load_knowledge(database, settings))
    if settings.rasa_url is None:
        if not model.is_current(settings):
            _step("Training the Rasa model (a few minutes, only when its inputs changed)")
            await asyncio.to_thread(model.train, settings)
        _step("Starting Rasa")
        children.append(await start_rasa(settings, rasa_port, f"http://127.0.0.1:{port}"))
    console.print(f"  knowledge: {prepare.summary(await loading)}")
    # An operator's own database never gets fictional people; the embedded one is for trying out.
    if settings.database_url is None and await prepare.load_demo_once(database):
        console.print("  the database was empty: a small fictional set of people was loaded")
    for name in ("web", "worker"):
        _step(f"Starting {name}")
        command = [sys.executable, "-m", "lotse", name]
        log = settings.var / "logs" / f"{name}.log"
        children.append(await Child.start(name, command, log, environment))
    await until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), WEB_SECONDS, children[-2])
    rasa = Rasa(rasa_url, settings.secret("rasa"))
    try:
        _step("Waiting for Rasa")
        rasa_child = children[0] if settings.rasa_url is None else None
        await until(rasa.ready, RASA_SECONDS, rasa_child)
    finally:
        await rasa.close()
    _step("Asking a test question")
    seconds = await ask_test_question(database)
    async with database.transaction() as session:
        link = await admin_link(session, base)
    await database.close()
    took = time.monotonic() - started
    console.print(f"\n[bold green]Lotse is ready[/bold green] after {took:.0f} s.")
    console.print(f"  test question answered in {seconds * 1000:.0f} ms")
    console.print(f"  chat:      {base}/chat", soft_wrap=True)
    console.print(f"  staff:     {link}  (one-time link)", soft_wrap=True)
    if settings.telegram_token:
        how = "webhook" if settings.telegram_webhook else "polling"
        console.print(f"  Telegram:  connected ({how})")
    else:
        console.print("  Telegram:  not connected; set TELEGRAM_TOKEN (see README.md)")
    console.print("Ctrl-C stops everything.")


async def _until_stopped(waiting: asyncio.Task[Any], children: list[Child]) -> int:
    """Wait for Ctrl-C; a process that dies is started again by nobody, so say so and end."""
    ends = {child.name: asyncio.create_task(child.process.wait()) for child in children}
    done, _ = await asyncio.wait({waiting, *ends.values()}, return_when=asyncio.FIRST_COMPLETED)
    for task in ends.values():
        task.cancel()
    if waiting in done:
        return 0
    dead = next(child for child in children if ends[child.name] in done)
    console.print(f"[red]{dead.name} has ended.[/red] See {dead.log}")
    return 1


def _step(text: str) -> None:
    console.print(f"[cyan]•[/cyan] {text}")


async def _answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
