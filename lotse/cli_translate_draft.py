"""The command line of machine drafts: ``lotse translate draft`` and ``drafts``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lotse.cli_run import with_database
from lotse.cli_translate import translate

__all__ = ["translate"]


@translate.command("draft")
def translate_draft(
    lang: Annotated[
        list[str] | None, typer.Option("--lang", help="into this language; may be repeated")
    ] = None,
    entry: Annotated[str | None, typer.Option("--entry", help="only this entry")] = None,
    centre: Annotated[
        str | None, typer.Option("--centre", help="only this centre's entries, or those for all")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what would be drafted")
    ] = False,
) -> None:
    """Translate German knowledge texts that lack a translation, or whose draft is outdated.

    Stop it at any time: what is done stays, and the next run goes on there.
    """

    async def work(settings: Any, url: str) -> bool:
        from lotse import drafts
        from translations.machine import engine

        try:
            return await drafts.draft(url, lang or [], entry, centre, dry_run)
        finally:
            engine.stop()

    if not with_database(work):
        raise typer.Exit(1)


@translate.command("drafts")
def translate_drafts(
    lang: Annotated[str | None, typer.Option("--lang", help="only this language")] = None,
) -> None:
    """List the machine drafts that nobody has reviewed."""

    async def work(settings: Any, url: str) -> None:
        from lotse import drafts

        await drafts.show(url, lang)

    with_database(work)
