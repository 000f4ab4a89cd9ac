"""The private calendar over HTTP: for whoever has the address, and nobody else."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import icalendar
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.dialects.postgresql import Range

from centre import appointments, demo
from centre.appointments import Wish, feed
from centre.appointments.calendar_tables import CalendarPush
from storage.engine import Database
from tests.centre.conftest import berlin, who
from tests.web.conftest import Visit
from tests.web.test_staff import signed_in, staff_page
from translations.catalogue import say

MANAGER = "m-reutlingen-1"


@pytest_asyncio.fixture
async def path(db: Database, monday_morning: datetime) -> str:
    """The address of a manager with one appointment."""
    async with db.transaction() as session:
        await demo.load(session)
    async with db.transaction() as session:
        await appointments.take(
            session,
            person_id=who("p1"),
            wish=Wish("reutlingen", managers=(who(MANAGER),)),
            topic="other",
            start=berlin(2026, 12, 1, 9, 0),
            language="ar",
            request_key=None,
        )
        return await feed.open(session, who(MANAGER))


async def test_whoever_has_the_address_reads_the_calendar(path: str, served: TestServer) -> None:
    async with TestClient(served) as client, client.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers
        body = await answer.read()
    assert len(icalendar.Calendar.from_ical(body).walk("VEVENT")) == 1


async def test_a_program_that_asks_again_hears_that_nothing_is_new(
    path: str, served: TestServer
) -> None:
    async with TestClient(served) as client:
        async with client.get(path) as answer:
            tag = answer.headers["ETag"]
        async with client.get(path, headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
            assert answer.headers["ETag"] == tag
            assert answer.headers["Cache-Control"] == "private, no-store"
        async with client.get(path, headers={"If-None-Match": '"other"'}) as answer:
            assert answer.status == 200
        async with client.head(path) as answer:
            assert (answer.status, await answer.read()) == (200, b"")


async def test_an_address_that_was_ended_and_one_that_never_was_look_the_same(
    db: Database, path: str, served: TestServer
) -> None:
    async with db.transaction() as session:
        await feed.close(session, who(MANAGER))
    seen = set()
    async with TestClient(served) as client:
        for address in (path, f"/calendar/{'x' * 43}.ics"):
            async with client.get(address) as answer:
                seen.add((answer.status, await answer.text(), answer.headers["Cache-Control"]))
        for address in ("/calendar/.ics", "/calendar/short.ics", f"/calendar/{'x' * 43}"):
            async with client.get(address) as answer:
                assert answer.status == 404
        async with client.post(path) as answer:
            assert answer.status == 405
    assert seen == {(404, "", "private, no-store")}


async def test_the_secret_is_in_no_log(
    path: str, served: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with TestClient(served) as client:
        await client.get(path)
        await client.get(path.replace(".ics", ""))
        await client.get("/metrics")
        async with client.get("/metrics") as answer:
            numbers = await answer.text()
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    assert "/calendar/{secret}.ics" in caplog.text
    assert secret not in caplog.text
    assert secret not in numbers


async def test_the_staff_page_shows_what_did_not_arrive_to_whom_it_concerns(
    db: Database, path: str, visit: Visit
) -> None:
    start = berlin(2026, 12, 1, 9, 0)
    async with db.transaction() as session:
        for number, status in enumerate(("waiting", "failed")):
            session.add(
                CalendarPush(
                    appointment_id=number,
                    manager_id=who(MANAGER),
                    channel="caldav",
                    during=Range(start, start + timedelta(minutes=30)),
                    status=status,
                    failure="refused",
                )
            )
    problem, heading = say("calendar.failure_refused", "de"), say("staff.outgoing", "de")
    for reader in (MANAGER, "a1"):
        page = await staff_page(await signed_in(visit, db, reader))
        assert heading in page
        for state in ("staff.retried", "staff.given_up"):
            assert f"{problem} ({say(state, 'de')})" in page
    for reader in ("m-reutlingen-2", "c1"):
        assert heading not in await staff_page(await signed_in(visit, db, reader))
