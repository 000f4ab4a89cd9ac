"""Words for a key in a language: gettext catalogues, placeholders isolated for right-to-left."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from translations import direction
from translations.conventions import number, plural_form

HERE = Path(__file__).parent
TEMPLATE = HERE / "lotse.pot"
LOCALES = HERE / "locales"
DOMAIN = "lotse"
SOURCE_LANGUAGE = "en"
FIRST_STRONG_ISOLATE, POP_ISOLATE = direction.FIRST_STRONG_ISOLATE, direction.POP_ISOLATE
isolate = direction.isolate
# The placeholders that can choose the plural form of a text.
COUNTED = ("count", "minutes", "limit")

# One text as it stands in a catalogue: one form, or every plural form.
Forms = tuple[str, ...]


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of ``language`` lives."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def template() -> dict[str, Forms]:
    """Return every key with its English text."""
    with TEMPLATE.open("rb") as file:
        return {str(m.context): source_forms(m) for m in read_po(file) if m.id and m.context}


@cache
def catalogue(language: str) -> dict[str, Forms]:
    """Return the finished texts of ``language`` by key; empty when there is no catalogue."""
    path = catalogue_path(language)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalog: Catalog = read_po(file)
    return {
        str(m.context): forms(m) for m in catalog if m.context and all(forms(m)) and not m.fuzzy
    }


def source_forms(message: Message) -> Forms:
    """Return the English text of an entry of a catalogue: singular and plural if it counts."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms(message: Message) -> Forms:
    """Return the translation of an entry of a catalogue, every plural form if it counts."""
    own = message.string or ""
    return (own,) if isinstance(own, str) else tuple(own)


def say(key: str, language: str, /, **values: object) -> str:
    """Return the text of ``key`` in ``language``, placeholders filled and isolated.

    A text that counts something takes the plural form for its ``count`` (or another one of
    :data:`COUNTED`). Whole numbers are written as the language does. A text missing in the language
    is given in English, never as a bare key.

    Raises:
        KeyError: the key is in no catalogue, or a placeholder got no value.
    """
    known = catalogue(language).get(key)
    spoken = language if known else SOURCE_LANGUAGE
    words = _directed(_form(known or template()[key], spoken, values), language)
    if not values and "{" not in words:
        return words
    return words.format(**{name: _written(one, spoken) for name, one in values.items()})


@cache
def _directed(words: str, language: str) -> str:
    """Return a text, its placeholders isolated, its lines beginning where the reader does."""
    for name in placeholders(words):
        words = words.replace(f"{{{name}}}", isolate(f"{{{name}}}"))
    return direction.lines(words, language)


def _form(known: Forms, language: str, values: dict[str, object]) -> str:
    if len(known) == 1:
        return known[0]
    for name in COUNTED:
        counted = values.get(name)
        if isinstance(counted, int):
            return known[plural_form(abs(counted), language)]
    raise KeyError(COUNTED)


def _written(value: object, language: str) -> object:
    return number(value, language) if isinstance(value, int) else value


def placeholders(words: str) -> set[str]:
    """Return the names of the placeholders in ``words``.

    Raises:
        ValueError: the braces do not match.
    """
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}
