"""The demonstration's people, and ways to look at what was sent to whom."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import appointment_jobs, talk_jobs
from centre import demo
from centre.appointments import mail
from centre.people import Address, Person
from storage import clock, queue
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


Work = Callable[..., Awaitable[None]]
DUE = text(
    "select count(*) from procrastinate_jobs where status = 'todo' and queue_name = :queue"
    " and coalesce(scheduled_at, now()) <= now()"
)


@pytest.fixture
def work(people: Database) -> Iterator[Work]:
    """Do what is due, with a real worker; ``later`` passes the time that retries wait for."""
    tasks = dict(queue.app.tasks)
    periodic = dict(queue.app.periodic_registry.periodic_tasks)

    async def run(server: mail.Server | None = None, later: timedelta = timedelta()) -> None:
        queue.app.tasks.clear()
        queue.app.periodic_registry.periodic_tasks.clear()
        appointment_jobs.register(people, server)
        talk_jobs.register(people)
        queue.app.periodic_registry.periodic_tasks.clear()
        clock.advance(later)
        async with people.transaction() as session:
            await queue.bring_forward(session, later)
        async with queue.opened(people.url) as app:
            # A job may leave another one behind.
            while await due():
                await app.run_worker_async(
                    queues=[queue.queue_name()],
                    concurrency=4,
                    wait=False,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                )

    async def due() -> int:
        async with people.transaction() as session:
            return await session.scalar(DUE, {"queue": queue.queue_name()}) or 0

    yield run
    queue.app.tasks.clear()
    queue.app.tasks.update(tasks)
    queue.app.periodic_registry.periodic_tasks.clear()
    queue.app.periodic_registry.periodic_tasks.update(periodic)
