"""The command line of the catalogues: ``lotse catalogues …``."""

from __future__ import annotations

from typing import Annotated

import typer

from lotse.settings import ROOT

catalogues = typer.Typer(no_args_is_help=True, help="The texts: in order, complete, how complete.")

Same = Annotated[bool, typer.Option("--check", help="write nothing, only say what is wrong")]


@catalogues.command("check")
def check() -> None:
    """Name every text that is missing, stale, fuzzy or broken, with its file and what to do."""
    from lotse.button_data import problems as too_long
    from translations.check import check as found
    from translations.extract import compare

    problems = found()
    if not any("cannot be read" in one for one in problems):
        problems += compare(ROOT).problems(ROOT / "translations" / "lotse.pot")
    problems += too_long()
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"catalogues: {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@catalogues.command("extract")
def extract(only_check: Same = False) -> None:
    """Compare the template with the program, put it in order, merge it into all catalogues."""
    from translations import po
    from translations.extract import compare, refresh

    template = ROOT / "translations" / "lotse.pot"
    try:
        comparison, changes = (compare(ROOT), []) if only_check else refresh(ROOT)
    except po.Unreadable as error:
        typer.echo(
            f"{error.data['file']}: line {error.data['line']}: cannot be read"
            f" ({error.data['reason']}); mend that line. Nothing was written."
        )
        raise typer.Exit(1) from None
    for family, (files, members) in sorted(comparison.families.items()):
        typer.echo(f"family {family}: {len(members)} texts, put together in {', '.join(files)}")
    for change in changes:
        counts = f"{change.added} added, {change.fuzzy} now fuzzy, {change.obsolete} put aside"
        typer.echo(f"{change.path.relative_to(ROOT)}: {counts}")
    problems = comparison.problems(template)
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"keys: {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@catalogues.command("coverage")
def coverage() -> None:
    """Show how complete each language is, and whether a native speaker has read it."""
    from rich.console import Console
    from rich.table import Table

    from translations.coverage import coverage as counted
    from translations.languages import languages

    table = Table(box=None, pad_edge=False)
    table.add_column("language")
    for name in ("translated", "fuzzy", "missing", "percent"):
        table.add_column(name, justify="right")
    table.add_column("review")
    for one in counted():
        table.add_row(
            f"{one.language} {languages()[one.language].name}",
            *(str(number) for number in (one.translated, one.fuzzy, one.missing)),
            f"{one.percent} %",
            one.review,
        )
    Console(width=100).print(table)
