"""The vectors that come with the project, so that a first start need not compute thousands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from knowledge_base.check import load
from knowledge_base.content_files import EntryHead
from knowledge_base.embedding import Asked, Progress, passage_asks, ship
from knowledge_base.importer import OFF_TOPIC
from knowledge_base.passages import split


def asks(folders: Iterable[Path], centres: Iterable[str]) -> Iterator[Asked]:
    """Yield everything that the encoder is asked when these folders of content are imported."""
    names = list(centres)
    for folder in folders:
        files = load(folder, names)[0]
        topics = {
            file.head.id: file.head.topic for file in files if isinstance(file.head, EntryHead)
        }
        for file in files:
            for part in split(file.head.title, file.body):
                topic = topics[file.head.id]
                yield from passage_asks(file.head.title, part.heading, part.body, topic)
    for sentence in yaml.safe_load(OFF_TOPIC.read_text("utf-8")):
        yield "query", sentence


async def make(
    folders: Iterable[Path], centres: Iterable[str], progress: Progress | None = None
) -> int:
    """Write the shipped vectors anew; return how many had to be computed."""
    return await ship(asks(folders, centres), progress)
