"""Open data for others to build on: articles and offers as JSON (see ``docs/open-data.md``)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county
from knowledge_base import open_data
from knowledge_base.content_files import content_languages
from knowledge_base.open_data import Page
from storage import clock
from web.context import DATABASE, base_url, public

LIMIT, MOST = 50, 200
FURTHEST = 1_000_000
PARAMETERS = ("centre", "lang", "limit", "offset")
# Anybody's page may read this; it is the same for everybody and no cookie counts.
CORS = {"Access-Control-Allow-Origin": "*"}

Read = Callable[[AsyncSession, str | None, str | None, int, int], Awaitable[Page]]


class _BadParameter(Exception):
    def __init__(self, parameter: str, message: str, status: int = 400) -> None:
        super().__init__(parameter)
        self.status = status
        self.told = {"error": "bad_parameter", "parameter": parameter, "message": message}


def install(application: web.Application) -> None:
    """Add what can be read."""
    application.router.add_get("/open/offers.json", offers)
    application.router.add_get("/open/articles.json", articles)


async def offers(request: web.Request) -> web.Response:
    """Return offers with their structure and next dates."""
    return await _answer(request, "offers", open_data.offers)


async def articles(request: web.Request) -> web.Response:
    """Return articles in all their languages."""
    return await _answer(request, "articles", open_data.articles)


async def _answer(request: web.Request, name: str, read: Read) -> web.Response:
    try:
        centre, language, limit, offset = _parameters(request)
    except _BadParameter as error:
        return web.json_response(error.told, status=error.status, headers=CORS)
    async with request.app[DATABASE].transaction() as session:
        page = await read(session, centre, language, limit, offset)
    told: dict[str, Any] = {
        "licence": {"id": open_data.LICENCE, "url": open_data.LICENCE_URL},
        "county": county.county_name(),
        "as_of": clock.today().isoformat(),
        "total": page.total,
        "limit": limit,
        "offset": offset,
        "next": None,
        name: page.entries,
    }
    after = offset + limit
    if after < page.total:
        chosen = {"centre": centre, "lang": language, "limit": limit, "offset": after}
        query = urlencode({key: value for key, value in chosen.items() if value is not None})
        told["next"] = f"{base_url(request)}/open/{name}.json?{query}"
    # Some megabytes at most, and the conversation goes on beside it.
    body = await asyncio.to_thread(json.dumps, told, ensure_ascii=False)
    response = web.Response(text=body, content_type="application/json", headers=CORS)
    answered = public(request, response)
    answered.headers.update(CORS)
    return answered


def _parameters(request: web.Request) -> tuple[str | None, str | None, int, int]:
    for name in request.query:
        if name not in PARAMETERS:
            # What was sent is not repeated: only what there is.
            raise _BadParameter("?", f"known parameters: {', '.join(PARAMETERS)}")
    centre, language = request.query.get("centre"), request.query.get("lang")
    if centre is not None and centre not in county.centres():
        raise _BadParameter("centre", f"one of: {', '.join(county.centres())}", 404)
    if language is not None and language not in content_languages():
        raise _BadParameter("lang", f"one of: {', '.join(content_languages())}")
    return (
        centre,
        language,
        _number(request, "limit", LIMIT, 1, MOST),
        _number(request, "offset", 0, 0, FURTHEST),
    )


def _number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    written = request.query.get(name)
    if written is None:
        return default
    plain = written.isascii() and written.isdigit() and len(written) <= len(str(most))
    if not plain or not least <= int(written) <= most:
        raise _BadParameter(name, f"a whole number from {least} to {most}")
    return int(written)
