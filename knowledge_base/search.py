"""Find the entries that answer a question, in any language, or say that none does.

One statement does it all: meaning (e5 in pgvector, across languages), words (full text in the
text's own language) and spelling (trigrams of the title) are added up per text, the best text
speaks for its entry, and the winners come back in the person's language. The entries are few, so
the scan is exact; an approximate index would be slower and miss some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    values,
)
from sqlalchemy import Text as SqlText
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from knowledge_base.content_files import ANY_STATUS, EVERYWHERE, ORIGINAL, text_hash
from knowledge_base.embedding import question_vector
from knowledge_base.entries import ORIGINAL_STATUS, SEARCH_CONFIGS, Entry, EntryText, OffTopic
from storage import clock

FALLBACK = "en"
QUESTION_MAX = 1000

# How much a hit in words or spelling counts beside the similarity in meaning, which differs by
# about 0.01 from one entry to the next and by 0.1 from a good one to a bad one.
WORDS, SPELLING, SPELLING_FLOOR = 0.06, 0.05, 0.4
TOPIC_BONUS, ALSO_BONUS = 0.03, 0.015
RANK_BONUS = {1: 0.004, 3: -0.012}
OWN_CENTRE_BONUS = 0.004

# A question is answered when the best entry is nearer than what is off topic, measured as
# entry - OFF_TOPIC * (nearest off-topic sentence); a topic the assistant understood is further
# evidence. Calibrated with bench figures in the module's tests; see test_search.py.
OFF_TOPIC = 0.6
ANSWERED, ANSWERED_WITH_TOPIC = 0.325, 0.295


@dataclass(frozen=True)
class Hit:
    """One entry as the person sees it, with everything an honest answer has to say about it.

    ``language`` and ``text_status`` are those of the text that is shown: original, unreviewed,
    reviewed, machine, or outdated (the German original has changed since it was translated).
    """

    entry_id: str
    score: float
    language: str
    title: str
    body: str
    topic: str
    centre: str
    source_title: str
    source_url: str
    checked_on: date | None
    volatile: bool
    unconfirmed: bool
    text_status: str
    statuses: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class SearchResult:
    """The nearest entries, best first, and whether they answer the question at all.

    ``confidence`` is how far above what is off topic the best one lies (no probability).
    """

    hits: list[Hit]
    answered: bool
    confidence: float = 0.0


async def search(
    session: AsyncSession,
    question: str,
    *,
    centre: str | None,
    language: str,
    topic: str | None = None,
    status: str | None = None,
    limit: int = 5,
    embedding: Sequence[float] | None = None,
) -> SearchResult:
    """Find what answers ``question``, which may be in any language.

    Args:
        session: any session; one statement is run.
        question: what the person wrote; only the first 1,000 characters count.
        centre: whose entries to search, beside those for all; ``None`` searches every centre's.
        language: in which the entries are shown; where it is missing English, then German.
        topic: ``ask_*`` intent the question was understood as; its entries are preferred.
        status: residence status; entries for other statuses are left out.
        limit: how many entries at most.
        embedding: the question's e5 vector (384 floats, prefix ``query: ``) where it is known.
    """
    question = " ".join(question.replace("\0", " ")[:QUESTION_MAX].split())
    if not question:
        return SearchResult([], answered=False)
    vector = await question_vector(question) if embedding is None else embedding
    best = _best(question, list(map(float, vector)), topic, centre, _live(centre, status), limit)
    shown = _shown(language)
    original = aliased(EntryText)
    off_topic = select(
        func.max(-OffTopic.embedding.max_inner_product(list(map(float, vector))))  # type: ignore[attr-defined]
    ).scalar_subquery()
    rows = (
        await session.execute(
            _with_texts(
                select(best.c.total, best.c.evidence, off_topic.label("off_topic")),
                best.c.entry_id,
                shown,
                original,
            ).order_by(best.c.total.desc(), best.c.entry_id)
        )
    ).all()
    if not rows:
        return SearchResult([], answered=False)
    confidence = max(row.evidence for row in rows) - OFF_TOPIC * (rows[0].off_topic or 0.0)
    needed = ANSWERED_WITH_TOPIC if topic else ANSWERED
    hits = [_hit(row, row.total) for row in rows]
    return SearchResult(hits, answered=confidence >= needed, confidence=confidence)


async def topic_entries(
    session: AsyncSession,
    topic: str,
    *,
    centre: str | None,
    language: str,
    status: str | None = None,
    offset: int = 0,
    limit: int = 5,
) -> list[Hit]:
    """Return a topic's entries where no question was asked (a button, or "more").

    The order: rank (an entry that has the topic only beside its own counts one lower), the
    centre's own before those for all, then what was checked last.

    Args:
        session: any session.
        topic: ``ask_*`` intent.
        centre: as for :func:`search`.
        language: as for :func:`search`.
        status: as for :func:`search`.
        offset: how many to skip.
        limit: how many at most.
    """
    main = case((Entry.topic == topic, 0), else_=1)
    own = case((Entry.centre == EVERYWHERE, 1), else_=0)
    rows = await session.execute(
        _with_texts(select(), Entry.id, _shown(language), aliased(EntryText))
        .where(or_(Entry.topic == topic, Entry.also.contains([topic])), *_live(centre, status))
        .order_by(Entry.rank + main, main, own, Entry.checked_on.desc().nulls_last(), Entry.id)
        .offset(offset)
        .limit(limit)
    )
    return [_hit(row, 0.0) for row in rows]


def statuses_in(hits: Sequence[Hit]) -> list[str]:
    """Return the residence statuses that these entries tell apart, in the order they come."""
    return list(
        dict.fromkeys(status for hit in hits for status in hit.statuses if status != ANY_STATUS)
    )


def differs_by_status(hits: Sequence[Hit]) -> bool:
    """Tell whether the answer depends on the residence status, so that it must be asked for.

    It does where two of the entries exclude each other: no status has both.
    """
    limited = [set(hit.statuses) for hit in hits if ANY_STATUS not in hit.statuses]
    return any(not (one & other) for one, other in combinations(limited, 2))


def _today() -> date:
    moment: datetime = clock.now()
    return moment.astimezone(clock.BERLIN).date()


def _live(centre: str | None, status: str | None) -> list[ColumnElement[bool]]:
    """Conditions an entry meets to be shown: here, today, to this person, not replaced."""
    today = _today()

    def current(entry: type[Entry]) -> ColumnElement[bool]:
        return and_(
            entry.withdrawn_at.is_(None),
            or_(entry.valid_from.is_(None), entry.valid_from <= today),
            or_(entry.valid_until.is_(None), entry.valid_until >= today),
        )

    newer = aliased(Entry)
    conditions = [
        current(Entry),
        ~exists().where(newer.supersedes == Entry.id, current(newer)),
    ]
    if centre is not None:
        conditions.append(Entry.centre.in_((centre, EVERYWHERE)))
    if status is not None:
        conditions.append(Entry.statuses.overlap([status, ANY_STATUS]))
    return conditions


def _best(
    question: str,
    vector: list[float],
    topic: str | None,
    centre: str | None,
    live: list[ColumnElement[bool]],
    limit: int,
) -> Subquery:
    """Return the best entries with ``total`` (to rank by) and ``evidence`` (to trust)."""
    configs = (
        values(sql_column("language", SqlText), sql_column("config", SqlText), name="configs")
        .data(list(SEARCH_CONFIGS.items()))
    )
    asked = select(configs.c.language, _any_word(configs.c.config, question).label("query")).cte(
        "asked"
    )
    simple = select(_any_word(literal("simple"), question)).scalar_subquery()
    meaning = func.coalesce(-EntryText.embedding.max_inner_product(vector), 0.0)  # type: ignore[attr-defined]
    words = func.ts_rank(EntryText.words, func.coalesce(asked.c.query, simple))
    spelling = func.greatest(
        func.word_similarity(question, EntryText.title) - SPELLING_FLOOR, 0.0
    )
    evidence = (meaning + WORDS * words + SPELLING * spelling).cast(Float).label("evidence")
    texts = (
        select(EntryText.entry_id, evidence)
        .distinct(EntryText.entry_id)
        .outerjoin(asked, asked.c.language == EntryText.language)
        .order_by(EntryText.entry_id, evidence.desc())
        .cte("texts")
    )
    bonus = case(RANK_BONUS, value=Entry.rank, else_=0.0)
    if topic is not None:
        bonus += case(
            (Entry.topic == topic, TOPIC_BONUS),
            (Entry.also.contains([topic]), ALSO_BONUS),
            else_=0.0,
        )
    if centre is not None:
        bonus += case((Entry.centre == centre, OWN_CENTRE_BONUS), else_=0.0)
    total = (texts.c.evidence + bonus).label("total")
    return (
        select(texts.c.entry_id, texts.c.evidence, total)
        .join(Entry, Entry.id == texts.c.entry_id)
        .where(*live)
        .order_by(total.desc(), texts.c.entry_id)
        .limit(limit)
        .subquery("best")
    )


def _any_word(config: ColumnElement[str], question: str) -> ColumnElement[Any]:
    """Full text query for any of the question's words; a whole question never matches as one."""
    every = func.plainto_tsquery(config.cast(REGCONFIG), question)
    return func.replace(every.cast(SqlText), " & ", " | ").cast(TSQUERY)


def _shown(language: str) -> Subquery:
    """Return one text per entry: the person's language, else English, else German."""
    order = case({language: 0, FALLBACK: 1}, value=EntryText.language, else_=2)
    if language == FALLBACK:
        order = case({FALLBACK: 0}, value=EntryText.language, else_=1)
    return (
        select(
            EntryText.entry_id,
            EntryText.language,
            EntryText.title,
            EntryText.body,
            EntryText.status,
            EntryText.translated_from,
        )
        .distinct(EntryText.entry_id)
        .where(EntryText.language.in_({language, FALLBACK, ORIGINAL}))
        .order_by(EntryText.entry_id, order)
        .subquery("shown")
    )


def _with_texts(
    statement: Select[Any],
    entry_id: ColumnElement[str],
    shown: Subquery,
    original: type[EntryText],
) -> Select[Any]:
    """Add what a :class:`Hit` is made of to a statement that yields ``entry_id``."""
    statement = statement.add_columns(
        Entry,
        shown.c.language,
        shown.c.title,
        shown.c.body,
        shown.c.status,
        shown.c.translated_from,
        original.title.label("original_title"),
        original.body.label("original_body"),
    )
    if entry_id is not Entry.id:
        statement = statement.join(Entry, Entry.id == entry_id)
    return statement.join(shown, shown.c.entry_id == Entry.id).outerjoin(
        original, and_(original.entry_id == Entry.id, original.language == ORIGINAL)
    )


def _hit(row: Row[Any], score: float) -> Hit:
    entry: Entry = row.Entry
    status = row.status
    if status != ORIGINAL_STATUS and row.original_title is not None:
        made_from = text_hash(row.original_title, row.original_body)
        status = status if row.translated_from == made_from else "outdated"
    return Hit(
        entry_id=entry.id,
        score=score,
        language=row.language,
        title=row.title,
        body=row.body,
        topic=entry.topic,
        centre=entry.centre,
        source_title=entry.source_title,
        source_url=entry.source_url,
        checked_on=entry.checked_on,
        volatile=entry.volatile,
        unconfirmed=entry.unconfirmed,
        text_status=status,
        statuses=tuple(entry.statuses),
        kind=entry.kind,
    )
