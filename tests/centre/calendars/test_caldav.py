"""What is booked reaches a manager's CalDAV calendar, and what is cancelled leaves it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from centre import privacy
from centre.appointments import Appointment, caldav_push, connected, outgoing
from storage import clock, queue
from storage.engine import Database
from tests.centre.calendars.booked import (
    FIRST,
    SECOND,
    THURSDAY,
    TUESDAY,
    cancel,
    connect_caldav,
    overdue,
    pushes,
    take,
)
from tests.centre.calendars.servers import (
    Calendars,
)
from tests.centre.conftest import Work, who
from translations.catalogue import say


async def test_a_calendar_gets_what_is_booked_and_loses_what_is_cancelled(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    await work()
    [event] = calendars.events()
    assert event["UID"] == f"appointment-{made.id}@lotse"
    assert event.decoded("DTSTART") == TUESDAY
    assert say("topic.ask_childcare", "de") in event["SUMMARY"]
    assert str(event["STATUS"]) == "CONFIRMED"
    assert [one.status for one in await pushes(people)] == ["sent"]
    await cancel(people, made.id)
    await work()
    assert calendars.events() == []
    assert [(one.status, one.gone) for one in await pushes(people)] == [
        ("sent", False),
        ("sent", True),
    ]
    assert await overdue(people) == []


async def test_what_moved_is_at_the_new_time_only(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    await work()
    await take(people, THURSDAY, moves=made.id)
    await work()
    assert [one.decoded("DTSTART") for one in calendars.events()] == [THURSDAY]


@pytest.mark.parametrize("how", ["another row", "the same row"])
async def test_what_goes_to_a_colleague_goes_to_their_calendar(
    people: Database, calendars: Calendars, work: Work, how: str
) -> None:
    await connect_caldav(people, calendars.url("one"))
    await connect_caldav(people, calendars.url("two"), SECOND)
    made = await take(people)
    await work()
    assert (len(calendars.events("one")), len(calendars.events("two"))) == (1, 0)
    if how == "another row":
        await take(people, TUESDAY + timedelta(hours=1), SECOND, moves=made.id)
    else:
        async with people.transaction() as session:
            found = await session.get_one(Appointment, made.id)
            found.manager_id = who(SECOND)
            await session.flush()
            await queue.defer(session, "appointment_booked", appointment_id=made.id)
    await work()
    assert (len(calendars.events("one")), len(calendars.events("two"))) == (0, 1)


async def test_doing_it_again_changes_nothing(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    await work()
    for _ in range(2):
        async with people.transaction() as session:
            await outgoing.changed(session, made.id)
    await work()
    [push] = await pushes(people)
    assert (push.status, push.attempts) == ("sent", 0)
    assert await outgoing.deliver(people, push.id, None) is None
    assert await outgoing.deliver(people, 999_999, None) is None
    assert len(calendars.events()) == 1


async def test_a_server_that_is_down_is_tried_again_and_seen_until_it_is_back(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    calendars.off()
    made = await take(people)
    await work()
    [late] = await overdue(people, FIRST)
    assert (late.failure, late.given_up, late.channel) == ("unreachable", False, "caldav")
    assert late.start == TUESDAY
    assert await overdue(people, SECOND) == []
    await work()  # nothing is due yet
    assert [one.attempts for one in await pushes(people)] == [1]
    await work(later=timedelta(minutes=1))
    await work(later=timedelta(minutes=2))
    assert [one.attempts for one in await pushes(people)] == [3]
    calendars.on()
    await work(later=timedelta(minutes=3))
    assert [one["UID"] for one in calendars.events()] == [f"appointment-{made.id}@lotse"]
    assert await overdue(people) == []


async def test_what_was_cancelled_while_the_server_was_down_never_appears(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    calendars.off()
    made = await take(people)
    await work()
    await cancel(people, made.id)
    calendars.on()
    # The new job brings the waiting one forward: no time has to pass.
    await work()
    assert calendars.events() == []
    assert {one.status for one in await pushes(people)} == {"sent"}


async def test_what_is_over_before_anybody_heard_of_it_is_not_told(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    async with people.transaction() as session:
        await outgoing.changed(session, made.id)
    await cancel(people, made.id)
    await work()
    assert await pushes(people) == []
    assert calendars.events() == []


async def test_what_changes_while_it_is_being_sent_is_sent_as_well(
    people: Database, work: Work
) -> None:
    kept: dict[str, bytes] = {}
    seen: list[str] = []

    async def server(request: web.Request) -> web.Response:
        seen.append(request.method)
        if request.method == "PUT":
            if not kept:
                await cancel(people, made.id)
            kept[request.path] = await request.read()
            return web.Response(status=201)
        if request.path not in kept:
            return web.Response(status=404)
        if request.method == "DELETE":
            del kept[request.path]
            return web.Response(status=204)
        return web.Response(body=kept[request.path], content_type="text/calendar")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server)
    there = TestServer(application)
    await there.start_server()
    made = await take(people)
    await connect_caldav(people, str(there.make_url("/cal/")))
    await work()
    await there.close()
    assert seen[0] == "PUT"
    assert "DELETE" in seen
    assert kept == {}
    assert {one.status for one in await pushes(people)} == {"sent"}


async def test_whoever_erases_themselves_also_leaves_the_managers_calendar(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    await take(people)
    await work()
    assert len(calendars.events()) == 1
    async with people.transaction() as session:
        await privacy.erase(session, who("p1"))
    await work()
    assert calendars.events() == []


async def test_a_calendar_connected_later_gets_what_is_ahead_and_nothing_once_disconnected(
    people: Database, calendars: Calendars, work: Work
) -> None:
    made = await take(people)
    await work()
    await connect_caldav(people, calendars.url())
    await work()
    assert len(calendars.events()) == 1
    await connect_caldav(people, calendars.url("two"))
    await work()
    assert len(calendars.events("two")) == 1
    await cancel(people, made.id)
    async with people.transaction() as session:
        await connected.disconnect(session, who(FIRST))
    await work()
    assert len(calendars.events("two")) == 1
    assert await pushes(people) == []


async def test_what_was_sent_is_forgotten_a_month_later(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    await take(people)
    await work()
    clock.advance(timedelta(days=20))
    for left in (1, 0):
        async with people.transaction() as session:
            await connected.forget_old(session)
        assert len(await pushes(people)) == left
        clock.advance(timedelta(days=20))


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://cloud.example.org/remote.php/dav/calendars/erika/personal/", True),
        ("http://127.0.0.1:5232/erika/one/", True),
        ("https://erika:geheim@cloud.example.org/", False),
        ("ftp://cloud.example.org/", False),
        ("https://", False),
        ("https://cloud.example.org:x/", False),
        ("https://cloud.example.org/\nHost: other", False),
    ],
)
def test_an_address_of_a_calendar_is_looked_at(url: str, fine: bool) -> None:
    assert caldav_push.is_url(url) is fine
