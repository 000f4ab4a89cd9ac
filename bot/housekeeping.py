"""What a worker does beside answering: takes over from dead workers, forgets what is old."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import procrastinate
from sqlalchemy import delete, select

from bot.inbox import Update
from bot.telegram import budget
from centre import logins
from centre.people import Person
from storage import clock, queue
from storage.engine import Database
from storage.outbox import OutgoingMessage

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 8.0
RESCUE_EVERY_SECONDS = 4.0
FORGET_TASK = "forget_old"
# Telegram repeats an unacknowledged update for at most 24 hours.
KEEP_ANSWERED = timedelta(hours=48)
KEEP_MESSAGES = timedelta(hours=24)
KEEP_STRANGERS = timedelta(hours=24)


async def rescue(app: procrastinate.App) -> int:
    """Put the jobs of workers that died back into the queue; return how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await app.job_manager.retry_job(job)
    if stalled:
        log.warning("took over %d jobs of a dead worker", len(stalled))
    return len(stalled)


async def keep_rescuing(app: procrastinate.App) -> None:
    """Rescue every few seconds until cancelled."""
    while True:
        await asyncio.sleep(RESCUE_EVERY_SECONDS)
        try:
            await rescue(app)
        except Exception:  # the database may be away for a moment; the next round tries again
            log.exception("rescue failed")


async def forget(database: Database) -> None:
    """Delete what is no longer needed.

    Answered updates (kept only to recognise repetitions), delivered messages, and addresses of
    people who wrote once and chose nothing.
    """
    now = clock.now()
    async with database.transaction() as session:
        await session.execute(delete(Update).where(Update.answered_at < now - KEEP_ANSWERED))
        await session.execute(
            delete(OutgoingMessage).where(
                OutgoingMessage.status != "waiting",
                OutgoingMessage.created_at < now - KEEP_MESSAGES,
            )
        )
        strangers = select(Person.id).where(
            Person.role == "refugee",
            Person.language.is_(None),
            Person.consented_at.is_(None),
            Person.created_at < now - KEEP_STRANGERS,
        )
        await session.execute(delete(Person).where(Person.id.in_(strangers)))
        await budget.prune(session)
        await logins.forget_old(session)


def register(database: Database) -> None:
    """Make the hourly clean-up known to the queue."""

    async def forget_old(timestamp: int) -> None:
        await forget(database)

    task = queue.app.task(name=FORGET_TASK, queue=queue.queue_name())(forget_old)
    queue.app.periodic(cron="17 * * * *")(task)
