"""From files into the database and back: the files are the seed, the database is what runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from knowledge_base.check import Problem, load
from knowledge_base.contacts import export_contacts, import_contacts, withdraw_contacts
from knowledge_base.content_files import (
    ORIGINAL,
    ContentFile,
    EntryHead,
    TextHead,
    meta_hash,
    text_hash,
    write,
)
from knowledge_base.embedding import embed_changed
from knowledge_base.entries import MACHINE, ORIGINAL_STATUS, Entry, EntryText, OffTopic
from storage import clock
from storage.errors import LotseError

OFF_TOPIC = Path(__file__).with_name("off_topic.yml")

# Two processes that start together import one after the other; any number nobody else uses.
_IMPORT_LOCK = 7_356_202


class ContentInvalid(LotseError):
    """A folder of content has mistakes, so nothing of it was imported; ``problems`` names them."""

    code = "content_invalid"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems


@dataclass
class Report:
    """What an import did, by ``<entry>.<language>``; ``embedded`` counts computed vectors.

    ``kept_newer``: edited in the database since the last import, so left as it is there.
    ``withdrawn``: imported earlier, no longer in the folder, hidden now.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept_newer: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    embedded: int = 0


async def lock_imports(session: AsyncSession) -> None:
    """Wait until no other import runs, and keep others waiting until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))


async def import_folder(
    session: AsyncSession,
    folder: Path,
    centres: Iterable[str],
    *,
    withdraw: bool = False,
    cache_file: Path | None = None,
    municipalities: Iterable[str] | None = None,
    origin: str | None = None,
    embed: bool = True,
) -> Report:
    """Bring the files of ``folder`` into the database, all of them or none.

    A text or front matter that somebody edited in the database since the last import stays. What
    a machine translated there gives way to a file that is new or has changed.

    Args:
        session: the caller's open transaction.
        folder: as :func:`knowledge_base.check.check` expects it.
        centres: ids of the centres that exist.
        withdraw: hide entries, and remove translations, that were imported earlier and are not
            in ``folder`` any more (unless edited). Only for a folder that holds everything.
        cache_file: where vectors are kept between imports, see
            :func:`knowledge_base.embedding.embed_changed`.
        municipalities: ids that the place of an offer may have; ``None`` for any.
        origin: whom these entries belong to (see :class:`Entry`); ``None`` for the centres.
        embed: make what was imported findable; ``False`` only to see what would happen.

    Raises:
        ContentInvalid: the folder has mistakes; nothing was changed.
    """
    files, problems = await asyncio.to_thread(load, folder, centres, municipalities)
    if problems:
        raise ContentInvalid(problems)
    await lock_imports(session)
    entries = {
        entry.id: entry
        for entry in await session.scalars(
            select(Entry)
            .options(selectinload(Entry.texts))
            .execution_options(populate_existing=True)
        )
    }
    contacts = await import_contacts(session, folder)
    report = Report()
    # Originals first: a translation needs its entry.
    for file in sorted(files, key=lambda file: (file.language != ORIGINAL, file.path)):
        entry = entries.get(file.head.id)
        if entry is None:
            entry = entries[file.head.id] = Entry(id=file.head.id, texts=[], origin=origin)
            session.add(entry)
        outcome = {_take_text(entry, file)}
        if isinstance(file.head, EntryHead):
            outcome.add(_take_head(entry, file.head))
        for name in ("added", "kept_newer", "updated", "unchanged"):
            if name in outcome:
                getattr(report, name).append(f"{file.head.id}.{file.language}")
                break
    if withdraw:
        own = [entry for entry in entries.values() if entry.origin == origin]
        _withdraw(own, files, report)
        if origin is None:
            await withdraw_contacts(session, contacts)
    await session.flush()
    await _sync_off_topic(session)
    if embed:
        report.embedded = await embed_changed(session, cache_file)
        await session.flush()
    return report


def _outcome(exists: bool, now: str | None, imported: str | None, new: str) -> str:
    """Compare a row (``now``), what was last imported into it, and what the file says."""
    if not exists:
        return "added"
    if now == new:
        return "unchanged"
    return "updated" if now == imported else "kept_newer"


def _take_head(entry: Entry, head: EntryHead) -> str:
    new = meta_hash(head)
    exists = entry.kind is not None
    now = meta_hash(entry.head(head.title)) if exists else None
    outcome = _outcome(exists, now, entry.imported_hash, new)
    if outcome == "kept_newer":
        return outcome
    if outcome != "unchanged":
        entry.take(head)
    if entry.withdrawn_at is not None:
        entry.withdrawn_at, outcome = None, "updated"
    entry.imported_hash = new
    return outcome


def _content(title: str, body: str, status: str, translated_from: str | None) -> str:
    return text_hash(f"{status} {translated_from}\n{title}", body)


def _row_hash(row: EntryText) -> str:
    return _content(row.title, row.body, row.status, row.translated_from)


def _take_text(entry: Entry, file: ContentFile) -> str:
    status, made_from = ORIGINAL_STATUS, None
    if isinstance(file.head, TextHead):
        status, made_from = file.head.status, file.head.translated_from
    new = _content(file.head.title, file.body, status, made_from)
    row = next((text for text in entry.texts if text.language == file.language), None)
    now = _row_hash(row) if row else None
    imported = row.imported_hash if row else None
    outcome = _outcome(row is not None, now, imported, new)
    if outcome == "kept_newer" and row is not None and _is_draft(row) and new != imported:
        outcome = "updated"
    if outcome == "kept_newer":
        return outcome
    if row is None:
        row = EntryText(language=file.language)
        entry.texts.append(row)
    if outcome != "unchanged":
        row.change(file.head.title, file.body, status, made_from)
    row.imported_hash = new
    return outcome


def _is_draft(row: EntryText) -> bool:
    """Tell whether a machine wrote a text here, so that nobody's work is lost with it."""
    return row.status == MACHINE and row.updated_by == MACHINE


def _withdraw(entries: Iterable[Entry], files: list[ContentFile], report: Report) -> None:
    present = {(file.head.id, file.language) for file in files}
    for entry in entries:
        edited = [row for row in entry.texts if row.imported_hash != _row_hash(row)]
        if (entry.id, ORIGINAL) not in present:
            edited_head = entry.imported_hash != meta_hash(entry.head("-"))
            by_people = any(not _is_draft(row) for row in edited)
            if entry.withdrawn_at is None and not by_people and not edited_head:
                entry.withdrawn_at = clock.now()
                report.withdrawn.append(f"{entry.id}.{ORIGINAL}")
            continue
        for row in [row for row in entry.texts if row not in edited]:
            if (entry.id, row.language) not in present:
                entry.texts.remove(row)
                report.withdrawn.append(f"{entry.id}.{row.language}")


async def _sync_off_topic(session: AsyncSession) -> None:
    sentences: list[str] = yaml.safe_load(OFF_TOPIC.read_text("utf-8"))
    await session.execute(delete(OffTopic).where(OffTopic.sentence.not_in(sentences)))
    await session.execute(
        insert(OffTopic)
        .values([{"sentence": sentence} for sentence in sentences])
        .on_conflict_do_nothing()
    )


async def export_folder(session: AsyncSession, folder: Path) -> list[Path]:
    """Write our own entries, but not the withdrawn, into ``folder``; an import reads them back.

    Returns:
        The files written. Files of other names in ``folder`` stay.
    """
    written = await export_contacts(session, folder)
    for entry in await session.scalars(
        select(Entry)
        .where(Entry.withdrawn_at.is_(None), Entry.origin.is_(None))
        .order_by(Entry.id)
        .options(selectinload(Entry.texts))
    ):
        for row in sorted(entry.texts, key=lambda row: row.language):
            head = entry.head(row.title) if row.language == ORIGINAL else row.head()
            written.append(write(folder, entry.centre, row.language, head, row.body))
    return written
