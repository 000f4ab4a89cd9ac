"""Machine drafts: which texts lack one or have an outdated one, storing them, the reviewers' list.

A draft is a text of status ``machine``, shown with that label until somebody reviews or edits it.
What a person wrote or reviewed is never touched, nor what a feed brings. What translates stands in
:mod:`centre.drafting`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from knowledge_base.content_files import ORIGINAL, text_hash
from knowledge_base.editing import FromFeed, UnknownText, own_entry
from knowledge_base.embedding import embed_changed
from knowledge_base.entries import MACHINE, SECTION, Entry, EntryText
from knowledge_base.importer import lock_imports
from knowledge_base.offers import Contact, Offer
from knowledge_base.text_rules import body_mistakes, title_mistakes
from storage import clock

_German, _Theirs = aliased(EntryText), aliased(EntryText)


@dataclass(frozen=True)
class Wanted:
    """A text to be drafted: there is none yet, or a machine's of an older German text."""

    entry_id: str
    language: str
    outdated: bool


@dataclass(frozen=True)
class German:
    """What is translated, and the names in it that stay as they are."""

    title: str
    body: str
    names: tuple[str, ...]

    @property
    def hash(self) -> str:
        """How translations name it."""
        return text_hash(self.title, self.body)


@dataclass(frozen=True)
class Made:
    """A translated text, and the hash of the German one that it was made from."""

    entry_id: str
    language: str
    title: str
    body: str
    made_from: str


@dataclass(frozen=True)
class Draft:
    """A draft that waits for a reviewer."""

    entry_id: str
    language: str
    title: str
    made_at: datetime
    outdated: bool


async def wanted(
    session: AsyncSession,
    languages: Iterable[str],
    *,
    entry_id: str | None = None,
    centre: str | None = None,
    only_outdated: bool = False,
) -> list[Wanted]:
    """Return the texts to be drafted, those of the most important entries first.

    Args:
        session: any session; one statement is run.
        languages: into which the machine can translate.
        entry_id: this entry only.
        centre: only entries of this centre, or of ``all``.
        only_outdated: leave out what there is no text of yet.
    """
    given = func.unnest(literal(list(languages), ARRAY(Text)))
    offered = given.table_valued("spoken").render_derived()
    spoken = offered.c.spoken
    stale = and_(_Theirs.status == MACHINE, _is_outdated())
    query = (
        select(Entry.id, spoken, _Theirs.id.is_not(None))
        .select_from(Entry)
        .join(_German, _of(_German) & (_German.language == ORIGINAL))
        .join(offered, true())
        .outerjoin(_Theirs, _of(_Theirs) & (_Theirs.language == spoken))
        .where(
            _own(),
            or_(Entry.valid_until.is_(None), Entry.valid_until >= clock.today()),
            stale if only_outdated else or_(_Theirs.id.is_(None), stale),
        )
        .order_by(Entry.rank, spoken, Entry.id)
    )
    if entry_id is not None:
        query = query.where(Entry.id == entry_id)
    if centre is not None:
        query = query.where(Entry.centre == centre)
    return [Wanted(*row) for row in (await session.execute(query)).tuples()]


async def originals(session: AsyncSession, entries: Collection[str]) -> dict[str, German]:
    """Return the German texts of entries, with the place and contact that an offer names."""
    rows = await session.execute(
        select(EntryText.entry_id, EntryText.title, EntryText.body, Offer.place, Contact.name)
        .outerjoin(Offer, Offer.entry_id == EntryText.entry_id)
        .outerjoin(Contact, Contact.id == Offer.contact)
        .where(EntryText.entry_id.in_(entries), EntryText.language == ORIGINAL)
    )
    found = {}
    for entry_id, title, body, *known in rows.tuples():
        # A name that does not stand in the text would only keep it from the batch of the others.
        names = {name for name in known if name and (name in title or name in body)}
        found[entry_id] = German(title, body, tuple(sorted(names)))
    return found


def is_valid(made: Made) -> bool:
    """Tell whether a text obeys the rules for texts; a translation may have become too long."""
    return not any((*title_mistakes(made.title), *body_mistakes(made.body)))


async def store(session: AsyncSession, texts: Sequence[Made]) -> list[Made]:
    """Write drafts and make them findable.

    Args:
        session: the caller's open transaction; it should end soon, as entries are locked.
        texts: valid ones (:func:`is_valid`).

    Returns:
        Those that were written. One is left out where meanwhile the German text has changed,
        somebody has written the translation, or the entry has gone.
    """
    if not texts:
        return []
    # An import would not see a row that is not committed, and fail on adding the same.
    await lock_imports(session)
    written = []
    for made in sorted(texts, key=lambda one: (one.entry_id, one.language)):
        if await _write(session, made):
            written.append(made)
    await session.flush()
    await embed_changed(session, entries={one.entry_id for one in written})
    return written


async def _write(session: AsyncSession, made: Made) -> bool:
    try:
        entry = await own_entry(session, made.entry_id)
    except (UnknownText, FromFeed):
        return False
    texts = {text.language: text for text in entry.texts}
    german, text = texts.get(ORIGINAL), texts.get(made.language)
    if german is None or text_hash(german.title, german.body) != made.made_from:
        return False
    if text is None:
        text = EntryText(language=made.language)
        entry.texts.append(text)
    elif text.status != MACHINE or text.translated_from == made.made_from:
        return False
    text.change(made.title, made.body, MACHINE, made.made_from, MACHINE)
    return True


async def waiting(session: AsyncSession, language: str | None = None) -> list[Draft]:
    """Return the drafts that nobody has reviewed, those of the most important entries first.

    Args:
        session: any session.
        language: only this language; else all, one after the other.
    """
    query = (
        select(Entry.id, _Theirs.language, _Theirs.title, _Theirs.updated_at, _is_outdated())
        .join(_Theirs, _of(_Theirs))
        .outerjoin(_German, _of(_German) & (_German.language == ORIGINAL))
        .where(_own(), _Theirs.status == MACHINE)
        .order_by(_Theirs.language, Entry.rank, Entry.id)
    )
    if language is not None:
        query = query.where(_Theirs.language == language)
    return [Draft(*row) for row in (await session.execute(query)).tuples()]


def _of(text: Any) -> ColumnElement[bool]:
    same: ColumnElement[bool] = text.entry_id == Entry.id
    return same


def _own() -> ColumnElement[bool]:
    return Entry.withdrawn_at.is_(None) & Entry.origin.is_(None) & (Entry.kind != SECTION)


def _is_outdated() -> ColumnElement[bool]:
    """Compare with the German text as :func:`text_hash` does, in the database."""
    said = func.convert_to(_German.title + "\n" + _German.body, "UTF8")
    made_from = func.left(func.encode(func.sha256(said), "hex"), 12)
    return _Theirs.translated_from.is_distinct_from(made_from)
