"""The filters of the offers page: from an address to wishes, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from multidict import MultiMapping

from centre import county
from centre.offers import LONGEST_SEARCH
from knowledge_base.content_files import content_languages, topics
from knowledge_base.wishes import (
    AUDIENCES,
    DAYTIMES,
    LEVELS,
    TYPES,
    WEEKDAYS,
    Wishes,
    vocabulary,
    wishes_from,
)
from web.context import WebError

# What a filter is called in an address, which wish it is, and which values it may have.
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "type": ("types", TYPES),
    "for": ("audience", AUDIENCES),
    "level": ("levels", LEVELS),
    "time": ("daytimes", DAYTIMES),
    "day": ("weekdays", WEEKDAYS),
}
FLAGS = {"childcare": "childcare", "free": "free", "walk_in": "walk_in"}
WORDS = "q"
YES = "1"


class BadFilter(WebError):
    """The address names a filter's value that does not exist, or a text that is too long."""

    code = "bad_filter"


async def wishes(query: MultiMapping[str], language: str) -> Wishes:
    """Return what an address asks for; words are understood as in ``/find``.

    Raises:
        BadFilter: a value that does not exist; what it is stays unsaid.
    """
    words = query.get(WORDS, "")
    if len(words) > LONGEST_SEARCH:
        raise BadFilter
    chosen = _chosen(query)
    if not words.strip():
        return chosen
    # Reading the lists for the first time takes a second.
    await asyncio.to_thread(vocabulary)
    read = wishes_from([], words, language, keywords=True)
    return _both(chosen, read)


def address(wished: Wishes) -> dict[str, str]:
    """Return the parameters that stand for ``wished``."""
    made: dict[str, str] = {}
    for name, (field, known) in LISTS.items():
        values = getattr(wished, field)
        made[name] = ",".join(known[one] if field == "weekdays" else one for one in values)
    made |= {name: YES for name, field in FLAGS.items() if getattr(wished, field)}
    made |= {"topic": wished.topic or "", "near": wished.near or ""}
    made |= {"speaks": wished.language or "", WORDS: wished.text}
    return {name: value for name, value in made.items() if value}


def link(path: str, language: str, wished: Wishes, **more: Any) -> str:
    """Return an address of ours with a language, filters and more parameters."""
    return f"{path}?{urlencode({'lang': language, **address(wished), **more})}"


def _chosen(query: MultiMapping[str]) -> Wishes:
    got: dict[str, Any] = {}
    for name, (field, known) in LISTS.items():
        named = [one for value in query.getall(name, []) for one in value.split(",") if one]
        if not set(named) <= set(known):
            raise BadFilter
        places = [number for number, one in enumerate(known) if one in named]
        got[field] = tuple(places if field == "weekdays" else (known[one] for one in places))
    for name, field in FLAGS.items():
        got[field] = _one_of(query, name, (YES,)) == YES
    return Wishes(
        topic=_one_of(query, "topic", topics()),
        near=_one_of(query, "near", county.municipalities()),
        language=_one_of(query, "speaks", content_languages()),
        **got,
    )


def _one_of(
    query: MultiMapping[str], name: str, known: tuple[str, ...] | Mapping[str, object]
) -> str | None:
    value = query.get(name) or None
    if value is not None and value not in known:
        raise BadFilter
    return value


def _both(chosen: Wishes, read: Wishes) -> Wishes:
    """Return both wishes; where only one can be meant, the chosen one."""
    joined: dict[str, Any] = {}
    for name in read.names():
        first, second = getattr(chosen, name), getattr(read, name)
        if isinstance(second, tuple):
            joined[name] = (*first, *(one for one in second if one not in first))
        else:
            joined[name] = first or second
    return replace(chosen, **joined)
