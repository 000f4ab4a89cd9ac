"""The dialects that interpreters can choose, from one file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

GERMAN = "de"


@dataclass(frozen=True)
class Dialect:
    """One dialect: its id, its name as its speakers read it, its German name."""

    id: str
    name: str
    german: str


@cache
def all_dialects() -> dict[str, dict[str, Dialect]]:
    """Return the dialects by language and id; a language without any is not there."""
    raw = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return {
        language: {key: Dialect(key, **value) for key, value in some.items()}
        for language, some in raw.items()
    }


def dialects(language: str) -> dict[str, Dialect]:
    """Return a language's dialects by id, in the order they are offered; often none."""
    return all_dialects().get(language, {})


def label(language: str, dialect: str, reader: str) -> str:
    """Return what a dialect is called: in German for who reads German, else by its own name.

    Raises:
        KeyError: the language has no such dialect.
    """
    found = all_dialects()[language][dialect]
    return found.german if reader == GERMAN else found.name
