"""Who gets onto the staff pages, and what they see there."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from centre import demo, logins
from centre.appointments import Appointment
from centre.handoffs import Handoff
from centre.people import Address, Person
from storage import clock
from storage.engine import Database
from tests.web.conftest import Components, PretendedConversation, Visit
from translations.catalogue import say
from web import staff
from web.app import build

Staffed = Database


@pytest_asyncio.fixture
async def staffed(db: Database, monday_morning: datetime) -> AsyncIterator[Database]:
    """The demonstration's people, one appointment with each of two managers, one open request."""
    async with db.transaction() as session:
        await demo.load(session)
        for number, (manager, person, topic) in enumerate(
            [("m-reutlingen-1", "p1", "ask_work"), ("m-reutlingen-2", "p4", "ask_health")]
        ):
            start = monday_morning + timedelta(days=1, hours=1 + number)
            session.add(
                Appointment(
                    manager_id=demo.person_id(manager),
                    person_id=demo.person_id(person),
                    centre="reutlingen",
                    topic=topic,
                    language="ar",
                    during=Range(start, start + timedelta(minutes=30)),
                    blocked=Range(start, start + timedelta(minutes=30)),
                )
            )
        session.add(
            Handoff(
                kind="human",
                person_id=demo.person_id("p2"),
                centre="muensingen",
                language="fa",
                status="open",
            )
        )
    yield db


async def link_for(db: Database, label: str) -> str:
    async with db.transaction() as session:
        return await logins.create(session, demo.person_id(label), "staff", timedelta(hours=1))


async def enter(client: TestClient, token: str) -> int:
    async with client.post("/staff/login", data={"token": token}, allow_redirects=False) as answer:
        return answer.status


async def signed_in(visit: Visit, db: Database, label: str) -> TestClient:
    client = await visit()
    assert await enter(client, await link_for(db, label)) == 303
    return client


async def staff_page(client: TestClient) -> str:
    async with client.get("/staff") as answer:
        assert answer.status == 200
        return await answer.text()


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


async def test_looking_at_the_link_does_not_use_it_up(visit: Visit, staffed: Staffed) -> None:
    client = await visit()
    token = await link_for(staffed, "a1")
    for _ in range(3):
        assert (await client.get(f"/staff/login?token={token}")).status == 200
        assert (await client.head(f"/staff/login?token={token}")).status == 200
    assert (await client.get("/staff")).status == 401
    assert await enter(client, token) == 303
    assert (await client.get("/staff")).status == 200


async def test_a_link_works_once(visit: Visit, staffed: Staffed) -> None:
    token = await link_for(staffed, "a1")
    assert await enter(await visit(), token) == 303
    late = await visit()
    assert await enter(late, token) == 403
    assert (await late.get("/staff")).status == 401


async def test_two_at_once_cannot_both_use_a_link(staffed: Staffed) -> None:
    token = await link_for(staffed, "a1")

    async def attempt() -> uuid.UUID | None:
        async with staffed.transaction() as session:
            return await logins.redeem(session, token, "staff")

    won = await asyncio.gather(*(attempt() for _ in range(8)))
    assert [one for one in won if one is not None] == [demo.person_id("a1")]


async def test_a_link_ends_and_so_does_a_session(visit: Visit, staffed: Staffed) -> None:
    late = await link_for(staffed, "a1")
    client = await signed_in(visit, staffed, "a1")
    clock.advance(timedelta(hours=1))
    assert await enter(await visit(), late) == 403
    assert (await client.get("/staff")).status == 200
    clock.advance(timedelta(hours=11))
    assert (await client.get("/staff")).status == 401


async def test_a_link_is_for_one_purpose(visit: Visit, staffed: Staffed) -> None:
    async with staffed.transaction() as session:
        token = await logins.create(
            session, demo.person_id("m-dettingen-1"), "connect", timedelta(hours=1)
        )
    assert await enter(await visit(), token) == 403
    async with staffed.transaction() as session:
        assert await logins.redeem(session, token, "staff") is None
        assert await logins.redeem(session, token, "connect") == demo.person_id("m-dettingen-1")


async def test_only_hashes_are_stored(visit: Visit, staffed: Staffed) -> None:
    token = await link_for(staffed, "a1")
    async with staffed.transaction() as session:
        assert list(await session.scalars(select(logins.Login.token_hash))) == [
            logins.hashed(token)
        ]
    assert token != logins.hashed(token)


async def test_what_opens_nothing_any_more_is_forgotten(staffed: Staffed) -> None:
    used, open_ = await link_for(staffed, "a1"), await link_for(staffed, "a1")
    async with staffed.transaction() as session:
        await logins.redeem(session, used, "staff")
        await logins.open_session(session, demo.person_id("a1"))
        await logins.forget_old(session)
        assert list(await session.scalars(select(logins.Login.token_hash))) == [
            logins.hashed(open_)
        ]
        clock.advance(timedelta(hours=12))
        await logins.forget_old(session)
        for table in (logins.Login, logins.StaffSession):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("label", ["p1", "i-ar-1", "v1"])
async def test_the_staff_page_refuses_everybody_else(
    visit: Visit, staffed: Staffed, label: str
) -> None:
    client = await visit()
    assert await enter(client, await link_for(staffed, label)) == 403
    assert (await client.get("/staff")).status == 401


async def test_who_loses_the_role_is_out_at_once(visit: Visit, staffed: Staffed) -> None:
    client = await signed_in(visit, staffed, "m-reutlingen-1")
    async with staffed.transaction() as session:
        person = await session.get(Person, demo.person_id("m-reutlingen-1"))
        assert person is not None
        person.role = "refugee"
    assert (await client.get("/staff")).status == 401


async def test_the_staff_cookie_is_out_of_reach(visit: Visit, staffed: Staffed) -> None:
    client = await visit()
    data = {"token": await link_for(staffed, "a1")}
    answer = await client.post(
        "/staff/login",
        data=data,
        headers={"X-Forwarded-Proto": "https"},
        allow_redirects=False,
    )
    given = answer.cookies["lotse_staff"]
    assert given["httponly"]
    assert given["secure"]
    assert (given["samesite"], given["path"]) == ("Lax", "/staff")


async def test_another_site_cannot_sign_anybody_in(visit: Visit, staffed: Staffed) -> None:
    client = await visit()
    token = await link_for(staffed, "a1")
    answer = await client.post(
        "/staff/login", data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status == 403
    assert await enter(client, token) == 303  # and the link is still good


async def test_a_manager_sees_their_own_appointments_only(visit: Visit, staffed: Staffed) -> None:
    page = await staff_page(await signed_in(visit, staffed, "m-reutlingen-1"))
    assert say("topic.ask_work", "de") in page
    assert say("topic.ask_health", "de") not in page
    assert "Dienstag, 1. Dezember 2026, 09:00–09:30" in page
    assert say("menu.human", "de") not in page  # the request is another centre's


async def test_the_admin_of_a_centre_sees_its_appointments(visit: Visit, staffed: Staffed) -> None:
    page = await staff_page(await signed_in(visit, staffed, "a1"))
    assert say("topic.ask_work", "de") in page
    assert say("topic.ask_health", "de") in page
    assert say("menu.human", "de") not in page


async def test_open_requests_of_the_own_centre_are_listed(visit: Visit, staffed: Staffed) -> None:
    page = await staff_page(await signed_in(visit, staffed, "m-muensingen-1"))
    assert say("menu.human", "de") in page
    assert "Persisch" in page


async def test_the_page_is_in_the_readers_language(visit: Visit, staffed: Staffed) -> None:
    async with staffed.transaction() as session:
        person = await session.get(Person, demo.person_id("a1"))
        assert person is not None
        person.language = "ar"
    page = await staff_page(await signed_in(visit, staffed, "a1"))
    assert '<html lang="ar" dir="rtl">' in page
    assert say("staff.interpreters", "ar") in page


async def test_names_are_shown_as_text(visit: Visit, staffed: Staffed) -> None:
    async with staffed.transaction() as session:
        person = await session.get(Person, demo.person_id("i-ar-1"))
        assert person is not None
        person.name = "<script>alert(1)</script>"
    page = await staff_page(await signed_in(visit, staffed, "a1"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


async def test_no_addresses_are_shown(visit: Visit, staffed: Staffed) -> None:
    async with staffed.transaction() as session:
        session.add(
            Address(person_id=demo.person_id("i-ar-1"), channel="telegram", address="4915112345")
        )
    page = await staff_page(await signed_in(visit, staffed, "a1"))
    assert "4915112345" not in page
    assert "✓" in page


async def make_link(client: TestClient, label: str, **form: str) -> tuple[int, str]:
    data = {"csrf": csrf(await staff_page(client)), "person": str(demo.person_id(label)), **form}
    async with client.post("/staff/connect", data=data) as answer:
        return answer.status, await answer.text()


async def test_the_link_connects_the_one_it_was_made_for(visit: Visit, staffed: Staffed) -> None:
    client = await signed_in(visit, staffed, "a1")
    status, page = await make_link(client, "i-ti-2")
    assert status == 200
    found = re.search(r"https://t\.me/lotse_test_bot\?start=([\w-]{43})", page)
    assert found is not None
    async with staffed.transaction() as session:
        assert await logins.redeem(session, found[1], "connect") == demo.person_id("i-ti-2")
        assert await logins.redeem(session, found[1], "connect") is None


@pytest.mark.parametrize(
    ("reader", "other", "status"),
    [
        ("a1", "m-dettingen-2", 200),
        ("m-dettingen-1", "m-dettingen-1", 200),
        ("m-dettingen-1", "i-ar-1", 200),
        ("m-dettingen-1", "m-dettingen-2", 403),
        ("m-dettingen-1", "a1", 403),
        ("a1", "p1", 403),
        ("a1", "c1", 200),
        ("a1", "a1", 200),
        ("c1", "c1", 200),
        ("c1", "i-ar-1", 403),
        ("c1", "a1", 403),
    ],
)
async def test_nobody_hands_out_an_account_with_more_rights(
    visit: Visit, staffed: Staffed, reader: str, other: str, status: int
) -> None:
    client = await signed_in(visit, staffed, reader)
    assert (await make_link(client, other))[0] == status


async def test_only_our_own_page_can_ask_for_a_link(visit: Visit, staffed: Staffed) -> None:
    client = await signed_in(visit, staffed, "a1")
    assert (await make_link(client, "i-ar-1", csrf="0" * 64))[0] == 403
    assert (await make_link(client, "i-ar-1", csrf="ä"))[0] == 403
    assert (await make_link(client, "i-ar-1", person="nonsense"))[0] == 403
    stranger = await visit()
    assert (await stranger.post("/staff/connect", data={})).status == 401


async def test_without_telegram_there_is_nothing_to_connect(staffed: Staffed) -> None:
    application = build(staffed, receive=PretendedConversation().receive, ready=Components().ready)
    async with TestClient(TestServer(application)) as client:
        assert await enter(client, await link_for(staffed, "a1")) == 303
        assert say("staff.connect", "de") not in await staff_page(client)


async def test_the_first_admin_link_makes_the_admin_and_the_next_does_not(
    visit: Visit, db: Database, served: TestServer
) -> None:
    links = []
    for _ in range(2):
        async with db.transaction() as session:
            links.append(await staff.admin_link(session, "http://lotse.test/"))
    assert all(one.startswith("http://lotse.test/staff/login?token=") for one in links)
    async with db.transaction() as session:
        roles = list(await session.scalars(select(Person.role)))
        addresses = await session.scalar(select(func.count()).select_from(Address))
    assert (roles, addresses) == (["admin"], 0)
    for link in links:
        assert await enter(await visit(), link.partition("token=")[2]) == 303
