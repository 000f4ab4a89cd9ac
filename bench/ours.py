"""Starting Lotse as ``make run`` does, in a folder of its own, towards the emulated Telegram."""

from __future__ import annotations

import itertools
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import yaml

from bench.load import Dialect, tap
from bench.processes import Started
from bench.telegram import TOKEN, Arrival, BenchPeer, Chat
from centre.county import centres
from lotse import model
from lotse.prepare import DATABASE_NAME
from lotse.processes import free_port
from lotse.settings import ROOT
from storage.embedded import EmbeddedServer

READY_SECONDS = 240
CONTACT_SECONDS = 60.0
DIALECT = Dialect(
    tap="/help",
    booking=(
        "/book_appointment",
        '/choose{"topic"',
        '/choose{"booking_kind":"follow_up',
        '/choose{"booking_who":"any',
        '/choose{"booking_day":"2',
        '/choose{"booking_time":"2',
        '/choose{"booking_needs":"none',
        tuple(f'/choose{{"confirm_booking":"{digit}' for digit in range(1, 10)),
    ),
    # The calendar file comes with the confirmation and with nothing else.
    booked=lambda arrival: arrival.call.method == "sendDocument",
)


@dataclass
class Lotse:
    """What is running, and how long it took."""

    pids: list[int]
    postgres: Path
    url: str
    seconds: float

    def count(self, query: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def answered(self) -> int:
        return self.count("select count(*) from updates where answered_at is not null")

    def waiting(self) -> int:
        return self.count("select count(*) from outgoing_messages where status = 'waiting'")

    def appointments(self) -> int:
        return self.count("select count(*) from appointments")

    def clear(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("delete from appointments")


def prepare(var: Path) -> bool:
    """Put the trained model into ``var``; return whether it fits its inputs."""
    target = var / "models"
    if not target.exists():
        shutil.copytree(ROOT / "var" / "models", target)
    stamp = next(target.glob("*.fingerprint"))
    current = stamp.read_text() == model.fingerprint()
    # A model that is out of date answers as fast; training it here would take minutes.
    stamp.write_text(model.fingerprint())
    return current


@asynccontextmanager
async def running(telegram: str, var: Path, webhook: bool) -> AsyncIterator[Lotse]:
    """Run ``lotse run`` until the block ends.

    Raises:
        bench.processes.Failed: it did not become ready.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment: dict[str, str | None] = {
        "LOTSE_VAR": str(var),
        "LOTSE_PORT": str(port),
        "LOTSE_NOW": None,
        "LOTSE_QUEUE": None,
        "LOTSE_SECRET": None,
        "DATABASE_URL": None,
        "RASA_URL": None,
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram,
        "TELEGRAM_WEBHOOK_URL": address if webhook else None,
        "PYTHONUNBUFFERED": "1",
    }
    log = var / f"run-{'webhook' if webhook else 'polling'}.log"
    command = [sys.executable, "-m", "lotse", "run"]
    began = time.perf_counter()
    process = await Started.start(command, log, environment)
    server = None
    try:
        await process.until_it_says("Lotse is ready", READY_SECONDS)
        seconds = time.perf_counter() - began
        server = EmbeddedServer(var / "postgres")
        yield Lotse([process.pid], var / "postgres", server.url(DATABASE_NAME), seconds)
    finally:
        # Let go first: the server ends with whoever holds it last, and that is to be Lotse.
        if server is not None:
            server.stop()
        await process.stop(signal.SIGINT)


async def first_contact(peer: BenchPeer, chat: Chat, centre: str) -> bool:
    """Say hello as a newcomer does: language, centre, consent."""
    chat.forget()
    choices = [
        f'/choose{{"language":"{chat.language}"}}',
        f'/choose{{"centre":"{centre}"}}',
        '/choose{"consent":"yes"}',
        "/help",
    ]
    await peer.say(chat.number, "/start", chat.language)
    arrival = await chat.until(lambda one: choices[0] in one.buttons, CONTACT_SECONDS)
    for before, after in itertools.pairwise(choices):
        if arrival is None:
            return False
        answer = await tap(peer, chat, before, _offers(after.partition(":")[0]))
        arrival = None if answer is None else answer[1]
    return arrival is not None


def _offers(beginning: str) -> Callable[[Arrival], bool]:
    return lambda one: any(data.startswith(beginning) for data in one.buttons)


def centre_names() -> list[str]:
    """Return the ids of the centres."""
    return list(centres())


def questions(languages: list[str]) -> dict[str, list[str]]:
    """Return sentences by language that no training has seen, one topic after the other."""
    found: dict[str, list[str]] = {}
    for language in languages:
        file = ROOT / "tests" / "nlu" / language / "plain.yml"
        for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            if block["intent"].startswith("ask_"):
                lines = block["examples"].splitlines()
                found.setdefault(language, []).extend(line[2:].strip() for line in lines if line)
    return found
