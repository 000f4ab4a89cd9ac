"""Wakes the pages that wait for a message: one LISTEN connection for the whole process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import psycopg
from aiohttp import web
from sqlalchemy import select

from centre.people import Address
from storage.engine import Database
from web.context import DATABASE, TooMany, as_uuid

CHANNEL = "web"
RECONNECT_SECONDS = 1.0
MOST_WAITING = 6

log = logging.getLogger(__name__)


class Mailbox:
    """Who waits at which address."""

    def __init__(self) -> None:
        self.closing = False
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def waiting(self, address: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set when something arrives for ``address``.

        Raises:
            TooMany: more pages wait at this address than a person opens.
        """
        events = self._waiting[address]
        if len(events) >= MOST_WAITING:
            raise TooMany
        event = asyncio.Event()
        events.add(event)
        if self.closing:
            event.set()
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                del self._waiting[address]

    def anybody(self) -> bool:
        """Return whether a page waits at all."""
        return bool(self._waiting)

    def wake(self, address: str) -> None:
        """Wake the pages of one address."""
        for event in self._waiting.get(address, ()):
            event.set()

    def wake_all(self) -> None:
        """Wake everybody."""
        for address in list(self._waiting):
            self.wake(address)


MAILBOX = web.AppKey("mailbox", Mailbox)


def install(application: web.Application) -> None:
    """Add the mailbox and what listens for it."""
    application[MAILBOX] = Mailbox()
    application.cleanup_ctx.append(_listening)
    application.on_shutdown.append(_let_go)


async def _let_go(application: web.Application) -> None:
    """Answer the pages that wait, else stopping would last as long as they do."""
    application[MAILBOX].closing = True
    application[MAILBOX].wake_all()


async def _listening(application: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_listen(application[DATABASE], application[MAILBOX]))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _listen(database: Database, mailbox: Mailbox) -> None:
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                database.url, autocommit=True
            ) as connection:
                await connection.execute("listen outgoing")
                # What was written while nobody listened has no notification any more.
                mailbox.wake_all()
                async for notice in connection.notifies():
                    await _wake(database, mailbox, notice.payload)
        except Exception as error:  # the database may be away: pages still ask every 25 seconds
            log.warning("not listening for messages: %s", type(error).__name__)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _wake(database: Database, mailbox: Mailbox, payload: str) -> None:
    person_id = as_uuid(payload)
    if person_id is None or not mailbox.anybody():
        return
    # Looked up every time: an address is somebody new after its person was erased.
    async with database.transaction() as session:
        addresses = await session.scalars(
            select(Address.address).where(
                Address.person_id == person_id, Address.channel == CHANNEL
            )
        )
        for address in addresses:
            mailbox.wake(address)
