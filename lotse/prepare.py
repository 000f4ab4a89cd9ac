"""Getting ready: database reachable and migrated, knowledge loaded, demonstration set present."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from centre import demo
from centre.county import centres
from centre.people import Person
from knowledge_base.importer import Report, import_folder
from lotse.settings import ROOT, Settings
from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.migrate import upgrade

CONTENT = ROOT / "knowledge_base" / "content"
DATABASE_NAME = "lotse"


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Yield the URL of a running PostgreSQL: the operator's, else the embedded one, held open."""
    if settings.database_url:
        yield settings.database_url
        return
    server = EmbeddedServer(settings.var / "postgres")
    try:
        yield server.url(DATABASE_NAME)
    finally:
        server.stop()


async def migrate(url: str) -> None:
    """Create the database when missing and bring it to the current schema."""
    await ensure_database(url)
    await asyncio.to_thread(upgrade, url)


async def load_knowledge(database: Database, settings: Settings) -> Report:
    """Import ``knowledge_base/content`` where it has changed; newer edits stay."""
    cache = settings.var / "embeddings.npz"
    async with database.transaction() as session:
        return await import_folder(
            session, CONTENT, list(centres()), withdraw=True, cache_file=cache
        )


def summary(report: Report) -> str:
    """Return one line on what an import did."""
    counts = {
        "new": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "kept because newer": report.kept_newer,
        "withdrawn": report.withdrawn,
    }
    return ", ".join(f"{len(texts)} {what}" for what, texts in counts.items() if texts) or "empty"


async def load_demo_once(database: Database) -> bool:
    """Load the fictional demonstration set into a database that knows nobody yet."""
    async with database.transaction() as session:
        if await session.scalar(select(func.count()).select_from(Person)):
            return False
        await demo.load(session)
        return True
