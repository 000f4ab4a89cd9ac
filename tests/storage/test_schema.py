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
    "one_talk_per_adviser",
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


def bring_up(db_url: str, revision: str, rows: str) -> None:
    """Store rows as an older version did, then come up to today's."""
    command.downgrade(config(db_url), revision)
    with psycopg.connect(db_url) as connection:
        connection.execute(rows)
    command.upgrade(config(db_url), "head")


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
    bring_up(db_url, "0003", BEFORE_0004)
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


BEFORE_0007 = """
insert into people (id, role, created_at, dialogue)
  values ('00000000-0000-0000-0000-00000000000a', 'refugee', now(), '{}');
insert into outgoing_messages (person_id, channel, address, content, created_at, status, sent_as)
  select '00000000-0000-0000-0000-00000000000a', 'telegram', '5', '{}', now(), status, sent_as
  from (values ('sent', 900), ('waiting', null), ('waiting', null)) as made(status, sent_as);
insert into deliveries (message_id, parts_sent, attempts)
  select max(id), 2, 1 from outgoing_messages;
"""


def test_a_half_sent_message_goes_on_where_it_stopped_after_the_seventh(db_url: str) -> None:
    bring_up(db_url, "0006", BEFORE_0007)
    with psycopg.connect(db_url) as connection:
        got = connection.execute("select cardinality(sent_as) from outgoing_messages order by id")
        assert got.fetchall() == [(1,), (0,), (2,)]
    command.downgrade(config(db_url), "0006")
    with psycopg.connect(db_url) as connection:
        kept = connection.execute(
            "select sent_as, parts_sent from outgoing_messages"
            " left join deliveries on message_id = id order by id"
        )
        assert kept.fetchall() == [(900, None), (None, None), (0, 2)]


BEFORE_0005 = """
insert into people (id, role, created_at, dialogue) values
  ('00000000-0000-0000-0000-00000000000a', 'manager', now(), '{}'),
  ('00000000-0000-0000-0000-00000000000b', 'interpreter', now(), '{}'),
  ('00000000-0000-0000-0000-00000000000c', 'refugee', now(), '{}'),
  ('00000000-0000-0000-0000-00000000000d', 'refugee', now(), '{}');
insert into handoffs (kind, person_id, helper_id, centre, language, status, urgent, created_at)
  values ('interpreter', '00000000-0000-0000-0000-00000000000c',
    '00000000-0000-0000-0000-00000000000b', 'reutlingen', 'ar', 'matched', false, now()),
    ('human', '00000000-0000-0000-0000-00000000000d', null, 'reutlingen', 'fa', 'open', false,
    now());
insert into handoff_asks (handoff_id, helper_id)
  select h.id, p.id from handoffs h, people p where p.role in ('manager', 'interpreter');
"""


def test_talks_and_requests_under_way_go_on_after_the_fifth_migration(db_url: str) -> None:
    bring_up(db_url, "0004", BEFORE_0005)
    with psycopg.connect(db_url) as connection:
        talks = connection.execute(
            "select kind, stage, spoken from handoffs order by id"
        ).fetchall()
        asks = connection.execute(
            "select h.kind, p.role, a.language from handoff_asks a"
            " join handoffs h on h.id = a.handoff_id join people p on p.id = a.helper_id"
            " order by h.id, p.role"
        ).fetchall()
    assert talks == [("interpreter", "interpreters", "ar"), ("human", "managers", None)]
    assert asks == [
        ("interpreter", "interpreter", "ar"),
        ("interpreter", "manager", None),
        ("human", "interpreter", None),
        ("human", "manager", None),
    ]
