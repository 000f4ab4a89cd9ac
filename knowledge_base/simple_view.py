"""How a text is shown to people who read little: a sign per topic, short paragraphs, lists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PICTOGRAMS = Path(__file__).with_name("pictograms.yml")
LONGEST_PARAGRAPH = 300
"""Characters; a longer paragraph is cut between sentences."""
BULLET = "• "

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_BULLET = re.compile(r"^(?:[•*–-]|·)\s+")
_NUMBERED = re.compile(r"^\d{1,2}[.)]\s+")
# "Str. 5", "z. B. ", "Nr. 3" end no sentence: the word before a full stop has four letters or more.
_SENTENCE_END = re.compile(r"(?:(?<=[^\W\d]{4}\.)|(?<=[!?؟።…])|(?<=[.!?؟][”“\"»)]))\s+")
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+49|0\d)[\d ()/–-]{5,}\d"
    r"|(?<![\d.,])(?:110|112|116 ?\d{3})(?![.,]?\d| ?(?:€|%|Euro|EUR|Cent))"
)


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(PICTOGRAMS.read_text("utf-8"))
    return loaded


def pictogram(topic: str) -> str:
    """Return the sign of a topic (``ask_*``); empty for anything else."""
    return str(_data()["topics"].get(topic, ""))


def sign(name: str) -> str:
    """Return the sign called ``name`` in ``pictograms.yml``.

    Raises:
        KeyError: there is none.
    """
    return str(_data()["signs"][name])


def signed(mark: str, words: str) -> str:
    """Return ``words`` behind a sign, if there is one."""
    return f"{mark} {words}" if mark else words


def simple(body: str) -> str:
    """Return a text in short paragraphs with one blank line between them.

    Lists stay together, under the line that announces them. Headings, phone numbers and what is
    important get a sign. A paragraph of more than 300 characters is cut between sentences.

    Args:
        body: a text as the knowledge base has it: paragraphs divided by line ends, ``## Heading``,
            list lines beginning with ``•``, ``-``, ``*`` or a number.
    """
    blocks: list[str] = []
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        item = _is_item(line)
        after = number > 0 and (_is_item(lines[number - 1]) or lines[number - 1].endswith(":"))
        shown = [_item(line)] if item else _paragraph(line)
        if item and after:
            blocks[-1] += "\n" + shown[0]
        else:
            blocks += shown
    return "\n\n".join(blocks)


def _is_item(line: str) -> bool:
    return bool(_BULLET.match(line) or _NUMBERED.match(line))


def _item(line: str) -> str:
    words = _BULLET.sub("", line)
    mark = _mark(words)
    if mark:
        return signed(mark, words)
    return line if words == line else BULLET + words


def _paragraph(line: str) -> list[str]:
    if heading := _HEADING.match(line):
        return [signed(sign("section"), heading[1])]
    return [signed(_mark(one), one) for one in _pieces(line)]


def _mark(words: str) -> str:
    if _important().match(words):
        return sign("important")
    return sign("phone") if _PHONE.search(words) else ""


@cache
def _important() -> re.Pattern[str]:
    words = {word for some in _data()["important"].values() for word in some}
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?:{either})\s*[:፡፦!]", re.IGNORECASE)


def _pieces(paragraph: str) -> list[str]:
    """Return a paragraph, cut between sentences into pieces of about the same length."""
    if len(paragraph) <= LONGEST_PARAGRAPH:
        return [paragraph]
    number = -(-len(paragraph) // LONGEST_PARAGRAPH)
    wanted = len(paragraph) / number
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(paragraph):
        joined = f"{pieces[-1]} {sentence}" if pieces else sentence
        if pieces and len(joined) <= LONGEST_PARAGRAPH and len(pieces[-1]) < wanted:
            pieces[-1] = joined
        else:
            pieces.append(sentence)
    return pieces


def beginning(text: str, longest: int) -> tuple[str, bool]:
    """Return as many whole paragraphs as fit into ``longest`` characters, and whether all do."""
    if len(text) <= longest:
        return text, True
    cut = text.rfind("\n", 0, longest)
    return text[: cut if cut > 0 else longest].rstrip(), False
