"""``python -m bench.translate``: how long machine translation takes, through two tiny real models.

The models are those of the tests (German to English, English to Persian), so the numbers say what
our own part costs, not how fast a large model is. The peer is Argos Translate's own ``translate``
in a thread of the same process, with its sentence splitter exchanged for ours: without that it
would download one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.migrate import upgrade
from translations.machine import engine, packages
from translations.machine.sentences import split
from translations.machine.translator import translate

TINY = Path(__file__).parents[1] / "tests" / "data" / "argos"
MESSAGES = (
    "Guten Tag.",
    "Ich brauche einen Termin.",
    "Bitte bringen Sie Ihren Ausweis mit.",
    "Haben Sie Fragen?",
    "Ihr Termin ist morgen.",
    "Wann haben Sie Zeit?",
    "Der Termin ist am 12. März um 9:30 Uhr.",
    "Rufen Sie 07121 123456 an.",
)
PASSAGES, SENTENCES, SEED, PAIR = 1_000, 3, 7, ("de", "fa")
TOGETHER, ALONE = 64, 16
"""Passages of a batch (eight articles have about so many lines), and those one by one between."""
WARM, ROUNDS, PEER_ROUNDS = 3, 25, 10
LONG = 3600.0
console = Console()


def passages(number: int) -> list[str]:
    """Return ``number`` different texts of a few sentences each."""
    chosen = random.Random(SEED)
    return [
        " ".join([*chosen.sample(MESSAGES, SENTENCES), f"Das kostet {index} Euro."])
        for index in range(number)
    ]


async def timed(work: Callable[[], Awaitable[Any]], rounds: int) -> list[float]:
    """Return the milliseconds of every round."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        await work()
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def shown(times: list[float]) -> str:
    """Return median and 95th percentile."""
    return f"{statistics.median(times):.1f} / {times[int(len(times) * 0.95) - 1]:.1f} ms"


async def live(session: AsyncSession) -> tuple[list[float], list[float]]:
    """Return the times of short messages through both models, and of the same from the cache."""

    async def one(text: str, keep: bool) -> None:
        await translate(session, [text], *PAIR, keep=keep)

    for text in MESSAGES * WARM:
        await one(text, False)
    uncached = []
    for text in MESSAGES:
        uncached += await timed(lambda text=text: one(text, False), ROUNDS)
    for text in MESSAGES:
        await one(text, True)
    cached = []
    for text in MESSAGES:
        cached += await timed(lambda text=text: one(text, True), ROUNDS)
    return sorted(uncached), sorted(cached)


async def drafting(session: AsyncSession, texts: list[str]) -> tuple[float, float]:
    """Return the seconds per passage of drafting, one by one and in batches.

    As drafting does, every result is looked up and kept; no text comes twice, so that nothing is
    found. Both take turns, because other programs may use the machine.
    """
    single, batched, alone = 0.0, 0.0, 0
    for at in range(0, len(texts), TOGETHER + ALONE):
        turn = texts[at : at + TOGETHER + ALONE]
        started = time.perf_counter()
        for text in turn[:ALONE]:
            await translate(session, [text], *PAIR, keep=True, seconds=LONG)
        middle = time.perf_counter()
        await translate(session, turn[ALONE:], *PAIR, keep=True, seconds=LONG)
        single += middle - started
        batched += time.perf_counter() - middle
        alone += len(turn[:ALONE])
    return single / alone, batched / (len(texts) - alone)


async def peer() -> list[float]:
    """Return the times of the same messages through Argos Translate's own function."""
    engine.settle(packages.home())
    import argostranslate.translate as argos

    class Ours:
        def split_sentences(self, text: str) -> list[str]:
            return [sentence for sentence, _ in split(text)]

    for language in argos.get_installed_languages():
        for way in language.translations_from:
            if (inner := getattr(way, "underlying", None)) is not None:
                inner.sentencizer = Ours()

    async def one(text: str) -> None:
        await asyncio.to_thread(argos.translate, text, *PAIR)

    for text in MESSAGES:
        await one(text)
    times = []
    for number in range(PEER_ROUNDS):
        for text in MESSAGES:
            # Argos remembers the last text; another space makes it another one.
            times += await timed(lambda text=text + " " * (number % 2): one(text), 1)
    return sorted(times)


async def measure(number: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder) / "postgres")
        os.environ["LOTSE_TRANSLATION_MODELS"] = f"{folder}/argos"
        started = time.perf_counter()
        for file in sorted(TINY.glob("*.argosmodel")):
            await asyncio.to_thread(packages.install, file)
        console.print(f"installing two packages: {time.perf_counter() - started:.1f} s")
        await ensure_database(server.url("bench"))
        upgrade(server.url("bench"))
        database = Database(server.url("bench"), pool=2)
        async with database.transaction() as session:
            uncached, cached = await live(session)
            console.print(f"short message, two models: {shown(uncached)} (aim < 50)")
            console.print(f"the same from the cache: {shown(cached)} (aim < 2)")
            single, batched = await drafting(session, passages(number))
            console.print(
                f"{number} passages: one by one {single * number:.1f} s, in batches"
                f" {batched * number:.1f} s, {single / batched:.1f} times faster (aim 3); load"
                f" {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            )
        await database.close()
        engine.stop()
        console.print(f"peer, argostranslate.translate: {shown(await peer())}")
        server.stop()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=PASSAGES)
    asyncio.run(measure(parser.parse_args().passages))


if __name__ == "__main__":
    main()
