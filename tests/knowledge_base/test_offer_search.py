"""The offers that fit come first, the nearest and soonest of them; nothing is left out silently."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import update

from centre.county import centres, municipalities
from knowledge_base.entries import Entry
from knowledge_base.importer import import_folder
from knowledge_base.offer_search import NEAR_KM, Offers, current, find
from knowledge_base.offers import Offer
from knowledge_base.wishes import Wishes
from lotse.prepare import DEMO
from storage.engine import Database

PLACES = {town.id: town.location for town in municipalities().values()}
EXAMPLE = Wishes(
    topic="ask_language_course",
    audience=("women",),
    daytimes=("morning",),
    childcare=True,
    near="dettingen",
)


@pytest_asyncio.fixture
async def offers(db: Database, monday_morning: datetime) -> AsyncIterator[Database]:
    """The fictional offers, on Monday 30 November 2026 at 8."""
    async with db.transaction() as session:
        await import_folder(
            session, DEMO, list(centres()), municipalities=municipalities(), embed=False
        )
    yield db


async def look(db: Database, wishes: Wishes, centre: str | None = None, **more: Any) -> Offers:
    async with db.transaction() as session:
        return await find(
            session, wishes, centre, more.pop("language", "de"), places=PLACES, **more
        )


def ids(found: Offers) -> list[str]:
    return [hit.entry_id for hit in found.hits]


async def test_the_example_of_the_issue(offers: Database) -> None:
    found = await look(offers, EXAMPLE, "reutlingen")
    assert ids(found) == ["demo_det_course_women"]
    assert found.dropped == ()
    assert found.wishes == EXAMPLE
    hit = found.hits[0]
    assert hit.following is not None
    assert hit.following.isoformat() == "2026-11-30T09:30:00+01:00"
    assert hit.kilometres == 0


async def test_when_nothing_fits_the_least_important_wishes_are_left_out_and_named(
    offers: Database,
) -> None:
    evening = Wishes(
        topic="ask_language_course", audience=("women",), daytimes=("evening",), childcare=True
    )
    found = await look(offers, evening, "dettingen")
    assert found.dropped == ("daytimes",)
    assert found.wishes == evening.without("daytimes")
    assert ids(found) == ["demo_det_course_women"]


async def test_what_it_is_about_is_never_left_out(offers: Database) -> None:
    found = await look(offers, Wishes(topic="ask_naturalisation", childcare=True))
    assert (found.hits, found.total, found.dropped) == ([], 0, ())


async def test_what_is_not_known_does_not_count_as_fulfilled(offers: Database) -> None:
    async with offers.transaction() as session:
        await session.execute(update(Offer).values(childcare=None))
    assert (await look(offers, EXAMPLE)).dropped == ("childcare",)


async def test_the_nearest_comes_first_and_far_away_is_not_near(offers: Database) -> None:
    found = await look(offers, Wishes(types=("open_house",), near="bad_urach"))
    assert ids(found) == ["demo_det_open_house", "demo_rt_open_house", "demo_ms_open_house"]
    away = [hit.kilometres for hit in found.hits]
    assert away[0] == 0
    assert away == sorted(away)
    assert max(away) <= NEAR_KM
    nothing_near = await look(offers, Wishes(types=("leisure",), near="zwiefalten"))
    assert nothing_near.dropped == ("near",)
    # The alternative that is shown first is the nearest all the same.
    assert ids(nothing_near)[0] == "demo_ms_sport"


async def test_where_distance_is_equal_the_sooner_comes_first(offers: Database) -> None:
    found = await look(offers, Wishes(types=("course",)), "muensingen", limit=10)
    assert ids(found) == ["demo_ms_course"]
    both = await look(offers, Wishes(near="reutlingen", types=("job_support", "day_structure")))
    # The workshop is today at 10, the help with applications on Friday.
    assert ids(both)[:2] == ["demo_rt_day", "demo_rt_job"]


async def test_one_centre_sees_its_own_and_everybody_without_a_centre_sees_all(
    offers: Database,
) -> None:
    everything = Wishes(types=("course",))
    assert {hit.centre for hit in (await look(offers, everything, "dettingen")).hits} == {
        "dettingen"
    }
    assert {hit.centre for hit in (await look(offers, everything, limit=20)).hits} == set(centres())


async def test_pages(offers: Database) -> None:
    first = await look(offers, Wishes(), limit=5)
    second = await look(offers, Wishes(), limit=5, offset=5)
    assert first.total == second.total == 19
    assert len({*ids(first), *ids(second)}) == 10


async def test_a_word_is_found_in_any_text_that_the_person_might_read(offers: Database) -> None:
    for word in ("nahmaschinen", "sewing", "nahtreff"):
        found = await look(offers, Wishes(text=word), language="ar")
        assert ids(found) == ["demo_rt_women_group"]
        assert found.hits[0].language == "en"


async def test_what_is_over_withdrawn_or_not_yet_valid_is_not_shown(offers: Database) -> None:
    async def count() -> int:
        async with offers.transaction() as session:
            return len(await current(session, None, "de"))

    async def change(entry: str, **values: Any) -> None:
        async with offers.transaction() as session:
            await session.execute(update(Entry).where(Entry.id == entry).values(**values))

    assert await count() == 19
    async with offers.transaction() as session:
        once = {"rrule": None, "starts": datetime(2026, 11, 29, 9, 30)}
        await session.execute(update(Offer).where(Offer.entry_id == "demo_rt_job").values(**once))
    assert await count() == 18
    await change("demo_rt_day", valid_until=date(2026, 11, 29))
    assert await count() == 17
    await change("demo_ms_job", valid_from=date(2026, 12, 1))
    assert await count() == 16
    await change("demo_ms_sport", supersedes="demo_ms_open_house")
    assert await count() == 15
    await change("demo_ms_course", withdrawn_at=datetime.now().astimezone())
    assert await count() == 14


async def test_what_has_begun_is_on_until_it_ends(
    offers: Database, monday_morning: datetime
) -> None:
    async def following(minutes: int) -> datetime | None:
        async with offers.transaction() as session:
            starts = (monday_morning - timedelta(minutes=minutes)).replace(tzinfo=None)
            values = {"starts": starts, "minutes": 60, "rrule": "FREQ=WEEKLY"}
            await session.execute(
                update(Offer).where(Offer.entry_id == "demo_rt_job").values(**values)
            )
        found = await look(offers, Wishes(types=("job_support",)), "reutlingen")
        return found.hits[0].following

    assert await following(30) == monday_morning - timedelta(minutes=30)
    assert await following(90) == monday_morning + timedelta(days=7, minutes=-90)


async def test_every_demonstration_offer_says_that_it_is_invented(offers: Database) -> None:
    async with offers.transaction() as session:
        for language, sign, said in (("de", "(Beispiel)", "erfunden"), ("en", "(example)", "inv")):
            shown = await current(session, None, language)
            assert len(shown) == 19
            for hit in shown:
                assert hit.title.endswith(sign)
                assert said in hit.body
                assert hit.source_url.startswith("https://example.org/")
                assert hit.contact is None


def test_every_wish_can_be_taken_back() -> None:
    full = Wishes("t", ("a",), ("b",), ("c",), ("d",), (1,), True, "n", "ar", True, True, "x")
    assert full.names() == [one.name for one in fields(Wishes)]
    assert full.without(*full.names()) == Wishes()
