"""Import pages from Integreat at the command line: progress, what was done, what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from centre.county import centres
from knowledge_base.content_files import EVERYWHERE, content_languages, topics
from knowledge_base.integreat.gather import gather
from knowledge_base.integreat.pages import Feed
from knowledge_base.integreat.problems import FeedBroken
from knowledge_base.integreat.take import PAGES, TOPICS, VECTORS, Report, take
from storage.engine import Database
from translations.catalogue import say

WRONG_USE = 2
_STAGES = {
    PAGES: "Reading pages",
    TOPICS: "Choosing topics",
    VECTORS: "Making passages findable",
}


def check_use(centre: str, languages: Sequence[str]) -> None:
    """Stop where an option names a centre or language that does not exist.

    Raises:
        typer.Exit: with status 2, after saying which there are.
    """
    known = [*centres(), EVERYWHERE]
    if centre not in known:
        typer.echo(f"There is no centre {centre!r}; there are {', '.join(known)}.", err=True)
        raise typer.Exit(WRONG_USE)
    for language in languages:
        if language not in content_languages():
            known = list(content_languages())
            typer.echo(
                f"There is no language {language!r}; there are {', '.join(known)}.", err=True
            )
            raise typer.Exit(WRONG_USE)


async def import_pages(
    url: str,
    sources: Sequence[str],
    centre: str,
    languages: Sequence[str],
    region: str | None,
    cache_file: Path,
) -> bool:
    """Read the sources, import them into the database at ``url`` and say what happened.

    Returns:
        Whether anything was imported, now or earlier.
    """
    names = {topic: say(f"topic.{topic}", "de") for topic in topics()}
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, whole: int | None) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=whole)
        bars.update(tasks[what], completed=done, total=whole)

    database = Database(url, pool=2)
    try:
        with bars:
            feed = await gather(
                sources, languages, region, progress=lambda source, n: show(source, n, None)
            )
            async with database.transaction() as session:
                report = await take(
                    session,
                    feed,
                    centre,
                    names,
                    progress=lambda stage, done, whole: show(_STAGES[stage], done, whole),
                    cache_file=cache_file,
                )
    except FeedBroken as broken:
        typer.echo(f"{broken.where}: {broken.what}. {broken.todo}", err=True)
        typer.echo("Nothing was changed.", err=True)
        return False
    finally:
        await database.close()
    _tell(feed, centre, report)
    return not report.empty


def _tell(feed: Feed, centre: str, report: Report) -> None:
    for problem in report.problems:
        typer.echo(str(problem))
    counts: dict[str, Sequence[object]] = {
        "new": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "withdrawn": report.withdrawn,
        "problems": report.problems,
    }
    done = ", ".join(f"{len(some)} {what}" for what, some in counts.items() if some)
    typer.echo(f"Integreat {feed.region} for {centre}: {done or 'nothing'}")
    if report.offered:
        options = " ".join(f"--lang {one}" for one in sorted(report.offered))
        typer.echo(f"The pages also exist in other languages: {options}")
    if report.ignored:
        ignored = ", ".join(f"{code} {count}" for code, count in report.ignored.most_common())
        typer.echo(f"Pages in languages that Lotse does not speak: {ignored}")
