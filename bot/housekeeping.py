"""What a worker does beside answering: takes over from dead workers, forgets what is old."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import procrastinate
from sqlalchemy import delete, select

from bot import unanswered
from bot.inbox import Update
from bot.telegram import budget
from centre import digest, drafting, logins
from centre.appointments import connected
from centre.handoffs import safety
from centre.people import Person
from centre.pool import joining
from knowledge_base import feedback
from storage import clock, queue
from storage.engine import Database
from storage.outbox import OutgoingMessage
from translations.machine import cache

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 8.0
RESCUE_EVERY_SECONDS = 4.0
FORGET_TASK = "forget_old"
DIGEST_TASK = "weekly_digest"
RENEW_TASK = "renew_drafts"
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

    Answered updates (kept only to recognise repetitions), delivered messages, addresses of
    people who wrote once and chose nothing, questions that nothing answered long ago, and what
    managers' calendars were told about appointments long over.
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
        await feedback.forget_old(session)
        await unanswered.forget_old(session)
        await cache.forget_old(session)
        await connected.forget_old(session)
        await joining.forget_old(session)
        await safety.forget_old(session)


async def tell_curators(database: Database, moment: datetime) -> None:
    """Send the weekly digest when it is its hour in Berlin."""
    if digest.is_time(moment):
        async with database.transaction() as session:
            await digest.send_digest(session)


def register(database: Database) -> None:
    """Make the hourly clean-up, the weekly digest and the renewal of drafts known to the queue."""

    async def forget_old(timestamp: int) -> None:
        await forget(database)

    async def weekly_digest(timestamp: int) -> None:
        await tell_curators(database, datetime.fromtimestamp(timestamp, UTC))

    async def renew_drafts(timestamp: int) -> None:
        await drafting.renew(database)

    task = queue.app.task(name=FORGET_TASK, queue=queue.queue_name())(forget_old)
    queue.app.periodic(cron="17 * * * *")(task)
    again = procrastinate.RetryStrategy(max_attempts=5, wait=60)
    task = queue.app.task(name=DIGEST_TASK, queue=queue.queue_name(), retry=again)(weekly_digest)
    # The queue counts in UTC: 8 in Berlin is 6 in summer and 7 in winter.
    queue.app.periodic(cron="0 6,7 * * 1")(task)
    # One at a time, and none waits: the next one finds what this one leaves.
    task = queue.app.task(
        name=RENEW_TASK, queue=queue.queue_name(), lock=RENEW_TASK, queueing_lock=RENEW_TASK
    )(renew_drafts)
    queue.app.periodic(cron="*/10 * * * *")(task)
