"""The web application: pages, probes, and what every answer has in common."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web
from aiohttp.typedefs import Handler

from storage.engine import Database
from storage.errors import LotseError
from web import calendar_feed, chat, figures, health, offers, open_data, staff
from web.context import (
    DATABASE,
    PUBLIC_URL,
    READY,
    RECEIVE,
    TELEGRAM,
    Ready,
    Receive,
    TelegramState,
    WebError,
)

__all__ = ["TelegramState", "build"]

HERE = Path(__file__).parent
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

log = logging.getLogger(__name__)
access = logging.getLogger("web.access")


def build(
    database: Database,
    *,
    receive: Receive,
    ready: Ready,
    telegram: TelegramState | None = None,
    public_url: str | None = None,
    extra_routes: Iterable[web.AbstractRouteDef] = (),
) -> web.Application:
    """Return the web application.

    Args:
        database: where messages wait and staff sign in.
        receive: stores an update and defers its handling in the caller's transaction; gets
            (session, channel, external id, address, content).
        ready: returns which other parts work, by name.
        telegram: the connected bot, or ``None``.
        public_url: how the world reaches the pages; as each request did where ``None``.
        extra_routes: routes of others that run in the same process.
    """
    application = web.Application(middlewares=[observe, secure, word_errors])
    application[DATABASE] = database
    application[RECEIVE] = receive
    application[READY] = ready
    application[TELEGRAM] = telegram
    application[PUBLIC_URL] = public_url
    aiohttp_jinja2.setup(
        application,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    health.install(application)
    chat.install(application)
    staff.install(application)
    figures.install(application)
    offers.install(application)
    open_data.install(application)
    calendar_feed.install(application)
    application.router.add_static("/static", HERE / "static")
    application.router.add_routes(list(extra_routes))
    return application


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count and log a request: method, route template, status and time, nothing personal."""
    started = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        seconds = time.perf_counter() - started
        route = health.observe(request, status, seconds)
        access.info("%s %s %d %.0f ms", health.method(request), route, status, seconds * 1000)


@web.middleware
async def secure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the headers that keep other sites, other scripts and caches away."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        _add_headers(request, error)
        raise
    _add_headers(request, response)
    return response


@web.middleware
async def word_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer our own errors with their code, and all others without a word about their cause."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except WebError as error:
        return web.json_response({"error": error.code}, status=error.status, headers=error.headers)
    except LotseError as error:
        return web.json_response({"error": error.code}, status=400)
    except Exception as error:
        # Where, and of which kind; the error's own words can hold what a person wrote.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s in %s\n%s", type(error).__name__, health.template(request), where)
        return web.json_response({"error": "internal"}, status=500)


def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if response.prepared:
        return
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    # Pages are personal. Files of ours may be kept, but are asked for again after an update.
    cache = "no-cache" if request.path.startswith("/static/") else "no-store"
    response.headers.setdefault("Cache-Control", cache)
