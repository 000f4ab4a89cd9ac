"""A person, a manager and an interpreter for Tigrinya or Somali: what each of them does."""

from __future__ import annotations

import uuid
from datetime import datetime

from centre import appointments
from centre.appointments import (
    Appointment,
    Needs,
    Wish,
    three_way,
)
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from translations.catalogue import catalogue, template

THURSDAY = berlin(2026, 12, 3, 9, 0)
FIRST, SECOND = "m-reutlingen-1", "m-reutlingen-2"


async def hold(
    db: Database,
    person: str = "p4",
    start: datetime = THURSDAY,
    language: str = "ti",
    manager: str = FIRST,
) -> Appointment:
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who(person),
            wish=Wish("reutlingen", managers=(who(manager),)),
            topic="ask_work",
            start=start,
            language=language,
            request_key=None,
            needs=Needs(interpreter_language=language),
            hold=appointments.hold_for_person(),
        )


async def request(db: Database, held: Appointment) -> bool:
    async with db.transaction() as session:
        found = await session.get_one(Appointment, held.id)
        return await three_way.request(session, found)


async def asked(db: Database, number: int) -> uuid.UUID | None:
    async with db.transaction() as session:
        return (await session.get_one(Appointment, number)).interpreter_id


async def first_asked(db: Database, held: Appointment) -> uuid.UUID:
    """Look for an interpreter; return who is asked first."""
    assert await request(db, held)
    helper = await asked(db, held.id)
    assert helper is not None
    return helper


async def accept(db: Database, number: int, helper: uuid.UUID) -> Appointment:
    async with db.transaction() as session:
        return await three_way.accept(session, number, helper)


async def decline(db: Database, number: int, helper: uuid.UUID) -> None:
    async with db.transaction() as session:
        await three_way.decline(session, number, helper)


async def last(db: Database, person: str | uuid.UUID) -> str:
    async with db.transaction() as session:
        return (await sent_to(session, person))[-1].text


def begins(key: str, language: str) -> str:
    """The words of a text before its first placeholder."""
    return say_template(key, language).split("{")[0]


def say_template(key: str, language: str) -> str:
    return (catalogue(language).get(key) or template()[key])[0]
