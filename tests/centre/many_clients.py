"""One process of many clients who book, hold, move and cancel at once; run by test_many_clients.

``python -m tests.centre.many_clients URL NUMBER PERSONS SEED GUARDED`` prints one JSON object: how
many ended with what.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import uuid
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments
from centre.appointments import Appointment, Wish, guard
from centre.appointments.reasons import FOR_INTERPRETER
from storage import clock
from storage.engine import Database
from storage.errors import LotseError
from tests.centre.conftest import who

KINDS = ("documents", "follow_up", "first", "phone")
INTERPRETERS = (who("i-ar-1"), who("i-ar-2"))
START = datetime(2026, 12, 1, 9, 0, tzinfo=clock.BERLIN)
IDS = uuid.uuid5(uuid.NAMESPACE_URL, "lotse:many-clients")


def client(number: int) -> uuid.UUID:
    """Return the opaque id of one of the many."""
    return uuid.uuid5(IDS, str(number))


async def act(db: Database, person: uuid.UUID, chance: random.Random, seen: Counter[str]) -> None:
    """Do what a person may do in a few minutes; every end is either good or a typed refusal."""
    mine: Appointment | None = None
    for _ in range(2):
        try:
            mine = await step(db, person, chance, mine)
            seen["done"] += 1
        except LotseError as error:
            seen[error.code] += 1


async def step(
    db: Database, person: uuid.UUID, chance: random.Random, mine: Appointment | None
) -> Appointment | None:
    kind = chance.choice(KINDS)
    start = START + timedelta(minutes=15 * chance.randrange(12))
    what = chance.choice(("book", "book", "hold", "three", "move", "cancel"))

    async def take(session: AsyncSession, hold: appointments.Hold | None = None) -> Appointment:
        return await appointments.take(
            session,
            person_id=person,
            wish=Wish("reutlingen", kind),
            topic="other",
            start=start,
            language="en",
            request_key=None,
            hold=hold,
        )

    if mine is None and what in ("move", "cancel"):
        what = "book"
    if what == "cancel" and mine is not None:
        number = mine.id
        await db.run(lambda session: appointments.cancel(session, number, person))
        return None
    if what == "book":
        return await db.run(take)
    moves = mine.id if what == "move" and mine is not None else None
    hold = appointments.hold_for_person(moves)
    if what == "three":
        hold = replace(hold, reason=FOR_INTERPRETER, interpreter_id=chance.choice(INTERPRETERS))
    held = await db.run(lambda session: take(session, hold))
    return await db.run(lambda session: appointments.confirm(session, held.id, person))


def linger() -> None:
    """Wait between looking and leaping, as a slow machine would: so that guards have work."""
    claim = guard._claim

    async def slowly(session: AsyncSession, **values: Any) -> Appointment | None:
        await asyncio.sleep(0.05)
        return await claim(session, **values)

    guard._claim = slowly


async def main(url: str, number: int, persons: int, seed: int) -> Counter[str]:
    clock.set_now(datetime(2026, 11, 30, 8, 0, tzinfo=clock.BERLIN))
    linger()
    db = Database(url, pool=7)
    seen: Counter[str] = Counter()
    chance = random.Random(seed + number)
    await asyncio.gather(
        *(act(db, client(number * persons + one), chance, seen) for one in range(persons))
    )
    await db.close()
    return seen


if __name__ == "__main__":
    url, *numbers = sys.argv[1:]
    print(json.dumps(asyncio.run(main(url, *map(int, numbers)))))
