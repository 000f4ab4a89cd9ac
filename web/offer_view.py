"""An offer as the templates show it: lines that each begin with a pictogram."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from html import escape, unescape

import markdown
import nh3

from centre import offer_words
from centre.offer_notes import checked, notes
from centre.text_notes import reliability
from knowledge_base import schedule
from knowledge_base.offer_search import OfferHit
from knowledge_base.offers import Contact
from storage import clock
from translations.direction import is_rtl, together

# Which pictogram of static/pictograms.svg stands for a line. Drawn, not typed: it prints in black
# and white and needs no font.
PICTOGRAMS = {
    offer_words.WHEN: "calendar",
    offer_words.WHERE: "pin",
    offer_words.LEVEL: "bars",
    offer_words.COST: "coin",
    offer_words.CHILDREN: "child",
    offer_words.JOIN: "pen",
    offer_words.PEOPLE: "people",
    offer_words.SPOKEN: "speech",
    offer_words.PLACES: "seat",
    offer_words.CONTACT: "phone",
}
TYPE_PICTOGRAMS = {
    "course": "book",
    "meeting_group": "people",
    "counselling": "speech",
    "open_house": "cup",
    "day_structure": "wrench",
    "leisure": "ball",
    "job_support": "case",
}
WEEK = timedelta(days=7)
_TAG = re.compile(r"(<[^>]*>)")
TAGS = {"p", "ul", "ol", "li", "strong", "em", "br", "h3", "h4", "a"}


@dataclass(frozen=True)
class Line:
    """Words beside a pictogram."""

    pictogram: str
    words: str


@dataclass(frozen=True)
class Card:
    """One offer; ``language`` and ``direction`` are those of its own text."""

    hit: OfferHit
    pictogram: str
    language: str
    direction: str
    body: str
    lines: list[Line]
    contact: Contact | None
    notes: list[str]
    checked: str
    translated: list[str]
    """That a machine translated it, for the poster, which has no room for all notes."""


def cards(hits: Iterable[OfferHit], language: str, paper: bool = False) -> list[Card]:
    """Return offers as cards in a language.

    Args:
        hits: the offers.
        language: of the reader.
        paper: for a wall, where "next time" would soon be wrong: left out of what is every week.
    """
    return [_card(hit, language, paper) for hit in hits]


def _card(hit: OfferHit, language: str, paper: bool) -> Card:
    # The contact is shown with links, so it is left out of the lines.
    without = replace(hit, contact=None)
    said = [*offer_words.card(without, language), *offer_words.more(without, language)]
    if paper and _every_week(hit):
        said[0] = said[0].partition(offer_words.BETWEEN)[0]
    return Card(
        hit=hit,
        pictogram=TYPE_PICTOGRAMS[hit.offer.type],
        language=hit.language,
        direction="rtl" if is_rtl(hit.language) else "ltr",
        body=_html(hit.body, hit.language),
        lines=[line for one in said for line in _lines(one)],
        contact=hit.contact,
        notes=notes(hit, language),
        checked=checked(hit, language),
        translated=[words for _, words in reliability(hit, language)] if hit.machine else [],
    )


def _every_week(hit: OfferHit) -> bool:
    """Return whether an offer goes on as always, so that weekday and time say it all."""
    if hit.following is None or not schedule.is_weekly(hit.offer.rrule):
        return False
    return hit.following < clock.now() + WEEK


def _lines(said: str) -> list[Line]:
    """Return the parts of a line that begin with a sign of their own."""
    made: list[Line] = []
    for part in said.split(offer_words.BETWEEN):
        sign, _, words = part.partition(" ")
        if sign in PICTOGRAMS:
            made.append(Line(PICTOGRAMS[sign], words))
        else:
            last = made.pop() if made else Line("", "")
            made.append(Line(last.pictogram, f"{last.words}{offer_words.BETWEEN}{part}"))
    return made


def _html(body: str, language: str) -> str:
    """Return Markdown as HTML in which nothing runs and no number is turned round."""
    made = nh3.clean(
        markdown.markdown(body),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
    )
    parts = _TAG.split(made)
    parts[::2] = [escape(together(unescape(part), language), quote=False) for part in parts[::2]]
    return "".join(parts)
