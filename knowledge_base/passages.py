"""Cut a text into passages that each answer alone, at its headings and paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 450
"""Characters of a passage at which the next paragraph begins a new one."""
LONGEST_LINE = 1200
WHOLE = 1400
"""Characters up to which a text is shown whole: no longer than a page on a telephone."""

_HEADING = re.compile(r"^#{2,6}\s+(.+?)\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?؟።។。])\s+")


@dataclass(frozen=True)
class Part:
    """A passage: ``heading`` (title and the heading above it), its ``body``, its section."""

    heading: str
    body: str
    section: str


def split(title: str, body: str) -> list[Part]:
    """Return a text's passages in order; a text without a body is one passage of its title.

    Args:
        title: the text's title.
        body: paragraphs divided by line ends; ``## Heading`` lines begin a section.
    """
    parts: list[Part] = []
    section = ""
    lines: list[str] = []

    def close() -> None:
        if lines:
            heading = f"{title} – {section}" if section else title
            parts.append(Part(heading, "\n".join(lines).strip(), section))
            lines.clear()

    for line in _lines(body):
        found = _HEADING.match(line)
        if found:
            close()
            section = found[1]
            continue
        if lines and len(line) + sum(len(one) for one in lines) > LONGEST:
            close()
        if line.strip():
            lines.append(line)
    close()
    return parts or [Part(title, "", "")]


def _lines(body: str) -> list[str]:
    """Return the paragraphs, those that are too long cut between sentences."""
    made = []
    for line in body.splitlines():
        if len(line) <= LONGEST_LINE:
            made.append(line)
            continue
        held = ""
        for sentence in _SENTENCE_END.split(line):
            if held and len(held) + len(sentence) > LONGEST:
                made.append(held)
                held = ""
            held = f"{held} {sentence}".strip()
            while len(held) > LONGEST_LINE:
                made.append(held[:LONGEST_LINE])
                held = held[LONGEST_LINE:]
        made.append(held)
    return made


def section_of(title: str, body: str, position: int) -> tuple[str, str]:
    """Return heading and text of what to show for passage number ``position``.

    The whole section where it is short enough to read, else the passage alone.
    """
    parts = split(title, body)
    part = parts[min(position, len(parts) - 1)]
    same = [one.body for one in parts if one.section == part.section]
    whole = "\n".join(same)
    return part.section, whole if len(whole) <= WHOLE else part.body
