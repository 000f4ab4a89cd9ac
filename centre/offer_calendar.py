"""A centre's offers as a calendar that can be subscribed to (RFC 5545)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import icalendar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, offer_words
from centre.offer_notes import checked, notes
from centre.text_notes import marked
from knowledge_base import schedule
from knowledge_base.content_files import ORIGINAL
from knowledge_base.entries import Entry, EntryText
from knowledge_base.offer_search import OfferHit, current
from storage.clock import BERLIN
from translations.catalogue import say
from translations.direction import inserted, lines, together

REFRESH = timedelta(hours=12)
REFRESH_WRITTEN = "PT12H"
LAST_MINUTE = time(23, 59, 59)


@dataclass(frozen=True)
class _Dates:
    """Until when an entry is valid, and when the text that is shown was last changed."""

    valid_until: date | None
    changed: datetime


async def feed(session: AsyncSession, centre: str, language: str, page: str) -> bytes:
    """Return the offers of a centre and those for all as an iCalendar file.

    What has no times is left out. The file changes only when an offer does, so that a program
    that asks again sees that nothing is new.

    Args:
        session: any session.
        centre: whose offers.
        language: of the texts.
        page: address of the page on which the offers stand.

    Raises:
        UnknownCentre: no centre has that id.
    """
    place = inserted(county.centre(centre).name, language)
    name = f"{say('offers.title', language)} – {place}"
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Lotse//Lotse//EN")
    calendar.add("version", "2.0")
    calendar.add("name", name, parameters={"LANGUAGE": language})
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH_WRITTEN)
    hits = [one for one in await current(session, centre, language) if one.offer.starts]
    dates = await _dates(session, hits)
    for hit in sorted(hits, key=lambda one: one.entry_id):
        calendar.add_component(_event(hit, dates[hit.entry_id], language, page))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


async def _dates(session: AsyncSession, hits: list[OfferHit]) -> dict[str, _Dates]:
    shown = {hit.entry_id: hit.language for hit in hits}
    rows = await session.execute(
        select(Entry.id, Entry.valid_until, EntryText.language, EntryText.updated_at)
        .join(EntryText)
        .where(Entry.id.in_(shown))
    )
    return {
        row.id: _Dates(row.valid_until, row.updated_at)
        for row in rows
        if row.language == shown[row.id]
    }


def _event(hit: OfferHit, dates: _Dates, language: str, page: str) -> icalendar.Event:
    offer = hit.offer
    assert offer.starts is not None
    begin = offer.starts.replace(tzinfo=BERLIN)
    spoken = {"LANGUAGE": hit.language}
    event = icalendar.Event()
    event.add("uid", f"offer-{hit.entry_id}@lotse")
    # A feed without METHOD: the stamp is when the information was last changed, not the request.
    event.add("dtstamp", dates.changed.astimezone(UTC))
    event.add("last-modified", dates.changed.astimezone(UTC))
    event.add("dtstart", begin)
    if offer.minutes:
        # The clock on the wall counts, also in the night in which summer ends.
        event.add("dtend", (offer.starts + timedelta(minutes=offer.minutes)).replace(tzinfo=BERLIN))
    if offer.rrule:
        event.add("rrule", _rule(offer.starts, offer.rrule, dates.valid_until))
        days = [datetime.combine(day, offer.starts.time(), BERLIN) for day in offer.except_on]
        if days:
            event.add("exdate", days)
    event.add("summary", marked(hit, lines(hit.title, hit.language)), parameters=spoken)
    event.add("description", _description(hit, language), parameters={"LANGUAGE": language})
    if location := _location(hit):
        # Addresses are written as on the sign at the door.
        event.add("location", location, parameters={"LANGUAGE": ORIGINAL})
    event.add("url", f"{page}#{hit.entry_id}")
    event.add("transp", "TRANSPARENT")
    return event


def _rule(starts: datetime, rule: str, valid_until: date | None) -> icalendar.vRecur:
    """Return a rule that ends when the offer does; ``UNTIL`` is in UTC, as RFC 5545 wants it."""
    made: icalendar.vRecur = icalendar.vRecur.from_ical(
        re.sub(r";?UNTIL=[^;]*", "", rule).lstrip(";")
    )
    found = re.search(r"UNTIL=([^;]*)", rule)
    until = _moment(found[1]) if found else None
    if valid_until is not None:
        last = datetime.combine(valid_until, LAST_MINUTE, BERLIN)
        if "COUNT" in made:
            # Not both: whichever ends it sooner.
            begin = starts.replace(tzinfo=BERLIN)
            times = len(schedule.occurrences(starts, rule, (), begin, last))
            if times < int(made["COUNT"][0]):
                made["COUNT"] = [times]
        else:
            until = min(until, last) if until else last
    if until is not None:
        made["UNTIL"] = [until.astimezone(UTC)]
    return made


def _moment(written: str) -> datetime:
    """Read ``UNTIL``: Berlin's local time, or a day that is meant to be included."""
    local = datetime.fromisoformat(written)
    if "T" not in written:
        local = datetime.combine(local, LAST_MINUTE)
    return local.replace(tzinfo=BERLIN)


def _description(hit: OfferHit, language: str) -> str:
    said = [*offer_words.card(hit, language), *offer_words.more(hit, language)]
    # When and where have their own places in a calendar, and "next time" would soon be wrong.
    own = (offer_words.WHEN, offer_words.WHERE)
    told = lines("\n".join(one for one in said if not one.startswith(own)), language)
    source = say("answer.source", language, source=hit.source_title)
    origin = "\n".join([source, hit.source_url, checked(hit, language)])
    body = together(hit.body, hit.language)
    parts = [body, told, "\n".join(notes(hit, language)), origin]
    return "\n\n".join(part for part in parts if part)


def _location(hit: OfferHit) -> str:
    return offer_words.where(hit).removeprefix(offer_words.WHERE).strip()
