"""The chat page: a mouth of the same conversation that Telegram has."""

from __future__ import annotations

import asyncio
import json
import math
import re
import secrets
import time
from collections import deque
from datetime import timedelta
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, people
from centre.logins import hashed
from centre.people import Address
from storage import clock
from storage.outbox import OutgoingMessage
from translations.catalogue import say
from translations.languages import from_telegram, languages
from web import mailbox
from web.context import (
    DATABASE,
    RECEIVE,
    BadMessage,
    Forbidden,
    NoSession,
    TooLarge,
    TooMany,
    as_uuid,
    is_https,
    preferred_language,
)
from web.mailbox import CHANNEL, MAILBOX

COOKIE = "lotse_chat"
COOKIE_PATH = "/chat"
COOKIE_AGE = timedelta(days=30)
CSRF_HEADER = "X-Lotse"
KEEP = timedelta(hours=24)
LONGEST_BODY = 32 * 1024  # bytes
LONGEST_TEXT = 4000  # characters; the conversation itself reads the first 1,000
LONGEST_TAP = 256
LONGEST_WAIT = 25  # seconds
PER_MINUTE = 30
AT_ONCE = 100
MOST_SEEN = 100
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Limiter:
    """At most so many messages a minute from one session, remembered by this process only."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._seen: dict[str, deque[float]] = {}
        self._swept = 0.0

    def take(self, who: str) -> None:
        """Note a message of ``who``.

        Raises:
            TooMany: there were enough in the last minute.
        """
        now = time.monotonic()
        if now - self._swept > 60:
            self._swept = now
            self._seen = {key: seen for key, seen in self._seen.items() if now - seen[-1] < 60}
        seen = self._seen.setdefault(who, deque())
        while seen and now - seen[0] >= 60:
            seen.popleft()
        if len(seen) >= self._per_minute:
            raise TooMany
        seen.append(now)


LIMITER = web.AppKey("limiter", Limiter)


def install(application: web.Application) -> None:
    """Add the page and what it asks for."""
    mailbox.install(application)
    application[LIMITER] = Limiter()
    application.router.add_get("/", to_chat)
    application.router.add_get("/chat", page)
    application.router.add_get("/chat/api/messages", messages)
    application.router.add_post("/chat/api/messages", post)


async def to_chat(request: web.Request) -> web.Response:
    """Lead to the chat page."""
    raise web.HTTPFound("/chat")


async def page(request: web.Request) -> web.Response:
    """Show the chat page, and give a browser without a session one."""
    token = _token(request) or secrets.token_urlsafe(32)
    async with request.app[DATABASE].transaction() as session:
        person = await people.find(session, CHANNEL, hashed(token))
    language = (person and person.language) or preferred_language(request)
    response = aiohttp_jinja2.render_template(
        "chat.html", request, {"page": page_texts(language), "longest": LONGEST_TEXT}
    )
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(COOKIE_AGE.total_seconds()),
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=is_https(request),
    )
    return response


def page_texts(language: str) -> dict[str, str]:
    """Return the page's own words in a language, and which way they are read."""
    known = languages().get(language)
    return {
        "lang": language,
        "dir": "rtl" if known is not None and known.rtl else "ltr",
        "county": county.county_name(),
        **{
            name: say(f"chat.{name}", language)
            for name in ("title", "placeholder", "send", "location", "offline", "you")
        },
        # The page itself fills in the names of files.
        "file": say("chat.file", language, name="{name}"),
    }


async def post(request: web.Request) -> web.Response:
    """Take what the person wrote, tapped or shared; 202 once it is stored.

    Raises:
        Forbidden: the request does not come from our page.
        NoSession: the page was never opened.
        TooMany, TooLarge, BadMessage: it is too much, too long or no message.
    """
    if CSRF_HEADER not in request.headers:
        raise Forbidden
    address = _address(request)
    request.app[LIMITER].take(address)
    number, content = await _read(request)
    async with request.app[DATABASE].transaction() as session:
        await request.app[RECEIVE](session, CHANNEL, f"{address}:{number}", address, content)
    return web.json_response({}, status=202)


async def messages(request: web.Request) -> web.Response:
    """Return the messages after number ``after``, waiting up to ``wait`` seconds for the first.

    ``seen`` names the newer ones that the page has already: numbers are given when a message is
    written and two writers may commit in the other order, so the highest number seen is no proof
    that nothing before it is still to come.

    When the person meanwhile reads another language than the page shows (``lang``), the page's
    words come along.

    Raises:
        NoSession: the page was never opened.
        BadMessage: ``after``, ``wait`` or ``seen`` is not made of numbers.
        TooMany: too many pages wait in this session.
    """
    address = _address(request)
    after, wait = _number(request, "after", 0), _number(request, "wait", LONGEST_WAIT)
    seen = [_digits(one) for one in request.query.get("seen", "").split(",") if one][:MOST_SEEN]
    deadline = time.monotonic() + min(wait, LONGEST_WAIT)
    box = request.app[MAILBOX]
    with box.waiting(address) as woken:
        while True:
            woken.clear()
            async with request.app[DATABASE].transaction() as session:
                found = await _after(session, address, after, seen)
                person = await people.find(session, CHANNEL, address)
            left = deadline - time.monotonic()
            if found or left <= 0 or box.closing:
                break
            try:
                async with asyncio.timeout(left):
                    await woken.wait()
            except TimeoutError:
                break
    answer: dict[str, Any] = {"messages": [{"id": row.id, **row.content} for row in found]}
    language = person.language if person is not None else None
    if language and language != request.query.get("lang", language):
        answer["page"] = page_texts(language)
    return web.json_response(answer)


async def forget_old(session: AsyncSession) -> None:
    """Delete what this page was told over 24 hours ago, in the caller's transaction."""
    await session.execute(
        delete(OutgoingMessage).where(
            OutgoingMessage.channel == CHANNEL, OutgoingMessage.created_at < clock.now() - KEEP
        )
    )


def _token(request: web.Request) -> str | None:
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else None


def _address(request: web.Request) -> str:
    token = _token(request)
    if token is None:
        raise NoSession
    return hashed(token)


def _number(request: web.Request, name: str, default: int) -> int:
    return _digits(request.query.get(name, str(default)))


def _digits(written: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", written):
        raise BadMessage
    return int(written)


async def _after(
    session: AsyncSession, address: str, after: int, seen: list[int]
) -> list[OutgoingMessage]:
    """Return what was said to the person behind ``address`` here; not what came before them."""
    rows = await session.scalars(
        select(OutgoingMessage)
        .join(Address, Address.person_id == OutgoingMessage.person_id)
        .where(
            Address.channel == CHANNEL,
            Address.address == address,
            OutgoingMessage.channel == CHANNEL,
            OutgoingMessage.address == address,
            OutgoingMessage.id > after,
            OutgoingMessage.id.not_in(seen),
        )
        .order_by(OutgoingMessage.id)
        .limit(AT_ONCE)
    )
    return list(rows)


async def _read(request: web.Request) -> tuple[str, dict[str, Any]]:
    if (request.content_length or 0) > LONGEST_BODY:
        raise TooLarge
    body = await request.read()
    if len(body) > LONGEST_BODY:
        raise TooLarge
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadMessage from None
    if not isinstance(said, dict):
        raise BadMessage
    number = as_uuid(said.get("id"))
    kinds = {"text", "tap", "location"} & said.keys()
    if number is None or len(kinds) != 1:
        raise BadMessage
    kind = kinds.pop()
    content: dict[str, Any] = {kind: _valid(kind, said[kind])}
    language = said.get("lang")
    hint = from_telegram(language) if isinstance(language, str) else None
    return str(number), content | ({"lang": hint} if hint else {})


def _valid(kind: str, value: object) -> object:
    if kind == "location":
        if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
            latitude, longitude = value
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return [float(latitude), float(longitude)]
        raise BadMessage
    longest = LONGEST_TEXT if kind == "text" else LONGEST_TAP
    if not isinstance(value, str) or len(value) > longest:
        raise BadMessage
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
