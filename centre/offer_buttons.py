"""Wishes in the data of a button: what is filtered travels with the tap and is stored nowhere."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from knowledge_base.content_files import content_languages, topics
from knowledge_base.wishes import AUDIENCES, DAYTIMES, LEVELS, TYPES, WEEKDAYS, Wishes

PREFIX = "o:"
KINDS = "o:t"

_LIST = re.compile(r"^o:l:(?P<number>\d{1,3}):(?P<code>.*)$", re.S)
_DETAILS = re.compile(r"^o:d:(?P<number>[0-9a-f]{8}):(?P<code>.*)$", re.S)
_CODE = re.compile(r"^(?P<bits>[0-9a-f]{1,14})(:(?P<near>[a-z_]{0,24}))?(:(?P<text>[\w ]*))?$")

_DAYS = tuple(range(len(WEEKDAYS)))
# In this order from the lowest bit; a new value goes to the end of its list.
_SETS = (
    ("types", TYPES),
    ("audience", AUDIENCES),
    ("levels", LEVELS),
    ("daytimes", DAYTIMES),
    ("weekdays", _DAYS),
)
_FLAGS = ("childcare", "free", "walk_in")
_CHOICE_BITS = 5


@dataclass(frozen=True)
class Tap:
    """What a button means: the list from ``offset`` on, or one offer, and the wishes in force."""

    wishes: Wishes
    offset: int = 0
    offer: str | None = None


def list_data(wishes: Wishes, offset: int = 0) -> str:
    """Return the data of a button that shows the list."""
    return f"o:l:{offset}:{_packed(wishes)}"


def details_data(entry_id: str, wishes: Wishes) -> str:
    """Return the data of a button that shows one offer, from which one comes back to the list."""
    return f"o:d:{short(entry_id)}:{_packed(wishes)}"


def short(entry_id: str) -> str:
    """Return the name of an offer that fits into a button beside the wishes."""
    return f"{zlib.crc32(entry_id.encode()):08x}"


def read(data: str) -> Tap | None:
    """Return what the data of a button means, ``None`` when it is none of ours."""
    match = _LIST.match(data) or _DETAILS.match(data)
    wishes = _unpacked(match["code"]) if match else None
    if match is None or wishes is None:
        return None
    if match.re is _LIST:
        return Tap(wishes, offset=int(match["number"]))
    return Tap(wishes, offer=match["number"])


def _packed(wishes: Wishes) -> str:
    bits, at = 0, 0
    for name, known in _SETS:
        for value in known:
            bits |= (value in getattr(wishes, name)) << at
            at += 1
    for name in _FLAGS:
        bits |= getattr(wishes, name) << at
        at += 1
    for chosen, listed in _choices(wishes):
        bits |= (listed.index(chosen) + 1 if chosen in listed else 0) << at
        at += _CHOICE_BITS
    return f"{bits:x}:{wishes.near or ''}:{wishes.text}".rstrip(":")


def _choices(wishes: Wishes) -> tuple[tuple[str | None, tuple[str, ...]], ...]:
    return (wishes.topic, topics()), (wishes.language, content_languages())


def _unpacked(code: str) -> Wishes | None:
    match = _CODE.match(code)
    if match is None:
        return None
    bits = int(match["bits"], 16)
    values: dict[str, object] = {}
    for name, known in _SETS:
        values[name] = tuple(value for at, value in enumerate(known) if bits >> at & 1)
        bits >>= len(known)
    for name in _FLAGS:
        values[name] = bool(bits & 1)
        bits >>= 1
    for name, listed in (("topic", topics()), ("language", content_languages())):
        number = bits & (2**_CHOICE_BITS - 1)
        values[name] = listed[number - 1] if 0 < number <= len(listed) else None
        bits >>= _CHOICE_BITS
    return Wishes(**values, near=match["near"] or None, text=match["text"] or "")  # type: ignore[arg-type]
