"""Jobs that appointments leave behind: reminders, offers of freed times, holds that run out."""

from __future__ import annotations

import uuid

import procrastinate

from bot import manager_jobs
from bot.worker import Again, Later
from centre.appointments import (
    after,
    expiry,
    interpreters,
    mail,
    outgoing,
    reminders,
    three_way,
    waiting,
    waiting_offer,
)
from storage import queue
from storage.engine import Database


def register(database: Database, server: mail.Server | None = None) -> None:
    """Make the jobs of appointments known to the queue; once per process.

    Args:
        database: where everything is.
        server: where e-mail to managers is handed over, if that is set up.
    """

    async def tell_calendars(appointment_id: int) -> None:
        # A transaction of its own: after writing a job, a transaction asks for no further row.
        async with database.transaction() as session:
            await outgoing.changed(session, appointment_id)

    async def push(push_id: int) -> None:
        seconds = await outgoing.deliver(database, push_id, server)
        if seconds is not None:
            raise Later(seconds)

    async def booked(appointment_id: int) -> None:
        await tell_calendars(appointment_id)
        async with database.transaction() as session:
            await reminders.schedule(session, appointment_id)

    async def freed(appointment_id: int, time: dict[str, str] | None = None) -> None:
        await tell_calendars(appointment_id)
        await offer(appointment_id, time)

    async def offer(appointment_id: int, time: dict[str, str] | None = None) -> None:
        async with database.transaction() as session:
            await waiting_offer.offer(session, appointment_id, time)

    async def remind(appointment_id: int, which: str, start: str) -> None:
        async with database.transaction() as session:
            await reminders.remind(session, appointment_id, which, start)

    async def interpreter_late(appointment_id: int, helper_id: str) -> None:
        async with database.transaction() as session:
            await three_way.late(session, appointment_id, uuid.UUID(helper_id))

    async def hold_over(appointment_id: int) -> None:
        async with database.transaction() as session:
            await expiry.over(session, appointment_id)

    async def sweep(timestamp: int) -> None:
        async with database.transaction() as session:
            late = await expiry.overdue(session)
        for appointment_id in late:
            await hold_over(appointment_id)

    manager_jobs.register(database)
    again = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)
    name = queue.queue_name()
    for task, function in (
        (after.BOOKED_TASK, booked),
        (after.FREED_TASK, freed),
        (after.HOLD_TASK, hold_over),
        (waiting.OFFER_TASK, offer),
        (interpreters.LATE_TASK, interpreter_late),
    ):
        queue.app.task(name=task, queue=name, retry=again)(function)
    queue.app.task(name=reminders.REMIND_TASK, queue=name, retry=again)(remind)
    queue.app.task(name=outgoing.PUSH_TASK, queue=name, retry=Again())(push)
    swept = queue.app.task(name="appointments_overdue", queue=name, queueing_lock="overdue")(sweep)
    queue.app.periodic(cron="*/5 * * * *")(swept)
