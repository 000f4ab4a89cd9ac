"""Offers for people: the list with its filters, one in detail, and a card to share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, offer_buttons, offer_words
from centre.offer_notes import notes, origin
from centre.text_notes import machine, marked
from knowledge_base.offer_search import OfferHit, Offers, current, find
from knowledge_base.simple_view import sign, signed
from knowledge_base.wishes import COURSE_TOPIC, TYPES, Found, Wishes, seeks, vocabulary, wishes_from
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.direction import inserted, lines, together

BUTTON = offer_buttons.PREFIX
PAGE = 5
SHARED = 10
LONGEST_SEARCH = 200
LONGEST_WORDS = 56
"""Of a button, beside its number: with marks of direction a label has 64 characters at most."""
# Topics whose questions are mostly about what there is; elsewhere a kind of offer must be named.
LISTED_TOPICS = {"ask_women", "ask_leisure"}
# What a topic means anyway is no wish.
IMPLIED = {"ask_women": {"audience"}, "ask_childcare": {"childcare"}}
ABOUT = {"topic", "types"}
EXAMPLE_TOWN = "Reutlingen"


@dataclass(frozen=True)
class Card:
    """An offer to share: title, when and where in short, the whole text, and its source."""

    id: str
    title: str
    summary: str
    text: str
    url: str


async def search(session: AsyncSession, words: str, centre: str | None, language: str) -> Content:
    """Answer ``/find``: the offers that fit ``words``; without words the kinds there are."""
    if not words.strip():
        return await kinds(session, centre, language)
    wishes = await _read(words, language)
    return await listed(session, wishes, centre, language)


async def kinds(session: AsyncSession, centre: str | None, language: str) -> Content:
    """Ask what is looked for, with a button for every kind of offer that there is."""
    there = {hit.offer.type for hit in await current(session, centre, language)}
    rows = [
        [_button(f"{offer_words.TYPES[one]} {say(f'offer.type_{one}', language)}", _of_type(one))]
        for one in TYPES
        if one in there
    ]
    town = county.centre(centre).name if centre in county.centres() else EXAMPLE_TOWN
    return Content(text=say("offer.ask", language, place=town.split("/")[0]), buttons=rows)


async def fitting(
    session: AsyncSession,
    question: str,
    entities: Iterable[Found],
    topic: str,
    centre: str | None,
    language: str,
    spoken: str | None = None,
    looking: bool = False,
) -> Content | None:
    """Return the list where a question is better answered by offers than by an article.

    That is so when it wishes something of an offer (not only about what), names a kind of offer
    or looks for one, and most of the wishes can be fulfilled.

    Args:
        session: any session.
        question: what the person wrote.
        entities: what Rasa found in it.
        topic: what it is about.
        centre: whose offers.
        language: of the answer.
        spoken: the language the question is in, where that is known.
        looking: it is known that an offer is looked for.
    """
    await asyncio.to_thread(vocabulary)
    wishes = wishes_from(entities, question, spoken or language, topic)
    wanted = set(wishes.names()) - ABOUT - IMPLIED.get(topic, set())
    if not wanted:
        return None
    named = bool(wishes.types) or topic in LISTED_TOPICS
    looks = len(wanted) > 1 or (named and seeks(question, spoken or language))
    if not looking and not (looks and (named or topic == COURSE_TOPIC)):
        return None
    found = await _find(session, wishes, centre, language)
    if not found.hits or 2 * len(wanted.intersection(found.dropped)) > len(wanted):
        return None
    return _list(found, wishes, 0, language)


async def listed(
    session: AsyncSession, wishes: Wishes, centre: str | None, language: str, offset: int = 0
) -> Content:
    """Return the offers that fit, five at a time, with a button to take back every wish."""
    found = await _find(session, wishes, centre, language, offset=offset)
    if not found.hits and offset:
        offset, found = 0, await _find(session, wishes, centre, language)
    return _list(found, wishes, offset, language)


async def tap(
    session: AsyncSession, data: str, centre: str | None, language: str
) -> Content | None:
    """Answer a button of a list of offers, ``None`` when it is none of ours."""
    if data == offer_buttons.KINDS:
        return await kinds(session, centre, language)
    tapped = offer_buttons.read(data)
    if tapped is None:
        return None
    if tapped.offer is None:
        return await listed(session, tapped.wishes, centre, language, tapped.offset)
    for hit in await current(session, None, language):
        if offer_buttons.short(hit.entry_id) == tapped.offer:
            return _details(hit, tapped.wishes, language)
    return Content(text=say("offer.gone", language), buttons=[[_back(tapped.wishes, language)]])


async def shared(session: AsyncSession, words: str, language: str) -> tuple[list[Card], str]:
    """Return the offers of all centres that fit ``words`` as cards for somebody else.

    Returns:
        The cards, and a sentence on the wishes that were left out (empty when none was).
    """
    wishes = await _read(words, language)
    found = await _find(session, wishes, None, language, SHARED)
    return [_card(hit, language) for hit in found.hits], _left_out(found, wishes, language)


async def _read(words: str, language: str) -> Wishes:
    # Reading the lists for the first time takes a second.
    await asyncio.to_thread(vocabulary)
    return wishes_from([], words[:LONGEST_SEARCH], language, keywords=True)


async def _find(
    session: AsyncSession,
    wishes: Wishes,
    centre: str | None,
    language: str,
    limit: int = PAGE,
    offset: int = 0,
) -> Offers:
    places = {town.id: town.location for town in county.municipalities().values()}
    return await find(session, wishes, centre, language, limit, offset, places=places)


def _list(found: Offers, wanted: Wishes, offset: int, language: str) -> Content:
    if not found.hits:
        rows = _filters(wanted, language)
        rows.append([_button(say("menu.human", language), "/talk_to_human")])
        rows.append([_other_kinds(language)])
        return Content(text=say("offer.none", language), buttons=rows)
    head = _left_out(found, wanted, language) or say("offer.found", language, count=found.total)
    cards, rows = [head], []
    for number, hit in enumerate(found.hits, offset + 1):
        told = [f"{number}. {marked(hit, _title(hit, language))}", *offer_words.card(hit, language)]
        cards.append(lines("\n".join(told), language))
        data = offer_buttons.details_data(hit.entry_id, found.wishes)
        rows.append([_button(_label(f"{number}. ", marked(hit, hit.title), language), data)])
    by_machine = dict.fromkeys(label for hit in found.hits for label in machine(hit, language))
    if by_machine:
        cards.append("\n".join(lines(signed(sign("machine"), one), language) for one in by_machine))
    if offset + PAGE < found.total:
        data = offer_buttons.list_data(found.wishes, offset + PAGE)
        rows.append([_button(say("offer.more", language), data)])
    rows += _filters(found.wishes, language)
    return Content(text="\n\n".join(cards), buttons=rows)


def _left_out(found: Offers, wanted: Wishes, language: str) -> str:
    if not found.dropped:
        return ""
    left_out = offer_words.listed(wanted, found.dropped, language)
    return say("offer.without", language, wishes=left_out)


def _filters(wishes: Wishes, language: str) -> list[list[Button]]:
    """Return a button per wish that takes it back."""
    buttons = [
        _button(
            _label("✕ ", offer_words.wish(wishes, name, language), language),
            offer_buttons.list_data(wishes.without(name)),
        )
        for name in wishes.names()
    ]
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


def _details(hit: OfferHit, wishes: Wishes, language: str) -> Content:
    heading = lines(_title(hit, hit.language), hit.language)
    parts = [heading, together(hit.body, hit.language), offer_words.told(hit, language)]
    parts += ["\n".join(notes(hit, language)), origin(hit, language)]
    book = f'/book_appointment{{"topic":"{hit.topic}"}}'
    rows = [
        [
            _button(say("answer.book", language), book),
            _button(say("answer.person", language), "/talk_to_human"),
        ],
        [_back(wishes, language), _button(say("menu.back", language), "/help")],
        [Button(label=say("answer.link", language), url=hit.source_url)],
    ]
    return Content(text="\n\n".join(part for part in parts if part), buttons=rows)


def _card(hit: OfferHit, language: str) -> Card:
    heading = lines(_title(hit, hit.language), hit.language)
    summary = lines("\n".join(offer_words.card(hit, language)[:2]), language)
    parts = [heading, offer_words.told(hit, language)]
    parts += ["\n".join(notes(hit, language)), origin(hit, language)]
    text = "\n\n".join(part for part in [*parts, hit.source_url] if part)
    name = offer_buttons.short(hit.entry_id)
    return Card(name, marked(hit, hit.title), summary, text, hit.source_url)


def _title(hit: OfferHit, language: str) -> str:
    """Return an offer's title for a line in ``language``, behind the sign of its kind."""
    return f"{offer_words.TYPES[hit.offer.type]} {inserted(hit.title, language)}"


def _label(before: str, words: str, language: str) -> str:
    """Return the label of a button: what comes first stands where the reader begins."""
    return lines(before + inserted(words[:LONGEST_WORDS], language), language)


def _of_type(name: str) -> str:
    return offer_buttons.list_data(Wishes(types=(name,)))


def _other_kinds(language: str) -> Button:
    return _button(say("offer.more", language), offer_buttons.KINDS)


def _back(wishes: Wishes, language: str) -> Button:
    return _button(say("offer.back", language), offer_buttons.list_data(wishes))


def _button(label: str, data: str) -> Button:
    return Button(label=label, data=data)
