"""Jobs that appointments leave behind: reminders, offers of freed times, holds that run out."""

from __future__ import annotations

import procrastinate

from centre.appointments import after, expiry, outgoing, reminders, waiting
from storage import queue
from storage.engine import Database


def register(database: Database) -> None:
    """Make the jobs of appointments known to the queue; once per process."""

    async def booked(appointment_id: int) -> None:
        async with database.transaction() as session:
            await reminders.schedule(session, appointment_id)
            await outgoing.changed(session, appointment_id)

    async def freed(appointment_id: int) -> None:
        async with database.transaction() as session:
            await outgoing.changed(session, appointment_id)
            await waiting.offer(session, appointment_id)

    async def hold_over(appointment_id: int) -> None:
        async with database.transaction() as session:
            await expiry.over(session, appointment_id)

    async def sweep(timestamp: int) -> None:
        async with database.transaction() as session:
            late = await expiry.overdue(session)
        for appointment_id in late:
            await hold_over(appointment_id)

    again = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)
    name = queue.queue_name()
    for task, function in (
        (after.BOOKED_TASK, booked),
        (after.FREED_TASK, freed),
        (after.HOLD_TASK, hold_over),
    ):
        queue.app.task(name=task, queue=name, retry=again)(function)
    swept = queue.app.task(name="appointments_overdue", queue=name, queueing_lock="overdue")(sweep)
    queue.app.periodic(cron="*/5 * * * *")(swept)
