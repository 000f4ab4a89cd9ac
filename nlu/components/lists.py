"""Finding listed entities: places, languages, weekdays, days, dates and clock times."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import yaml

from nlu.components.folding import fold

DATA = Path(__file__).parent.parent / "entities"
# Lists are in every language, so a short word may mean something else in another one: very
# short Latin forms count only when they are the whole message.
SHORTEST_INSIDE = 3

_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:.]([0-5]\d)(?!\d|\.\d)")
_HOUR = re.compile(r"(?<!\d)([01]?\d|2[0-3])\s*(?:uhr|o'?clock|h\b|годин|час|saat)", re.I)
# A course level, also in Cyrillic letters; "B1/B2" is two.
_LEVEL = re.compile(r"(?<!\w)([abcавс])([12])(?!\w|[.:]\d)")
_LATIN = str.maketrans("авс", "abc")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_GERMAN_DATE = re.compile(r"(?<!\d)([0-3]?\d)\.\s?([01]?\d)\.(?:\s?(20\d\d))?(?!\d)")


Hits = list[tuple[str, str]]


def load_lists(folder: Path = DATA) -> dict[str, Hits]:
    """Return folded surface form -> (entity, canonical value) of all languages.

    A form may stand for several entities: a town is a place and leads to a centre.
    """
    found: dict[str, Hits] = {}
    for path in sorted(folder.glob("*.yml")):
        for entity, values in yaml.safe_load(path.read_text("utf-8")).items():
            for canonical, forms in values.items():
                for form in forms:
                    hits = found.setdefault(" ".join(fold(form).split()), [])
                    # The first list that names a form decides, per entity.
                    if entity not in [one for one, _ in hits]:
                        hits.append((entity, str(canonical)))
    return found


def _pattern(forms: list[str]) -> re.Pattern[str]:
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


class Lookup:
    """Finds listed entities in a message; no state but the lists."""

    def __init__(self, lists: dict[str, Hits]) -> None:
        self._lists = lists
        self._inside = _pattern([form for form in lists if len(form) >= SHORTEST_INSIDE])

    def find(self, text: str) -> Hits:
        """Return (entity, canonical value) in the order they stand, each entity value once."""
        folded = " ".join(fold(text).split())
        hits = [hit for found in self._inside.finditer(folded) for hit in self._lists[found[1]]]
        hits += self._lists.get(folded.strip(" .!?"), [])
        hits += _levels(folded)
        hits += _dates(folded) + _times(_GERMAN_DATE.sub(" ", folded))
        return list(dict.fromkeys(hits))


def _levels(folded: str) -> Hits:
    return [("level", f"{a.translate(_LATIN)}{b}".upper()) for a, b in _LEVEL.findall(folded)]


def _dates(folded: str) -> Hits:
    hits = []
    for year, month, day in _ISO_DATE.findall(folded):
        hits.append((int(year), int(month), int(day)))
    for day, month, year in _GERMAN_DATE.findall(folded):
        hits.append((int(year) if year else 0, int(month), int(day)))
    values = []
    for year, month, day in hits:
        try:
            date(year or 2024, month, day)
        except ValueError:
            continue
        values.append(("date", f"{year:04}-{month:02}-{day:02}"))
    return values


def _times(folded: str) -> Hits:
    values = [("time", f"{int(h):02}:{m}") for h, m in _CLOCK.findall(folded)]
    values += [("time", f"{int(hour):02}:00") for hour in _HOUR.findall(folded)]
    return values
