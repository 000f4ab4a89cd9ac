"""Find the entries that answer a question, in any language, or say that none does.

One statement does it all: meaning (e5 in pgvector, across languages), words (full text in the
text's own language, rare words counting more) and spelling (trigrams of the heading) are added up
per passage, the best passage speaks for its entry, and the winners come back in the person's
language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import ANY_STATUS, text_hash
from knowledge_base.embedding import question_vector
from knowledge_base.entries import MACHINE, ORIGINAL_STATUS
from knowledge_base.passages import WHOLE, section_of
from knowledge_base.statements import BY_ID, BY_TOPIC, SEARCH, SETTINGS
from storage import clock

QUESTION_MAX = 1000

# How much a hit in words or spelling counts beside the similarity in meaning, which differs by
# about 0.05 from one entry to the next and by 0.2 from a good one to a bad one.
WORDS, HEADING, SPELLING, SPELLING_FLOOR = 0.008, 0.5, 0.06, 0.45
# How many passages are looked at closely, in how many a word may stand to count as rare, and how
# many of the topic are looked at besides.
NEAREST, RARE, TOPICAL = 150, 40, 40
TOPIC_BONUS, ALSO_BONUS = 0.12, 0.06
RANK_BONUS = {1: 0.01, 3: -0.04}
OWN_CENTRE_BONUS = 0.01

# A question is answered when the best passage is near enough, measured as evidence - OFF_TOPIC *
# (nearest off-topic sentence). Questions in a language that the texts are in come nearer to
# everything, so they need more; a topic the assistant understood is evidence. The numbers behind
# this are in docs/search.md.
OFF_TOPIC = 0.15
OWN_LANGUAGES = ("de", "en")
ANSWERED_OWN, ANSWERED = 0.22, 0.2
ANSWERED_OWN_WITH_TOPIC, ANSWERED_WITH_TOPIC = 0.2, 0.12

_WEIGHTS = {
    "nearest": NEAREST,
    "rare": RARE,
    "topical": TOPICAL,
    "words": WORDS,
    "heading": HEADING,
    "spelling": SPELLING,
    "floor": SPELLING_FLOOR,
    "topic_bonus": TOPIC_BONUS,
    "also_bonus": ALSO_BONUS,
    "first": RANK_BONUS[1],
    "last": RANK_BONUS[3],
    "own": OWN_CENTRE_BONUS,
}


@dataclass(frozen=True)
class Hit:
    """One entry as the person sees it, with everything an honest answer has to say about it.

    ``language`` and ``text_status`` are those of the text that is shown: original, unreviewed,
    reviewed, machine, or outdated (the German original has changed since it was translated);
    ``machine`` stays true of a machine's text that is outdated.
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
    original: tuple[str, str]
    """Title and body of the German text; both empty where there is none."""
    section: str = ""
    """The heading that ``body`` stands under, where it is only a part of a long text."""
    whole: bool = True
    """Whether ``body`` is the whole text; if not, the rest is where ``source_url`` leads."""
    position: int = 0
    """Number of the passage that is shown, where it is only a part."""
    more_sources: tuple[str, ...] = ()
    """Titles of further sources."""
    origin: str | None = None
    machine: bool = False


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
        session: any open transaction; nothing is changed but its planner settings.
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
    await session.execute(SETTINGS)
    rows = (
        await session.execute(
            SEARCH,
            {
                "question": question,
                "vector": "[" + ",".join(f"{number:.7g}" for number in vector) + "]",
                **_person(centre, language, topic, status),
                **_WEIGHTS,
                "limit": limit,
            },
        )
    ).all()
    if not rows:
        return SearchResult([], answered=False)
    confidence = max(row.evidence for row in rows) - OFF_TOPIC * rows[0].off_topic
    return SearchResult(
        [_hit(row, row.total) for row in rows],
        answered=confidence >= _needed(language, topic),
        confidence=confidence,
    )


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
    rows = await session.execute(
        BY_TOPIC,
        {**_person(centre, language, topic, status), "offset": offset, "limit": limit},
    )
    return [_hit(row, 0.0) for row in rows]


async def entry(
    session: AsyncSession, entry_id: str, *, language: str, position: int = 0
) -> Hit | None:
    """Return one entry as it is shown, whoever it is for; ``None`` when it is not to be shown.

    Args:
        session: any session.
        entry_id: which entry.
        language: as for :func:`search`.
        position: number of the passage to show where the text is too long to be shown whole.
    """
    values = {
        "entry_id": entry_id,
        "language": language,
        "passage": position,
        "today": clock.today(),
    }
    row = (await session.execute(BY_ID, values)).first()
    return _hit(row, 0.0) if row is not None else None


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


def _person(
    centre: str | None, language: str, topic: str | None, status: str | None
) -> dict[str, Any]:
    """Return the parameters that both statements share; days are those of Berlin."""
    today = clock.now().astimezone(clock.BERLIN).date()
    return {
        "today": today,
        "centre": centre,
        "language": language,
        "topic": topic,
        "status": status,
    }


def _needed(language: str, topic: str | None) -> float:
    if language in OWN_LANGUAGES:
        return ANSWERED_OWN if topic is None else ANSWERED_OWN_WITH_TOPIC
    return ANSWERED if topic is None else ANSWERED_WITH_TOPIC


def _hit(row: Row[Any], score: float) -> Hit:
    status = row.status
    if status != ORIGINAL_STATUS and row.original_title is not None:
        made_from = text_hash(row.original_title, row.original_body)
        status = status if row.translated_from == made_from else "outdated"
    section, body = "", row.body
    position = getattr(row, "passage", None) or 0
    whole = len(body) <= WHOLE
    if not whole:
        section, body = section_of(row.title, body, position)
    return Hit(
        entry_id=row.id,
        score=score,
        language=row.language,
        title=row.title,
        body=body,
        section=section,
        whole=whole,
        position=position,
        original=(row.original_title or "", row.original_body or ""),
        more_sources=tuple(source["title"] for source in row.more_sources),
        origin=row.origin,
        topic=row.topic,
        centre=row.centre,
        source_title=row.source_title,
        source_url=row.link or row.source_url,
        checked_on=row.checked_on,
        volatile=row.volatile,
        unconfirmed=row.unconfirmed,
        text_status=status,
        machine=row.status == MACHINE,
        statuses=tuple(row.statuses),
        kind=row.kind,
    )
