"""A manager's private calendar, for whoever has its secret address."""

from __future__ import annotations

import hashlib

from aiohttp import ETag, web

from centre.appointments import feed
from web.context import DATABASE

PRIVATE = {
    "Cache-Control": "private, no-store",
    # An address that leaks into a page must not end up in a search engine as well.
    "X-Robots-Tag": "noindex, nofollow",
}


def install(application: web.Application) -> None:
    """Add the address. Our log has the route's template only, never the secret."""
    application.router.add_get("/calendar/{secret:[A-Za-z0-9_-]{43}}.ics", calendar)


async def calendar(request: web.Request) -> web.Response:
    """Return the calendar; an address that was never there and one that was ended look the same."""
    async with request.app[DATABASE].transaction() as session:
        body = await feed.calendar(session, request.match_info["secret"])
    if body is None:
        return web.Response(status=404, headers=PRIVATE)
    tag = hashlib.sha256(body).hexdigest()[:32]
    if any(one.value in (tag, "*") for one in request.if_none_match or ()):
        response = web.Response(status=304, headers=PRIVATE)
    else:
        response = web.Response(
            body=body, content_type="text/calendar", charset="utf-8", headers=PRIVATE
        )
        response.headers["Content-Disposition"] = 'inline; filename="lotse.ics"'
    response.etag = ETag(value=tag)
    return response
