"""Fetch a list of pages from Integreat's public API, patiently and to its end.

The API gives the whole list in one answer. Servers that give a part at a time are understood too:
by ``next`` beside the results, a ``Link`` header with ``rel="next"``, an ``X-WP-TotalPages``
header, or simply because ``?page=2`` brings other pages.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from knowledge_base.integreat.problems import FeedBroken
from knowledge_base.integreat.read import (
    SIZE_MAX,
    Answer,
    last_read,
    not_empty,
    parse,
    too_large,
)

ANSWERS_MAX = 1000
"""Answers that one feed may be divided into."""
WAITS: Sequence[float] = (1, 3, 8)
"""Seconds before the second, third and fourth try."""
PATIENCE = 60
"""Seconds that a server may ask us to wait."""
TIMEOUT = aiohttp.ClientTimeout(total=900, sock_connect=15, sock_read=60)
# Asks Integreat not to count this as somebody reading the app.
HEADERS = {"X-Integreat-Development": "true", "Accept": "application/json"}
SAME = 65_536
"""Bytes after which an answer that began like the first one is known to be the first one."""

_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_NOT_THERE = {400, 404, 410}

Progress = Callable[[int], None]


class _NotThere(Exception):
    """The address leads nowhere."""


class _Failed(Exception):
    """The address could not be read; ``what`` says why, ``lasting`` that it will stay so."""

    def __init__(self, what: str, *, lasting: bool = False, after: float = 0) -> None:
        super().__init__(what)
        self.what, self.lasting, self.after = what, lasting, after


@dataclass(frozen=True)
class _Step:
    """An address to read; ``guessed`` if no answer said that it exists."""

    address: URL
    guessed: bool = False


async def fetch(
    addresses: Sequence[str],
    progress: Progress | None = None,
    *,
    waits: Sequence[float] = WAITS,
    limits: aiohttp.ClientTimeout = TIMEOUT,
) -> list[Any]:
    """Return the pages at the first of ``addresses`` that exists.

    Args:
        addresses: where the list may be; the next one is tried where one is not there.
        progress: called with how many pages there are so far.
        waits: seconds before each further try of an answer that failed.
        limits: how long one try may take.

    Raises:
        FeedBroken: it cannot be read to its end, or holds no page.
    """
    async with aiohttp.ClientSession(headers=HEADERS, timeout=limits) as session:
        for address in addresses:
            with suppress(_NotThere):
                return await _whole(session, URL(address), progress, waits)
    what = "there is no list of pages at this address"
    raise FeedBroken(addresses[0], what, "Check address, region and language.")


async def _whole(
    session: aiohttp.ClientSession, start: URL, progress: Progress | None, waits: Sequence[float]
) -> list[Any]:
    pages: list[Any] = []
    known: set[str] = set()
    read: set[URL] = set()
    promised = 0
    first = b""
    step: _Step | None = _Step(start)
    while step is not None:
        if step.address in read or len(read) >= ANSWERS_MAX:
            raise _stopped(step.address, len(read), "it goes on in circles", pages)
        if step.address.host != start.host:
            raise _stopped(step.address, len(read), "it goes on at another server", pages)
        read.add(step.address)
        try:
            answer, data, following = await _patiently(session, step, first, waits)
        except _NotThere:
            if step.guessed:
                break
            if not pages:
                raise
            raise _stopped(step.address, len(read), "it is not there", pages) from None
        except _Failed as error:
            raise _stopped(step.address, len(read), error.what, pages) from None
        names = {_name(page) for page in answer.pages}
        if step.guessed and names <= known:
            break
        pages += answer.pages
        known |= names
        promised = max(promised, answer.count or 0)
        first = first or data
        if progress is not None:
            progress(len(pages))
        step = following
    if len(pages) < promised:
        raise _stopped(start, len(read), f"it promised {promised} pages", pages)
    return not_empty(str(start), pages)


async def _patiently(
    session: aiohttp.ClientSession, step: _Step, first: bytes, waits: Sequence[float]
) -> tuple[Answer, bytes, _Step | None]:
    """Return an answer, its bytes and what to read next; try again while there is hope."""
    for wait in (*waits, None):
        try:
            data, response = await _once(session, step.address, first if step.guessed else b"")
            answer = parse(str(step.address), data)
            return answer, data, _next(step, answer, response)
        except FeedBroken as error:  # cut off by a server that did not notice
            failed = _Failed(error.what)
        except _Failed as error:
            failed = error
        if wait is None or failed.lasting:
            raise failed
        await asyncio.sleep(max(wait, failed.after))
    raise AssertionError("the last try returns or raises")


async def _once(
    session: aiohttp.ClientSession, address: URL, first: bytes
) -> tuple[bytes, aiohttp.ClientResponse]:
    data = bytearray()
    try:
        async with session.get(address) as response:
            if response.status in _NOT_THERE:
                raise _NotThere
            if response.status != HTTPStatus.OK:
                after = response.headers.get("Retry-After", "")
                raise _Failed(
                    f"the server answers {response.status}",
                    lasting=response.status not in _TRY_AGAIN,
                    after=min(int(after), PATIENCE) if after.isdigit() else 0,
                )
            async for chunk in response.content.iter_chunked(SAME):
                data += chunk
                if len(data) > SIZE_MAX:
                    raise _Failed(too_large(), lasting=True)
                if first and len(data) >= SAME and first.startswith(bytes(data[:SAME])):
                    raise _NotThere
            return bytes(data), response
    except TimeoutError:
        raise _Failed("the server is too slow") from None
    except aiohttp.InvalidURL:
        raise _Failed("it is no address", lasting=True) from None
    except (aiohttp.ClientError, ValueError) as error:
        raise _Failed(f"the connection broke ({type(error).__name__})") from None


def _next(step: _Step, answer: Answer, response: aiohttp.ClientResponse) -> _Step | None:
    """Return where the list goes on; a server that says nothing may still have more."""
    if answer.next is not None:
        return _Step(step.address.join(URL(answer.next)))
    if answer.count is not None:
        return None
    if "next" in response.links:
        return _Step(step.address.join(URL(str(response.links["next"]["url"]))))
    asked = step.address.query.get("page", "1")
    number = int(asked) if asked.isdigit() else 1
    numbered = step.address.update_query(page=str(number + 1))
    total = response.headers.get("X-WP-TotalPages", "")
    if total.isdigit():
        return _Step(numbered) if number < int(total) else None
    return _Step(numbered, guessed=True) if answer.pages else None


def _name(page: Any) -> str:
    return json.dumps(page.get("id", page) if isinstance(page, dict) else page, sort_keys=True)


def _stopped(address: URL, number: int, what: str, pages: list[Any]) -> FeedBroken:
    where = f"{address} (answer {number})"
    said = f"{what}; {last_read(pages)}" if pages else what
    return FeedBroken(where, said, "Try again later; if it stays so, tell who runs the server.")
