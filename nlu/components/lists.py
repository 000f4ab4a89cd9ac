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
# Amharic, Tigrinya and Somali hours are left out: many count them from six in the morning, so that
# "four o'clock" may be ten. Who writes 10:00 or taps a button means what the clock shows.
_HOUR = re.compile(
    r"(?<!\d)([01]?\d|2[0-3])\s?(?:uhr|o'?clock|h(?:eures?)?(?!\w)|годин\w?|час\w*|بج[یوي])"
    r"(?:\s?([0-5]\d)(?!\d|[.:]\d))?"
)
_AFTER_ITS_NAME = re.compile(
    r"(?<!\w)(?:الساعه|ساعت|کاتژمێر|saat|saet)\s?([01]?\d|2[0-3])(?:[:.]([0-5]\d))?(?!\d)"
)
_TWELVE = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))?\s?([ap])\.?m(?!\w)")
_HALF = re.compile(r"(?<!\w)halb\s(\w+)")
_GERMAN_HOURS = [
    "ein",
    "zwei",
    "drei",
    "vier",
    "funf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwolf",
]
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
    values = [_half(word) for word in _HALF.findall(folded)]
    for hour, minute, half in _TWELVE.findall(folded):
        values.append(f"{int(hour) % 12 + (12 if half == 'p' else 0):02}:{minute or '00'}")
    folded = _TWELVE.sub(" ", folded)
    for pattern in (_CLOCK, _HOUR, _AFTER_ITS_NAME):
        values += [f"{int(hour):02}:{minute or '00'}" for hour, minute in pattern.findall(folded)]
        folded = pattern.sub(" ", folded)
    return [("time", value) for value in values if value]


def _half(word: str) -> str:
    """Return the time of German "halb drei" (half an hour before three); empty for other words."""
    word = word.removesuffix("s") if word == "eins" else word
    if word in _GERMAN_HOURS:
        return f"{_GERMAN_HOURS.index(word) or 12:02}:30"
    return f"{(int(word) - 2) % 12 + 1:02}:30" if word.isdigit() and 0 < int(word) < 13 else ""
