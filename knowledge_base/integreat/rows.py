"""The rows that pages become: which entry a page is, and what stands in it."""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from knowledge_base.content_files import ANY_STATUS, ORIGINAL
from knowledge_base.editing import UNREVIEWED
from knowledge_base.entries import ORIGINAL_STATUS, SECTION, Entry, EntryText
from knowledge_base.integreat.addresses import public_page
from knowledge_base.integreat.pages import Feed, Page
from knowledge_base.integreat.problems import Problem
from storage import clock

AUTHOR = "integreat"
ID_MAX = 40
RANK = 2
_MADE_BY = "1"
"""Change it when pages shall be read anew because cleaning or choosing topics works otherwise."""


def origin_of(region: str) -> str:
    """Return the origin of the entries that a region's pages become."""
    return f"{AUTHOR}:{region}"


def entry_id(region: str, number: int, centre: str | None = None) -> str:
    """Return the id of a page's entry; with ``centre`` where two centres have one region."""
    ending = f"_{number}" + (f"_{centre}" if centre else "")
    name = re.sub(r"[^a-z0-9]+", "_", region.lower()).strip("_") or AUTHOR
    return name[: ID_MAX - len(ending)].rstrip("_") + ending


def text_in(entry: Entry, language: str) -> EntryText | None:
    """Return an entry's text in one language."""
    return next((text for text in entry.texts if text.language == language), None)


def page_hash(page: Page, *further: str) -> str:
    """Return a short hash of everything that an entry or a text is made from."""
    said = (_MADE_BY, str(page.order), page.path, page.last_updated.isoformat())
    whole = "\0".join((*said, page.title, page.content, *further))
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


async def existing_entries(session: AsyncSession, region: str, centre: str) -> list[Entry]:
    """Return what earlier imports of a region made for a centre, also what was withdrawn."""
    rows = await session.scalars(
        select(Entry)
        .where(Entry.origin == origin_of(region), Entry.centre == centre)
        .order_by(Entry.id)
        .options(selectinload(Entry.texts))
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def entries_for(
    session: AsyncSession,
    feed: Feed,
    centre: str,
    existing: list[Entry],
    problems: list[Problem],
) -> dict[str, tuple[str, Entry | None]]:
    """Return for each German page's path the id of its entry, and the entry if it exists.

    A page is known by its id, or else by its path: a new version of it has a new id.
    """
    pages = feed.pages[ORIGINAL]
    found: dict[str, tuple[str, Entry | None]] = {}
    candidates = {
        path: (entry_id(feed.region, page.id), entry_id(feed.region, page.id, centre))
        for path, page in pages.items()
    }
    by_id = {entry.id: entry for entry in existing}
    for path, ids in candidates.items():
        known = next((one for one in ids if one in by_id), None)
        if known is not None:
            found[path] = known, by_id.pop(known)
    by_address = {entry.source_url: entry for entry in by_id.values()}
    for path in pages:
        if path not in found and (entry := by_address.pop(public_page(path), None)) is not None:
            found[path] = entry.id, entry
    new = [path for path in pages if path not in found]
    rows = await session.execute(
        select(Entry.id, Entry.origin).where(
            Entry.id.in_([one for path in new for one in candidates[path]])
        )
    )
    taken = {row.id: row.origin for row in rows}
    for path in new:
        plain, with_centre = candidates[path]
        if plain not in taken:
            found[path] = plain, None
        elif taken[plain] == origin_of(feed.region) and with_centre not in taken:
            found[path] = with_centre, None
        else:
            what = f"its entry would be {plain}, which is another entry already"
            todo = "It is left out and the other entry untouched; rename that one to have both."
            problems.append(Problem(f"page {pages[path].id}", what, todo))
    return found


def describe(entry: Entry, page: Page, topic: str, parent: str | None, *, text: bool) -> None:
    """Set everything in an entry that follows from its German page."""
    day = page.last_updated.astimezone(clock.BERLIN).date()
    region = "-".join(part.capitalize() for part in page.region.split("-"))
    entry.kind = "article" if text else SECTION
    entry.topic, entry.also = topic, []
    entry.statuses, entry.audience, entry.rank = [ANY_STATUS], ["everyone"], RANK
    entry.source_title = f"Integreat {region}: {page.title}"
    entry.source_url = public_page(page.path)
    entry.source_date, entry.more_sources = day.isoformat(), []
    entry.checked_on = min(day, clock.now().astimezone(clock.BERLIN).date())
    entry.valid_from = entry.valid_until = None
    entry.volatile, entry.unconfirmed = True, False
    entry.supersedes = entry.note = None
    entry.parent, entry.position = parent, page.order
    entry.withdrawn_at = None


def write_text(
    entry: Entry, language: str, page: Page, body: str, translated_from: str | None
) -> None:
    """Set an entry's text in one language; a revision only where its words changed."""
    row = text_in(entry, language)
    if row is None:
        row = EntryText(language=language)
        entry.texts.append(row)
    status = ORIGINAL_STATUS if language == ORIGINAL else UNREVIEWED
    if (row.title, row.body, row.status, row.translated_from) != (
        page.title,
        body,
        status,
        translated_from,
    ):
        row.change(page.title, body, status, translated_from, AUTHOR)
    row.link, row.imported_hash = public_page(page.path), page_hash(page)
