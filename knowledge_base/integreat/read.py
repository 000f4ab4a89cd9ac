"""Read a list of pages: one file, or one answer of a server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.integreat.problems import FeedBroken

SIZE_MAX = 50_000_000
"""Bytes of a file or an answer; a county's pages in one language have about two million."""

_AGAIN = "Get Integreat's list of pages again."


@dataclass(frozen=True)
class Answer:
    """The pages of a file or an answer, and what it says about further ones."""

    pages: list[Any]
    next: str | None = None
    count: int | None = None


def read_file(path: Path) -> list[Any]:
    """Return the pages of a JSON file.

    Raises:
        FeedBroken: it cannot be read to its end, or holds no page.
    """
    name = str(path)
    try:
        if path.stat().st_size > SIZE_MAX:
            raise FeedBroken(name, too_large(), _AGAIN)
        data = path.read_bytes()
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise FeedBroken(name, what, "Check the file's name.") from None
    answer = parse(name, data)
    if answer.next or (answer.count or 0) > len(answer.pages):
        what = f"it holds only the first {len(answer.pages)} pages"
        raise FeedBroken(name, what, "Import from the address instead of the file.")
    return not_empty(name, answer.pages)


def too_large() -> str:
    """Say that a feed is larger than what is read."""
    return f"it is larger than {SIZE_MAX // 1_000_000} MB"


def not_empty(name: str, pages: list[Any]) -> list[Any]:
    """Return ``pages``.

    Raises:
        FeedBroken: there are none; that is a fault, not a region without pages.
    """
    if not pages:
        raise FeedBroken(name, "it holds no page at all", "Check region and language.")
    return pages


def parse(name: str, data: bytes) -> Answer:
    """Read JSON: a list of pages, or ``{"results": […], "next": address, "count": n}``.

    Raises:
        FeedBroken: it is neither, or stops in the middle.
    """
    text = data.decode("utf-8-sig", "replace")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        what = f"it is not UTF-8 (at byte {error.start})"
        raise FeedBroken(name, what, _AGAIN) from None
    except (ValueError, RecursionError):
        what = f"it is no complete JSON: {last_read(_whole_pages(text))}"
        raise FeedBroken(name, what, _AGAIN) from None
    if isinstance(found, list):
        return Answer(found)
    if isinstance(found, dict) and isinstance(found.get("results"), list):
        following, count = found.get("next"), found.get("count")
        return Answer(
            found["results"],
            following if isinstance(following, str) and following else None,
            count if isinstance(count, int) else None,
        )
    raise FeedBroken(name, "it is no list of pages", "Give Integreat's list of pages (JSON).")


def last_read(pages: list[Any]) -> str:
    """Say after which page a feed stopped."""
    if not pages:
        return "not one page could be read"
    last = pages[-1]
    number = last.get("id") if isinstance(last, dict) else None
    return f"it stops after page {number}, {len(pages)} pages were read"


def _whole_pages(text: str) -> list[Any]:
    """Return the pages that stand complete in a list that is cut off."""
    decoder = json.JSONDecoder()
    pages: list[Any] = []
    position = text.find("[") + 1
    while 0 < position < len(text):
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        try:
            page, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        pages.append(page)
    return pages
