"""The weekly digest: what curators should know about the knowledge, worded for each of them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, format, machine_words, notify
from centre.people import Person
from knowledge_base import freshness
from knowledge_base.freshness import Overview
from storage import clock
from storage.outbox import Button, Content
from translations.catalogue import isolate, say
from translations.direction import lines as begun

READERS = ("curator", "admin")
WEEKDAY, HOUR = 0, 8
"""The digest comes on Mondays at 8 in Berlin."""
LONGEST_TITLE, LONGEST_QUESTION = 70, 250


def is_time(moment: datetime) -> bool:
    """Tell whether the weekly digest is due in the hour of ``moment``."""
    here = moment.astimezone(clock.BERLIN)
    return (here.weekday(), here.hour) == (WEEKDAY, HOUR)


async def send_digest(session: AsyncSession) -> int:
    """Send the digest to every curator and admin; return how many could be reached."""
    readers = await session.scalars(
        select(Person)
        .where(Person.role.in_(READERS), Person.blocked_at.is_(None))
        .order_by(Person.created_at, Person.id)
    )
    reached = 0
    for reader in readers.all():
        messages = await digest(session, reader.language or notify.FALLBACK_LANGUAGE)
        # Whoever is erased this very moment must not keep it from the others.
        with suppress(IntegrityError):
            async with session.begin_nested():
                sent = [await notify.deliver(session, reader, content) for content in messages]
            reached += any(sent)
    return reached


async def digest(session: AsyncSession, language: str) -> list[Content]:
    """Return what curators should know now: one message, and one more with people's questions."""
    found = await freshness.overview(session)
    parts = [
        say("knowledge.digest_title", language, date=format.date(clock.today(), language)),
        _due(found, language),
        _list(
            say("knowledge.digest_expired", language, count=found.expired_count),
            [isolate(short(title)) for title in found.expired],
        ),
        _list(
            say("knowledge.digest_doubted", language),
            [
                say(
                    "knowledge.digest_doubted_line",
                    language,
                    title=short(one.title),
                    wrong=one.wrong,
                    not_helped=one.not_helped,
                )
                for one in found.doubted
            ],
        ),
        _list(
            say("knowledge.digest_unanswered", language, count=found.asked_count),
            [
                f"{format.row([topic, spoken], language)}: {number}"
                for topic, spoken, number in _asked(found, language)
            ],
        ),
        _list(
            say("knowledge.digest_shown", language),
            [f"{isolate(short(one.title))}: {isolate(one.shown)}" for one in found.shown_most],
        ),
        by_language("knowledge.digest_outdated", found.outdated, language),
        by_language("knowledge.digest_machine", found.drafts, language),
        by_language("knowledge.digest_missing", found.missing, language),
        _week(found, language),
    ]
    buttons = [
        [
            Button(label=f"✓ {n} {say('knowledge.still_correct', language)}", data=f"k:ok:{one}"),
            Button(label=f"{n} {say('knowledge.show', language)}", data=f"k:show:{one}"),
        ]
        for n, one in enumerate((due.entry_id for due in found.due), 1)
    ]
    text = begun("\n\n".join(part for part in parts if part), language)
    overview = Content(text=text, buttons=buttons)
    return [overview, *await _questions(session, found, language)]


def _due(found: Overview, language: str) -> str:
    if not found.due:
        return say("knowledge.digest_nothing", language)
    lines = [say("knowledge.digest_due", language, count=found.due_count)]
    for number, one in enumerate(found.due, 1):
        checked = (
            say("answer.checked", language, date=format.date(one.checked_on, language))
            if one.checked_on
            else say("answer.undated", language)
        )
        lines.append(f"{number}. {isolate(short(one.title))}\n{checked}")
    return "\n".join(lines)


def _week(found: Overview, language: str) -> str:
    total = found.totals
    return say(
        "knowledge.digest_week",
        language,
        shown=total.shown,
        helped=total.helped,
        not_helped=total.not_helped,
        wrong=total.wrong,
    )


def _asked(found: Overview, language: str) -> list[tuple[str, str, int]]:
    return [
        (
            appointments.topic_label(topic or "other", language),
            format.language_name(spoken, language),
            number,
        )
        for topic, spoken, number in found.asked
    ]


def _list(above: str, lines: list[str]) -> str:
    return "\n".join([above, *(f"• {line}" for line in lines)]) if lines else ""


def by_language(key: str, texts: Counter[str], language: str) -> str:
    """Return the catalogue text ``key`` with languages and numbers as its ``list``, if any."""
    named = [f"{format.language_name(one, language)} {number}" for one, number in texts.items()]
    listed = format.row(named, language)
    return say(key, language, list=listed) if listed else ""


async def _questions(session: AsyncSession, found: Overview, language: str) -> list[Content]:
    """Return people's own words, with what a machine makes of them under each."""
    if not found.questions:
        return []
    lines = []
    for n, one in enumerate(found.questions, 1):
        words = short(one.text, LONGEST_QUESTION)
        lines.append(f"{n}. {format.language_name(one.language, language)}: {isolate(words)}")
        if made := await machine_words.translated(session, words, one.language, language):
            lines.append(made)
    settled = say("knowledge.settled", language)
    buttons = [
        [Button(label=f"✓ {n} {settled}", data=f"k:done:{one.number}")]
        for n, one in enumerate(found.questions, 1)
    ]
    text = begun("\n".join([say("knowledge.questions", language), *lines]), language)
    return [Content(text=text, buttons=buttons)]


def short(words: str, longest: int = LONGEST_TITLE) -> str:
    """Return ``words`` on one line of at most ``longest`` characters."""
    line = " ".join(words.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
