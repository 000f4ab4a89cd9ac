"""How numbers, lists, plurals and dates are written in each language: Babel, and where we differ.

``conventions.yml`` beside this file has every choice that is not Babel's, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.plural import to_gettext

from translations.languages import languages

# A language Babel does not know is written as English, as the catalogue does with its words.
FALLBACK = Locale("en", "GB")
COMMAS = {"Arab": "، ", "Ethi": "፣ "}
# All languages write smaller numbers alike: Latin digits, nothing between them.
GROUPED_FROM = 1000


@cache
def locale(language: str) -> Locale:
    """Return the Babel locale of a launch language, British English when there is none."""
    known = languages().get(language)
    if known is None:
        return FALLBACK
    try:
        return Locale.parse(known.babel)
    except (UnknownLocaleError, ValueError):
        return FALLBACK


@cache
def _chosen() -> dict[str, dict[str, Any]]:
    loaded = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return dict(loaded)


def chosen(language: str, what: str) -> dict[str, Any]:
    """Return what is chosen for a language, such as its ``dates``; empty: Babel decides."""
    return dict(_chosen().get(language, {}).get(what, {}))


@cache
def plural_forms(language: str) -> str:
    """Return the line ``Plural-Forms`` of a catalogue's head.

    A language that is being added and has no rule of its own gets Babel's.
    """
    rule = chosen(language, "plural")
    if rule:
        return f"nplurals={rule['forms']}; plural=({rule['rule']});"
    try:
        return to_gettext(Locale.parse(language).plural_form)
    except (UnknownLocaleError, ValueError):
        return to_gettext(FALLBACK.plural_form)


@cache
def _plural(language: str) -> tuple[int, Callable[[int], int]]:
    number, _, rule = plural_forms(language).partition(";")
    expression = rule.strip().removeprefix("plural=").rstrip(";")
    return int(number.removeprefix("nplurals=")), c2py(expression)


def plurals(language: str) -> int:
    """Return how many forms a counted text has in a language."""
    return _plural(language)[0]


def plural_form(number: int, language: str) -> int:
    """Return which of its forms, from 0, a text that counts ``number`` things takes."""
    return _plural(language)[1](number)


def number(value: int, language: str) -> str:
    """Return a whole number as it is read, e.g. ``3.500`` in German; always digits 0 to 9."""
    if abs(value) < GROUPED_FROM:
        return str(value)
    return str(format_decimal(value, locale=locale(language), numbering_system="latn"))


def listing(items: Sequence[str], language: str) -> str:
    """Return things as part of a sentence, e.g. ``Arabic, Dari and Persian``."""
    patterns = chosen(language, "list")
    if not patterns:
        return str(format_list(list(items), locale=locale(language)))
    if len(items) < 2:
        return "".join(items)
    *others, last = items
    joined = others[0]
    for one in others[1:]:
        joined = _between(patterns["middle"], joined, one)
    return _between(patterns["two" if len(items) == 2 else "end"], joined, last)


def row(items: Sequence[str], language: str) -> str:
    """Return things side by side where there is no sentence, with the script's comma."""
    known = languages().get(language)
    return COMMAS.get(known.script if known else "", ", ").join(items)


def _between(pattern: str, before: str, after: str) -> str:
    # No str.format: what is listed may hold braces itself.
    middle = pattern.removeprefix("{0}").removesuffix("{1}")
    return f"{before}{middle}{after}"
