"""What ``lotse translate draft`` and ``drafts`` do: knowledge texts by machine, and their list."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from centre import drafting
from centre.county import centres
from knowledge_base import drafts, editing
from knowledge_base.content_files import EVERYWHERE, ORIGINAL, content_languages
from knowledge_base.drafts import Wanted
from lotse.curate import WHY_NOT
from storage.clock import BERLIN
from storage.engine import Database
from storage.errors import LotseError

WHY_REFUSED = {
    "damaged": "a number, date, link or name did not come through",
    "doubtful": "the result is too short or long, repeats itself, or is in the wrong script",
    "too_long": "too long to be translated",
    "slow": "the models took too long; run the command again",
    "failed": "the model broke down; run the command again",
    drafting.NOT_VALID: "the result breaks the rules for texts, such as their length",
}
REVIEW = "Correct one with lotse kb edit, or confirm it as it is with lotse kb review."


async def draft(
    url: str, asked: list[str], entry: str | None, centre: str | None, dry_run: bool
) -> bool:
    """Draft what is missing or outdated; say what became of it.

    Args:
        url: the database.
        asked: languages; all that can be translated into when empty.
        entry: only this one.
        centre: only those of this centre, or of ``all``.
        dry_run: only say what would be drafted.

    Returns:
        Whether everything that was asked for could be tried.
    """
    _check(asked, centre)
    able = drafting.targets()
    unable = [one for one in asked if one not in able]
    for one in unable:
        typer.echo(f"{one}: no models lead there from German. See lotse translate list.")
    if not asked and not able:
        typer.echo("No models lead from German to another language. See lotse translate install.")
    chosen = [one for one in able if not asked or one in asked]
    if not chosen:
        return False
    database = Database(url, pool=2)
    try:
        async with database.transaction() as session:
            if entry is not None:
                await editing.own_entry(session, entry)
            texts = await drafts.wanted(session, chosen, entry_id=entry, centre=centre)
        if dry_run:
            _show_wanted(texts)
        else:
            await _draft(database, texts)
    except LotseError as error:
        typer.echo(WHY_NOT.get(error.code, str(error)))
        return False
    finally:
        await database.close()
    return not unable


def _check(asked: list[str], centre: str | None) -> None:
    known = [one for one in content_languages() if one != ORIGINAL]
    for language in asked:
        if language not in known:
            typer.echo(f"{language} is no language of translations; there are {', '.join(known)}.")
            raise typer.Exit(2)
    places = [*centres(), EVERYWHERE]
    if centre is not None and centre not in places:
        typer.echo(f"There is no centre {centre}; there are {', '.join(places)}.")
        raise typer.Exit(2)


def _show_wanted(texts: list[Wanted]) -> None:
    table = Table("language", "missing", "outdated drafts")
    for language in dict.fromkeys(one.language for one in texts):
        outdated = Counter(one.outdated for one in texts if one.language == language)
        table.add_row(language, str(outdated[False] or ""), str(outdated[True] or ""))
    Console(highlight=False).print(table if texts else "Nothing is missing or outdated.")


async def _draft(database: Database, texts: list[Wanted]) -> None:
    if not texts:
        typer.echo("Nothing is missing or outdated.")
        return
    columns = (TextColumn("drafting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bars:
        task = bars.add_task("drafting", total=len(texts))
        report = await drafting.draft(
            database, texts, progress=lambda done: bars.advance(task, done)
        )
    for one, reason in report.refused:
        typer.echo(f"{one.entry_id}.{one.language}: {WHY_REFUSED.get(reason, reason)}")
    by_language = Counter(one.language for one in report.drafted)
    made = ", ".join(f"{language} {number}" for language, number in by_language.items())
    typer.echo(f"{len(report.drafted)} drafted{f' ({made})' if made else ''}")
    for reason, number in report.reasons().items():
        typer.echo(f"{number} refused: {reason}")
    if report.passed:
        typer.echo(f"{len(report.passed)} left: somebody changed them meanwhile")


async def show(url: str, language: str | None) -> None:
    """Print the drafts that wait for a reviewer."""
    _check([language] if language else [], None)
    database = Database(url, pool=2)
    try:
        async with database.transaction() as session:
            waiting = await drafts.waiting(session, language)
    finally:
        await database.close()
    if not waiting:
        typer.echo("No draft waits for a reviewer.")
        return
    table: Any = Table("entry", "language", "title", "made", "")
    for one in waiting:
        made = f"{one.made_at.astimezone(BERLIN):%Y-%m-%d %H:%M}"
        outdated = "outdated" if one.outdated else ""
        table.add_row(one.entry_id, one.language, one.title, made, outdated)
    console = Console(highlight=False, markup=False)
    console.print(table)
    typer.echo(f"{len(waiting)} drafts. {REVIEW}")
