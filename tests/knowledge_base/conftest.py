"""The committed content, imported once; and small folders to do wrong in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from knowledge_base.content_files import CONTENT
from knowledge_base.importer import import_folder
from storage.embedded import EmbeddedServer
from storage.engine import Database

CENTRES = ("reutlingen", "muensingen", "dettingen")
LIBRARY = "lotse_test_library"
# Vectors by content, kept between runs like those of the running system.
VECTORS = Path(__file__).parents[2] / "var" / "embeddings.npz"

GERMAN = """---
id: {id}
kind: article
topic: {topic}
also: []
centre: {centre}
statuses:
- any
audience:
- everyone
rank: 1
source:
  title: Beispielamt
  url: https://example.org/
  date: '2026'
checked_on: 2026-11-01
valid_from: null
valid_until: null
volatile: false
unconfirmed: false
supersedes: null
title: {title}
---

{body}
"""
ENGLISH = """---
id: {id}
title: {title}
status: unreviewed
translated_from: '{made_from}'
---

{body}
"""


@pytest_asyncio.fixture(scope="session")
async def library(server: EmbeddedServer, template: str) -> AsyncIterator[Database]:
    """A database that holds the committed content; tests only read it."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {LIBRARY} with (force)")
        admin.execute(f"create database {LIBRARY} template {template}")
    database = Database(server.url(LIBRARY))
    async with database.transaction() as session:
        await import_folder(session, CONTENT, CENTRES, cache_file=VECTORS)
    yield database
    await database.close()


Write = Callable[..., Path]


@pytest.fixture
def german(tmp_path: Path) -> Write:
    """Write a German file below ``content/`` and return its path; the rest has defaults."""

    def write(entry_id: str = "kita", centre: str = "all", **values: str) -> Path:
        fields = {"topic": "ask_childcare", "title": "Kita", "body": "Jedes Kind darf."} | values
        path = tmp_path / "content" / centre / f"{entry_id}.de.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GERMAN.format(id=entry_id, centre=centre, **fields), "utf-8")
        return path

    return write


@pytest.fixture
def english(tmp_path: Path) -> Write:
    """Write an English file below ``content/`` and return its path."""

    def write(entry_id: str = "kita", centre: str = "all", **values: str) -> Path:
        fields = {"title": "Nursery", "body": "Every child may.", "made_from": "0" * 12} | values
        path = tmp_path / "content" / centre / f"{entry_id}.en.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ENGLISH.format(id=entry_id, **fields), "utf-8")
        return path

    return write


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return tmp_path / "content"
