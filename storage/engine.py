"""Engine and transactions on psycopg 3, for every process that touches the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


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
