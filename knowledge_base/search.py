"""Find the entries that answer a question, in any language, or say that none does.

One statement does it all: meaning (e5 in pgvector, across languages), words (full text in the
text's own language) and spelling (trigrams of the title) are added up per text, the best text
speaks for its entry, and the winners come back in the person's language. The entries are few, so
the scan is exact; an approximate index would be slower and miss some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import ANY_STATUS, text_hash
from knowledge_base.embedding import question_vector
from knowledge_base.entries import ORIGINAL_STATUS, SEARCH_CONFIGS
from knowledge_base.passages import WHOLE, section_of
from storage import clock

QUESTION_MAX = 1000

# How much a hit in words or spelling counts beside the similarity in meaning, which differs by
# about 0.01 from one entry to the next and by 0.1 from a good one to a bad one.
WORDS, SPELLING, SPELLING_FLOOR = 0.08, 0.04, 0.45
TOPIC_BONUS, ALSO_BONUS = 0.04, 0.02
RANK_BONUS = {1: 0.004, 3: -0.02}
OWN_CENTRE_BONUS = 0.004

# A question is answered when the best entry is nearer than what is off topic, measured as
# evidence - OFF_TOPIC * (nearest off-topic sentence). Questions in a language that the texts are
# in come nearer to everything, so they need more; a topic the assistant understood is evidence.
# Measured on own questions in 15 languages: of 77 that an entry answers 76 are answered, with the
# right entry first for 84 % and among three for 97 %; of 62 on other matters 3 are answered.
OFF_TOPIC = 0.6
OWN_LANGUAGES = ("de", "en")
ANSWERED_OWN, ANSWERED, ANSWERED_WITH_TOPIC = 0.328, 0.308, 0.295

_WEIGHTS = {
    "words": WORDS,
    "spelling": SPELLING,
    "floor": SPELLING_FLOOR,
    "topic_bonus": TOPIC_BONUS,
    "also_bonus": ALSO_BONUS,
    "first": RANK_BONUS[1],
    "last": RANK_BONUS[3],
    "own": OWN_CENTRE_BONUS,
}

# What may be shown: here, today, to this person, and not replaced by a newer entry.
_LIVE = """
current_entries as (
  select * from entries
  where withdrawn_at is null and kind <> 'section'
    and coalesce(valid_from <= :today, true) and coalesce(valid_until >= :today, true)
), live as (
  select * from current_entries e
  where (cast(:centre as text) is null or centre in (:centre, 'all'))
    and (cast(:status as text) is null or statuses && array[:status, 'any'])
    and not exists (select from current_entries newer where newer.supersedes = e.id)
)"""

# An entry in the person's language, else in English, else in German, beside its original.
_TEXTS = """
cross join lateral (
  select language, title, body, status, translated_from, link
  from entry_texts
  where entry_id = e.id and language in (:language, 'en', 'de')
  order by language = :language desc, language = 'en' desc
  limit 1
) shown
left join entry_texts original on original.entry_id = e.id and original.language = 'de'"""

_COLUMNS = """
  e.id, e.kind, e.topic, e.centre, e.statuses, e.source_title, e.source_url, e.checked_on,
  e.volatile, e.unconfirmed, e.more_sources, e.origin,
  shown.language, shown.title, shown.body, shown.status, shown.translated_from, shown.link,
  original.title as original_title, original.body as original_body"""

# Any of the question's words counts: a whole question never stands in a text as it is.
_ANY_WORD = "cast(replace(cast(plainto_tsquery({}, :question) as text), ' & ', ' | ') as tsquery)"
_CONFIGS = ", ".join(f"('{language}', '{name}')" for language, name in SEARCH_CONFIGS.items())

_SEARCH = text(f"""
with {_LIVE},
asked as materialized (
  select language, {_ANY_WORD.format("cast(config as regconfig)")} as query
  from (values {_CONFIGS}) as configs (language, config)
  union all
  select null, {_ANY_WORD.format("'simple'")}
), texts as (
  select entry_id, p.language, p.position,
    coalesce(-(embedding <#> cast(:vector as halfvec)), 0)
      + :words * ts_rank(words, coalesce(query, (select query from asked where language is null)))
      + :spelling * greatest(word_similarity(:question, heading) - :floor, 0) as evidence
  from passages p
  left join asked on asked.language = p.language
), scored as (
  select entry_id, max(evidence) as evidence from texts group by entry_id
), best as (
  select live.*, evidence,
    evidence
      + case rank when 1 then :first when 3 then :last else 0 end
      + case when topic = :topic then :topic_bonus
             when cast(:topic as text) = any(also) then :also_bonus else 0 end
      + case when centre = :centre then :own else 0 end as total
  from live join scored on entry_id = id
  order by total desc, id
  limit :limit
)
select total, evidence, {_COLUMNS},
  (select position from texts where entry_id = e.id and texts.language = shown.language
   order by texts.evidence desc, position limit 1) as passage,
  (select coalesce(max(-(embedding <#> cast(:vector as halfvec))), 0) from off_topic) as off_topic
from best e {_TEXTS}
order by total desc, e.id
""")  # noqa: S608 - put together from constants only

_BY_TOPIC = text(f"""
with {_LIVE}
select {_COLUMNS}
from live e {_TEXTS}
where topic = :topic or cast(:topic as text) = any(also)
order by rank + cast(topic <> :topic as int), topic <> :topic, centre = 'all',
  checked_on desc nulls last, e.id
offset :offset limit :limit
""")  # noqa: S608 - put together from constants only


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
    original: tuple[str, str]
    """Title and body of the German text."""
    section: str = ""
    """The heading that ``body`` stands under, where it is only a part of a long text."""
    whole: bool = True
    """Whether ``body`` is the whole text; if not, the rest is where ``source_url`` leads."""
    more_sources: tuple[str, ...] = ()
    """Titles of further sources."""
    origin: str | None = None


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
    rows = (
        await session.execute(
            _SEARCH,
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
        _BY_TOPIC,
        {**_person(centre, language, topic, status), "offset": offset, "limit": limit},
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
    if topic is not None:
        return ANSWERED_WITH_TOPIC
    return ANSWERED_OWN if language in OWN_LANGUAGES else ANSWERED


def _hit(row: Row[Any], score: float) -> Hit:
    status = row.status
    if status != ORIGINAL_STATUS and row.original_title is not None:
        made_from = text_hash(row.original_title, row.original_body)
        status = status if row.translated_from == made_from else "outdated"
    section, body = "", row.body
    whole = len(body) <= WHOLE
    if not whole:
        section, body = section_of(row.title, body, getattr(row, "passage", None) or 0)
    return Hit(
        entry_id=row.id,
        score=score,
        language=row.language,
        title=row.title,
        body=body,
        section=section,
        whole=whole,
        original=(row.original_title or row.title, row.original_body or row.body),
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
        statuses=tuple(row.statuses),
        kind=row.kind,
    )
