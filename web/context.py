"""What the pages share: what they are given, how they refuse, and in which language."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp_jinja2
from aiohttp import ETag, web
from sqlalchemy.ext.asyncio import AsyncSession

from storage.engine import Database
from storage.errors import LotseError
from translations.catalogue import say
from translations.conventions import number
from translations.languages import from_telegram, languages

Receive = Callable[[AsyncSession, str, str, str, dict[str, Any]], Awaitable[int | None]]
Ready = Callable[[], Awaitable[dict[str, bool]]]

FALLBACK_LANGUAGE = "de"
LONGEST_HEADER = 500
PUBLIC_SECONDS = 300
"""How long others may keep a page that is the same for everybody."""
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:]{2,45}\](:\d{1,5})?")


@dataclass(frozen=True)
class TelegramState:
    """The connected bot: its ``username`` without the ``@``."""

    username: str

    def deep_link(self, token: str) -> str:
        """Return the address that opens the bot and hands it ``token``."""
        return f"https://t.me/{self.username}?start={token}"


DATABASE = web.AppKey("database", Database)
RECEIVE: web.AppKey[Receive] = web.AppKey("receive")
READY: web.AppKey[Ready] = web.AppKey("ready")
TELEGRAM: web.AppKey[TelegramState | None] = web.AppKey("telegram")
PUBLIC_URL: web.AppKey[str | None] = web.AppKey("public_url")


class WebError(LotseError):
    """A request that is refused; ``status`` is the HTTP status, ``headers`` go with it."""

    status = 400
    headers: dict[str, str] = {}  # noqa: RUF012 - overridden, never changed


class BadMessage(WebError):
    """The request's body is not what the page sends."""

    code = "bad_message"


class BadHost(WebError):
    """The request does not say sensibly which host it is for."""

    code = "bad_host"


class NoSession(WebError):
    """The cookie that the page sets is missing."""

    code = "no_session"
    status = 401


class Forbidden(WebError):
    """The request comes from elsewhere, or from somebody who may not do this."""

    code = "forbidden"
    status = 403


class TooLarge(WebError):
    """The request's body is larger than any message."""

    code = "too_large"
    status = 413


class TooMany(WebError):
    """More requests in a minute than anybody types."""

    code = "too_many"
    status = 429
    headers = {"Retry-After": "5"}  # noqa: RUF012


def preferred_language(request: web.Request) -> str:
    """Return the launch language the browser asks for first, German when it names none."""
    wishes: list[tuple[float, str]] = []
    for part in request.headers.get("Accept-Language", "")[:LONGEST_HEADER].split(","):
        code, _, quality = part.partition(";q=")
        known = from_telegram(code.strip())
        if known is None:
            continue
        try:
            wishes.append((float(quality or 1), known))
        except ValueError:
            continue
    # max() keeps the first of equals, as the browser ordered them.
    weight, language = max(wishes, key=lambda wish: wish[0], default=(0.0, FALLBACK_LANGUAGE))
    return language if weight > 0 else FALLBACK_LANGUAGE


def is_https(request: web.Request) -> bool:
    """Return whether the browser speaks HTTPS, perhaps to a proxy before us."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "") == "https"


def base_url(request: web.Request) -> str:
    """Return how the world reaches us: as configured, else as this request did.

    Raises:
        BadHost: it is not configured, and the request's host is none.
    """
    configured = request.app[PUBLIC_URL]
    if configured:
        return configured.rstrip("/")
    if not _HOST.fullmatch(request.host):
        raise BadHost
    return f"{'https' if is_https(request) else 'http'}://{request.host}"


def render(request: web.Request, template: str, language: str, **values: object) -> web.Response:
    """Return a page in a language."""
    known = languages().get(language)

    def word(key: str, **placeholders: Any) -> str:
        return say(key, language, **placeholders)

    context = {
        "say": word,
        "number": lambda value: number(value, language),
        "lang": language,
        "dir": "rtl" if known is not None and known.rtl else "ltr",
        **values,
    }
    return aiohttp_jinja2.render_template(template, request, context)


def public(request: web.Request, response: web.Response) -> web.Response:
    """Let everybody keep an answer for a while, and ask whether it is still the same."""
    body = response.body
    assert isinstance(body, bytes)
    tag = hashlib.sha256(body).hexdigest()[:32]
    known = request.if_none_match or ()
    if any(one.value in (tag, "*") for one in known):
        kept = {name: response.headers[name] for name in ("Vary",) if name in response.headers}
        response = web.Response(status=304, headers=kept)
    response.etag = ETag(value=tag)
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
    return response


def from_elsewhere(request: web.Request) -> bool:
    """Return whether the browser says that another site made it send this request."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def as_uuid(written: object) -> uuid.UUID | None:
    """Return the UUID that ``written`` is, or ``None``."""
    try:
        return uuid.UUID(written) if isinstance(written, str) else None
    except ValueError:
        return None
