"""The demonstration's people, and ways to look at what was sent to whom."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import demo
from centre.people import Address, Person
from storage.engine import Database
from storage.outbox import Content, OutgoingMessage

BERLIN = ZoneInfo("Europe/Berlin")


@pytest_asyncio.fixture
async def people(db: Database, monday_morning: datetime) -> AsyncIterator[Database]:
    """The demonstration's people at Monday 30 November 2026, 08:00 in Berlin."""
    async with db.transaction() as session:
        await demo.load(session)
    yield db


def who(label: str) -> uuid.UUID:
    return demo.person_id(label)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc, arg-type]


async def sent_to(session: AsyncSession, person: uuid.UUID | str) -> list[Content]:
    """What a person was sent so far, in order."""
    person_id = who(person) if isinstance(person, str) else person
    rows = await session.scalars(
        select(OutgoingMessage.content)
        .where(OutgoingMessage.person_id == person_id)
        .order_by(OutgoingMessage.id)
    )
    return [Content.model_validate(row) for row in rows]


async def new_person(
    session: AsyncSession, channel: str, address: str, **values: object
) -> uuid.UUID:
    person = Person(id=uuid.uuid4(), **{"dialogue": {}, **values})
    session.add(person)
    await session.flush()
    session.add(Address(person_id=person.id, channel=channel, address=address))
    await session.flush()
    return person.id
