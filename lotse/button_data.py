"""Checks that the data of every button fits into Telegram's 64 bytes, with the longest ids."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from centre import offer_buttons
from centre.appointments import kinds
from centre.county import centres, municipalities
from centre.pool import topics as pool_topics
from knowledge_base.content_files import topics
from knowledge_base.wishes import AUDIENCES, DAYTIMES, LEVELS, TEXT_BYTES, TYPES, WEEKDAYS, Wishes
from translations.languages import languages

LONGEST_DATA = 64
ROOT = Path(__file__).parents[1]
FOLDERS = ("bot", "centre", "dialogues", "web")
_DATA = re.compile(r'^/[a-z_*]*\{"|^/\*|^[a-z]:[a-z]+:')
# Data with wishes is tried with every wish there is; pages choose the longest data that fits.
_TRIED = re.compile(r'^o:[ld]:|^/\*\{"page":')
_NUMBER = str(2**63 - 1)
_ENTRY = "x" * 40  # EntryId allows no more


@cache
def longest() -> dict[str, str]:
    """Return the longest value by the name of what stands in button data."""
    values: dict[str, list[str]] = {
        "language": list(languages()),
        "centre": list(centres()),
        "topic": [*topics(), "other"],
        "status": ["asylum_procedure", "section24", "subsidiary"],
        "consent": ["yes", "no"],
        "interpreter_topic": list(pool_topics.topics()),
    }
    made = {name: max(some, key=lambda one: len(one.encode())) for name, some in values.items()}
    return made | {
        "appointment": _NUMBER,
        "confirm_cancel": _NUMBER,
        "number": _NUMBER,
        "booking_day": "2026-12-31",
        "booking_kind": max(kinds(), key=len),
        "booking_who": "speaks",
        "booking_time": "earlier:2026-12-31T23:59",
        "booking_needs": "mark:ics",
        "confirm_booking": _NUMBER,
        "entry": _ENTRY,
    }


def problems(root: Path = ROOT) -> list[str]:
    """Return every button whose data can become too long, worded with what to do."""
    found = [f"centre/offer_buttons.py: {what}" for what in _offers()]
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root)
            for line, data in templates(path.read_text("utf-8")):
                found += [f"{name}:{line}: {what}" for what in check(data)]
    return found


def check(data: str) -> list[str]:
    """Return what is wrong with one button's data, its values written ``*``."""
    if _TRIED.match(data):
        return []
    filled = re.sub(r'"(\w+)":"\*"', lambda m: f'"{m[1]}":"{_value(m[1])}"', data)
    filled = re.sub(r"^/\*", f"/{longest()['topic']}", filled)
    kind = "entry" if re.match(r"k:(ok|show)", filled) else "number"
    filled = re.sub(r"\*", longest()[kind], filled)
    if "?" in filled:
        return [f"button data {data}: say in lotse/button_data.py how long its value can be"]
    return list(_too_long(filled))


def templates(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and data of every button in a module, with ``*`` for each value."""
    inner: set[ast.AST] = set()
    for node in ast.walk(ast.parse(source)):
        text, line = None, getattr(node, "lineno", 0)
        if isinstance(node, ast.JoinedStr):
            inner.update(node.values)
            text = "".join(
                str(one.value) if isinstance(one, ast.Constant) else "*" for one in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            text = node.value.replace("%s", "*")
        if text and _DATA.match(text) and " " not in text:
            yield line, text


def _value(name: str) -> str:
    return longest().get(name, "?")


def _offers() -> Iterator[str]:
    """Try the data of lists of offers with every wish at once, and the longest of each kind."""
    town = max(municipalities(), key=lambda one: len(one.encode()), default="")
    wishes = Wishes(
        types=TYPES,
        audience=AUDIENCES,
        levels=LEVELS,
        daytimes=DAYTIMES,
        weekdays=tuple(range(len(WEEKDAYS))),
        childcare=True,
        free=True,
        walk_in=True,
        topic=topics()[-1],
        language=list(languages())[-1],
        near=town,
        text="x" * TEXT_BYTES,
    )
    for data in (offer_buttons.list_data(wishes, 999), offer_buttons.details_data(_ENTRY, wishes)):
        yield from _too_long(data)


def _too_long(data: str) -> Iterator[str]:
    size = len(data.encode())
    if size > LONGEST_DATA:
        yield f"button data can have {size} bytes, the most is {LONGEST_DATA}: {data}; shorten it"
