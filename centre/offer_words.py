"""An offer in words: a card of a few short lines, each with the picture of what it tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from centre import county, format
from knowledge_base import schedule
from knowledge_base.offer_search import OfferHit
from knowledge_base.wishes import AUDIENCES, Wishes
from translations.catalogue import isolate, say
from translations.direction import inserted, lines

# What a line is about, for people who read little.
WHEN, WHERE, LEVEL, COST, CHILDREN, JOIN = "🗓", "📍", "📶", "💶", "👶", "✍️"
PEOPLE, SPOKEN, PLACES, CONTACT = "👥", "💬", "🔢", "☎️"
TYPES = {
    "course": "📚",
    "meeting_group": "👥",
    "counselling": "💬",
    "open_house": "☕",
    "day_structure": "🔧",
    "leisure": "⚽",
    "job_support": "💼",
}
BETWEEN = " · "
ALPHA = "alpha"


def card(hit: OfferHit, language: str) -> list[str]:
    """Return the lines that tell when, where, for whom, at what cost and how to join."""
    offer = hit.offer
    terms = []
    if offer.levels:
        terms.append(f"{LEVEL} {_list([level(one, language) for one in offer.levels], language)}")
    if offer.cost:
        terms.append(f"{COST} {say(f'offer.cost_{offer.cost}', language)}")
    if offer.childcare is not None:
        key = "offer.childcare" if offer.childcare else "offer.no_childcare"
        terms.append(f"{CHILDREN} {say(key, language)}")
    said = [when(hit, language), where(hit), BETWEEN.join(terms)]
    if offer.join:
        said.append(f"{JOIN} {say(f'offer.join_{offer.join}', language)}")
    return [one for one in said if one]


def more(hit: OfferHit, language: str) -> list[str]:
    """Return the lines that only the details of an offer have."""
    offer = hit.offer
    said = []
    whom = [one for one in AUDIENCES if one in hit.audience]
    if whom and "everyone" not in hit.audience:
        said.append(f"{PEOPLE} {_said('for', whom, language)}")
    if offer.languages:
        names = [format.language_name(one, language) for one in offer.languages]
        spoken = lines(format.listing(names, language), language)
        said.append(f"{SPOKEN} {say('offer.spoken', language, languages=spoken)}")
    if offer.capacity:
        said.append(f"{PLACES} {say('offer.places', language, count=offer.capacity)}")
    if hit.contact is not None:
        told = [hit.contact.name, hit.contact.phone, hit.contact.email, hit.contact.address]
        reached = _list([isolate(one) for one in told if one], language)
        said.append(f"{CONTACT} {say('offer.contact', language, contact=reached)}")
    return said


def told(hit: OfferHit, language: str) -> str:
    """Return all of :func:`card` and :func:`more` as a text that stands alone."""
    return lines("\n".join([*card(hit, language), *more(hit, language)]), language)


def when(hit: OfferHit, language: str) -> str:
    """Return when an offer takes place and when next; empty when it is not known."""
    offer = hit.offer
    if offer.starts is None or hit.following is None:
        return ""
    begin = hit.following
    clock = format.time(begin, language)
    if offer.minutes:
        clock += "–" + format.time(begin + timedelta(minutes=offer.minutes), language)
    clock = isolate(clock)
    if offer.rrule is None:
        return f"{WHEN} {format.day(begin, language)} {clock}"
    following = say("offer.next", language, day=format.day(begin, language))
    if not schedule.is_weekly(offer.rrule):
        return f"{WHEN} {clock}{BETWEEN}{following}"
    days = [weekday(one, language) for one in schedule.weekdays(offer.starts, offer.rrule)]
    return f"{WHEN} {_list(days, language)} {clock}{BETWEEN}{following}"


def where(hit: OfferHit) -> str:
    """Return where an offer is and how far away; empty when it is not known."""
    offer = hit.offer
    town = county.municipalities().get(offer.municipality or "")
    parts = [part for part in (offer.place, offer.address) if part]
    if town is not None and not any(town.name in part for part in parts):
        parts.append(town.name)
    if not parts:
        return ""
    line = f"{WHERE} {isolate(', '.join(parts))}"
    if hit.kilometres is not None and hit.kilometres >= 1:
        line += f" ({isolate(f'{hit.kilometres:.0f} km')})"
    return line


def level(name: str, language: str) -> str:
    """Return what a level is called."""
    return say("offer.level_alpha", language) if name == ALPHA else inserted(name, language)


def weekday(number: int, language: str) -> str:
    """Return the name of a weekday (Monday is 0)."""
    return str(format.locale(language).days["format"]["wide"][number])


def wish(wishes: Wishes, name: str, language: str) -> str:
    """Return one wish in words, e.g. ``in the morning``."""
    if name == "topic":
        return say(f"topic.{wishes.topic}", language)
    if name == "near":
        town = county.municipalities().get(wishes.near or "")
        return say("offer.near", language, place=town.name if town else wishes.near)
    if name == "language":
        return format.language_name(wishes.language or "", language)
    if name == "text":
        return f"„{inserted(wishes.text, language)}“"
    if name in ("free", "childcare", "walk_in"):
        key = {"free": "cost_free", "walk_in": "join_walk_in"}.get(name, name)
        return say(f"offer.{key}", language)
    if name == "levels":
        return _list([level(one, language) for one in wishes.levels], language)
    if name == "weekdays":
        return _list([weekday(one, language) for one in wishes.weekdays], language)
    prefix = {"types": "type", "audience": "for", "daytimes": "in"}[name]
    return _said(prefix, getattr(wishes, name), language)


def listed(wishes: Wishes, names: Iterable[str], language: str) -> str:
    """Return several wishes as part of a sentence."""
    worded = [wish(wishes, name, language) for name in names]
    return lines(format.listing(worded, language), language)


def _said(prefix: str, names: Iterable[str], language: str) -> str:
    return _list([say(f"offer.{prefix}_{name}", language) for name in names], language)


def _list(items: list[str], language: str) -> str:
    return lines(format.row(items, language), language)
