"""Whose pages our articles and contacts name: offices and organisations, nobody's profile."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.entries import Entry
from knowledge_base.offers import Contact


async def known(session: AsyncSession) -> set[str]:
    """Return the hosts of all sources and contacts (``www.`` left out)."""
    urls: CompoundSelect[tuple[str | None]] = union(
        select(Entry.source_url.label("url")),
        select(Contact.url.label("url")).where(Contact.url.is_not(None)),
    )
    rows = await session.scalars(select(urls.subquery().c.url))
    found = {(urlsplit(url).hostname or "").removeprefix("www.") for url in rows.all()}
    return found - {""}
