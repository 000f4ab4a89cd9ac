"""The public pages of a centre's offers, its calendar, and the open data."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import jsonschema
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from dateutil.rrule import rrulestr
from multidict import MultiDict
from playwright.async_api import Browser, expect
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import delete, update
from yarl import URL

from centre.county import centres, municipalities
from knowledge_base import schedule
from knowledge_base.entries import Entry, EntryText
from knowledge_base.importer import import_folder
from knowledge_base.offers import Contact, Offer
from knowledge_base.wishes import Wishes
from lotse.prepare import DEMO
from storage import clock
from storage.clock import BERLIN
from storage.engine import Database
from tests.web.test_browser import PHONE, opened
from translations.catalogue import isolate, say
from translations.languages import languages
from web import offer_query
from web.app import TelegramState, build

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/open-data.schema.json").read_text("utf-8"))
COURSE = "demo_det_course_women"
A4_PIXELS = 794  # 210 mm at 96 pixels per inch


@pytest_asyncio.fixture
async def offers(db: Database, monday_morning: datetime) -> Database:
    """The fictional offers, one of them with a contact, on Monday 30 November 2026 at 8."""
    async with db.transaction() as session:
        await import_folder(
            session, DEMO, list(centres()), municipalities=municipalities(), embed=False
        )
        session.add(
            Contact(
                id="example",
                name="Frau Beispiel",
                phone="07123 000000",
                email="beispiel@example.org",
                source_title="Beispiel",
                source_url="https://example.org/",
            )
        )
        await session.flush()
        await session.execute(
            update(Offer).where(Offer.entry_id == COURSE).values(contact="example")
        )
    return db


@pytest_asyncio.fixture
async def client(offers: Database, served: TestServer) -> AsyncIterator[TestClient]:
    opened_client = TestClient(served)
    yield opened_client
    await opened_client.session.close()


async def get(client: TestClient, path: str, status: int = 200, **headers: str) -> HTMLParser:
    async with client.get(URL(path, encoded=True), headers=headers) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return HTMLParser(text)


def shown(page: HTMLParser) -> list[str]:
    return [str(card.attributes["id"]) for card in page.css("article.offer")]


def chips(page: HTMLParser) -> list[str]:
    return [chip.text(strip=True).removesuffix("✕").strip() for chip in page.css(".chip")]


async def change(db: Database, entry_id: str, **values: Any) -> None:
    async with db.transaction() as session:
        await session.execute(update(Entry).where(Entry.id == entry_id).values(**values))


async def test_the_list_of_centres_leads_to_every_centre(client: TestClient) -> None:
    page = await get(client, "/offers?lang=de")
    links = [link.attributes["href"] for link in page.css(".centres a")]
    assert links == [f"/offers/{centre}?lang=de" for centre in centres()]
    assert page.css_first("meta[name=robots]") is None


async def test_a_card_says_everything_that_is_known(client: TestClient, offers: Database) -> None:
    await change(offers, COURSE, volatile=True)
    page = await get(client, "/offers/dettingen?lang=en")
    card = page.css_first(f"#{COURSE}")
    text = card.text(separator=" ")
    for words in (
        "German course A1 for women in the morning (example)",
        "Monday, Wednesday, Friday",
        "09:30–12:00",
        "Monday, 30 November 2026",
        "A1",
        say("offer.cost_free", "en"),
        say("offer.childcare", "en"),
        say("offer.join_register", "en"),
        say("answer.unreviewed", "en"),
        say("answer.volatile", "en"),
        "Frau Beispiel",
    ):
        assert words in text, words
    assert card.css_first(".origin a").attributes["href"].startswith("https://example.org/")
    assert "1 November 2026" in card.css_first(".origin").text()
    assert card.css_first("a[href='tel:07123000000']") is not None
    assert card.css_first("a[href='mailto:beispiel@example.org']") is not None


@pytest.mark.parametrize("language", list(languages()))
async def test_every_language_has_its_page_in_its_direction(
    client: TestClient, language: str
) -> None:
    for path in (f"/offers/dettingen?lang={language}", f"/offers/dettingen/poster?lang={language}"):
        root = (await get(client, path)).css_first("html")
        assert root.attributes["lang"] == language
        assert root.attributes["dir"] == ("rtl" if languages()[language].rtl else "ltr")
    page = await get(client, f"/offers/dettingen?lang={language}")
    assert [one.attributes["lang"] for one in page.css(".spoken li a")] == list(languages())


async def test_a_text_in_another_language_keeps_its_own_direction(client: TestClient) -> None:
    page = await get(client, "/offers/dettingen?lang=ar")
    title = page.css_first(f"#{COURSE} h2 [lang]")
    assert (title.attributes["lang"], title.attributes["dir"]) == ("en", "ltr")


async def test_filters_choose_and_each_is_taken_back_by_a_link(client: TestClient) -> None:
    page = await get(
        client, "/offers/dettingen?lang=en&type=course&day=monday&time=morning&childcare=1&level="
    )
    assert shown(page) == [COURSE]
    assert chips(page) == ["Course", "in the morning", "Monday", "with childcare"]
    selected = [one.attributes["value"] for one in page.css("option[selected]")]
    assert sorted(selected) == ["course", "monday", "morning"]
    without = {
        chip.text(strip=True).removesuffix("✕").strip(): chip.attributes["href"]
        for chip in page.css(".chip")
    }
    page = await get(client, without["Course"])
    assert chips(page) == ["in the morning", "Monday", "with childcare"]
    assert COURSE in shown(page)


async def test_words_become_filters_that_can_be_taken_back(client: TestClient) -> None:
    page = await get(
        client, "/offers/reutlingen?lang=en&q=German+course+women+morning+childcare+near+Dettingen"
    )
    assert shown(page)[0] == COURSE
    assert {"for women", "in the morning", "with childcare"} <= set(chips(page))
    assert page.css_first("select[name=near] option[selected]").attributes["value"] == "dettingen"
    # What the form does not show stays in it.
    hidden = page.css_first("input[name=topic]")
    assert hidden.attributes["value"] == "ask_language_course"


async def test_what_had_to_be_left_out_is_said(client: TestClient) -> None:
    page = await get(client, "/offers/dettingen?lang=en&type=course&time=afternoon&childcare=1")
    said = page.css_first(".count").text()
    assert "without" in said
    assert shown(page)


async def test_an_address_says_what_is_wished_and_is_read_the_same_again() -> None:
    wished = Wishes(
        topic="ask_language_course",
        types=("course", "counselling"),
        audience=("women", "young_people"),
        levels=("alpha", "B1"),
        daytimes=("morning", "evening"),
        weekdays=(0, 6),
        childcare=True,
        near="bad_urach",
        language="ti",
        free=True,
        walk_in=True,
    )
    read = await offer_query.wishes(MultiDict(offer_query.address(wished)), "de")
    assert read == wished


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/offers/atlantis", 404),
        ("/offers/atlantis/poster", 404),
        ("/offers/atlantis.ics", 404),
        ("/offers/%00", 404),
        ("/offers/all", 404),
        ("/offers/dettingen?lang=tlh", 400),
        ("/offers?lang=%00", 400),
        ("/offers/dettingen.ics?lang=xx", 400),
        ("/offers/dettingen?type=party", 400),
        ("/offers/dettingen?type=course,party", 400),
        ("/offers/dettingen?day=8", 400),
        ("/offers/dettingen?childcare=maybe", 400),
        ("/offers/dettingen?near=%3Cscript%3E", 400),
        ("/offers/dettingen?topic=greet", 400),
        ("/offers/dettingen?from=-1", 400),
        ("/offers/dettingen?from=%D9%A1", 400),
        ("/offers/dettingen?from=99999999999", 400),
        ("/offers/dettingen/poster?level=Z9", 400),
        (f"/offers/dettingen?q={'a' * 201}", 400),
    ],
)
async def test_a_wrong_address_gets_a_page_that_leads_on(
    client: TestClient, path: str, status: int
) -> None:
    page = await get(client, path, status, **{"Accept-Language": "de"})
    key = "offers.missing" if status == 404 else "offers.wrong"
    assert page.css_first("[role=alert]").text() == say(key, "de")
    assert len(page.css(".centres a")) == len(centres())
    assert page.css_first("meta[name=robots]").attributes["content"] == "noindex"


@pytest.mark.parametrize(
    "words",
    ["%00", "%ED%A0%80", "%FF%FE", "%3Cscript%3Ealert(1)%3C/script%3E", "%F0%9F%98%80" * 20,
     "%E2%80%AE%E2%81%A6", "%27%22%5C%25_%7B%7B7*7%7D%7D", "+" * 150, "%CC%81" * 100],
)  # fmt: skip
async def test_strange_words_do_no_harm(client: TestClient, words: str) -> None:
    for path in ("/offers/dettingen", "/offers/dettingen/poster"):
        page = await get(client, f"{path}?lang=en&q={words}")
        assert not [one for one in page.css("script") if not one.attributes.get("src")]
        assert "49" not in page.css_first("main").text() or "7*7" not in words


async def test_nothing_of_what_is_looked_for_is_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await get(client, "/offers/dettingen?lang=en&q=geheimeswort")
        await get(client, "/offers/dettingen?type=geheimeswort", 400)
        await get(client, "/offers/geheimeswort", 404)
        await client.get("/open/offers.json?geheimeswort=geheimeswort")
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("web")]
    assert len(ours) == 4
    assert "geheimeswort" not in caplog.text


async def test_a_page_may_be_kept_for_a_while_and_is_asked_for_again(client: TestClient) -> None:
    for path in ("/offers/dettingen", "/offers/dettingen.ics", "/open/offers.json"):
        async with client.get(path) as answer:
            assert answer.headers["Cache-Control"] == "public, max-age=300"
            assert "Set-Cookie" not in answer.headers
            tag = answer.headers["ETag"]
            varies = answer.headers.get("Vary")
        assert varies == (None if path.startswith("/open") else "Accept-Language")
        async with client.get(path, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
            assert answer.headers.get("Vary") == varies
        async with client.get(path, headers={"If-None-Match": '"other"'}) as answer:
            assert answer.status == 200


async def test_only_open_data_may_be_read_by_pages_of_others(client: TestClient) -> None:
    for path, allowed in (
        ("/open/offers.json", "*"),
        ("/open/articles.json?limit=x", "*"),
        ("/offers/dettingen", None),
        ("/offers/dettingen.ics", None),
        ("/chat", None),
    ):
        async with client.get(path) as answer:
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed, path


# The poster


async def test_the_poster_leads_to_the_page_and_to_telegram(
    offers: Database, conversation: Any, components: Any
) -> None:
    for telegram, codes in ((TelegramState("lotse_test_bot"), 2), (None, 1)):
        application = build(
            offers,
            receive=conversation.receive,
            ready=components.ready,
            telegram=telegram,
            public_url="https://lotse.example.org/",
        )
        async with TestClient(TestServer(application)) as client:
            page = await get(client, "/offers/dettingen/poster?lang=en&type=course")
        assert len(page.css("svg.code")) == codes
        assert "lotse.example.org/offers/dettingen" in page.css_first("header").text()
        titles = [title.text() for title in page.css("article h2")]
        assert len(titles) == 2
        assert all("course" in title for title in titles)


async def test_paper_does_not_name_a_next_time_that_is_soon_over(
    client: TestClient, offers: Database, monday_morning: datetime
) -> None:
    async def when() -> str:
        page = await get(client, "/offers/dettingen/poster?lang=en&day=friday")
        return str(page.css_first("article li").text(strip=True))

    assert await when() == f"Monday, Wednesday, Friday {isolate('09:30–12:00')}"
    # What begins later says so.
    begin = monday_morning.replace(hour=9, minute=30, tzinfo=None) + timedelta(days=14)
    async with offers.transaction() as session:
        await session.execute(update(Offer).where(Offer.entry_id == COURSE).values(starts=begin))
    assert "14 December 2026" in await when()


# The calendar


async def read_calendar(client: TestClient, path: str) -> icalendar.Calendar:
    async with client.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/calendar"
        raw = await answer.read()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    return icalendar.Calendar.from_ical(raw)


def events(calendar: icalendar.Calendar) -> dict[str, icalendar.Event]:
    return {str(event["UID"]): event for event in calendar.walk("VEVENT")}


def expanded(event: icalendar.Event, first: datetime, last: datetime) -> list[datetime]:
    """What a calendar program makes of the event, read by another library than ours."""
    begin = event.decoded("DTSTART")
    if "RRULE" not in event:
        return [begin] if first <= begin < last else []
    rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=begin)
    left_out = event.get("EXDATE")
    days = {one.dt for one in left_out.dts} if left_out else set()
    return [one for one in rule.between(first, last, inc=True) if one not in days and one < last]


async def test_the_calendar_says_the_same_times_as_we_do(
    client: TestClient, offers: Database, monday_morning: datetime
) -> None:
    last = monday_morning + timedelta(days=300)  # over both changes of the clock
    for centre in centres():
        calendar = await read_calendar(client, f"/offers/{centre}.ics?lang=de")
        assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
        found = events(calendar)
        assert found
        for uid, event in found.items():
            async with offers.transaction() as session:
                offer = await session.get_one(
                    Offer, uid.removeprefix("offer-").removesuffix("@lotse")
                )
            assert offer.starts is not None
            ours = schedule.occurrences(
                offer.starts, offer.rrule, offer.except_on, monday_morning, last
            )
            assert expanded(event, monday_morning, last) == ours, uid
            assert event["DTSTART"].params["TZID"] == "Europe/Berlin"


async def test_an_event_has_what_a_calendar_shows(client: TestClient) -> None:
    event = events(await read_calendar(client, "/offers/dettingen.ics?lang=en"))[
        f"offer-{COURSE}@lotse"
    ]
    assert event["SUMMARY"] == "German course A1 for women in the morning (example)"
    assert "Dettingen" in event["LOCATION"]
    assert f"/offers/dettingen?lang=en#{COURSE}" in event["URL"]
    assert say("answer.unreviewed", "en") in event["DESCRIPTION"]
    assert "https://example.org/" in event["DESCRIPTION"]
    assert event["LAST-MODIFIED"].dt.tzinfo is not None
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=150)


@pytest.mark.parametrize(
    ("rule", "until"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE", date(2026, 12, 16)),
        ("FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261209", date(2026, 12, 9)),
        ("FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270201T093000", date(2026, 12, 16)),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=400", date(2026, 12, 16)),
    ],
)
async def test_no_date_lies_after_the_offer_is_over(
    client: TestClient, offers: Database, rule: str, until: date
) -> None:
    await change(offers, COURSE, valid_until=date(2026, 12, 16))
    async with offers.transaction() as session:
        await session.execute(
            update(Offer).where(Offer.entry_id == COURSE).values(rrule=rule, except_on=[])
        )
    event = events(await read_calendar(client, "/offers/dettingen.ics"))[f"offer-{COURSE}@lotse"]
    last = expanded(
        event, datetime(2026, 11, 30, tzinfo=BERLIN), datetime(2028, 1, 1, tzinfo=BERLIN)
    )[-1]
    assert last.date() == until
    if "UNTIL" in event["RRULE"]:
        # As RFC 5545 wants it, where the beginning has a time zone.
        assert event["RRULE"].to_ical().decode().partition("UNTIL=")[2].split(";")[0][-1] == "Z"


async def test_what_has_no_times_is_in_no_calendar(client: TestClient, offers: Database) -> None:
    async with offers.transaction() as session:
        await session.execute(
            update(Offer).where(Offer.entry_id == COURSE).values(starts=None, rrule=None)
        )
    assert f"offer-{COURSE}@lotse" not in events(
        await read_calendar(client, "/offers/dettingen.ics")
    )
    assert COURSE in shown(await get(client, "/offers/dettingen"))


async def test_right_to_left_texts_keep_their_isolates(client: TestClient) -> None:
    event = events(await read_calendar(client, "/offers/dettingen.ics?lang=ar"))[
        f"offer-{COURSE}@lotse"
    ]
    assert isolate("Frau Beispiel") in event["DESCRIPTION"]
    assert event["SUMMARY"].params["LANGUAGE"] == "en"


async def test_the_calendar_changes_only_when_an_offer_does(client: TestClient) -> None:
    async with client.get("/offers/dettingen.ics?lang=de") as answer:
        before = await answer.read()
    clock.advance(timedelta(hours=30))
    async with client.get("/offers/dettingen.ics?lang=de") as answer:
        assert await answer.read() == before


# Open data


async def read_open(client: TestClient, path: str) -> dict[str, Any]:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
    checker = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in checker.iter_errors(found)] == []
    return found


async def add_pages(db: Database, count: int) -> None:
    async with db.transaction() as session:
        for number in range(count):
            origin = "integreat:testlandkreis" if number % 2 else None
            session.add(
                Entry(
                    id=f"page_{number:04}", kind="article", topic="ask_work", also=[],
                    centre="all" if number % 3 else "dettingen", statuses=["any"],
                    audience=["everyone"], rank=1, source_title="Amt",
                    source_url="https://example.org/", source_date=None,
                    more_sources=[{"title": "Zwei", "url": "https://example.org/2", "date": None}],
                    checked_on=date(2026, 11, 1), volatile=False, unconfirmed=True, origin=origin,
                    note="only for curators",
                    texts=[
                        EntryText(language="de", title="Arbeit", body="Sie dürfen.",
                                  status="original"),
                        EntryText(language="ar", title="العمل", body="يمكنك.", status="reviewed",
                                  translated_from="0" * 12),
                    ],
                )
            )  # fmt: skip


async def test_open_offers_have_their_structure_and_next_dates(client: TestClient) -> None:
    found = await read_open(client, "/open/offers.json?centre=dettingen")
    assert found["licence"]["id"] == "CC-BY-4.0"
    one = next(entry for entry in found["offers"] if entry["id"] == COURSE)
    assert one["offer"]["rrule"] == "FREQ=WEEKLY;BYDAY=MO,WE,FR"
    assert one["offer"]["starts"] == "2026-09-07T09:30"
    assert one["offer"]["next"][0] == "2026-11-30T09:30+01:00"
    assert one["offer"]["contact"]["phone"] == "07123 000000"
    assert one["origin"] == "demo" or one["origin"] is None
    assert set(one["texts"]) == {"de", "en"}


async def test_no_open_offer_is_over(client: TestClient, offers: Database) -> None:
    before = (await read_open(client, "/open/offers.json"))["total"]
    async with offers.transaction() as session:
        await session.execute(
            update(Offer).where(Offer.entry_id == COURSE).values(rrule=None, except_on=[])
        )
    found = await read_open(client, "/open/offers.json")
    assert found["total"] == before - 1
    assert COURSE not in {entry["id"] for entry in found["offers"]}


async def test_open_articles_say_whose_they_are_and_how_far_to_rely_on_them(
    client: TestClient, offers: Database
) -> None:
    await add_pages(offers, 2)
    own, feed = (await read_open(client, "/open/articles.json"))["articles"]
    assert own["licence"]["attribution"] == "Lotse"
    assert feed["licence"]["attribution"] == "testlandkreis (Integreat)"
    assert feed["origin"] == "integreat:testlandkreis"
    assert own["texts"]["ar"]["status"] == "outdated"  # the German text has changed since
    assert [source["title"] for source in own["sources"]] == ["Amt", "Zwei"]
    assert own["unconfirmed"] is True
    assert "curators" not in json.dumps([own, feed])


async def test_what_may_not_be_shown_is_not_open_either(
    client: TestClient, offers: Database
) -> None:
    await add_pages(offers, 5)
    await change(offers, "page_0000", withdrawn_at=clock.now())
    await change(offers, "page_0001", valid_until=date(2026, 11, 29))
    await change(offers, "page_0002", valid_from=date(2026, 12, 1))
    await change(offers, "page_0003", supersedes="page_0004")
    found = await read_open(client, "/open/articles.json")
    assert [entry["id"] for entry in found["articles"]] == ["page_0003"]


async def test_pages_of_open_data_follow_each_other_without_gap(
    client: TestClient, offers: Database
) -> None:
    await add_pages(offers, 25)
    path: str | None = "/open/articles.json?lang=ar&limit=10"
    ids: list[str] = []
    sizes = []
    while path:
        found = await read_open(client, path)
        assert all(list(entry["texts"]) == ["ar"] for entry in found["articles"])
        ids += [entry["id"] for entry in found["articles"]]
        sizes.append(len(found["articles"]))
        path = found["next"] and str(URL(found["next"]).relative())
    assert sizes == [10, 10, 5]
    assert ids == [f"page_{number:04}" for number in range(25)]


async def test_open_data_of_a_centre_and_of_a_language(
    client: TestClient, offers: Database
) -> None:
    await add_pages(offers, 6)
    here = await read_open(client, "/open/articles.json?centre=dettingen")
    there = await read_open(client, "/open/articles.json?centre=muensingen")
    assert (here["total"], there["total"]) == (6, 4)
    async with offers.transaction() as session:
        await session.execute(
            delete(EntryText).where(EntryText.entry_id == "page_0001", EntryText.language == "ar")
        )
    assert (await read_open(client, "/open/articles.json?lang=ar"))["total"] == 5
    assert (await read_open(client, "/open/articles.json?lang=ti"))["articles"] == []


@pytest.mark.parametrize(
    ("query", "parameter", "status"),
    [
        ("centre=atlantis", "centre", 404),
        ("centre=%00", "centre", 404),
        ("lang=tlh", "lang", 400),
        ("limit=0", "limit", 400),
        ("limit=201", "limit", 400),
        ("limit=%D9%A3", "limit", 400),
        (f"limit={'9' * 5000}", "limit", 400),
        ("offset=-1", "offset", 400),
        ("offset=1.5", "offset", 400),
        ("language=de", "?", 400),
    ],
)
async def test_a_wrong_parameter_is_named_with_what_there_is(
    client: TestClient, query: str, parameter: str, status: int
) -> None:
    for name in ("offers", "articles"):
        async with client.get(URL(f"/open/{name}.json?{query}", encoded=True)) as answer:
            told = await answer.json()
            assert answer.status == status
            assert (told["error"], told["parameter"]) == ("bad_parameter", parameter)
            assert told["message"]


async def test_a_host_that_is_none_is_refused(client: TestClient) -> None:
    for path in ("/offers/dettingen.ics", "/offers/dettingen/poster"):
        async with client.get(path, headers={"Host": 'a"b<c>/'}) as answer:
            assert answer.status == 400


# In a browser


@pytest.mark.browser
async def test_filtering_works_on_a_small_phone(
    browser: Browser, served: TestServer, offers: Database
) -> None:
    async with opened(browser, served.make_url("/offers/dettingen?lang=en")) as page:
        everything = await page.locator("article.offer").count()
        await page.get_by_role("combobox", name=say("offers.type", "en")).select_option("course")
        await page.get_by_label(say("offer.childcare", "en")).check()
        await page.get_by_role("button", name=say("offers.show", "en")).click()
        await expect(page.locator("article.offer")).to_have_count(1)
        assert everything > 1
        remove = say("offers.remove", "en", wish=say("offer.childcare", "en"))
        await page.get_by_role("link", name=remove).click()
        await expect(page.locator("article.offer")).to_have_count(2)
        await expect(page.get_by_label(say("offer.childcare", "en"))).not_to_be_checked()
        # The pictograms are there: none of them is empty.
        drawn = "[...document.querySelectorAll('use')].every(one => one.getBBox().width > 0)"
        assert await page.evaluate(drawn)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.get_by_text("English", exact=True).first.click()
        await page.get_by_role("link", name="العربية").click()
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.browser
async def test_the_poster_fits_on_a4(
    browser: Browser, served: TestServer, offers: Database
) -> None:
    for language in ("de", "ar"):
        url = served.make_url(f"/offers/reutlingen/poster?lang={language}")
        async with opened(browser, url) as page:
            await page.set_viewport_size({"width": A4_PIXELS - 91, "height": 1032})
            await page.emulate_media(media="print")
            await expect(
                page.get_by_role("button", name=say("offers.print", language))
            ).to_be_hidden()
            root = "document.documentElement"
            assert await page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
            overflowing = (
                "[...document.querySelectorAll('main *')].filter(one =>"
                " one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 &&"
                " !one.closest('svg')).map(one => one.outerHTML.slice(0, 200))"
            )
            assert await page.evaluate(overflowing) == []
            printed = await page.pdf(prefer_css_page_size=True)
            assert b"/MediaBox [0 0 594.95" in printed or b"/MediaBox [0 0 595" in printed
            # Codes that are too small or pale cannot be scanned from a wall.
            width = await page.evaluate("document.querySelector('.code').clientWidth")
            assert width >= 36 / 25.4 * 96
