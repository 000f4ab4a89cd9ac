"""What the curators have to look after: what is due, expired, doubted, asked for or missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from knowledge_base import revisions
from knowledge_base.content_files import ORIGINAL
from knowledge_base.editing import own_entry
from knowledge_base.entries import MACHINE, SECTION, Entry, EntryText
from knowledge_base.feedback import EntryCount, UnansweredQuestion
from knowledge_base.statuses import MISSING, OUTDATED, OUTDATED_DRAFT, having, statuses
from storage import clock

CHECK_VOLATILE, CHECK = timedelta(days=180), timedelta(days=365)
"""How long after its last check an entry is due again."""
WEEK = timedelta(days=7)
FIRST_RANK = 1


@dataclass(frozen=True)
class Due:
    """An entry that somebody should compare with its source."""

    entry_id: str
    title: str
    source_url: str
    checked_on: date | None


@dataclass(frozen=True)
class Counted:
    """What happened with an entry in the last seven days."""

    entry_id: str
    title: str
    shown: int
    helped: int
    not_helped: int
    wrong: int


@dataclass(frozen=True)
class Question:
    """An unanswered question whose words a person handed on; ``number`` settles it."""

    number: int
    language: str
    text: str


@dataclass(frozen=True)
class Overview:
    """Everything the weekly digest tells; lists are shortened, the numbers are not.

    ``outdated``, ``drafts`` (by a machine, not reviewed) and ``missing`` count texts per language,
    the last among the most important entries (rank 1). ``asked`` counts the last week's unanswered
    questions by topic and language.
    """

    due: list[Due]
    due_count: int
    expired: list[str]
    expired_count: int
    outdated: Counter[str]
    drafts: Counter[str]
    missing: Counter[str]
    shown_most: list[Counted]
    doubted: list[Counted]
    totals: Counted
    asked: list[tuple[str | None, str, int]]
    asked_count: int
    questions: list[Question]


async def overview(session: AsyncSession, limit: int = 5) -> Overview:
    """Return what the curators should know now, each list at most ``limit`` long."""
    week = await counted(session)
    texts = await statuses(session)
    first = await session.scalars(select(Entry.id).where(Entry.rank == FIRST_RANK))
    gone = await expired(session)
    waiting = await asked(session)
    shown_most = sorted(week, key=lambda one: -one.shown)
    doubted = sorted(week, key=lambda one: (-one.wrong, -one.not_helped))
    return Overview(
        due=await due(session, limit),
        due_count=await due_count(session),
        expired=gone[:limit],
        expired_count=len(gone),
        outdated=having(texts, OUTDATED, OUTDATED_DRAFT),
        drafts=having(texts, MACHINE, OUTDATED_DRAFT),
        missing=having(texts, MISSING, entries=first),
        shown_most=[one for one in shown_most if one.shown][:limit],
        doubted=[one for one in doubted if one.wrong or one.not_helped][:limit],
        totals=_total(week),
        asked=waiting[:limit],
        asked_count=sum(number for _, _, number in waiting),
        questions=await questions(session, limit),
    )


async def due(session: AsyncSession, limit: int | None = None) -> list[Due]:
    """Return the entries to be checked: the most important and most shown first.

    An entry is due when nobody has ever checked it, 180 days after the last check where it is
    volatile, else 365. What is expired, replaced or brought by a feed is not.
    """
    asked_for = (
        select(EntryCount.entry_id, func.sum(EntryCount.shown).label("shown"))
        .where(EntryCount.day > clock.today() - WEEK)
        .group_by(EntryCount.entry_id)
        .subquery()
    )
    rows = await session.execute(
        _titled(Entry.id, Entry.source_url, Entry.checked_on)
        .outerjoin(asked_for, asked_for.c.entry_id == Entry.id)
        .where(_is_due())
        .order_by(
            Entry.rank,
            func.coalesce(asked_for.c.shown, 0).desc(),
            Entry.checked_on.nulls_first(),
            Entry.id,
        )
        .limit(limit)
    )
    return [Due(row.id, row.title, row.source_url, row.checked_on) for row in rows]


async def due_count(session: AsyncSession) -> int:
    """Return how many entries are to be checked."""
    return await session.scalar(select(func.count()).select_from(Entry).where(_is_due())) or 0


async def expired(session: AsyncSession) -> list[str]:
    """Return the titles of our own entries whose last day has passed, the latest first."""
    rows = await session.execute(
        _titled(Entry.id)
        .where(_own(), Entry.valid_until < clock.today())
        .order_by(Entry.valid_until.desc(), Entry.id)
    )
    return [row.title for row in rows]


async def counted(session: AsyncSession) -> list[Counted]:
    """Return what happened with each entry in the last seven days, in all languages together."""
    sums = [
        func.sum(column).label(column.key)
        for column in (
            EntryCount.shown,
            EntryCount.helped,
            EntryCount.not_helped,
            EntryCount.wrong,
        )
    ]
    rows = await session.execute(
        _titled(Entry.id, *sums)
        .join(EntryCount, EntryCount.entry_id == Entry.id)
        .where(EntryCount.day > clock.today() - WEEK)
        .group_by(Entry.id, EntryText.title)
        .order_by(Entry.id)
    )
    return [
        Counted(row.id, row.title, row.shown, row.helped, row.not_helped, row.wrong) for row in rows
    ]


async def asked(session: AsyncSession) -> list[tuple[str | None, str, int]]:
    """Return (topic, language, how many) of the last week's unanswered questions, most first."""
    number = func.count()
    rows = await session.execute(
        select(UnansweredQuestion.topic, UnansweredQuestion.language, number)
        .where(
            UnansweredQuestion.asked_at > clock.now() - WEEK,
            UnansweredQuestion.settled_at.is_(None),
        )
        .group_by(UnansweredQuestion.topic, UnansweredQuestion.language)
        .order_by(number.desc(), UnansweredQuestion.topic, UnansweredQuestion.language)
    )
    return [(topic, language, how_many) for topic, language, how_many in rows.tuples()]


async def questions(session: AsyncSession, limit: int) -> list[Question]:
    """Return unsettled questions whose words were handed on, the oldest first."""
    rows = await session.execute(
        select(UnansweredQuestion.id, UnansweredQuestion.language, UnansweredQuestion.text)
        .where(UnansweredQuestion.text.is_not(None), UnansweredQuestion.settled_at.is_(None))
        .order_by(UnansweredQuestion.id)
        .limit(limit)
    )
    return [Question(number, language, text or "") for number, language, text in rows.tuples()]


async def still_correct(session: AsyncSession, entry_id: str, by: str) -> str:
    """Note that an entry was compared with its source today, for all its languages at once.

    Args:
        session: the caller's open transaction.
        entry_id: which entry.
        by: the curator's role and opaque id, such as ``curator:<id>``.

    Returns:
        The entry's German title.

    Raises:
        UnknownText: there is no such entry.
        FromFeed: a feed keeps it up to date.
    """
    entry = await own_entry(session, entry_id)
    entry.checked_on = clock.today()
    for text in entry.texts:
        await revisions.note(session, text, by, revisions.STILL_CORRECT)
    await session.flush()
    return next((text.title for text in entry.texts if text.language == ORIGINAL), entry_id)


def _titled(*columns: Any) -> Select[Any]:
    """Return a query of these columns of entries and their German ``title``."""
    german = (EntryText.entry_id == Entry.id) & (EntryText.language == ORIGINAL)
    return (
        select(*columns, func.coalesce(EntryText.title, Entry.id).label("title"))
        .select_from(Entry)
        .outerjoin(EntryText, german)
    )


def _own() -> ColumnElement[bool]:
    return Entry.withdrawn_at.is_(None) & Entry.origin.is_(None) & (Entry.kind != SECTION)


def _is_due() -> ColumnElement[bool]:
    today = clock.today()
    newer = aliased(Entry)
    replaced = select(newer.id).where(
        newer.supersedes == Entry.id,
        newer.withdrawn_at.is_(None),
        func.coalesce(newer.valid_from <= today, True),
        _not_over(newer),
    )
    old = or_(
        Entry.checked_on.is_(None),
        Entry.checked_on < today - CHECK,
        Entry.volatile & (Entry.checked_on < today - CHECK_VOLATILE),
    )
    return _own() & old & _not_over(Entry) & ~replaced.exists()


def _not_over(entry: Any) -> ColumnElement[bool]:
    last: ColumnElement[bool] = func.coalesce(entry.valid_until >= clock.today(), True)
    return last


def _total(week: Sequence[Counted]) -> Counted:
    return Counted(
        "",
        "",
        sum(one.shown for one in week),
        sum(one.helped for one in week),
        sum(one.not_helped for one in week),
        sum(one.wrong for one in week),
    )
