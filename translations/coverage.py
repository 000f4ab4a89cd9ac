"""How complete each catalogue is."""

from __future__ import annotations

from dataclasses import dataclass

from babel.messages.catalog import Message

from translations import po
from translations.catalogue import SOURCE_LANGUAGE, TEMPLATE, catalogue_path, forms, source_forms
from translations.check_text import may_be_same
from translations.languages import languages


@dataclass(frozen=True)
class Coverage:
    """One language: its texts by state, and what its head says of a review."""

    language: str
    translated: int
    fuzzy: int
    missing: int
    review: str

    @property
    def percent(self) -> int:
        """Return how much is translated; 100 only when nothing is missing."""
        return 100 * self.translated // ((self.translated + self.fuzzy + self.missing) or 1)


def coverage() -> list[Coverage]:
    """Return every launch language, in the order they are offered; English is the source.

    Raises:
        Unreadable: a file is damaged.
    """
    source = {str(one.context): one for one in po.read(TEMPLATE).messages}
    return [_of(language, source) for language in languages()]


def _of(language: str, source: dict[str, Message]) -> Coverage:
    if language == SOURCE_LANGUAGE:
        return Coverage(language, len(source), 0, 0, "source")
    path = catalogue_path(language)
    if not path.exists():
        return Coverage(language, 0, 0, len(source), "–")
    own = po.read(path)
    there = {str(one.context): one for one in own.messages if all(forms(one))}
    fuzzy = missing = 0
    for key, wanted in source.items():
        found = there.get(key)
        # A copy of the English is not a translation.
        if found is None or (
            forms(found) == source_forms(wanted) and not may_be_same(wanted, language)
        ):
            missing += 1
        # What was translated from another English text waits for a look, as if it were marked.
        elif found.fuzzy or found.id != wanted.id:
            fuzzy += 1
    return Coverage(
        language,
        len(source) - fuzzy - missing,
        fuzzy,
        missing,
        own.fields.get("X-Lotse-Review", "unknown"),
    )
