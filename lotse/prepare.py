"""Getting ready: database reachable and migrated, knowledge loaded, demonstration set present."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from centre import demo
from centre.county import centres, municipalities
from centre.people import Person
from knowledge_base.importer import Report, import_folder
from lotse.settings import ROOT, Settings
from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.migrate import upgrade

CONTENT = ROOT / "knowledge_base" / "content"
DEMO = ROOT / "knowledge_base" / "demo"
DEMO_ORIGIN = "demo"
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
            session,
            CONTENT,
            list(centres()),
            withdraw=True,
            cache_file=cache,
            municipalities=municipalities(),
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
    await load_demo_offers(database)
    return True


async def load_demo_offers(database: Database) -> Report:
    """Load the demonstration's fictional offers; never into a database that serves real people."""
    async with database.transaction() as session:
        return await import_folder(
            session,
            DEMO,
            list(centres()),
            withdraw=True,
            municipalities=municipalities(),
            origin=DEMO_ORIGIN,
        )
