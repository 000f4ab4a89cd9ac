"""A plan of an import, and the state of the translations, as the terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from knowledge_base.plan import Change, Plan
from knowledge_base.statuses import MISSING, OUTDATED, OUTDATED_DRAFT, STATUSES, Statuses, counts

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def show(plan: Plan, console: Console) -> None:
    """Print what an import would do: every changed field and line, then a summary."""
    for change in plan.changed:
        _say(console, f"~ {change.path}", "bold yellow")
        _details(console, change)
    for change in plan.added:
        _say(console, f"+ {change.path}", "green")
    for change in plan.withdrawn:
        _say(console, f"- {change.path}", "red")
    for kept in plan.kept:
        when = f" on {kept.at:%Y-%m-%d}" if kept.at else ""
        _say(console, f"= {kept.name}: kept, {kept.author or 'somebody'} edited it{when}", "cyan")
    _say(console, summary(plan), "bold")


def summary(plan: Plan) -> str:
    """Return one line on what an import would do."""
    counted: dict[str, Sized] = {
        "to add": plan.added,
        "to update": plan.changed,
        "to withdraw": plan.withdrawn,
        "kept because newer": plan.kept,
    }
    parts = [f"{len(files)} {what}" for what, files in counted.items() if files]
    return ", ".join([*parts, f"{plan.unchanged} unchanged"])


def _details(console: Console, change: Change) -> None:
    for name, before, after in change.fields():
        line = Text(f"    {name}: ")
        line.append(_value(before), "red").append(" → ").append(_value(after), "green")
        console.print(line, soft_wrap=True)
    for line_of_text in change.lines():
        _say(console, f"    {line_of_text}", COLOURS.get(line_of_text[:1], "dim"))


def _value(value: Any) -> str:
    return "nothing" if value in (None, [], "") else str(value)


def _say(console: Console, words: str, style: str) -> None:
    console.print(Text(words, style), soft_wrap=True)


def show_statuses(found: Statuses, languages: Iterable[str], console: Console) -> None:
    """Print how many texts of each language have which status."""
    table = Table("language", *STATUSES)
    for language in languages:
        counted = counts(found, language)
        table.add_row(language, *(str(counted[status] or "") for status in STATUSES))
    console.print(table)


def show_wanting(found: Statuses, languages: Iterable[str], console: Console) -> None:
    """Print which texts are older than their original, and for a single language which lack."""
    chosen = list(languages)
    also = (MISSING,) if len(chosen) == 1 else ()
    for status in (OUTDATED, OUTDATED_DRAFT, *also):
        names = [
            f"{entry}.{language}"
            for entry, texts in found.items()
            for language in chosen
            if texts.get(language) == status
        ]
        _say(console, f"{status}: {', '.join(names) or 'none'}", "yellow" if names else "dim")
