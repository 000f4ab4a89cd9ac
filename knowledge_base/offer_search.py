"""Finding offers: what fits all wishes, else what comes nearest, saying what was left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from knowledge_base import schedule
from knowledge_base.content_files import EVERYWHERE, ORIGINAL, text_hash
from knowledge_base.entries import MACHINE, ORIGINAL_STATUS, Entry, EntryText
from knowledge_base.offers import Contact, Offer
from knowledge_base.wishes import Wishes, plain_words
from storage import clock

NEAR_KM = 15.0
NOON, EVENING = 12, 17  # hours
EARTH_RADIUS_KM = 6371.0
SECOND_LANGUAGE = "en"
# From these lengths on a word that is looked for may end otherwise, or stand inside another.
ENDS_OTHERWISE, STANDS_INSIDE = 7, 5

# What is given up first when nothing fits everything; what offers are about is never given up.
_WEIGHTS = {
    "types": 4,
    "audience": 4,
    "text": 4,
    "childcare": 3,
    "near": 3,
    "levels": 3,
    "language": 3,
    "daytimes": 2,
    "weekdays": 2,
    "free": 2,
    "walk_in": 1,
}

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True)
class OfferHit:
    """An offer as the person sees it.

    ``following`` is when it takes place next, ``kilometres`` how far it is from where the person
    wants it. ``text_status`` and ``machine`` as in :class:`knowledge_base.search.Hit`.
    """

    entry_id: str
    language: str
    title: str
    body: str
    text_status: str
    topic: str
    also: tuple[str, ...]
    centre: str
    audience: tuple[str, ...]
    rank: int
    source_title: str
    source_url: str
    checked_on: date | None
    volatile: bool
    unconfirmed: bool
    offer: Offer
    contact: Contact | None
    following: datetime | None
    kilometres: float | None = None
    said: tuple[str, ...] = ()
    """Everything it says in the person's language, German and English."""
    machine: bool = False


@dataclass(frozen=True)
class Offers:
    """What was found: ``hits`` of ``total``, for ``wishes`` after ``dropped`` were left out."""

    hits: list[OfferHit]
    total: int
    wishes: Wishes
    dropped: tuple[str, ...] = ()


async def find(
    session: AsyncSession,
    wishes: Wishes,
    centre: str | None,
    language: str,
    limit: int = 5,
    offset: int = 0,
    *,
    places: Mapping[str, Point],
) -> Offers:
    """Return the offers that fit, the nearest and soonest first.

    Where nothing fits all wishes, the fewest and least important ones are left out and named.

    Args:
        session: any session; three statements are run.
        wishes: what the person wants.
        centre: whose offers to look through, beside those for all; every centre's for ``None``
            and where a town is wished.
        language: in which texts are shown; where it is missing English, then German.
        limit: how many at most.
        offset: how many to skip.
        places: where the municipalities are, by id.
    """
    if wishes.near not in places:
        wishes = wishes.without("near")
    offers = await current(session, None if wishes.near else centre, language)
    origin = places.get(wishes.near or centre or "")
    offers = [_placed(one, origin, places) for one in offers]
    core = _core(wishes)
    missed = {one.entry_id: _missed(one, wishes) for one in offers}
    left = [one for one in offers if core not in missed[one.entry_id]]
    if not left:
        return Offers([], 0, wishes)
    # Sorted names decide a tie, so that the same question gets the same answer.
    dropped = min(
        (missed[one.entry_id] for one in left),
        key=lambda names: (sum(_WEIGHTS.get(name, 0) for name in names), sorted(names)),
    )
    left = [one for one in left if missed[one.entry_id] <= dropped]
    left.sort(key=lambda one: _order(one, wishes, centre))
    names = tuple(name for name in wishes.names() if name in dropped)
    return Offers(left[offset : offset + limit], len(left), wishes.without(*names), names)


async def current(session: AsyncSession, centre: str | None, language: str) -> list[OfferHit]:
    """Return every offer that may be shown today and is not over, in no particular order.

    Args:
        session: any session.
        centre: whose offers, beside those for all; ``None`` for every centre's.
        language: in which texts are shown; where it is missing English, then German.
    """
    today = clock.now().astimezone(clock.BERLIN).date()
    newer = aliased(Entry)
    replaced = select(newer.id).where(newer.supersedes == Entry.id, *_in_force(newer, today))
    live = (
        select(Entry, Offer, Contact)
        .join(Offer, Offer.entry_id == Entry.id)
        .outerjoin(Contact, Contact.id == Offer.contact)
        .where(
            Entry.kind == "offer",
            *_in_force(Entry, today),
            ~replaced.exists(),
        )
    )
    if centre is not None:
        live = live.where(Entry.centre.in_((centre, EVERYWHERE)))
    rows = (await session.execute(live)).all()
    texts: dict[str, dict[str, EntryText]] = {}
    for text in await session.scalars(
        select(EntryText).where(
            EntryText.entry_id.in_([row.Entry.id for row in rows]),
            EntryText.language.in_({language, SECOND_LANGUAGE, ORIGINAL}),
        )
    ):
        texts.setdefault(text.entry_id, {})[text.language] = text
    now = clock.now()
    hits = (_hit(row, texts.get(row.Entry.id, {}), language, now) for row in rows)
    return [hit for hit in hits if hit is not None]


def _in_force(entry: type[Entry], today: date) -> list[Any]:
    return [
        entry.withdrawn_at.is_(None),
        or_(entry.valid_from.is_(None), entry.valid_from <= today),
        or_(entry.valid_until.is_(None), entry.valid_until >= today),
    ]


def _hit(
    row: Row[Entry, Offer, Contact], texts: dict[str, EntryText], language: str, now: datetime
) -> OfferHit | None:
    entry, offer = row.Entry, row.Offer
    shown = texts.get(language) or texts.get(SECOND_LANGUAGE) or texts.get(ORIGINAL)
    following = None
    if offer.starts is not None:
        # What has begun today is still going on for as long as it takes.
        since = now - timedelta(minutes=offer.minutes or 0)
        following = schedule.following(offer.starts, offer.rrule, offer.except_on, since)
    if shown is None or (offer.starts is not None and following is None):
        return None
    status, original = shown.status, texts.get(ORIGINAL)
    if status != ORIGINAL_STATUS and original is not None:
        made_from = text_hash(original.title, original.body)
        status = status if shown.translated_from == made_from else "outdated"
    said = [offer.place or "", offer.address or ""]
    said += [part for text in texts.values() for part in (text.title, text.body)]
    return OfferHit(
        entry_id=entry.id,
        language=shown.language,
        title=shown.title,
        body=shown.body,
        text_status=status,
        machine=shown.status == MACHINE,
        topic=entry.topic,
        also=tuple(entry.also),
        centre=entry.centre,
        audience=tuple(entry.audience),
        rank=entry.rank,
        source_title=entry.source_title,
        source_url=shown.link or entry.source_url,
        checked_on=entry.checked_on,
        volatile=entry.volatile,
        unconfirmed=entry.unconfirmed,
        offer=offer,
        contact=row.Contact,
        following=following,
        said=tuple(said),
    )


def _placed(hit: OfferHit, origin: Point | None, places: Mapping[str, Point]) -> OfferHit:
    place = places.get(hit.offer.municipality or "")
    return replace(hit, kilometres=kilometres(origin, place)) if origin and place else hit


def kilometres(one: Point, other: Point) -> float:
    """Return the distance of two points on the great circle."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def daytime(starts: datetime) -> str:
    """Return the part of the day in which something begins (Berlin's local time)."""
    if starts.hour < NOON:
        return "morning"
    return "afternoon" if starts.hour < EVENING else "evening"


def _core(wishes: Wishes) -> str:
    """Return the wish that says what it is about."""
    return next((name for name in ("topic", "types", "text") if getattr(wishes, name)), "")


def _missed(hit: OfferHit, wishes: Wishes) -> frozenset[str]:
    """Return the wishes that an offer does not fulfil; what is not known is not fulfilled."""
    offer = hit.offer
    held: tuple[int, ...] = ()
    if wishes.weekdays and offer.starts is not None:
        held = schedule.weekdays(offer.starts, offer.rrule)
    fulfilled = {
        "topic": wishes.topic in (hit.topic, *hit.also),
        "types": offer.type in wishes.types,
        "audience": not set(wishes.audience).isdisjoint(hit.audience),
        "levels": not set(wishes.levels).isdisjoint(offer.levels),
        "daytimes": offer.starts is not None and daytime(offer.starts) in wishes.daytimes,
        "weekdays": not set(wishes.weekdays).isdisjoint(held),
        "childcare": offer.childcare is True,
        "near": _is_near(hit),
        "language": wishes.language in offer.languages,
        "free": offer.cost == "free",
        "walk_in": offer.join == "walk_in",
        "text": _said(hit, wishes) > 0,
    }
    return frozenset(name for name in wishes.names() if not fulfilled[name])


def _is_near(hit: OfferHit) -> bool:
    if hit.kilometres is None:
        return hit.offer.join == "online"
    return hit.kilometres <= NEAR_KM


def _said(hit: OfferHit, wishes: Wishes) -> int:
    """Return how many of the words that are looked for the offer says."""
    count = 0
    words = " ".join(["", *plain_words(" ".join(hit.said))]) if wishes.text else ""
    for word in wishes.text.split():
        stem = word[:-2] if len(word) >= ENDS_OTHERWISE else word
        count += (stem if len(stem) >= STANDS_INSIDE else f" {stem}") in words
    return count


def _order(hit: OfferHit, wishes: Wishes, centre: str | None) -> tuple[Any, ...]:
    """Return the sorting key: fit, distance, next time."""
    far = hit.kilometres if hit.kilometres is not None else math.inf
    soon = hit.following.timestamp() if hit.following else math.inf
    elsewhere = centre is not None and hit.centre != centre
    return (-_said(hit, wishes), far, elsewhere, hit.rank, soon, hit.entry_id)
