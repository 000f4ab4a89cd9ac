"""Guards that must survive every migration, and a schema that matches the models."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from storage.engine import Database
from storage.migrate import config

GUARDS = {
    "no_overlap_per_manager",
    "no_overlap_per_person",
    "one_active_handoff_per_person",
    "one_match_per_helper",
    "uq_updates_channel",
    "uq_addresses_channel",
}


async def test_every_guard_exists_after_upgrading(db: Database) -> None:
    async with db.transaction() as session:
        constraints = await session.scalars(text("select conname from pg_constraint"))
        indexes = await session.scalars(text("select indexname from pg_indexes"))
        found = set(constraints) | set(indexes)
    assert found >= GUARDS


async def test_the_models_need_no_further_migration(db: Database) -> None:
    command.check(config(db.url))


async def test_upgrading_twice_changes_nothing(db: Database) -> None:
    command.upgrade(config(db.url), "head")
