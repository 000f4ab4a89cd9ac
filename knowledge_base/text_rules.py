"""What a text may not hold, wherever it comes from: a file or a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge_base.content_files import BODY_MAX, TITLE_MAX

_LINK = re.compile(r"\]\(\s*<?(?!https?://|mailto:|tel:)([^)\s>]*)")
# Markdown lets HTML through. Texts are shown in messengers and pages: neither wants any.
_HTML = re.compile(r"<(/?[a-z][a-z0-9-]*(?=[\s/>])[^>]*>?|!--)", re.I)


@dataclass(frozen=True)
class Mistake:
    """What is wrong in which line (from 1; 0: the text as a whole) and what to do about it."""

    line: int
    what: str
    todo: str


def title_mistakes(title: str) -> Iterator[Mistake]:
    """Yield what is wrong with a title."""
    if not title.strip() or len(title.strip()) > TITLE_MAX or "\n" in title.strip():
        what = "the title is empty, longer than a line or too long"
        yield Mistake(0, what, f"Write one line of 1 to {TITLE_MAX} characters.")


def body_mistakes(body: str) -> Iterator[Mistake]:
    """Yield what is wrong with a text's Markdown."""
    if not body.strip():
        yield Mistake(0, "there is no text", "Write the text below the front matter.")
    elif len(body) > BODY_MAX:
        what = f"the text has {len(body)} characters"
        yield Mistake(0, what, f"Shorten it to {BODY_MAX} or make two entries.")
    for number, line in enumerate(body.split("\n"), 1):
        for link in _LINK.finditer(line):
            what = f"the link {link[1]!r} is not http(s)"
            yield Mistake(number, what, "Write an address that begins with https://.")
        if found := _HTML.search(line):
            what = f"there is HTML: {found[0][:40]!r}"
            yield Mistake(number, what, "Write Markdown: **bold**, - lists, [words](https://…).")
