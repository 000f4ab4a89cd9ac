"""Guards that must survive every migration, and a schema that matches the models."""

from __future__ import annotations

import psycopg
import pytest
from alembic import command
from sqlalchemy import text

from storage.engine import Database
from storage.migrate import config

GUARDS = {
    "no_overlap_per_manager",
    "no_overlap_per_person",
    "no_overlap_per_room",
    "no_overlap_per_interpreter",
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


BEFORE_0004 = """
insert into people (id, role, centre, created_at, dialogue) values
  ('00000000-0000-0000-0000-00000000000a', 'manager', 'reutlingen', now(), '{}'),
  ('00000000-0000-0000-0000-00000000000b', 'refugee', 'reutlingen', now(), '{}');
insert into working_hours (manager_id, weekday, start, "end")
  values ('00000000-0000-0000-0000-00000000000a', 0, '09:00', '12:00');
insert into appointments (manager_id, person_id, centre, topic, language, during, created_at)
  values ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b',
    'reutlingen', 'other', 'de', '[2026-12-07 09:00+01, 2026-12-07 09:30+01)', now());
"""
AGAIN = """
insert into appointments (manager_id, person_id, centre, topic, language, during, created_at)
  select manager_id, manager_id, centre, topic, language, during, now() from appointments
"""


def test_appointments_and_hours_outlive_the_fourth_migration_there_and_back(db_url: str) -> None:
    command.downgrade(config(db_url), "0003")
    with psycopg.connect(db_url) as connection:
        connection.execute(BEFORE_0004)
    command.upgrade(config(db_url), "head")
    with psycopg.connect(db_url) as connection:
        one = connection.execute(
            "select kind, blocked = during, changed_at = created_at, held_until from appointments"
        )
        assert one.fetchall() == [("follow_up", True, True, None)]
        hours = connection.execute("select centre, open_consultation from working_hours")
        assert hours.fetchall() == [("reutlingen", False)]
    command.downgrade(config(db_url), "0003")
    with psycopg.connect(db_url) as connection:
        kept = connection.execute(
            "select topic, (select count(*) from working_hours) from appointments"
        )
        assert kept.fetchall() == [("other", 1)]
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(AGAIN)
