"""Keeps links, numbers, dates and names out of a model's hands, and checks that all came back."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml

from storage.errors import LotseError

FIRST_MARK, LAST_MARK = 901, 999
MOST_CHARACTERS = 4096
_BESIDE = r"[\d\u2066-\u2069]"
_LINK = r"(?:https?://|www\.)[^\s<>\u2066-\u2069]{0,1000}[^\s<>.,;:!?)\]\u2066-\u2069]"
# Lengths are limited and beginnings fixed: nobody's 20,000 letters may take us minutes.
_MAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
_DOMAIN = (
    r"(?<![\w.-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.(?:de|eu|org|com|net|info)\b"
    r"(?:/[^\s<>]{0,200}[\w/])?"
)
_USER = r"(?<!\w)@\w{3,}"
_COMMAND = r"(?<![\w/])/[a-z_]{2,}\b"
_PLACEHOLDER = r"\{\w*\}"


class _Digits(dict[int, str]):
    """What every character becomes: remembered, as drafting meets the same few very often."""

    def __missing__(self, code: int) -> str:
        digit = unicodedata.digit(chr(code), -1)
        found = chr(code) if digit < 0 else str(digit)
        # Our languages have a few hundred; somebody who sends all of Unicode shall not fill memory.
        if len(self) < MOST_CHARACTERS:
            self[code] = found
        return found


_DIGITS = _Digits()


class Damaged(LotseError):
    """A protected part did not come back, came back twice, or numbers were invented."""

    code = "translation_damaged"


@dataclass(frozen=True)
class Protected:
    """A text with marks in the place of what must not change; ``originals`` in their order."""

    text: str
    originals: tuple[str, ...]
    marks: tuple[int, ...] = ()
    numbers: bool = True


@cache
def office_names() -> tuple[str, ...]:
    """Return the names of offices and institutions that stay as they are in every language."""
    names = yaml.safe_load(Path(__file__).with_name("names.yml").read_text("utf-8"))
    return tuple(names)


@lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...], numbers: bool) -> re.Pattern[str]:
    words = sorted({*office_names(), *names}, key=len, reverse=True)
    # German puts endings on some of them: "des Jobcenters".
    listed = "|".join(re.escape(one) for one in words if one)
    named = rf"(?<!\w)(?:{listed})(?:s|es|n|en)?(?!\w)"
    parts = [_PLACEHOLDER, _LINK, _MAIL, _DOMAIN, _USER, _COMMAND, named]
    number = r"\+?\d[\d\s./:,()–-]{0,24}\d|\d"
    if numbers:
        parts.append(rf"(?:§ ?)?(?:{number})(?: ?[€%])?")
    else:
        # Telephone numbers are names, not quantities.
        parts.append(r"(?:\+\d|\b0)[\d\s/()–-]{4,20}\d")
    whole = "|".join(parts)
    # Parts that touch are one, and so are digits beside them: two marks would read as one number.
    return re.compile(rf"(?<!\d)(?:{_BESIDE}*(?:{whole}){_BESIDE}*)+")


def protect(text: str, names: Collection[str] = (), *, numbers: bool = True) -> Protected:
    """Put a mark in the place of everything that must come through a model unchanged.

    A mark is a three-digit number that does not stand in the text: numbers are what models copy
    most reliably.

    Args:
        text: usually one sentence.
        names: names that stay, beside those of ``names.yml``.
        numbers: whether quantities, dates and times are covered too.

    Returns:
        The covered text. Where it has more parts than there are marks, the rest stays open;
        restoring then compares numbers.
    """
    taken = set(_numbers(text))
    free = (n for n in range(FIRST_MARK, LAST_MARK + 1) if str(n) not in taken)
    originals: list[str] = []
    marks: list[int] = []

    def cover(match: re.Match[str]) -> str:
        mark = next(free, None)
        if mark is None:
            return match[0]
        originals.append(match[0])
        marks.append(mark)
        return str(mark)

    covered = _pattern(tuple(sorted(names)), numbers).sub(cover, text)
    return Protected(covered, tuple(originals), tuple(marks), numbers)


def restore(translated: str, protected: Protected) -> str:
    """Put the protected parts back into a translation.

    Raises:
        Damaged: a mark is missing or came twice, or the other numbers are not those that the
            covered text had.
    """
    plain = _latin_digits(translated)
    found = Counter(_numbers(plain))
    expected = Counter(_numbers(protected.text))
    if found != expected:
        raise Damaged(
            missing=sum((expected - found).values()), new=sum((found - expected).values())
        )
    by_mark = dict(zip(map(str, protected.marks), protected.originals, strict=True))
    return re.sub(r"\d+", lambda match: by_mark.get(match[0], match[0]), plain)


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", _latin_digits(text))


def _latin_digits(text: str) -> str:
    """Return ``text`` with digits of every script as ours; thousands keep their separators."""
    return text if text.isascii() else text.translate(_DIGITS)
