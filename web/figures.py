"""The coordinators' page: who waits, how long it took, who helped how much."""

from __future__ import annotations

import re
from datetime import date

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format
from centre.handoffs import waves
from centre.people import Person
from centre.pool import allowance, coordination
from storage import clock
from translations.catalogue import say
from web.context import DATABASE, FALLBACK_LANGUAGE, Forbidden, WebError, render
from web.staff import refused, signed_in

PATH = "/staff/interpreters"
_MONTH = re.compile(r"^(20\d\d)-(0[1-9]|1[0-2])$")


class BadMonth(WebError):
    """The month is not written as 2026-11."""

    code = "bad_month"


def install(application: web.Application) -> None:
    """Add the page and its table."""
    application.router.add_get(PATH, page)
    application.router.add_get(f"{PATH}.csv", table)


async def page(request: web.Request) -> web.Response:
    """Show the figures to a manager (their centre's) or the admin (everybody's).

    Raises:
        Forbidden: the reader is no coordinator.
        BadMonth: the month makes no sense.
    """
    month = _month(request)
    async with request.app[DATABASE].transaction() as session:
        reader = await signed_in(request, session)
        if reader is None:
            return refused(request, 401)
        centre = _centre(reader)
        language = reader.language or FALLBACK_LANGUAGE
        waiting = await coordination.open_requests(session, centre)
        return render(
            request,
            "figures.html",
            language,
            reader=reader.name or "",
            month=f"{month:%Y-%m}",
            rows=[_open(one, language) for one in waiting],
            waiting=await _waiting(session, centre, language),
            missing=format.row(
                [
                    format.language_name(one, language)
                    for one in await coordination.without_interpreter(session)
                ],
                language,
            ),
            served=[
                {
                    "name": one.name or "–",
                    "language": format.language_name(one.language, language),
                    "centre": county.centre_name(one.centre),
                    "way": say(f"pool.way_{one.way}", language),
                    "talks": one.talks,
                    "minutes": one.minutes,
                }
                for one in await coordination.served(session, month, centre)
            ],
        )


async def table(request: web.Request) -> web.Response:
    """Send a month's services as a file for a spreadsheet.

    Raises:
        Forbidden: the reader is no coordinator.
        BadMonth: the month makes no sense.
    """
    month = _month(request)
    async with request.app[DATABASE].transaction() as session:
        reader = await signed_in(request, session)
        if reader is None:
            return refused(request, 401)
        rows = await coordination.served(session, month, _centre(reader))
    name = f"lotse-{month:%Y-%m}.csv"
    return web.Response(
        body=allowance.table(rows, month, reader.language or FALLBACK_LANGUAGE),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _month(request: web.Request) -> date:
    written = request.query.get("month")
    if not written:
        return clock.now().astimezone(clock.BERLIN).date().replace(day=1)
    match = _MONTH.match(written)
    if match is None:
        raise BadMonth
    return date(int(match[1]), int(match[2]), 1)


def _centre(reader: Person) -> str | None:
    if reader.role not in coordination.COORDINATORS:
        raise Forbidden
    if reader.role == "manager" and reader.centre is None:
        raise Forbidden
    return reader.centre if reader.role == "manager" else None


def _open(one: coordination.OpenRequest, language: str) -> dict[str, object]:
    minutes = int((clock.now() - one.since).total_seconds()) // 60
    return {
        "kind": say("menu.interpreter" if one.kind == "interpreter" else "menu.human", language),
        "language": format.language_name(one.language, language),
        "centre": county.centre_name(one.centre),
        "topic": say(f"interpreting.{one.topic or 'other'}", language),
        "minutes": minutes,
        "asked": one.asked,
        "stage": say(f"figures.stage_{one.stage}", language) if one.stage in waves.STAGES else "–",
        "urgent": one.urgent or one.urgency == "high",
    }


async def _waiting(
    session: AsyncSession, centre: str | None, language: str
) -> list[dict[str, object]]:
    return [
        {
            "language": format.language_name(one.language, language),
            "requests": one.requests,
            "matched": one.matched,
            "unfilled": one.unfilled,
            "median": one.median,
            "ninety": one.ninety,
        }
        for one in await coordination.waiting_times(session, centre)
    ]
