"""Calendars in right-to-left languages: every program reads back exactly what was written."""

from __future__ import annotations

import base64
from datetime import datetime

import icalendar
import pytest
import pytest_asyncio

from centre import appointments, offer_calendar, offer_words
from centre.appointments.calendar import invitation
from centre.county import centre
from knowledge_base.offer_search import OfferHit, current
from storage.engine import Database
from tests.centre.conftest import berlin, who
from tests.rtl.messages import COURSE, LANGUAGES, NAME, TITLES, prepare, write_offer
from tests.rtl.reader import plain, seen
from translations.catalogue import isolate, say
from translations.direction import together

PAGE = "https://example.org/offers/dettingen"
LONGEST_LINE = 75  # octets (RFC 5545, 3.1)
CENTRE = "dettingen"


Feed = tuple[str, bytes, OfferHit]


@pytest_asyncio.fixture(params=LANGUAGES)
async def feed(request: pytest.FixtureRequest, people: Database, monday_morning: datetime) -> Feed:
    """A centre's offers, one of them written in the reader's language and four times as long."""
    language = str(request.param)
    async with people.transaction() as session:
        await prepare(session, language)
        await write_offer(session, language, times=4)
        written = await offer_calendar.feed(session, CENTRE, language, PAGE)
        hits = await current(session, CENTRE, language)
    return language, written, next(one for one in hits if one.entry_id == COURSE)


def event(written: bytes) -> icalendar.Component:
    """Return the offer that is written in the reader's language."""
    calendar = icalendar.Calendar.from_ical(written)
    [found] = [one for one in calendar.walk("VEVENT") if one["UID"] == f"offer-{COURSE}@lotse"]
    return found


def test_lines_are_folded_between_letters_and_never_too_long(feed: Feed) -> None:
    _, written, _ = feed
    lines = written.split(b"\r\n")
    assert max(len(line) for line in lines) <= LONGEST_LINE
    assert any(line.startswith(b" ") for line in lines)
    for line in lines:
        line.decode("utf-8")


def test_isolates_come_back_whole(feed: Feed) -> None:
    language, written, _ = feed
    found = event(written)
    description = str(found["DESCRIPTION"])
    assert isolate("09:00–12:00") in description
    assert isolate("07123 000-0") in description
    assert say("answer.source", language, source="Beispiel, frei erfunden") in description
    for line in [*description.split("\n"), str(found["SUMMARY"]), str(found["LOCATION"])]:
        assert line.count("\u2068") == line.count("\u2069")
    for whole in ("09:00–12:00", "07121 000-0", "+49 7121 000000", "07123 000-0", "(Büro 2)"):
        assert any(whole in line for line in seen(description)), whole
    assert seen(str(found["SUMMARY"]))[0].endswith("BAMF")


def test_what_is_read_is_what_was_written(feed: Feed) -> None:
    language, written, hit = feed
    found = event(written)
    assert plain(str(found["SUMMARY"])) == TITLES[language]
    description = str(found["DESCRIPTION"])
    assert description.startswith(together(hit.body, language))
    # When and where have places of their own.
    for line in offer_words.told(hit, language).split("\n")[2:]:
        assert line in description.split("\n")
    again = icalendar.Calendar.from_ical(written).to_ical()
    assert str(event(again)["DESCRIPTION"]) == description


def test_every_text_names_its_language(feed: Feed) -> None:
    language, written, _ = feed
    found = event(written)
    assert found["SUMMARY"].params["LANGUAGE"] == language
    assert found["DESCRIPTION"].params["LANGUAGE"] == language
    assert found["LOCATION"].params["LANGUAGE"] == "de"
    others = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert {one["SUMMARY"].params["LANGUAGE"] for one in others} == {language, "en"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_appointment_is_written_plainly_and_looks_right(
    people: Database, monday_morning: datetime, language: str
) -> None:
    async with people.transaction() as session:
        await prepare(session, language)
        made = await appointments.book(
            session,
            person_id=who("p1"),
            centre=CENTRE,
            topic="other",
            start=berlin(2026, 12, 3, 9, 30),
            language=language,
            request_key=None,
        )
        document = invitation(made, language, NAME)
    [found] = icalendar.Calendar.from_ical(base64.b64decode(document.content)).walk("VEVENT")
    # Phones show isolates in a title as boxes; a title with one name in it needs none.
    assert str(found["SUMMARY"]) == plain(str(found["SUMMARY"]))
    assert found["SUMMARY"].params["LANGUAGE"] == language
    [title] = seen(str(found["SUMMARY"]))
    assert title.startswith("←")
    assert centre(CENTRE).name in title
    assert found["CONTACT"] == NAME
