"""A calendar server that is down or answers nonsense: tried again, seen, and given up at last."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import text

from centre.appointments import caldav_push, connected
from storage.engine import Database
from tests.centre.calendars.booked import (
    FIRST,
    THURSDAY,
    TUESDAY,
    connect,
    connect_caldav,
    overdue,
    take,
)
from tests.centre.calendars.servers import (
    PASSWORD,
    USER,
    Calendars,
)
from tests.centre.conftest import Work, sent_to, who
from translations.catalogue import say


async def nonsense(request: web.Request) -> web.Response:
    return web.Response(text="<html>Please sign in to the guest network", content_type="text/html")


async def broken_xml(request: web.Request) -> web.Response:
    return web.Response(status=207, text="<<<not xml", content_type="text/xml")


async def somebody_elses(request: web.Request) -> web.Response:
    event = icalendar.Event()
    event.add("uid", "other")
    event.add("dtstart", TUESDAY)
    body = icalendar.Calendar(VERSION="2.0")
    body.add_component(event)
    return web.Response(body=body.to_ical(), content_type="text/calendar")


async def in_trouble(request: web.Request) -> web.Response:
    return web.Response(status=503, headers={"Retry-After": "100000"})


async def forbidden(request: web.Request) -> web.Response:
    return web.Response(status=403)


async def asks_for_nothing_known(request: web.Request) -> web.Response:
    return web.Response(status=401, headers={"WWW-Authenticate": "Riddle"})


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (nonsense, "nonsense"),
        (broken_xml, "nonsense"),
        (somebody_elses, "nonsense"),
        (in_trouble, "unreachable"),
        (forbidden, "refused"),
        (asks_for_nothing_known, "nonsense"),
    ],
)
async def test_a_server_that_answers_nonsense_is_not_believed(
    people: Database, calendars: Calendars, work: Work, answer: Any, failure: str
) -> None:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    odd = TestServer(application)
    await odd.start_server()
    await connect_caldav(people, str(odd.make_url("/cal/")))
    await take(people)
    await work()
    [late] = await overdue(people, FIRST)
    assert (late.failure, late.given_up) == (failure, False)
    await odd.close()
    # The address was mistyped: the right one gets everything.
    await connect_caldav(people, calendars.url())
    await work()
    assert len(calendars.events()) == 1
    assert await overdue(people) == []


async def test_a_server_that_hangs_up_or_never_ends_is_unreachable(
    people: Database, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caldav_push, "PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr(caldav_push, "ALL_TOGETHER", timedelta(seconds=2))

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.2)
        except ConnectionError:
            writer.close()

    for behaviour in (hang_up, trickle):
        async with await asyncio.start_server(behaviour, "127.0.0.1", 0) as odd:
            port = odd.sockets[0].getsockname()[1]
            there = caldav_push.Account(f"http://127.0.0.1:{port}/", USER, PASSWORD)
            with pytest.raises(caldav_push.NotDelivered) as refused:
                await caldav_push.test(there, caldav_push.test_event())
            assert refused.value.data == {"failure": "unreachable"}


async def test_a_wrong_password_is_refused_and_the_right_one_delivers(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect(
        people, caldav_url=calendars.url(), caldav_user=USER, caldav_password="falsch", email=None
    )
    await take(people)
    await work()
    assert [one.failure for one in await overdue(people)] == ["refused"]
    await connect_caldav(people, calendars.url())
    await work()
    assert len(calendars.events()) == 1
    assert await overdue(people) == []


async def test_after_a_day_it_is_given_up_the_manager_is_told_and_it_can_be_tried_again(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    await take(people, THURSDAY)
    calendars.off()
    await work()
    await work(later=timedelta(hours=23))
    assert [one.given_up for one in await overdue(people)] == [False]
    await work(later=timedelta(hours=2))
    [late] = await overdue(people, FIRST)
    assert late.given_up
    async with people.transaction() as session:
        told = (await sent_to(session, FIRST))[-1]
        waiting = await session.scalar(
            text("select count(*) from procrastinate_jobs where task_name = 'appointment_push'")
        )
    assert waiting == 0
    assert told.text == say(
        "calendar.gave_up",
        "de",
        day="Donnerstag, 3. Dezember 2026",
        start="10:00",
        problem=say("calendar.failure_unreachable", "de"),
    )
    calendars.on()
    async with people.transaction() as session:
        await connected.everything(session, who(FIRST))
    await work()
    assert len(calendars.events()) == 1
    assert await overdue(people) == []
