"""Entries put into the database without files and vectors, where only their facts matter."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import text_hash
from knowledge_base.entries import Entry, EntryText


async def put_entry(session: AsyncSession, entry_id: str, *languages: str, **values: Any) -> Entry:
    """Add an entry with a German text and unreviewed ones in ``languages``."""
    facts: dict[str, Any] = {
        "kind": "article",
        "topic": "ask_childcare",
        "also": [],
        "centre": "all",
        "statuses": ["any"],
        "audience": ["everyone"],
        "rank": 1,
        "source_title": "Beispielamt",
        "source_url": "https://example.org/",
        "volatile": False,
        "unconfirmed": False,
        **values,
    }
    title, body = entry_id.title(), "Ein Text."
    entry = Entry(id=entry_id, texts=[], **facts)
    session.add(entry)
    for language in ("de", *languages):
        text = EntryText(language=language)
        entry.texts.append(text)
        german = language == "de"
        made_from = None if german else text_hash(title, body)
        text.change(title, body, "original" if german else "unreviewed", made_from)
    await session.flush()
    return entry
