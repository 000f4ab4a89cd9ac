"""What an import would do, shown before it does it.

The import itself is run and undone again, with the files that an export would write before and
after. So whatever an import learns to bring in is in the plan too.
"""

from __future__ import annotations

import asyncio
import difflib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.content_files import parse
from knowledge_base.importer import export_folder, import_folder
from knowledge_base.revisions import history

CONTEXT = 1
"""Unchanged lines around a change; a line is a paragraph."""


@dataclass(frozen=True)
class Change:
    """One file as the database would write it ``before`` and ``after``; ``None``: not at all."""

    path: str
    before: str | None
    after: str | None

    def fields(self) -> list[tuple[str, Any, Any]]:
        """Return (field, before, after) of what changes in the front matter, in its order."""
        old, new = (dict(_flat(_split(text)[0])) for text in (self.before, self.after))
        names = dict.fromkeys([*old, *new])
        return [
            (name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
        ]

    def lines(self) -> list[str]:
        """Return the unified diff of the Markdown, without its two lines of file names."""
        old, new = (_split(text)[1].split("\n") for text in (self.before, self.after))
        return list(difflib.unified_diff(old, new, lineterm="", n=CONTEXT))[2:]


@dataclass(frozen=True)
class Kept:
    """A text that stays as the database has it: ``author`` changed it since the last import."""

    name: str
    author: str
    at: datetime | None


@dataclass(frozen=True)
class Plan:
    """What an import of a folder would do to the database."""

    added: list[Change]
    changed: list[Change]
    withdrawn: list[Change]
    kept: list[Kept]
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether an import would change nothing."""
        return not (self.added or self.changed or self.withdrawn)


async def plan(session: AsyncSession, folder: Path, centres: Iterable[str], **options: Any) -> Plan:
    """Return what :func:`knowledge_base.importer.import_folder` would do; nothing is changed.

    Args:
        session: the caller's open transaction, with nothing in it that waits to be written.
        folder: as for the import.
        centres: as for the import.
        options: as for the import.

    Raises:
        ContentInvalid: the folder has mistakes.
    """
    before = await _exported(session)
    async with session.begin_nested() as trial:
        report = await import_folder(session, folder, centres, embed=False, **options)
        after = await _exported(session)
        await trial.rollback()
    session.expunge_all()
    changes = [
        Change(path, before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]
    return Plan(
        added=[one for one in changes if one.before is None],
        changed=[one for one in changes if one.before is not None and one.after is not None],
        withdrawn=[one for one in changes if one.after is None],
        kept=[await _kept(session, name) for name in report.kept_newer],
        unchanged=len(report.unchanged),
    )


async def _exported(session: AsyncSession) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = await export_folder(session, folder)
        return await asyncio.to_thread(
            lambda: {
                path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in written
            }
        )


async def _kept(session: AsyncSession, name: str) -> Kept:
    entry_id, _, language = name.rpartition(".")
    for revision in await history(session, entry_id, language):
        return Kept(name, revision.author, revision.at)
    return Kept(name, "", None)


def _split(text: str | None) -> tuple[dict[str, Any], str]:
    """Return front matter and Markdown of a file; the contacts' file is fields only."""
    if text is None:
        return {}, ""
    return parse(text) if text.startswith("---\n") else (yaml.safe_load(text), "")


def _flat(fields: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
