"""Jobs of managers: the agenda in the morning, and what follows when somebody is away or leaves."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import procrastinate

from centre.appointments import agenda_view, responsible, substitution
from storage import queue
from storage.engine import Database

MORNING_TASK = "morning_agenda"


def register(database: Database) -> None:
    """Make the jobs of managers known to the queue; once per process."""

    async def morning(timestamp: int) -> None:
        async with database.transaction() as session:
            await agenda_view.morning(session, datetime.fromtimestamp(timestamp, UTC))

    async def substitute(absence_id: int) -> None:
        await substitution.substitute(database, absence_id)

    async def stranded(appointment_id: int) -> None:
        async with database.transaction() as session:
            await substitution.stranded(session, appointment_id)

    async def follow(person_id: str) -> None:
        async with database.transaction() as session:
            await responsible.follow(session, uuid.UUID(person_id))

    again = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)
    name = queue.queue_name()
    queue.app.task(name=substitution.SUBSTITUTE_TASK, queue=name, retry=again)(substitute)
    queue.app.task(name=substitution.STRANDED_TASK, queue=name, retry=again)(stranded)
    queue.app.task(name=responsible.FOLLOW_TASK, queue=name, retry=again)(follow)
    soon = procrastinate.RetryStrategy(max_attempts=5, wait=60)
    task = queue.app.task(name=MORNING_TASK, queue=name, retry=soon)(morning)
    # The queue counts in UTC: half past seven in Berlin is 5:30 in summer and 6:30 in winter.
    queue.app.periodic(cron="30 5,6 * * 1-5")(task)
