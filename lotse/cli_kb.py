"""The command line of the knowledge base: ``lotse kb …``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotse.cli_run import with_database

kb = typer.Typer(no_args_is_help=True, help="The knowledge base: check, import, export.")

Language = Annotated[str | None, typer.Option("--lang", help="only this language, such as ar")]
TextLanguage = Annotated[str, typer.Option("--lang", help="a launch language, such as ar")]
EntryName = Annotated[str, typer.Argument(metavar="ENTRY", help="an entry's id")]
Author = Annotated[str, typer.Option("--author", help="in which role: curator or admin")]


@kb.command("check")
def kb_check(folder: Annotated[Path | None, typer.Argument()] = None) -> None:
    """Check the content files; every problem with file, line and what to do."""
    from centre.county import centres, municipalities
    from knowledge_base.check import check
    from lotse.prepare import CONTENT

    problems = check(folder or CONTENT, list(centres()), municipalities())
    for one in problems:
        typer.echo(f"{one.path}:{one.line}: {one.what}. {one.todo}")
    typer.echo(f"content: {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@kb.command("import")
def kb_import(
    folder: Annotated[Path | None, typer.Argument()] = None,
    yes: Annotated[bool, typer.Option("--yes", help="import without asking")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="hide what FOLDER does not hold any more")
    ] = False,
) -> None:
    """Show what the content files would change, ask, import; newer edits are kept."""

    async def work(settings: Any, url: str) -> None:
        from lotse import curate

        await curate.import_files(url, folder, yes, withdraw, settings.var / "embeddings.npz")

    with_database(work)


@kb.command("export")
def kb_export(folder: Annotated[Path, typer.Argument()]) -> None:
    """Write the database's knowledge as content files."""

    async def work(settings: Any, url: str) -> None:
        from knowledge_base.importer import export_folder
        from storage.engine import Database

        database = Database(url, pool=2)
        async with database.transaction() as session:
            files = await export_folder(session, folder)
        await database.close()
        typer.echo(f"{len(files)} files written to {folder}")

    with_database(work)


@kb.command("status")
def kb_status(lang: Language = None) -> None:
    """Show how many texts each language has, how far they are checked, and what is outdated."""

    async def work(settings: Any, url: str) -> None:
        from lotse import curate

        await curate.show_status(url, lang)

    with_database(work)


@kb.command("edit")
def kb_edit(
    entry: EntryName,
    lang: TextLanguage,
    file: Annotated[Path, typer.Option("--file", help="front matter with title, then the text")],
    author: Author = "curator",
) -> None:
    """Write an entry's text in one language; translations of a German text become outdated."""

    async def work(settings: Any, url: str) -> None:
        from lotse import curate

        await curate.edit(url, entry, lang, file, author)

    with_database(work)


@kb.command("review")
def kb_review(entry: EntryName, lang: TextLanguage, author: Author = "curator") -> None:
    """Note that a native speaker has compared a translation with the German text."""

    async def work(settings: Any, url: str) -> None:
        from lotse import curate

        await curate.review(url, entry, lang, author)

    with_database(work)


@kb.command("history")
def kb_history(entry: EntryName, lang: TextLanguage) -> None:
    """Show who changed a text and when."""

    async def work(settings: Any, url: str) -> None:
        from lotse import curate

        await curate.show_history(url, entry, lang)

    with_database(work)


@kb.command("import-integreat")
def kb_import_integreat(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|URL…",
            help="Integreat's lists of pages, a file per language; or the region's address, "
            "such as https://cms.integreat-app.de/reutlingen",
        ),
    ],
    centre: Annotated[str, typer.Option("--centre", help="whose entries they become, or all")],
    lang: Annotated[
        list[str] | None, typer.Option("--lang", help="a launch language; may be repeated")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="the region, where the address names none")
    ] = None,
) -> None:
    """Import a region's pages from Integreat; the centre's own entries stay as they are."""
    from lotse import integreat

    integreat.check_use(centre, lang or [])

    async def work(settings: Any, url: str) -> bool:
        cache = settings.var / "embeddings.npz"
        return await integreat.import_pages(url, sources, centre, lang or [], region, cache)

    if not with_database(work):
        raise typer.Exit(1)


@kb.command("vectors")
def kb_vectors() -> None:
    """Compute the vectors of the project's own texts that come with it (after texts changed)."""
    import asyncio

    from rich.progress import Progress

    from centre.county import centres
    from knowledge_base import shipped
    from lotse.prepare import CONTENT, DEMO

    with Progress(transient=True) as bars:
        task = bars.add_task("vectors", total=None)

        def show(done: int, whole: int) -> None:
            bars.update(task, completed=done, total=whole)

        made = asyncio.run(shipped.make([CONTENT, DEMO], centres(), show))
    typer.echo(f"{made} vectors computed")
