"""Buttons about the knowledge: curators look after it, readers say what an answer was worth."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from centre import format, notify
from centre.digest import by_language, short
from centre.people import STAFF, Person
from knowledge_base import feedback, freshness, statuses
from knowledge_base.content_files import ORIGINAL
from knowledge_base.editing import FromFeed, UnknownText
from knowledge_base.entries import MACHINE, Entry
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.languages import languages

UNANSWERED_SLOT = "unanswered"
"""Where the conversation keeps a question until the person has said whether it is handed on."""
LONGEST_BODY = 3000

BUTTON = "k:"
_ENTRY = re.compile(r"^k:(ok|show|yes|no|wrong):([a-z0-9_-]{2,48})(?::([a-z]{2,3}))?$")
_NUMBER = re.compile(r"^k:(done|hand:yes|hand:no):(\d{1,18})$")
_FOR_STAFF = ("ok", "show", "done")
_THANKS = {"yes": "feedback.thanks", "no": "feedback.not_helped", "wrong": "feedback.wrong"}


async def tap(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    """Do what a button about the knowledge says; whoever taps it must be allowed to.

    Returns:
        The answer; ``None`` when the button is out of date, forged or not for this person.
    """
    verb, subject, reading = _read(data)
    if verb is None or (verb in _FOR_STAFF and person.role not in STAFF):
        return None
    if verb == "ok":
        return await _still_correct(session, person, subject, language)
    if verb == "show":
        return await _show(session, subject, language)
    if verb == "done":
        settled = await feedback.settle(session, int(subject))
        return [Content(text=say("knowledge.question_settled", language))] if settled else None
    if verb.startswith("hand"):
        return await _hand_on(session, person, int(subject), verb == "hand:yes", language)
    spoken = reading if reading in languages() else language
    if not await feedback.count(session, subject, spoken, verb):
        return None
    buttons = [] if verb == "yes" else [[_to_a_person(language)]]
    return [Content(text=say(_THANKS[verb], language), buttons=buttons)]


def _read(data: str) -> tuple[str | None, str, str | None]:
    if match := _ENTRY.match(data):
        return match[1], match[2], match[3]
    if match := _NUMBER.match(data):
        return match[1], match[2], None
    return None, "", None


def _to_a_person(language: str) -> Button:
    return notify.button(language, "answer.person", "/talk_to_human")


async def _still_correct(
    session: AsyncSession, person: Person, entry_id: str, language: str
) -> list[Content] | None:
    try:
        title = await freshness.still_correct(session, entry_id, f"{person.role}:{person.id}")
    except UnknownText:
        return None
    except FromFeed:
        return [Content(text=say("knowledge.not_ours", language))]
    left = await freshness.due_count(session)
    words = say("knowledge.checked_now", language, title=short(title), count=left)
    return [Content(text=words)]


async def _show(session: AsyncSession, entry_id: str, language: str) -> list[Content] | None:
    """Show the German text with everything needed to compare it with its source."""
    entry = await session.get(Entry, entry_id, options=[selectinload(Entry.texts)])
    german = next((t for t in entry.texts if t.language == ORIGINAL), None) if entry else None
    if entry is None or german is None or entry.withdrawn_at is not None:
        return None
    about = [say("answer.source", language, source=entry.source_title)]
    about.append(
        say("answer.checked", language, date=format.date(entry.checked_on, language))
        if entry.checked_on
        else say("answer.undated", language)
    )
    found = await statuses.statuses(session, entry_id)
    for key, wanted in (
        ("knowledge.digest_outdated", (statuses.OUTDATED, statuses.OUTDATED_DRAFT)),
        ("knowledge.digest_machine", (MACHINE, statuses.OUTDATED_DRAFT)),
    ):
        said = by_language(key, statuses.having(found, *wanted), language)
        about += [said] if said else []
    about += [say("knowledge.not_ours", language)] if entry.origin else []
    body = german.body if len(german.body) <= LONGEST_BODY else f"{german.body[:LONGEST_BODY]}…"
    buttons = [
        [Button(label=f"✓ {say('knowledge.still_correct', language)}", data=f"k:ok:{entry_id}")]
        if entry.origin is None
        else [],
        [Button(label=say("answer.link", language), url=entry.source_url)],
    ]
    text = f"{german.title}\n\n{body}\n\n" + "\n".join(about)
    return [Content(text=text, buttons=[row for row in buttons if row])]


async def _hand_on(
    session: AsyncSession, person: Person, number: int, agreed: bool, language: str
) -> list[Content] | None:
    """Hand an unanswered question on, or not; the conversation forgets it either way."""
    slots = dict(person.dialogue.get("slots") or {})
    words = slots.pop(UNANSWERED_SLOT, None)
    if words is None:
        return None
    person.dialogue = {**person.dialogue, "slots": slots}
    await session.flush()
    if not agreed:
        return [Content(text=say("feedback.not_handed_on", language))]
    if not await feedback.hand_on(session, number, str(words), person.id):
        return None
    return [Content(text=say("feedback.handed_on", language))]
