"""Sentences of a text: translation models are made for one at a time."""

from __future__ import annotations

import re

LONGEST = 400
"""Characters; longer sentences are cut where they pause."""
# What ends with a full stop and goes on, beside single letters ("z. B.") and days ("12. März").
_ABBREVIATED = (
    "bzw|ca|Dr|Prof|Str|Nr|Tel|Abs|Art|bzgl|evtl|ggf|inkl|max|min|usw|etc|vs|Mr|Mrs|Ms|St|Hr"
    "|Jan|Feb|Apr|Aug|Sep|Sept|Okt|Oct|Nov|Dez|Dec"
)
_ENDS = re.compile(r"(?<=[.!?؟۔።፧…])[\"'”“»)]*(?=\s)|(?=\n)")
_ENDS_ABBREVIATED = re.compile(
    rf"(?:(?:^|[\s(])(?:{_ABBREVIATED})|\b\d{{1,2}}|\b[^\W\d_])\.$", re.I
)
_SPACE = re.compile(r"\s*")
_PAUSE = re.compile(r"[,;:،؛፣]\s|\s")


def split(text: str) -> list[tuple[str, str]]:
    """Return the sentences of a text, each with the white space after it.

    Joined they give the text back exactly. A sentence may be empty where the text begins with
    white space.
    """
    found: list[tuple[str, str]] = []
    start = 0
    for match in _ENDS.finditer(text):
        end = match.end()
        if end <= start:
            continue
        # Only the end of the sentence is looked at: a long text stays linear.
        tail = text[max(start, end - 12) : end]
        if text[end : end + 1] != "\n" and _ENDS_ABBREVIATED.search(tail):
            continue
        space = _space(text, end)
        found += _cut(text[start:end], space)
        start = end + len(space)
    if start < len(text):
        rest = text[start:]
        bare = rest.rstrip()
        found += _cut(bare, rest[len(bare) :])
    return found


def _space(text: str, at: int) -> str:
    match = _SPACE.match(text, at)
    return match[0] if match else ""


def _cut(sentence: str, space: str) -> list[tuple[str, str]]:
    """Return a sentence in parts that a model can hold."""
    parts = []
    while len(sentence) > LONGEST:
        pauses = [match.end() for match in _PAUSE.finditer(sentence, LONGEST // 2, LONGEST)]
        strong = [at for at in pauses if sentence[at - 2] in ",;:،؛፣"]
        at = (strong or pauses or [LONGEST])[-1]
        bare = sentence[:at].rstrip()
        parts.append((bare, sentence[len(bare) : at]))
        sentence = sentence[at:]
    return [*parts, (sentence, space)]
