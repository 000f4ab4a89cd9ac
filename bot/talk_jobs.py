"""Jobs of requests and talks: the next wave, silence, somebody gone, and the periodic check."""

from __future__ import annotations

import uuid

import procrastinate

from centre.handoffs import lost, mending, silence, waves
from storage import queue
from storage.engine import Database

MEND_TASK = "mend_talks"


def register(database: Database) -> None:
    """Make the jobs of requests and talks known to the queue; once per process."""

    async def deadline(handoff_id: int, wave: int | None = None) -> None:
        async with database.transaction() as session:
            await waves.due(session, handoff_id, wave)

    async def silent(handoff_id: int) -> None:
        async with database.transaction() as session:
            await silence.look(session, handoff_id)

    async def gone(person_id: str) -> None:
        async with database.transaction() as session:
            await lost.gone(session, uuid.UUID(person_id))

    async def mend(timestamp: int) -> None:
        await mending.mend(database)

    again = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)
    name = queue.queue_name()
    for task, function in (
        (waves.DEADLINE_TASK, deadline),
        (silence.SILENCE_TASK, silent),
        (lost.GONE_TASK, gone),
    ):
        queue.app.task(name=task, queue=name, retry=again)(function)
    mended = queue.app.task(name=MEND_TASK, queue=name, queueing_lock=MEND_TASK)(mend)
    queue.app.periodic(cron="*/2 * * * *")(mended)
