"""Bring a region's pages into the database; see the package for what happens to bad input."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import CONTRACT, ORIGINAL, text_hash
from knowledge_base.embedding import embed_changed
from knowledge_base.entries import Entry
from knowledge_base.importer import lock_imports
from knowledge_base.integreat.addresses import public_page
from knowledge_base.integreat.clean import plain_text
from knowledge_base.integreat.languages import our_language
from knowledge_base.integreat.pages import Feed, Page
from knowledge_base.integreat.problems import Problem
from knowledge_base.integreat.rows import (
    describe,
    entries_for,
    entry_id,
    existing_entries,
    origin_of,
    page_hash,
    text_in,
    write_text,
)
from knowledge_base.integreat.topics import nearest_topics, words_of
from storage import clock

PAGES, TOPICS, VECTORS = "pages", "topics", "vectors"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass
class Report:
    """What an import did, by ``<entry>.<language>``.

    ``ignored`` counts pages by languages that we do not speak, ``offered`` names languages of
    ours that the pages are also in, ``embedded`` counts computed vectors.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    offered: set[str] = field(default_factory=set)
    embedded: int = 0

    @property
    def empty(self) -> bool:
        """Whether not one page was imported, now or earlier."""
        return not (self.added or self.updated or self.unchanged)


async def take(
    session: AsyncSession,
    feed: Feed,
    centre: str,
    topic_names: Mapping[str, str],
    *,
    progress: Progress = lambda stage, done, whole: None,
    cache_file: Path | None = None,
) -> Report:
    """Make the pages of ``feed`` entries of ``centre``.

    Args:
        session: the caller's open transaction.
        feed: a region's pages, complete in every language that it has.
        centre: whose entries they become, or ``all``.
        topic_names: German names of our topics, by which among others a page's topic is chosen.
        progress: told how far it is.
        cache_file: where vectors are kept between imports, see
            :func:`knowledge_base.embedding.embed_changed`.
    """
    await lock_imports(session)
    report = Report(
        problems=list(feed.problems), ignored=feed.ignored, offered=feed.offered - set(feed.pages)
    )
    existing = await existing_entries(session, feed.region, centre)
    entries = {entry.source_url: entry for entry in existing}
    if ORIGINAL in feed.pages:
        found = await entries_for(session, feed, centre, existing, report.problems)
        changed = _changed(feed, existing, found, report)
        bodies = await _cleaned([change.page for change in changed], progress)
        topics = await nearest_topics(
            [words_of(one.crumbs, one.page.title, bodies[one.page.path]) for one in changed],
            topic_names,
            cache_file,
            partial(progress, TOPICS),
        )
        for one, topic in zip(changed, topics, strict=True):
            name, entry = found[one.page.path]
            if entry is None:
                entry = Entry(id=name, origin=origin_of(feed.region), centre=centre, texts=[])
                session.add(entry)
                found[one.page.path] = name, entry
            body = bodies[one.page.path]
            describe(entry, one.page, topic, one.parent, text=bool(body))
            write_text(entry, ORIGINAL, one.page, body, None)
            entry.imported_hash = one.hash
        taken = {public_page(path): entry for path, (_, entry) in found.items() if entry}
        entries = {**entries, **taken}
        _withdraw(existing, {entry.id for entry in taken.values()}, feed, report)
    for language in sorted(set(feed.pages) - {ORIGINAL}):
        _take_translations(feed, language, entries, report, progress)
    await session.flush()
    report.embedded = await embed_changed(session, cache_file, partial(progress, VECTORS))
    await session.flush()
    return report


@dataclass(frozen=True)
class _Change:
    """A German page that is new or not as it was."""

    page: Page
    crumbs: list[str]  # titles of the pages above, from the top down
    parent: str | None  # id of the entry above
    hash: str


def _changed(
    feed: Feed,
    existing: list[Entry],
    found: Mapping[str, tuple[str, Entry | None]],
    report: Report,
) -> list[_Change]:
    """Return what has to be written, and note in ``report`` what each page is."""
    pages = feed.pages[ORIGINAL]
    # A page that is broken now, but was imported earlier, still has pages below it.
    broken = {public_page(one) for one in feed.broken if isinstance(one, str)}
    above = {entry.source_url: entry.id for entry in existing if entry.source_url in broken}
    above |= {public_page(path): name for path, (name, _) in found.items()}
    changes: list[_Change] = []
    for path, (name, entry) in found.items():
        page = pages[path]
        parent = above.get(public_page(page.parent)) if page.parent else None
        crumbs = _crumbs(page, pages)
        as_now = page_hash(page, parent or "", *crumbs, _contract())
        same = entry is not None and entry.imported_hash == as_now and not entry.withdrawn_at
        if not same:
            changes.append(_Change(page, crumbs, parent, as_now))
        outcome = "added" if entry is None else "unchanged" if same else "updated"
        getattr(report, outcome).append(f"{name}.{ORIGINAL}")
    return changes


async def _cleaned(pages: list[Page], progress: Progress) -> dict[str, str]:
    """Return plain texts by path, made in a thread so that everything else goes on."""
    bodies: dict[str, str] = {}
    for page in pages:
        bodies[page.path] = await asyncio.to_thread(plain_text, page.content)
        progress(PAGES, len(bodies), len(pages))
    return bodies


def _withdraw(existing: list[Entry], taken: set[str], feed: Feed, report: Report) -> None:
    """Hide the entries whose German page is not listed any more; a broken one is still listed."""
    broken = {entry_id(feed.region, one) for one in feed.broken if isinstance(one, int)}
    broken |= {public_page(one) for one in feed.broken if isinstance(one, str)}
    for entry in existing:
        listed = entry.id in taken or not broken.isdisjoint({entry.id, entry.source_url})
        if not listed and entry.withdrawn_at is None:
            entry.withdrawn_at = clock.now()
            report.withdrawn.append(f"{entry.id}.{ORIGINAL}")


def _take_translations(
    feed: Feed, language: str, entries: Mapping[str, Entry], report: Report, progress: Progress
) -> None:
    """Write the pages of one language beside their originals; remove what is not listed."""
    live = {address: entry for address, entry in entries.items() if entry.withdrawn_at is None}
    backwards = {
        other: path
        for path, page in feed.pages.get(ORIGINAL, {}).items()
        for code, other in page.others.items()
        if our_language(code) == language
    }
    seen: set[str] = set()
    pages = feed.pages[language]
    for done, page in enumerate(pages.values(), 1):
        progress(PAGES, done, len(pages))
        path = page.others.get(ORIGINAL) or backwards.get(page.path)
        entry = live.get(public_page(path)) if path else None
        name = f"{entry.id}.{language}" if entry else ""
        if entry is None or name in seen:
            what = "a second page for one German page" if entry else "it has no German page here"
            todo = "It is left out."
            report.problems.append(Problem(f"page {page.id} ({page.path})", what, todo))
            continue
        seen.add(name)
        row = text_in(entry, language)
        if row is not None and row.imported_hash == page_hash(page):
            report.unchanged.append(name)
            continue
        (report.updated if row else report.added).append(name)
        original = text_in(entry, ORIGINAL)
        made_from = text_hash(original.title, original.body) if original else None
        write_text(entry, language, page, plain_text(page.content), made_from)
    broken = {public_page(one) for one in feed.broken if isinstance(one, str)}
    for entry in live.values():
        row, name = text_in(entry, language), f"{entry.id}.{language}"
        if row is not None and name not in seen and row.imported_hash and row.link not in broken:
            entry.texts.remove(row)
            report.withdrawn.append(name)


def _crumbs(page: Page, pages: Mapping[str, Page]) -> list[str]:
    titles: list[str] = []
    while page.parent is not None and page.parent in pages:
        page = pages[page.parent]
        titles.insert(0, page.title)
    return titles


@cache
def _contract() -> str:
    """Return a hash of the contract of topics: where it changes, topics are chosen anew."""
    return hashlib.sha256(CONTRACT.read_bytes()).hexdigest()[:12]
