"""Background work: procrastinate in the same database, deferred in the caller's transaction."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import procrastinate
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import clock
from storage.engine import raw_connection

# The connector is replaced when the application opens; tasks register on this object.
_CLOSED = procrastinate.PsycopgConnector()
app = procrastinate.App(connector=_CLOSED, import_paths=[])


class AlreadyOpen(RuntimeError):
    """This process has the queue open already: two at once would take each other's work."""


def queue_name() -> str:
    """Return the queue this stack works on; a scripted conversation has its own."""
    return os.environ.get("LOTSE_QUEUE", "lotse")


@asynccontextmanager
async def opened(url: str, size: int = 4) -> AsyncIterator[procrastinate.App]:
    """Open the queue on the database at ``url`` with up to ``size`` connections.

    The one application itself gets the connector (no copy of it): periodic tasks are deferred
    through the object that they were registered on. So a process opens it once at a time: a worker
    of the first would go on with the jobs of the second.

    Raises:
        AlreadyOpen: it is open in this process.
    """
    if app.connector is not _CLOSED:
        raise AlreadyOpen
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=size)
    with app.replace_connector(connector):
        async with app.open_async():
            yield app


async def defer(
    session: AsyncSession,
    task: str,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
    **arguments: Any,
) -> int:
    """Defer ``task`` inside the transaction of ``session``: it exists if and only if that commits.

    Args:
        session: the caller's open transaction.
        task: name of a registered task.
        lock: jobs with the same lock run one after the other, in order.
        queueing_lock: at most one waiting job may hold it.
        at: earliest moment by our clock (UTC), immediately when ``None``.
        priority: larger runs earlier.
        arguments: JSON-able arguments of the task.

    Returns:
        The job's number.
    """
    connection = await raw_connection(session)
    scheduled = at - clock.shift() if at else None
    return await app.configure_task(
        task,
        allow_unknown=True,
        lock=lock,
        queueing_lock=queueing_lock,
        schedule_at=scheduled,
        queue=queue_name(),
        priority=priority,
        connection=connection,
    ).defer_async(**arguments)


async def hurry(session: AsyncSession, lock: str) -> None:
    """Make what waits in our queue under ``lock`` for a later moment due now."""
    await session.execute(
        text(
            "update procrastinate_jobs set scheduled_at = null"
            " where status = 'todo' and lock = :lock and queue_name = :queue"
        ),
        {"lock": lock, "queue": queue_name()},
    )


async def bring_forward(session: AsyncSession, by: timedelta) -> None:
    """Make everything that waits in our queue due ``by`` earlier; demonstrations only."""
    await session.execute(
        text(
            "update procrastinate_jobs set scheduled_at = scheduled_at - :by"
            " where status = 'todo' and scheduled_at is not null and queue_name = :queue"
        ),
        {"by": by, "queue": queue_name()},
    )
