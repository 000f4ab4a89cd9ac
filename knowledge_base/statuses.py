"""In which languages an entry has a text, and how far each can be relied on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import ORIGINAL, content_languages, text_hash
from knowledge_base.entries import MACHINE, SECTION, Entry, EntryText

OUTDATED, MISSING = "outdated", "missing"
OUTDATED_DRAFT = "machine, outdated"
"""Both at once: made by a machine, and of a German text that has changed since."""
STATUSES = ("original", "reviewed", "unreviewed", MACHINE, OUTDATED, OUTDATED_DRAFT, MISSING)

Statuses = dict[str, dict[str, str]]
"""Entry → launch language → one of :data:`STATUSES`."""


async def statuses(session: AsyncSession, entry_id: str | None = None) -> Statuses:
    """Return the status of every text there is or should be.

    Args:
        session: any session; one statement is run.
        entry_id: this entry only (empty when there is none); else all of our own, without what a
            feed brings, which is kept up to date elsewhere.
    """
    query = (
        select(
            Entry.id,
            EntryText.language,
            EntryText.status,
            EntryText.translated_from,
            EntryText.title,
            EntryText.body,
        )
        .join(EntryText)
        .where(Entry.withdrawn_at.is_(None), Entry.kind != SECTION)
        .order_by(Entry.id)
    )
    only = Entry.origin.is_(None) if entry_id is None else Entry.id == entry_id
    rows = (await session.execute(query.where(only))).all()
    originals = {row.id: text_hash(row.title, row.body) for row in rows if row.language == ORIGINAL}
    found: Statuses = {}
    for row in rows:
        languages = found.setdefault(row.id, dict.fromkeys(content_languages(), MISSING))
        stale = row.language != ORIGINAL and row.translated_from != originals.get(row.id)
        outdated = OUTDATED_DRAFT if row.status == MACHINE else OUTDATED
        languages[row.language] = outdated if stale else row.status
    return found


def counts(found: Statuses, language: str) -> Counter[str]:
    """Return how many texts of ``language`` have which status."""
    return Counter(languages.get(language, MISSING) for languages in found.values())


def having(found: Statuses, *wanted: str, entries: Iterable[str] | None = None) -> Counter[str]:
    """Return per language how many texts have one of the ``wanted`` statuses, the most first.

    Args:
        found: what :func:`statuses` returned.
        wanted: some of :data:`STATUSES`.
        entries: only these are counted; all when ``None``.
    """
    chosen = found if entries is None else [entry for entry in entries if entry in found]
    counted = Counter(
        language
        for entry in chosen
        for language, is_now in found[entry].items()
        if is_now in wanted
    )
    return Counter(dict(counted.most_common()))
