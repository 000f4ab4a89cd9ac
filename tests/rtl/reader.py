"""What somebody sees of a text: its lines from the left of the screen to the right.

``python-bidi`` puts the characters into their order (Unicode's bidirectional algorithm, with
isolates and paired brackets). Left to do are what it leaves out: brackets are mirrored where they
run from right to left, marks stand after their letter, and what has no shape is not shown.
"""

from __future__ import annotations

import re
import unicodedata

from bidi import get_base_level, get_display

FROM_RIGHT, FROM_LEFT = "←", "→"
MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
BRACKET = r"[()\[\]{}<>«»‹›]"
# It weighs nothing in the algorithm and goes where the character before it goes.
TAG = "\u2060"
SHAPELESS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0f]")
_SHADDA_AND_SISTERS = re.compile("([\u064b-\u065f\u0670]+)(.)")


def seen(text: str) -> list[str]:
    """Return the lines of ``text`` as they look on a screen that is wide enough.

    Each begins with the side from which it is laid out, which its first letter decides: ``←``
    from the right, ``→`` from the left.
    """
    return [_line(line) if line.strip() else "" for line in text.split("\n")]


def _line(line: str) -> str:
    from_right = get_base_level(line) == 1
    tagged = re.sub(BRACKET, lambda found: found[0] + TAG, line)
    shown = str(get_display(tagged, base_dir="R" if from_right else "L"))
    # Where the tag has come to stand before its bracket, that runs from right to left. One that
    # has lost its tag to the end of the line runs against the line.
    shown = re.sub(
        rf"(?P<before>{TAG})?(?P<bracket>{BRACKET})(?P<after>(?(before)|{TAG}?))",
        lambda found: (
            found["bracket"].translate(MIRRORED)
            if found["before"] or not (found["after"] or from_right)
            else found["bracket"]
        ),
        shown,
    )
    shown = SHAPELESS.sub("", shown)
    shown = _SHADDA_AND_SISTERS.sub(r"\2\1", shown)
    return f"{FROM_RIGHT if from_right else FROM_LEFT} {shown}"


def plain(text: str) -> str:
    """Return ``text`` as it is read, without what has no shape."""
    return SHAPELESS.sub("", text)


def reads_right_to_left(text: str) -> bool:
    """Return whether there is a letter in ``text`` that is read from right to left."""
    return any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)
