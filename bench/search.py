"""``python -m bench.search``: how long a search takes over 20,000 passages in 15 languages.

The passages are our own, over and over under other entries, with their vectors a little changed;
the questions are those that the tests ask, so that most of them are answered. The peer is what
PostgreSQL brings along, full-text search with ``ts_rank``, over the same passages in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.county import centres
from knowledge_base.content_files import CONTENT
from knowledge_base.embedding import question_vector
from knowledge_base.entries import DIMENSIONS
from knowledge_base.importer import import_folder
from knowledge_base.lexemes import count_words
from knowledge_base.search import search
from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.migrate import upgrade

QUESTIONS = Path(__file__).parents[1] / "tests" / "knowledge_base" / "questions"
VECTORS = Path(__file__).parents[1] / "var" / "embeddings.npz"
PASSAGES, ASKED, NOISE, SEED = 20_000, 300, 0.15, 11
WARM = 10

console = Console()

COPY_ENTRIES = text("""
insert into entries (id, kind, topic, also, centre, statuses, audience, rank, source_title,
  source_url, more_sources, checked_on, volatile, unconfirmed, position)
select id || '_' || :copy, kind, topic, also, :centre, statuses, audience, rank, source_title,
  source_url, more_sources, checked_on, volatile, unconfirmed, 0
from entries where id !~ '_copy'
""")
COPY_TEXTS = text("""
insert into entry_texts (entry_id, language, title, body, status, revision, updated_at)
select entry_id || '_' || :copy, language, title, body, status, 1, updated_at
from entry_texts where entry_id !~ '_copy'
""")
COPY_PASSAGES = text("""
insert into passages (text_id, entry_id, language, position, heading, body, embedding)
select t.id, t.entry_id, p.language, p.position, p.heading, p.body,
  cast(l2_normalize(p.embedding + cast(:shift as halfvec)) as halfvec)
from passages p
join entry_texts t on t.entry_id = p.entry_id || '_' || :copy and t.language = p.language
where p.entry_id !~ '_copy'
""")
PEER = text("""
select entry_id, max(ts_rank(words, query)) as rank
from passages, (select cast(replace(cast(plainto_tsquery(:question) as text), ' & ', ' | ')
  as tsquery) as query) asked
where words @@ query
group by entry_id order by rank desc limit 5
""")


async def fill(session: AsyncSession) -> int:
    """Copy our passages until there are enough; every second copy is another centre's."""
    await import_folder(session, CONTENT, list(centres()), cache_file=VECTORS)
    chance = np.random.default_rng(SEED)
    count, copy, names = 0, 0, list(centres())
    while count < PASSAGES:
        copy += 1
        shift = chance.normal(size=DIMENSIONS) * NOISE / DIMENSIONS**0.5
        values = {
            "copy": f"copy{copy}",
            "centre": names[copy % len(names)],
            "shift": "[" + ",".join(f"{one:.5f}" for one in shift) + "]",
        }
        for statement in (COPY_ENTRIES, COPY_TEXTS, COPY_PASSAGES):
            taken = {name: values[name] for name in values if f":{name}" in statement.text}
            await session.execute(statement, taken)
        count = await session.scalar(text("select count(*) from passages")) or 0
    await count_words(session)
    return count


def questions() -> list[tuple[str, str]]:
    """Return (language, question) of the tests, mixed."""
    found = [
        (one["lang"], one["question"])
        for path in sorted(QUESTIONS.glob("*.jsonl"))
        for one in map(json.loads, path.read_text("utf-8").splitlines())
    ]
    random.Random(SEED).shuffle(found)
    return found[:ASKED]


async def measure(database: Database) -> dict[str, list[float]]:
    """Return seconds by what was measured."""
    spent: dict[str, list[float]] = {"embedding": [], "search": [], "whole": [], "peer": []}
    for number, (language, question) in enumerate(questions()):
        started = time.perf_counter()
        vector = await question_vector(question)
        embedded = time.perf_counter()
        async with database.transaction() as session:
            await search(session, question, centre=next(iter(centres())), language=language,
                         embedding=vector)  # fmt: skip
        done = time.perf_counter()
        async with database.transaction() as session:
            await session.execute(PEER, {"question": question})
        peer = time.perf_counter()
        if number >= WARM:
            for name, seconds in (
                ("embedding", embedded - started),
                ("search", done - embedded),
                ("whole", done - started),
                ("peer", peer - done),
            ):
                spent[name].append(seconds)
    return spent


async def main(folder: Path) -> None:
    """Fill a database of its own, ask, print."""
    server = EmbeddedServer(folder / "postgres")
    try:
        url = server.url("bench")
        await ensure_database(url)
        await asyncio.to_thread(upgrade, url)
        database = Database(url, pool=2)
        async with database.transaction() as session:
            count = await fill(session)
        async with database.transaction() as session:
            await session.execute(text("analyze"))
        spent = await measure(database)
        await database.close()
    finally:
        server.stop()
    console.print(f"{count} passages, {len(spent['whole'])} questions; milliseconds p50 / p95:")
    for name, seconds in spent.items():
        p95 = statistics.quantiles(seconds, n=20)[-1]
        console.print(f"  {name:10} {statistics.median(seconds) * 1e3:6.1f} / {p95 * 1e3:6.1f}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(Path(place)))
