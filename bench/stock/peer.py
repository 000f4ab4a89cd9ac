"""Starting stock Rasa: its model, its PostgreSQL, its action server, itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import yaml

from bench.load import Dialect
from bench.processes import Failed, Started
from centre.demo import SOURCE, WEEKDAYS
from lotse.model import RASA
from lotse.processes import free_port
from lotse.settings import ROOT
from storage.embedded import EmbeddedServer
from storage.engine import ensure_database
from tests.telegram.peer import TOKEN, USERNAME

HERE = Path(__file__).parent
MODELS = ROOT / "var" / "bench"
LANGUAGES = ["de", "en"]
TRAINING_SECONDS = 1200
READY_SECONDS = 120
TABLES = """
create table stock_hours (manager text, weekday int, opens time, closes time);
create table stock_appointments (
  id bigserial primary key, manager text not null, person text not null, topic text not null,
  starts_at timestamptz not null, created_at timestamptz not null default now()
);
"""
DIALECT = Dialect(
    tap="/help",
    booking=(
        "/book_appointment",
        '/inform{"topic"',
        '/inform{"day"',
        '/inform{"time"',
        '/inform{"confirm":"yes"',
    ),
    booked=lambda arrival: arrival.call.text == "Your appointment is booked.",
)


@dataclass
class Stock:
    """What is running."""

    pids: list[int]
    postgres: Path
    url: str
    seconds: float

    def appointments(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("select count(*) from stock_appointments").fetchone()
        return int(row[0]) if row else 0

    def clear(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("delete from stock_appointments")


def training_data() -> dict[str, Any]:
    """Return our German and English examples of the intents that the stock domain has."""
    domain = yaml.safe_load((HERE / "domain.yml").read_text("utf-8"))
    examples: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for file in sorted((ROOT / "nlu" / "data" / language).glob("*.yml")):
            for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
                if block.get("intent") in domain["intents"]:
                    examples.setdefault(block["intent"], []).append(block["examples"].rstrip())
    return {
        "version": "3.1",
        "nlu": [
            {"intent": name, "examples": "\n".join(lines) + "\n"}
            for name, lines in sorted(examples.items())
        ],
    }


async def model(note: Any) -> Path:
    """Return the stock model, trained when what it is made of has changed.

    Raises:
        Failed: Rasa could not train it.
    """
    data = yaml.safe_dump(training_data(), allow_unicode=True, sort_keys=False)
    digest = hashlib.sha256(data.encode())
    for name in ("config.yml", "domain.yml", "rules.yml"):
        digest.update((HERE / name).read_bytes())
    found = MODELS / f"stock-{digest.hexdigest()[:16]}.tar.gz"
    if found.exists():
        return found
    note("training stock Rasa (once)")
    MODELS.mkdir(parents=True, exist_ok=True)
    nlu = MODELS / "stock-nlu.yml"
    nlu.write_text(data, "utf-8")
    command = ["nice", "-n", "10", str(RASA), "train", "--skip-validation"]
    command += ["--config", str(HERE / "config.yml"), "--domain", str(HERE / "domain.yml")]
    command += ["--data", str(nlu), str(HERE / "rules.yml"), "--out", str(MODELS)]
    command += ["--fixed-model-name", found.name.removesuffix(".tar.gz")]
    training = await Started.start(command, MODELS / "stock-train.log", _environment())
    try:
        await training.until_it_says("Your Rasa model is trained and saved", TRAINING_SECONDS)
    finally:
        await training.stop()
    if not found.exists():
        raise Failed(f"no model; see {training.log}")
    return found


@asynccontextmanager
async def running(telegram: str, var: Path, trained: Path) -> AsyncIterator[Stock]:
    """Start everything around an empty database in ``var``; stop it at the end.

    Raises:
        Failed: something did not start.
    """
    async with AsyncExitStack() as stack:
        (var / "postgres").mkdir(parents=True)
        server = EmbeddedServer(var / "postgres")
        stack.callback(server.stop)
        url = server.url("stock")
        await ensure_database(url)
        _fill(url)
        actions_port, port = free_port(), free_port()
        environment = _environment(
            STOCK_TELEGRAM_URL=telegram,
            STOCK_TOKEN=TOKEN,
            STOCK_BOT=USERNAME,
            STOCK_WEBHOOK_URL=f"http://127.0.0.1:{port}/webhooks/telegram/webhook",
            STOCK_ACTIONS_URL=f"http://127.0.0.1:{actions_port}/webhook",
            STOCK_DATABASE_URL=url,
        )
        began = asyncio.get_running_loop().time()
        command = [str(RASA.with_name("python")), "-m", "rasa_sdk", "--port", str(actions_port)]
        command += ["--actions", "bench.stock.actions"]
        actions = await Started.start(command, var / "actions.log", environment)
        stack.push_async_callback(actions.stop)
        command = [str(RASA), "run", "--interface", "127.0.0.1", "--port", str(port)]
        command += ["--model", str(trained), "--endpoints", str(HERE / "endpoints.yml")]
        command += ["--credentials", str(HERE / "credentials.yml"), "--enable-api"]
        rasa = await Started.start(command, var / "rasa.log", environment)
        stack.push_async_callback(rasa.stop)
        await _until_answering(f"http://127.0.0.1:{port}/status", rasa)
        await _until_answering(f"http://127.0.0.1:{actions_port}/health", actions)
        seconds = asyncio.get_running_loop().time() - began
        yield Stock([actions.pid, rasa.pid], var / "postgres", url, seconds)


async def _until_answering(url: str, process: Started) -> None:
    async with aiohttp.ClientSession() as client:
        for _ in range(READY_SECONDS * 5):
            try:
                async with client.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            if not process.alive:
                break
            await asyncio.sleep(0.2)
    raise Failed(f"{process.log}:\n{process.said()[-1500:]}")


def _environment(**more: str) -> dict[str, str | None]:
    """Return what one sets in production; the number of threads stays Rasa's own choice."""
    quiet: dict[str, str | None] = {
        "OMP_NUM_THREADS": None,  # the Makefile sets it for our own processes
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "WARNING",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }
    return {**quiet, **more}


def _fill(url: str) -> None:
    """Give the managers of the demonstration set the same hours."""
    managers = yaml.safe_load(SOURCE.read_text("utf-8"))["managers"]
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)
        for name, one in managers.items():
            for weekday, stretches in one["hours"].items():
                for stretch in stretches:
                    opens, closes = (
                        datetime.strptime(text, "%H:%M").time() for text in stretch.split("-")
                    )
                    connection.execute(
                        "insert into stock_hours values (%s, %s, %s, %s)",
                        (name, WEEKDAYS.index(weekday), opens, closes),
                    )
