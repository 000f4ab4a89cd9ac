"""The command line of machine translation: ``lotse translate …``."""

from __future__ import annotations

from typing import Annotated

import typer

translate = typer.Typer(
    no_args_is_help=True, help="Machine translation: install models, see what there is, draft."
)


@translate.command("install")
def translate_install(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|PAIR|LANGUAGE…",
            help="an .argosmodel file, a pair such as de_en, or a launch language such as ar"
            " (both ways between it and English)",
        ),
    ],
) -> None:
    """Install translation models from files or from Argos' index (set up once, with network)."""
    import asyncio

    from lotse import models

    raise typer.Exit(0 if asyncio.run(models.install(sources)) else 1)


@translate.command("list")
def translate_list(
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Show installed models, and from which language into which they lead."""
    from lotse import models

    models.show(as_json)


@translate.command("remove")
def translate_remove(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="such as de_en")],
) -> None:
    """Remove an installed model."""
    from translations.machine import packages

    source, _, target = pair.partition("_")
    removed = packages.remove(source, target)
    typer.echo(f"{pair}: {'removed' if removed else 'is not installed'}")
    raise typer.Exit(0 if removed else 1)
