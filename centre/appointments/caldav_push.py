"""Writing appointments into a manager's CalDAV calendar (RFC 4791), one file per appointment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import icalendar

from centre.appointments import calendar as ical
from centre.appointments.errors import NONSENSE, REFUSED, UNREACHABLE, NotDelivered
from storage import clock

if TYPE_CHECKING:
    from caldav.aio import AsyncDAVClient

PATIENCE = timedelta(seconds=10)
"""For each answer."""
ALL_TOGETHER = timedelta(seconds=30)
"""For everything: a server may also send its answer byte by byte."""
WRITTEN, GONE, MISSING = (200, 201, 204), (200, 202, 204), (404, 410)
HEADERS = {"Content-Type": "text/calendar; charset=utf-8"}
TEST = "test"

# Its messages quote what a server answered, and with it what stands in the calendar. One of them
# goes to the root logger.
logging.getLogger("caldav").setLevel(logging.CRITICAL)
logging.getLogger().addFilter(lambda record: "/caldav/" not in record.pathname)


@dataclass(frozen=True)
class Account:
    """A calendar and how to get in; ``url`` is the address of the one calendar, not the server."""

    url: str = field(repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def is_url(written: str) -> bool:
    """Return whether ``written`` can be the address of a calendar, with no password in it."""
    try:
        parts = urlsplit(written)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = parts.username is None and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and named and plain and written.isprintable()


async def put(account: Account, appointment_id: int | str, event: icalendar.Event) -> None:
    """Write an event, or write over what stands there.

    Raises:
        NotDelivered: the calendar does not have it now; ``data`` has ``failure``.
    """
    await _work(account, lambda client: _put(client, _url(account, appointment_id), event))


async def remove(account: Account, appointment_id: int | str) -> None:
    """Take an appointment out; one that is not there is no error.

    Raises:
        NotDelivered: it may still be there; ``data`` has ``failure``.
    """
    await _work(account, lambda client: _remove(client, _url(account, appointment_id)))


async def test(account: Account, event: icalendar.Event) -> None:
    """Write an event, read it back and take it out again.

    Raises:
        NotDelivered: one of it did not work; ``data`` has ``failure``.
    """
    await put(account, TEST, event)
    await remove(account, TEST)


def test_event() -> icalendar.Event:
    """Return an event that nobody will mind for a second."""
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    return ical.gone(0, start, start + timedelta(minutes=15), 0, "en")


def _url(account: Account, appointment_id: int | str) -> str:
    return f"{account.url.rstrip('/')}/lotse-appointment-{appointment_id}.ics"


async def _work(account: Account, work: Callable[[AsyncDAVClient], Awaitable[None]]) -> None:
    # It loads for a second and takes 30 MB: only where somebody has such a calendar.
    library = await asyncio.to_thread(import_module, "caldav.aio")
    try:
        async with (
            asyncio.timeout(ALL_TOGETHER.total_seconds()),
            library.AsyncDAVClient(
                account.url,
                username=account.user,
                password=account.password,
                timeout=int(PATIENCE.total_seconds()),
                enable_rfc6764=False,
            ) as client,
        ):
            await work(client)
    except NotDelivered:
        raise
    except Exception as error:
        # The library passes on whatever its HTTP and XML libraries raise; their words may quote
        # the calendar, so only the kind is kept.
        raise NotDelivered(failure=_code(error)) from None


async def _put(client: AsyncDAVClient, url: str, event: icalendar.Event) -> None:
    content = ical.written([event]).decode("utf-8")
    _expect((await client.put(url, content, HEADERS)).status, WRITTEN)
    # A login page or a wrong address answers "200 OK" to everything.
    answer = await client.request(url, "GET")
    _expect(answer.status, (200,))
    try:
        read = icalendar.Calendar.from_ical(answer.raw)
        [kept] = read.walk("VEVENT")
    except ValueError:
        raise NotDelivered(failure=NONSENSE) from None
    if kept.get("UID") != event["UID"] or kept.decoded("DTSTART") != event.decoded("DTSTART"):
        raise NotDelivered(failure=NONSENSE)


async def _remove(client: AsyncDAVClient, url: str) -> None:
    _expect((await client.delete(url)).status, (*GONE, *MISSING))
    if (await client.request(url, "GET")).status not in MISSING:
        raise NotDelivered(failure=NONSENSE)


def _expect(status: int, known: tuple[int, ...]) -> None:
    if status in known:
        return
    if status >= 500:
        raise NotDelivered(failure=UNREACHABLE)
    raise NotDelivered(failure=REFUSED if status >= 400 else NONSENSE)


def _code(error: Exception) -> str:
    from caldav.lib.error import AuthorizationError, RateLimitError

    if isinstance(error, AuthorizationError):
        return REFUSED
    # The HTTP library's errors are OSErrors, and so is TimeoutError.
    return UNREACHABLE if isinstance(error, RateLimitError | OSError) else NONSENSE
