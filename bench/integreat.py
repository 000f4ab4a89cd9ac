"""``python -m bench.integreat FILE…``: how long an import of a region's pages takes, and again.

The first run computes every vector anew on all cores; the second, with the same files, finds
nothing changed. Wall time depends on what else runs: the load and the processor time say it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import func, select

from bench import machine
from knowledge_base.content_files import topics
from knowledge_base.entries import Passage
from knowledge_base.integreat.gather import gather
from knowledge_base.integreat.take import take
from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.migrate import upgrade
from translations.catalogue import say

console = Console()


async def measure(sources: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder) / "postgres")
        try:
            url = server.url("bench")
            await ensure_database(url)
            await asyncio.to_thread(upgrade, url)
            database = Database(url, pool=2)
            cache = Path(folder) / "embeddings.npz"
            runs = [await once(database, sources, cache) for _ in range(2)]
            async with database.transaction() as session:
                passages = await session.scalar(select(func.count()).select_from(Passage))
            await database.close()
        finally:
            server.stop()
    return {
        "machine": machine.describe(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "passages": passages,
        "first": runs[0],
        "second": runs[1],
    }


async def once(database: Database, sources: list[str], cache: Path) -> dict[str, Any]:
    names = {topic: say(f"topic.{topic}", "de") for topic in topics()}
    load = os.getloadavg()[0]
    started, worked = time.perf_counter(), time.process_time()
    feed = await gather(sources)
    async with database.transaction() as session:
        report = await take(session, feed, "all", names, cache_file=cache)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "processor_seconds": round(time.process_time() - worked, 1),
        "load_before": round(load, 2),
        "pages": {language: len(pages) for language, pages in feed.pages.items()},
        "new": len(report.added),
        "unchanged": len(report.unchanged),
        "vectors": report.embedded,
        "problems": len(report.problems),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="Integreat's lists of pages")
    parser.add_argument("--out", type=Path, help="where to write the results as JSON")
    arguments = parser.parse_args()
    results = asyncio.run(measure(arguments.files))
    console.print_json(json.dumps(results))
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
