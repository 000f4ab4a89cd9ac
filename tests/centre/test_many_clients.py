"""200 people in four processes want the same morning: shown to go wrong without the guards."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from datetime import time
from pathlib import Path

from sqlalchemy import text

from centre.appointments import ManagerSettings, Room, WorkingHours
from centre.people import Person
from storage.engine import Database
from tests.centre.conftest import who
from tests.centre.many_clients import client

ROOT = Path(__file__).parents[2]
PROCESSES, CLIENTS = 4, 200
GUARDS = {
    "no_overlap_per_manager": ("manager_id", "blocked"),
    "no_overlap_per_person": ("person_id", "during"),
    "no_overlap_per_room": ("room_id", "during"),
    "no_overlap_per_interpreter": ("interpreter_id", "during"),
}
REFUSALS = {
    *("slot_taken", "slot_invalid", "already_booked", "too_many_appointments"),
    *("appointment_gone", "hold_gone"),
}


async def crowd(db: Database) -> None:
    """Two managers with buffers, one room, and many people."""
    async with db.transaction() as session:
        await session.execute(text("delete from working_hours"))
        await session.execute(text("delete from manager_settings"))
        for label, buffer in (("m-reutlingen-1", 15), ("m-reutlingen-2", 0)):
            session.add(ManagerSettings(manager_id=who(label), buffer_minutes=buffer))
            session.add(
                WorkingHours(
                    manager_id=who(label),
                    centre="reutlingen",
                    weekday=1,
                    start=time(9),
                    end=time(12),
                )
            )
        session.add(Room(centre="reutlingen", name="1"))
        session.add_all(Person(id=client(number), dialogue={}) for number in range(CLIENTS))


async def rush(url: str, seed: int) -> Counter[str]:
    """Let everybody act at once; return how often which end was met."""
    share = CLIENTS // PROCESSES
    command = [sys.executable, "-m", "tests.centre.many_clients", url]
    running = [
        await asyncio.create_subprocess_exec(
            *command, str(number), str(share), str(seed), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for number in range(PROCESSES)
    ]
    ends: Counter[str] = Counter()
    for process in running:
        out, _ = await process.communicate()
        assert process.returncode == 0
        ends.update(json.loads(out))
    return ends


async def overlaps(db: Database) -> dict[str, int]:
    found = {}
    async with db.transaction() as session:
        for name, (whose, when) in GUARDS.items():
            count = await session.scalar(
                text(
                    "select count(*) from appointments a join appointments b"
                    f" on a.{whose} = b.{whose} and a.id < b.id and a.{when} && b.{when}"
                    " where a.cancelled_at is null and b.cancelled_at is null"
                )
            )
            found[name] = int(count or 0)
    return found


async def test_without_the_guards_managers_rooms_and_interpreters_are_booked_twice(
    people: Database, db_url: str
) -> None:
    await crowd(people)
    async with people.transaction() as session:
        for name in GUARDS:
            await session.execute(text(f"alter table appointments drop constraint {name}"))
    await rush(db_url, 1)
    found = await overlaps(people)
    for name in ("manager", "room", "interpreter"):
        assert found[f"no_overlap_per_{name}"] > 0


async def test_with_the_guards_nothing_ever_overlaps_and_everybody_gets_a_clear_answer(
    people: Database, db_url: str
) -> None:
    await crowd(people)
    ends = await rush(db_url, 2)
    assert await overlaps(people) == dict.fromkeys(GUARDS, 0)
    assert ends["done"] > 0
    assert set(ends) - {"done"} <= REFUSALS
    assert sum(ends.values()) == CLIENTS * 2
