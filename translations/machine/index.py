"""Argos' index of packages: what there is, and fetching it, going on where it stopped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from storage.errors import LotseError
from translations.languages import languages
from translations.machine import engine
from translations.machine.packages import PIVOT, home
from translations.machine.unpack import LARGEST_FILE

LARGEST_INDEX = 4 << 20
CHUNK = 1 << 18
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=20, sock_read=60)

Progress = Callable[[int, int | None], None]
"""Called with the bytes there are and, if known, the bytes there will be."""


class IndexUnreachable(LotseError):
    """The index, or a package in it, cannot be fetched; ``address`` and ``reason`` say what."""

    code = "index_unreachable"


class NotOffered(LotseError):
    """No such language, or Argos has no package for the pair; ``pair`` says which."""

    code = "not_offered"


@dataclass(frozen=True)
class Offered:
    """A package of the index."""

    source: str
    target: str
    version: str
    links: tuple[str, ...]


def address() -> str:
    """Return where the index is: ``ARGOS_PACKAGE_INDEX``, else Argos Translate's own."""
    given = os.environ.get("ARGOS_PACKAGE_INDEX")
    if not given:
        # The import makes folders: they belong into ours, not into somebody's home.
        engine.settle(home())
        from argostranslate import settings

        given = str(settings.package_index)
    return given if given.endswith(".json") else f"{given.rstrip('/')}/index.json"


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs that people's words for them mean, in order, each once.

    Args:
        names: ``de_en`` for one pair by Argos' codes, or a launch language such as ``ar``: both
            ways between it and English.

    Raises:
        NotOffered: one is neither, or Argos has nothing for the language.
    """
    found: dict[tuple[str, str], None] = {}
    for name in names:
        source, _, target = name.partition("_")
        if target:
            if not (source.isalpha() and target.isalpha()):
                raise NotOffered(pair=name, why="write it like de_en")
            found[source, target] = None
            continue
        known = languages().get(name)
        if known is None:
            raise NotOffered(pair=name, why="it is no launch language")
        if known.argos is None:
            raise NotOffered(pair=name, why="Argos Translate has no model for it")
        if known.argos != PIVOT:
            found[known.argos, PIVOT] = None
            found[PIVOT, known.argos] = None
    return list(found)


async def fetch_index(client: aiohttp.ClientSession) -> dict[tuple[str, str], Offered]:
    """Return the newest package of every pair.

    Raises:
        IndexUnreachable: there is no index, or it can't be read.
    """
    where = address()
    try:
        async with client.get(where, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            body = await answer.content.read(LARGEST_INDEX)
            rows = await asyncio.to_thread(_rows, body)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise IndexUnreachable(address=where, reason=type(error).__name__) from None
    newest: dict[tuple[str, str], Offered] = {}
    for one in rows:
        known = newest.get((one.source, one.target))
        if known is None or _number(known.version) < _number(one.version):
            newest[one.source, one.target] = one
    return newest


def _rows(body: bytes) -> list[Offered]:
    import json

    rows = json.loads(body)
    if not isinstance(rows, list):
        raise ValueError("no list")
    return [
        Offered(
            str(row["from_code"]),
            str(row["to_code"]),
            str(row.get("package_version", "")),
            tuple(str(link) for link in row.get("links", [])),
        )
        for row in rows
        if isinstance(row, dict) and row.get("from_code") and row.get("to_code")
    ]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


async def download(client: aiohttp.ClientSession, one: Offered, show: Progress) -> Path:
    """Fetch a package file; what an earlier try has fetched is kept and continued.

    Returns:
        The file, which the caller removes when it is installed.

    Raises:
        IndexUnreachable: no link of it works, or it is too large.
    """
    folder = home() / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{one.source}_{one.target}-{one.version}.part"
    last = "no link"
    for link in one.links:
        if not link.startswith(("https://", "http://")):
            continue
        try:
            await _continue(client, link, part, show)
            return part.rename(part.with_suffix(".argosmodel"))
        except (aiohttp.ClientError, TimeoutError) as error:
            last = type(error).__name__
    raise IndexUnreachable(address=f"{one.source}_{one.target}", reason=last)


async def _continue(client: aiohttp.ClientSession, link: str, part: Path, show: Progress) -> None:
    there = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={there}-"} if there else {}
    async with client.get(link, headers=headers, timeout=TIMEOUT) as answer:
        if answer.status == 416:
            return  # all of it was there already
        answer.raise_for_status()
        going_on = answer.status == 206
        there = there if going_on else 0
        whole = answer.content_length + there if answer.content_length else None
        with part.open("ab" if going_on else "wb") as file:
            async for chunk in answer.content.iter_chunked(CHUNK):
                there += len(chunk)
                if there > LARGEST_FILE:
                    raise IndexUnreachable(address=part.stem, reason="larger than any package")
                file.write(chunk)
                show(there, whole)
