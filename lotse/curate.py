"""What ``lotse kb`` does for curators: import after a look at it; texts, status and history."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from centre.county import centres, municipalities
from knowledge_base import content_files, editing, revisions, statuses
from knowledge_base.content_files import FrontMatterInvalid
from knowledge_base.importer import ContentInvalid, import_folder
from knowledge_base.plan import Plan, plan
from lotse import prepare, show_plan
from storage.engine import Database
from storage.errors import LotseError

NO_TERMINAL = "Nothing was imported: there is no terminal to ask. Add --yes to import."
WHY_NOT = {
    "unknown_text": "There is no such entry or text; lotse kb status lists the languages.",
    "from_feed": "This entry comes from a feed, which alone changes it.",
    "nothing_to_review": "It is the German text, or older than it: edit the translation first.",
}


@asynccontextmanager
async def _transaction(url: str) -> AsyncIterator[AsyncSession]:
    database = Database(url, pool=2)
    try:
        async with database.transaction() as session:
            yield session
    finally:
        await database.close()


async def import_files(
    url: str, folder: Path | None, yes: bool, withdraw: bool, cache_file: Path
) -> None:
    """Show what an import would do; do it when told so or when the answer is yes.

    Args:
        url: the database.
        folder: what to import; ``None`` for the project's own content, which is all there is.
        yes: do not ask.
        withdraw: hide what ``folder`` does not hold any more.
        cache_file: where vectors are kept between imports.
    """
    source = folder or prepare.CONTENT
    options: dict[str, Any] = {
        "withdraw": withdraw or folder is None,
        "municipalities": list(municipalities()),
    }
    console = Console(highlight=False)
    try:
        async with _transaction(url) as session:
            planned = await plan(session, source, list(centres()), **options)
    except ContentInvalid as error:
        for one in error.problems:
            typer.echo(f"{one.path}:{one.line}: {one.what}. {one.todo}")
        typer.echo(f"Nothing was imported: {len(error.problems)} problems.")
        raise typer.Exit(1) from None
    show_plan.show(planned, console)
    if not _wanted(planned, yes):
        return
    async with _transaction(url) as session:
        report = await import_folder(
            session, source, list(centres()), cache_file=cache_file, **options
        )
    typer.echo(f"Imported: {prepare.summary(report)}")


def _wanted(planned: Plan, yes: bool) -> bool:
    if planned.empty or yes:
        # Also when nothing changes: the files may have caught up with an edit.
        return True
    if not sys.stdin.isatty():
        typer.echo(NO_TERMINAL)
        return False
    return typer.confirm("Import this?")


async def show_status(url: str, language: str | None) -> None:
    """Print how many texts there are in which status, and which are outdated."""
    known = content_files.content_languages()
    if language is not None and language not in known:
        typer.echo(f"{language} is not a launch language; there are {', '.join(known)}.")
        raise typer.Exit(2)
    chosen = [language] if language else list(known)
    async with _transaction(url) as session:
        found = await statuses.statuses(session)
    console = Console(highlight=False)
    show_plan.show_statuses(found, chosen, console)
    show_plan.show_wanting(found, chosen, console)


async def edit(url: str, entry: str, language: str, file: Path, author: str) -> None:
    """Take a text from ``file``: front matter with a title, then Markdown."""
    try:
        fields, body = content_files.parse(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, FrontMatterInvalid) as error:
        typer.echo(f"{file}: {error}. Give a file like those of lotse kb export.")
        raise typer.Exit(1) from None
    try:
        async with _transaction(url) as session:
            title = str(fields.get("title") or "")
            text = await editing.edit_text(session, entry, language, title, body, author)
            typer.echo(f"{entry}.{language}: {text.status}, revision {text.revision}")
    except editing.TextInvalid as error:
        for one in error.mistakes:
            typer.echo(f"{file}: {one.what}. {one.todo}")
        raise typer.Exit(1) from None
    except LotseError as error:
        _refuse(error)


async def review(url: str, entry: str, language: str, author: str) -> None:
    """Mark a translation as reviewed."""
    try:
        async with _transaction(url) as session:
            text = await editing.mark_reviewed(session, entry, language, author)
            typer.echo(f"{entry}.{language}: {text.status}, revision {text.revision}")
    except LotseError as error:
        _refuse(error)


async def show_history(url: str, entry: str, language: str) -> None:
    """Print who changed a text and when, the latest first."""
    async with _transaction(url) as session:
        rows = await revisions.history(session, entry, language)
    for row in rows:
        what = row.note or row.status
        typer.echo(f"{row.number}  {row.at:%Y-%m-%d %H:%M}  {row.author}  {what}  {row.title}")
    if not rows:
        typer.echo(WHY_NOT["unknown_text"])
        raise typer.Exit(1)


def _refuse(error: LotseError) -> None:
    typer.echo(WHY_NOT[error.code])
    raise typer.Exit(1)
