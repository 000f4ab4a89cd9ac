"""Receiving from Telegram by polling or webhook: acknowledged only after it is stored."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NoReturn

from aiohttp import web
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from telegram import Bot
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from bot import inbox
from bot.telegram import inline, parse
from storage.engine import Database

log = logging.getLogger(__name__)

CHANNEL = "telegram"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", inline.KIND)
LONG_POLL_SECONDS = 30
LONGEST_DELAY = 30.0
# How often a process that waits for its turn to poll looks whether the other one is gone.
TURN_SECONDS = 2.0
LARGEST_BODY = 1024 * 1024
POLLER_LOCK = 0x4C6F747365  # "Lotse", any constant would do
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105

# Bot.get_updates() would parse what we store raw, and fail as a whole on one malformed update.
warnings.filterwarnings("ignore", message=".*do_api_request.*getUpdates")


def _delays() -> Iterator[float]:
    delay = 1.0
    while True:
        yield delay
        delay = min(delay * 2, LONGEST_DELAY)


async def poll(
    bot: Bot, database: Database, stop: asyncio.Event, long_poll: int = LONG_POLL_SECONDS
) -> None:
    """Fetch updates until ``stop`` is set; any number of processes may call this, one fetches.

    Survives anything that the network, Telegram or the database may do.

    Args:
        bot: an initialized bot.
        database: where the updates go.
        stop: ends the polling within a moment.
        long_poll: seconds that Telegram may hold an empty answer back.
    """
    delays = _delays()

    def recovered() -> None:
        nonlocal delays
        delays = _delays()

    while not stop.is_set():
        try:
            async with _only_poller(database, stop) as connection:
                if connection is None:
                    return
                await _fetch(bot, database, connection, stop, long_poll, recovered)
        except Exception as error:  # whatever happens, receiving goes on
            delay = _explain(error, next(delays))
            await _sleep(stop, delay)


async def _fetch(
    bot: Bot,
    database: Database,
    connection: AsyncConnection,
    stop: asyncio.Event,
    long_poll: int,
    recovered: Callable[[], None],
) -> None:
    await bot.delete_webhook(drop_pending_updates=False)
    offset: int | None = None
    while not stop.is_set():
        batch = await _unless(stop, _updates(bot, offset, long_poll))
        if batch is None:
            return
        numbers = [number for number in map(_number, batch) if number is not None]
        # The connection that holds the poller's lock also stores: if it breaks, nothing is lost
        # and nobody else has been let in meanwhile.
        async with AsyncSession(connection) as session, session.begin():
            for raw in batch:
                if not inline.is_query(raw):
                    await _store(session, raw)
        # Only now: asking from a higher offset tells Telegram to forget what is below.
        if numbers:
            offset = max(numbers) + 1
            for raw in filter(inline.is_query, batch):
                inline.answer_later(bot, database, raw)
        elif batch:
            await _sleep(stop, LONGEST_DELAY)  # nothing we could acknowledge
        recovered()


async def _updates(bot: Bot, offset: int | None, long_poll: int) -> list[Any]:
    arguments: dict[str, Any] = {"timeout": long_poll, "allowed_updates": list(ALLOWED_UPDATES)}
    if offset is not None:
        arguments["offset"] = offset
    answer = await bot.do_api_request(
        "getUpdates", api_kwargs=arguments, read_timeout=long_poll + 10
    )
    return answer if isinstance(answer, list) else []


def _number(raw: object) -> int | None:
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 <= number < 2**63 else None


async def _store(session: AsyncSession, raw: Any) -> None:
    number = _number(raw)
    if number is None:
        log.warning("an update without a number was left out")
        return
    await inbox.receive(session, CHANNEL, str(number), parse.address(raw), raw)


@contextlib.asynccontextmanager
async def _only_poller(database: Database, stop: asyncio.Event) -> Any:
    """Yield the connection that holds the poller's lock, ``None`` when stopped before."""
    async with database.engine.connect() as connection:
        waiting = False
        while not await _try_lock(connection):
            if not waiting:
                log.info("another process polls; waiting for it to end")
            waiting = True
            await _sleep(stop, TURN_SECONDS)
            if stop.is_set():
                yield None
                return
        try:
            yield connection
        finally:
            # Back in the pool the connection would keep the lock: close it for good.
            await connection.invalidate()


async def _try_lock(connection: AsyncConnection) -> bool:
    query = text("select pg_try_advisory_lock(:lock)")
    got = bool(await connection.scalar(query, {"lock": POLLER_LOCK}))
    await connection.commit()
    return got


async def _unless(stop: asyncio.Event, work: Awaitable[list[Any]]) -> list[Any] | None:
    """Return what ``work`` returns, or ``None`` as soon as ``stop`` is set."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for one in (working, stopping):
            one.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _explain(error: Exception, delay: float) -> float:
    """Log what went wrong (never the update itself) and return how long to wait."""
    if isinstance(error, Conflict):
        log.error(
            "Telegram refuses to give updates: another program polls with this token, or a webhook"
            " is set. Stop the other one. Next try in %.0f s.",
            delay,
        )
    elif isinstance(error, InvalidToken):
        log.error("Telegram does not know the token. Check TELEGRAM_TOKEN.")
        return LONGEST_DELAY
    elif isinstance(error, RetryAfter):
        delay = max(delay, seconds_of(error))
        log.warning("Telegram asks to wait %.0f s with fetching updates", delay)
    else:
        log.warning("no updates: %s; next try in %.0f s", type(error).__name__, delay)
    return delay


def seconds_of(error: RetryAfter) -> float:
    """Return how many seconds Telegram asks to wait."""
    after = error.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()


def webhook(
    database: Database, secret: str, bot: Bot | None = None
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of Telegram's POST requests.

    It answers 200 when the update is committed (or was before), 401 for a wrong secret, 400 for
    what is no update, 413 for too much of it, and 503 when it could not be stored: then Telegram
    sends it again.

    Args:
        database: where the updates go.
        secret: what :func:`set_webhook` told Telegram.
        bot: answers inline queries, which are not stored; without it they get no answer.

    Raises:
        ValueError: the secret is empty, so that anybody could send updates.
    """
    if not secret:
        raise ValueError("a webhook needs a secret")
    expected = secret.encode()

    async def handle(request: web.Request) -> web.StreamResponse:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized
        raw = _decode(await _read(request))
        if inline.is_query(raw):
            if bot is not None:
                inline.answer_later(bot, database, raw)
            return web.Response()
        try:
            async with database.transaction() as session:
                await _store(session, raw)
        except Exception as error:
            # Not the traceback: the database's errors quote what could not be stored.
            log.error("an update could not be stored: %s", type(error).__name__)
            raise web.HTTPServiceUnavailable from None
        return web.Response()

    return handle


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, len(body))
    return bytes(body)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if not isinstance(raw, dict) or _number(raw) is None:
        raise web.HTTPBadRequest
    return raw


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


async def set_webhook(bot: Bot, url: str, secret: str) -> None:
    """Tell Telegram to send updates to ``url``; tries again until Telegram can be reached.

    Args:
        bot: an initialized bot.
        url: public HTTPS address of the handler.
        secret: what Telegram sends along (1 to 256 letters, digits, ``_`` and ``-``).

    Raises:
        BadRequest: Telegram does not like the address or the secret.
        InvalidToken: Telegram does not know the token.
    """
    for delay in _delays():
        try:
            await bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
        except (BadRequest, InvalidToken):
            raise
        except TelegramError as error:
            await asyncio.sleep(_explain(error, delay))
        else:
            return
