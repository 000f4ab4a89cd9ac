"""Engine and transactions on psycopg 3, for every process that touches the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, cast

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

Result = TypeVar("Result")
RUN_AGAIN = (DeadlockDetected, SerializationFailure)


class Database:
    """One database: its engine and its transactions.

    Args:
        url: libpq URL (``postgresql://…``); the driver is chosen here.
        pool: how many connections this process may hold.
    """

    def __init__(self, url: str, pool: int = 10) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool,
            max_overflow=5,
            # Errors name the statement, never what a person wrote.
            hide_parameters=True,
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session whose work is committed at the end, or undone by an exception."""
        async with self._sessions() as session, session.begin():
            yield session

    async def run(
        self, work: Callable[[AsyncSession], Awaitable[Result]], attempts: int = 5
    ) -> Result:
        """Run ``work`` in a transaction, again from the start when PostgreSQL asks for that.

        It does where two transactions wait for each other or cannot be put in an order: one of
        them is undone as a whole, and succeeds when it is run again.

        Args:
            work: gets the session; may be called several times.
            attempts: how often at most; the last failure is raised.
        """
        for attempt in range(1, attempts + 1):
            try:
                async with self.transaction() as session:
                    return await work(session)
            except OperationalError as error:
                if attempt == attempts or not isinstance(error.orig, RUN_AGAIN):
                    raise
            # Not all at the same moment again.
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311
        raise AssertionError("attempts must be at least 1")

    async def close(self) -> None:
        """Return all connections."""
        await self.engine.dispose()


async def raw_connection(session: AsyncSession) -> psycopg.AsyncConnection[object]:
    """Return the psycopg connection under ``session``, to defer jobs in its transaction."""
    connection = await (await session.connection()).get_raw_connection()
    return cast("psycopg.AsyncConnection[object]", connection.driver_connection)


async def ensure_database(url: str) -> None:
    """Create the database named in ``url`` when the server has none of that name."""
    target = make_url(url)
    admin = target.set(database="postgres").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        found = await (
            await connection.execute(
                "select 1 from pg_database where datname = %s", (target.database,)
            )
        ).fetchone()
        if not found:
            await connection.execute(
                psycopg.sql.SQL("create database {}").format(
                    psycopg.sql.Identifier(str(target.database))
                )
            )
