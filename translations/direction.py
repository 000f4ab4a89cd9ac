"""Which way a line is read, and what must not be turned round in it.

Messages are plain text: where a line begins is decided by its first letter (Unicode's
bidirectional algorithm, rules P2 and P3), in Telegram as on our pages. A line of Arabic that begins
with a German name is laid out from the left, and a telephone number or a range of times between
Arabic words shows its groups in the wrong order. Isolates and one mark at the beginning of a line
prevent both; nothing is done to text in languages that are read from left to right.
"""

from __future__ import annotations

import re
import unicodedata

from translations.languages import languages

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
RIGHT_TO_LEFT_MARK = "\u200f"

_ISOLATES = "\u2066\u2067\u2068"
_RIGHT = ("R", "AL")
_MARKED = re.compile(r"((?:[•–-]|\d{1,3}[.)])\s+)(.*)", re.S)

_LETTER = r"A-Za-z0-9\u00c0-\u024f"
_PHONE = r"(?:\+49 ?\(0\) ?|\(0\d+\) ?|\+?\d)[\d /–-]{4,}\d"
# Words and numbers with what may stand between them; a sign before them belongs to them.
_SIGN = rf"(?:§ ?|[+/@#.](?=[{_LETTER}]))"
_BETWEEN = r" ?[-–—/.,:;&+'’_%?=#@~]* ?"
_RUN = rf"{_SIGN}?[{_LETTER}](?:{_BETWEEN}[{_LETTER}])*/?"
_LEFT = re.compile(rf"{_PHONE}|{_RUN}")
_ISOLATED = re.compile("([\u2066-\u2068][^\u2066-\u2069]*\u2069)")
_WITHOUT_LETTERS = re.compile(r"[,;]\s+|\.\s+")
# A number with single separators inside stays as it is: 09:00, 1.12.2026, 24/7.
_ONE_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_WORD = rf"[A-Za-z\u00c0-\u024f][{_LETTER}]*"
_ONE_NAME = re.compile(rf"{_WORD}(?: {_WORD})*")


def isolate(value: object) -> str:
    """Return ``value`` wrapped so that its direction does not disturb the text around it."""
    return f"{FIRST_STRONG_ISOLATE}{value}{POP_ISOLATE}"


def is_rtl(language: str) -> bool:
    """Return whether a launch language is read from right to left."""
    known = languages().get(language)
    return known is not None and known.rtl


def inserted(value: str, language: str) -> str:
    """Return a name for a sentence in ``language``: isolated where it runs the other way."""
    against = ("L", "EN") if is_rtl(language) else _RIGHT
    runs_against = any(unicodedata.bidirectional(one) in against for one in value)
    return isolate(value) if runs_against else value


def lines(text: str, language: str) -> str:
    """Return ``text`` so that each line begins at the side where ``language`` begins.

    A line without a single right-to-left letter is a quotation and stays as it is, unless it is
    an item of a list: its bullet or number belongs to the list.
    """
    if not is_rtl(language):
        return text
    return "\n".join(_from_the_right(line) for line in text.split("\n"))


def together(text: str, language: str) -> str:
    """Return a written text so that numbers, times and links keep their order, line by line.

    For texts whose authors know nothing of isolates, such as those of the knowledge base.
    """
    if not is_rtl(language):
        return text
    return "\n".join(_from_the_right(_held(line)) for line in text.split("\n"))


def _from_the_right(line: str) -> str:
    outer = _outer(line)
    first = next((one for one in outer if one in (*_RIGHT, "L")), None)
    if not line.strip() or first in _RIGHT:
        return line
    if first is None or any(one in _RIGHT for one in outer):
        return RIGHT_TO_LEFT_MARK + line
    item = _MARKED.match(line)
    return f"{RIGHT_TO_LEFT_MARK}{item[1]}{isolate(item[2])}" if item else line


def _outer(line: str) -> list[str]:
    """Return the bidirectional classes of what stands outside of isolates."""
    found, depth = [], 0
    for one in line:
        if one in _ISOLATES:
            depth += 1
        elif one == POP_ISOLATE:
            depth = max(depth - 1, 0)
        elif not depth:
            found.append(unicodedata.bidirectional(one))
    return found


def _held(line: str) -> str:
    if not any(unicodedata.bidirectional(one) in _RIGHT for one in line):
        return line
    item = _MARKED.match(line)
    begin, rest = (item[1], item[2]) if item else ("", line)
    # What an author has isolated already stays as it is.
    parts = _ISOLATED.split(rest)
    parts[::2] = [_LEFT.sub(lambda found: _isolated(found[0]), part) for part in parts[::2]]
    return begin + "".join(parts)


def _isolated(run: str) -> str:
    if not re.search(r"[A-Za-z\u00c0-\u024f]", run) and _WITHOUT_LETTERS.search(run):
        # "110, 112": a list, to be read in the order of the text around it.
        parts = re.split(rf"({_WITHOUT_LETTERS.pattern})", run)
        return "".join(_isolated(part) if at % 2 == 0 else part for at, part in enumerate(parts))
    whole = _ONE_NUMBER.fullmatch(run) or _ONE_NAME.fullmatch(run)
    return run if whole or not run else isolate(run)
