"""What somebody wishes of an offer, and reading it from their words in any launch language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml

from knowledge_base.content_files import content_languages
from knowledge_base.offer_heads import Level, OfferType
from nlu.components.folding import fold
from nlu.components.lists import DATA as ENTITIES

WORDS = Path(__file__).with_name("wishes")
TYPES: tuple[str, ...] = get_args(OfferType)
LEVELS: tuple[str, ...] = get_args(Level)
AUDIENCES = ("women", "parents", "young_people")
DAYTIMES = ("morning", "afternoon", "evening")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = (5, 6)
COURSE_TOPIC = "ask_language_course"
LEARNED = "de"
"""Somebody who names this language beside a course wants to learn it."""

TEXT_BYTES = 20
"""A button carries the wishes, so what is looked for by its words must be short."""
SHORTEST_WORD = 3
# In lists of all languages a short word may mean something else in another one ("mon", "set").
SHORTEST_LISTED = 4
LONGEST_FORM = 6  # words

# What the lists of nlu/entities have that is a wish, under the names of Rasa's entities.
_ENTITIES = ("audience", "childcare", "level", "weekday", "place", "centre", "language")

# A course level, also in Cyrillic letters.
_LEVEL = re.compile(r"[abcавс][12]")
_LATIN = str.maketrans("авс", "abc")

Found = tuple[str, str]
"""What was understood and its value, such as ``("daytime", "morning")``."""


@dataclass(frozen=True)
class Wishes:
    """What an offer should be like; nothing is wished where a field is empty.

    ``near`` is the id of a municipality, ``text`` are words that no list knows.
    """

    topic: str | None = None
    types: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    daytimes: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    childcare: bool = False
    near: str | None = None
    language: str | None = None
    free: bool = False
    walk_in: bool = False
    text: str = ""

    def names(self) -> list[str]:
        """Return the fields in which something is wished, in their fixed order."""
        return [one.name for one in fields(self) if getattr(self, one.name)]

    def without(self, *names: str) -> Wishes:
        """Return these wishes less some."""
        empty = Wishes()
        return replace(self, **{name: getattr(empty, name) for name in names})


def wishes_from(
    entities: Iterable[Found],
    text: str,
    language: str | None,
    topic: str | None = None,
    keywords: bool = False,
) -> Wishes:
    """Return what a message wishes of an offer.

    Args:
        entities: what Rasa has found in it, as (entity, value).
        text: the message itself.
        language: in which it probably is; its words count before those of other languages.
        topic: the intent that was understood.
        keywords: the message is a search: words that no list knows must stand in the offer.
    """
    found, rest = vocabulary().read(text, language)
    got: dict[str, list[str]] = {}
    # Rasa's lists take "mon" for Monday in every language.
    for name, value in (*(one for one in entities if one[0] != "weekday"), *found):
        if value not in got.setdefault(name, []):
            got[name].append(value)
    types = _listed(got, "type", TYPES)
    languages = got.get("language", [])
    levels = _listed(got, "level", LEVELS)
    if topic is None and set(types) <= {"course"} and (LEARNED in languages or levels):
        topic, types = COURSE_TOPIC, ()
    spoken = [one for one in languages if one != LEARNED and one in content_languages()]
    weekdays = {WEEKDAYS.index(one) for one in got.get("weekday", []) if one in WEEKDAYS}
    if "weekend" in got.get("weekday", []):
        weekdays |= set(WEEKEND)
    children = "children" in got.get("audience", [])
    teaches = topic == COURSE_TOPIC or "course" in types
    near = got.get("place", []) or got.get("centre", [])
    return Wishes(
        topic=topic,
        types=types,
        audience=_listed(got, "audience", AUDIENCES),
        levels=levels,
        daytimes=_listed(got, "daytime", DAYTIMES),
        weekdays=tuple(sorted(weekdays)),
        childcare="childcare" in got or (children and teaches),
        near=near[0] if near else None,
        language=spoken[0] if spoken else None,
        free="free" in got,
        walk_in="walk_in" in got,
        text=_short(rest) if keywords else "",
    )


def seeks(text: str, language: str | None) -> bool:
    """Return whether a message looks for something, rather than asking about it."""
    return any(name == "seek" for name, _ in vocabulary().read(text, language)[0])


def _listed(got: dict[str, list[str]], name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in known if one in got.get(name, []))


def _short(words: list[str]) -> str:
    kept = ""
    for word in words:
        longer = f"{kept} {word}".strip()
        if len(longer.encode()) > TEXT_BYTES:
            break
        kept = longer
    # A single word that is too long is looked for by its beginning.
    return kept or "".join(words[:1]).encode()[:TEXT_BYTES].decode("utf-8", "ignore")


@dataclass
class Vocabulary:
    """The words of ``wishes/*.yml`` and of Rasa's lists, by language."""

    forms: dict[str, dict[str, list[Found]]] = field(default_factory=dict)
    """Folded words -> language (``""`` for Rasa's lists) -> what they mean."""
    patterns: list[tuple[re.Pattern[str], str, Found]] = field(default_factory=list)
    """For a single word: expression, language, meaning."""
    endings: list[tuple[str, Found]] = field(default_factory=list)
    """Of those, the words that stand for how a longer one ends, and the meaning."""

    def read(self, text: str, language: str | None) -> tuple[list[Found], list[str]]:
        """Return what the words of ``text`` mean, and the words that mean nothing here."""
        words = plain_words(text)
        found: list[Found] = []
        rest: list[str] = []
        at = 0
        while at < len(words):
            length, meant = self._at(words, at, language)
            found += meant
            if not meant or length == 1:
                rest.append(self._unread(words[at], meant))
            at += length
        return list(dict.fromkeys(found)), [word for word in rest if len(word) >= SHORTEST_WORD]

    def _unread(self, word: str, meant: list[Found]) -> str:
        """Return what of a word has no meaning here: of a German compound, how it begins."""
        if not meant:
            return word
        ends = [(end, hit) for end, hit in self.endings if word.endswith(end) and hit in meant]
        if {hit for _, hit in ends} != set(meant):
            return ""
        return word.removesuffix(max((end for end, _ in ends), key=len))

    def _at(self, words: list[str], at: int, language: str | None) -> tuple[int, list[Found]]:
        """Return how many words from ``at`` on belong together, and what they mean."""
        for length in range(min(LONGEST_FORM, len(words) - at), 0, -1):
            hit = self._meaning(" ".join(words[at : at + length]), language)
            if hit:
                return length, hit
        return 1, []

    def _meaning(self, form: str, language: str | None) -> list[Found]:
        if _LEVEL.fullmatch(form):
            return [("level", form.translate(_LATIN).upper())]
        known = self.forms.get(form, {})
        matching = [(lang, hit) for expr, lang, hit in self.patterns if expr.fullmatch(form)]
        for one in dict.fromkeys((language, "de", "en", *content_languages())):
            own = [*known.get(one or "-", []), *(hit for lang, hit in matching if lang == one)]
            if own:
                return [*own, *known.get("", [])]
        return known.get("", [])


def plain_words(text: str) -> list[str]:
    """Return the words of ``text`` in one spelling, without punctuation."""
    return re.findall(r"\w+", fold(text).replace("_", " "))


@cache
def vocabulary() -> Vocabulary:
    """Return the words of all languages."""
    made = Vocabulary()
    for path in sorted(ENTITIES.glob("*.yml")):
        for found, form in _listed_forms(_load(path)):
            short = form.isascii() and len(form) < SHORTEST_LISTED
            if found[0] in _ENTITIES and not short:
                known = made.forms.setdefault(" ".join(plain_words(form)), {}).setdefault("", [])
                # The first list that names a form decides, as in Rasa's own lookup.
                if found[0] not in [name for name, _ in known]:
                    known.append(found)
    for path in sorted(WORDS.glob("*.yml")):
        for found, form in _listed_forms(_load(path)):
            if "*" in form:
                expression = re.compile(r"\w*".join(re.escape(fold(p)) for p in form.split("*")))
                made.patterns.append((expression, path.stem, found))
                if form.startswith("*"):
                    made.endings.append((fold(form.strip("*")), found))
            else:
                meanings = made.forms.setdefault(" ".join(plain_words(form)), {})
                meanings.setdefault(path.stem, []).append(found)
    return made


def _load(path: Path) -> dict[str, Any]:
    # The lists are long, and libyaml reads them ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506
    return found


def _listed_forms(raw: dict[str, Any]) -> Iterator[tuple[Found, str]]:
    for name, listed in raw.items():
        values = listed if isinstance(listed, dict) else {"wanted": listed}
        for value, forms in values.items():
            for form in forms:
                yield (name, str(value)), form
