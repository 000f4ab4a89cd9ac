"""Words for a key in a language: gettext catalogues, placeholders isolated for right-to-left."""

from __future__ import annotations

import logging
import string
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
TEMPLATE = HERE / "lotse.pot"
LOCALES = HERE / "locales"
DOMAIN = "lotse"
SOURCE_LANGUAGE = "en"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

log = logging.getLogger(__name__)


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of ``language`` lives."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def template() -> dict[str, str]:
    """Return every key with its English text."""
    with TEMPLATE.open("rb") as file:
        return {str(m.context): str(m.id) for m in read_po(file) if m.id and m.context}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the finished texts of ``language`` by key; empty when there is no catalogue."""
    path = catalogue_path(language)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalog: Catalog = read_po(file)
    return {
        str(m.context): str(m.string) for m in catalog if m.context and m.string and not m.fuzzy
    }


def isolate(value: object) -> str:
    """Return ``value`` wrapped so that its direction does not disturb the text around it."""
    return f"{FIRST_STRONG_ISOLATE}{value}{POP_ISOLATE}"


def say(key: str, language: str, /, **values: object) -> str:
    """Return the text of ``key`` in ``language``, placeholders filled and isolated.

    A text missing in the language is given in English, never as a bare key.

    Raises:
        KeyError: the key is in no catalogue, or a placeholder got no value.
    """
    words = catalogue(language).get(key) or template()[key]
    if not values and "{" not in words:
        return words
    return words.format(**{name: isolate(value) for name, value in values.items()})


def placeholders(words: str) -> set[str]:
    """Return the names of the placeholders in ``words``.

    Raises:
        ValueError: the braces do not match.
    """
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}
