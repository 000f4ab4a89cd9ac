"""The demonstration's people: fictional, the same on every machine, opaque ids included."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.tables import ManagerSettings, WorkingHours
from centre.people import Address, Person, consent
from centre.pool.tables import InterpreterLanguage

SOURCE = Path(__file__).with_name("demo.yml")
CHANNEL = "script"
STAFF_LANGUAGE = "de"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
IDS = uuid.uuid5(uuid.NAMESPACE_URL, "lotse:demo")
# Bookkeeping without a reference to people, so that it does not go with them. Deleted, not
# truncated: a truncation would take every table along that refers to one of these.
LEFTOVERS = ("procrastinate_periodic_defers", "procrastinate_jobs", "updates", "outgoing_messages")


def person_id(label: str) -> uuid.UUID:
    """Return the opaque id of the demonstration's person ``label`` (``p1``, ``i-ar-1``, …)."""
    return uuid.uuid5(IDS, label)


async def load(session: AsyncSession) -> None:
    """Add the demonstration's people, each reached at channel ``script`` under their label.

    Whoever is there already is left as they are.
    """
    data: dict[str, dict[str, Any]] = yaml.safe_load(SOURCE.read_text("utf-8"))
    for label, one in data["managers"].items():
        added = await _add(session, label, "manager", STAFF_LANGUAGE, one["name"], one["centre"])
        if added is not None:
            session.add_all(_hours(added.id, one["centre"], one["hours"]))
            session.add_all(_hours(added.id, one["centre"], one.get("open", {}), is_open=True))
            session.add(
                ManagerSettings(
                    manager_id=added.id,
                    gender=one["gender"],
                    languages=one["languages"],
                    municipalities=one["municipalities"],
                )
            )
    for language, names in data["interpreters"].items():
        for number, name in enumerate(names, start=1):
            label = f"i-{language}-{number}"
            added = await _add(session, label, "interpreter", language, name, None)
            if added is not None:
                session.add(InterpreterLanguage(person_id=added.id, language=language))
    for label, one in data["refugees"].items():
        await _add(session, label, "refugee", one["language"], None, one["centre"])
    for label, one in data["others"].items():
        await _add(session, label, one["role"], STAFF_LANGUAGE, one["name"], one["centre"])
    await session.flush()


async def reset(session: AsyncSession) -> None:
    """Remove every person with all that is theirs, all messages and jobs, then :func:`load`."""
    await session.execute(delete(Person))
    session.expunge_all()
    for table in LEFTOVERS:
        if await session.scalar(text("select to_regclass(:table)"), {"table": table}):
            await session.execute(text(f"delete from {table}"))  # noqa: S608 - our constants
    for table in ("appointments", "handoffs"):
        # Numbers start again, so that a script on the fresh set gives the same every time.
        await session.execute(
            select(func.setval(func.pg_get_serial_sequence(table, "id"), 1, False))
        )
    await load(session)


async def _add(
    session: AsyncSession,
    label: str,
    role: str,
    language: str,
    name: str | None,
    centre: str | None,
) -> Person | None:
    if await session.get(Person, person_id(label)) is not None:
        return None
    person = Person(
        id=person_id(label), role=role, name=name, language=language, centre=centre, dialogue={}
    )
    consent(person)
    session.add(person)
    await session.flush()
    session.add(Address(person_id=person.id, channel=CHANNEL, address=label))
    return person


def _hours(
    manager_id: uuid.UUID, centre: str, week: dict[str, list[str]], *, is_open: bool = False
) -> list[WorkingHours]:
    return [
        WorkingHours(
            manager_id=manager_id,
            centre=centre,
            weekday=WEEKDAYS.index(weekday),
            start=start,
            end=end,
            open_consultation=is_open,
        )
        for weekday, stretches in week.items()
        for start, end in map(_stretch, stretches)
    ]


def _stretch(written: str) -> tuple[time, time]:
    start, end = (datetime.strptime(one, "%H:%M").time() for one in written.split("-"))
    return start, end
