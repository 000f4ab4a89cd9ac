"""What coordinators of the interpreters see, and the list for the allowance."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import update

from centre import demo
from centre.handoffs import Handoff, HandoffAsk, median
from centre.people import Person
from centre.pool import allowance, coordination
from centre.pool.tables import InterpreterProfile, InterpreterService
from storage import clock
from storage.engine import Database
from tests.web.conftest import Visit
from tests.web.test_staff import signed_in, staffed
from translations.catalogue import say

__all__ = ["staffed"]

PAGE = "/staff/interpreters"


async def answered(
    db: Database, minutes: list[int | None], language: str = "ar", kind: str = "interpreter"
) -> None:
    """Requests of ten in the morning that were answered after so many minutes, or never."""
    begin = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    async with db.transaction() as session:
        for waited in minutes:
            taken = None if waited is None else begin + timedelta(minutes=waited)
            session.add(
                Handoff(
                    kind=kind,
                    person_id=demo.person_id("p1"),
                    centre="reutlingen",
                    language=language,
                    status="ended",
                    created_at=begin,
                    matched_at=taken,
                    ended_at=begin + timedelta(hours=2),
                )
            )


async def serve(
    db: Database, label: str, start: datetime, minutes: int, centre: str = "reutlingen"
) -> None:
    async with db.transaction() as session:
        session.add(
            InterpreterService(
                helper_id=demo.person_id(label),
                language="ar",
                centre=centre,
                started_at=start,
                ended_at=start + timedelta(minutes=minutes),
            )
        )


async def got(client: TestClient, path: str) -> tuple[int, str]:
    async with client.get(path) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([1, 2, 3, 4, 100], 3),
        ([1, 2, 3, 4, 5, 100], 4),  # between 3 and 4: rounded up
        ([1, 2, 3, 4], None),  # too few to promise anything
        ([1, 2, 3, 4, None], None),
        ([], None),
    ],
)
async def test_the_median_is_that_of_who_was_answered_and_nothing_is_said_of_few(
    staffed: Database, minutes: list[int | None], expected: int | None
) -> None:
    await answered(staffed, minutes)
    async with staffed.transaction() as session:
        assert await median.median_minutes(session, "interpreter", "reutlingen", "ar") == expected
        assert await median.median_minutes(session, "interpreter", "reutlingen", "fa") is None
        assert await median.median_minutes(session, "interpreter", "dettingen", "ar") is None
        assert await median.median_minutes(session, "human", "reutlingen") is None


async def test_who_asked_at_night_says_nothing_about_the_day(staffed: Database) -> None:
    await answered(staffed, [5] * 6)
    async with staffed.transaction() as session:
        night = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
        await session.execute(
            update(Handoff).values(created_at=night).where(Handoff.status == "ended")
        )
        assert await median.median_minutes(session, "interpreter", "reutlingen", "ar") is None


async def test_waiting_times_and_what_nobody_took_are_counted_per_language(
    staffed: Database,
) -> None:
    await answered(staffed, [2, 4, 6, None])
    await answered(staffed, [None], "so")
    async with staffed.transaction() as session:
        arabic, somali = await coordination.waiting_times(session, "reutlingen")
        assert await coordination.waiting_times(session, "dettingen") == []
    assert (arabic.language, arabic.requests, arabic.matched) == ("ar", 4, 3)
    assert (arabic.unfilled, arabic.median, arabic.ninety) == (1, 4, 6)
    assert (somali.language, somali.matched, somali.unfilled, somali.median) == ("so", 0, 1, None)


async def test_languages_that_nobody_can_be_asked_for_are_named(staffed: Database) -> None:
    async with staffed.transaction() as session:
        assert "am" not in await coordination.without_interpreter(session)
        await session.execute(
            update(Person)
            .where(Person.id == demo.person_id("i-am-1"))
            .values(blocked_at=clock.now())
        )
        assert "am" in await coordination.without_interpreter(session)
        for label, paused in (("i-ti-1", timedelta(days=7)), ("i-ti-2", timedelta(days=9999))):
            session.add(
                InterpreterProfile(
                    person_id=demo.person_id(label),
                    declared_on=date(2026, 1, 1),
                    paused_until=clock.now() + paused,
                )
            )
        assert "ti" not in await coordination.without_interpreter(session)
        await session.execute(update(InterpreterProfile).values(ways=["phone"]))
        assert "ti" in await coordination.without_interpreter(session)


async def test_the_table_counts_begun_minutes_of_the_month_in_berlin(staffed: Database) -> None:
    # Midnight in Berlin is 23:00 the day before.
    await serve(staffed, "i-ar-1", datetime(2026, 10, 31, 23, 30, tzinfo=UTC), 20)
    await serve(staffed, "i-ar-1", datetime(2026, 11, 30, 22, 59, tzinfo=UTC), 15)
    await serve(staffed, "i-ar-1", datetime(2026, 11, 30, 23, 1, tzinfo=UTC), 99)
    await serve(staffed, "i-ar-2", datetime(2026, 11, 5, 9, 0, tzinfo=UTC), 30, "dettingen")
    async with staffed.transaction() as session:
        everybody = await coordination.served(session, date(2026, 11, 15), None)
        here = await coordination.served(session, date(2026, 11, 15), "reutlingen")
    assert [(one.talks, one.minutes) for one in here] == [(2, 35)]
    assert len(everybody) == 2
    rows = list(csv.reader(io.StringIO(table_of(here)), delimiter=";"))
    assert rows[0] == ["Name", "Monat", "Sprache", "Zentrum", "Wie", "Gespräche", "Minuten"]
    assert rows[1] == [
        "Dolmetsch-Muster Zwei",
        "2026-11",
        "Arabisch",
        "Reutlingen/Pfullingen",
        "im Chat",
        "2",
        "35",
    ]


def table_of(rows: list[coordination.Served]) -> str:
    made = allowance.table(rows, date(2026, 11, 1), "de")
    assert made.startswith(b"\xef\xbb\xbf")
    return made.decode("utf-8-sig")


async def test_a_name_is_no_formula(staffed: Database) -> None:
    await serve(staffed, "i-ar-1", datetime(2026, 11, 5, 9, 0, tzinfo=UTC), 5)
    async with staffed.transaction() as session:
        await session.execute(
            update(Person).where(Person.id == demo.person_id("i-ar-1")).values(name="=HYPERLINK(1)")
        )
        rows = await coordination.served(session, date(2026, 11, 1), None)
    assert "'=HYPERLINK(1)" in table_of(rows)
    assert ";=HYPERLINK" not in table_of(rows)


async def test_a_manager_sees_their_centre_and_the_admin_everything(
    visit: Visit, staffed: Database
) -> None:
    async with staffed.transaction() as session:
        waits = Handoff(
            kind="interpreter", person_id=demo.person_id("p1"), centre="dettingen", language="tr"
        )
        session.add(waits)
        await session.flush()
        session.add(HandoffAsk(handoff_id=waits.id, helper_id=demo.person_id("i-tr-1")))
    await serve(staffed, "i-ar-2", datetime(2026, 11, 5, 9, 0, tzinfo=UTC), 30, "dettingen")
    manager = await signed_in(visit, staffed, "m-reutlingen-1")
    status, page = await got(manager, f"{PAGE}?month=2026-11")
    assert status == 200
    assert "Türkisch" not in page.split(say("figures.waited", "de"))[0]
    assert "Dolmetsch-Muster Drei" not in page
    admin = await signed_in(visit, staffed, "a1")
    status, page = await got(admin, f"{PAGE}?month=2026-11")
    assert status == 200
    assert "Türkisch" in page
    assert "Dolmetsch-Muster Drei" in page
    status, file = await got(admin, f"{PAGE}.csv?month=2026-11")
    assert status == 200
    assert "Dolmetsch-Muster Drei" in file
    for secret in (str(demo.person_id("p1")), str(demo.person_id("i-ar-2"))):
        assert secret not in page + file


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.csv"])
async def test_nobody_else_sees_it(visit: Visit, staffed: Database, path: str) -> None:
    stranger = await visit()
    assert (await got(stranger, path))[0] == 401
    curator = await signed_in(visit, staffed, "c1")
    assert (await got(curator, path))[0] == 403
    assert PAGE not in (await got(curator, "/staff"))[1]
    manager = await signed_in(visit, staffed, "m-reutlingen-1")
    assert PAGE in (await got(manager, "/staff"))[1]
    async with staffed.transaction() as session:
        await session.execute(
            update(Person).where(Person.id == demo.person_id("m-reutlingen-1")).values(centre=None)
        )
    assert (await got(manager, path))[0] == 403


@pytest.mark.parametrize("month", ["2026-13", "November", "2026-11-30", "1026-11", "%00"])
async def test_a_month_that_is_none_is_refused(visit: Visit, staffed: Database, month: str) -> None:
    manager = await signed_in(visit, staffed, "m-reutlingen-1")
    assert (await got(manager, f"{PAGE}?month={month}"))[0] == 400
    assert (await got(manager, f"{PAGE}.csv?month={month}"))[0] == 400


async def test_who_reads_arabic_gets_the_page_from_right_to_left(
    visit: Visit, staffed: Database
) -> None:
    async with staffed.transaction() as session:
        reader = await session.get_one(Person, demo.person_id("m-reutlingen-1"))
        reader.language = "ar"
    manager = await signed_in(visit, staffed, "m-reutlingen-1")
    status, page = await got(manager, PAGE)
    assert status == 200
    assert 'dir="rtl"' in page
