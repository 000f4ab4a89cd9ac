"""Fixed phrases that mean danger now, by kind, in every language, found as whole words."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from nlu.components.folding import fold

# Kinds of emergency in which life itself is in danger.
DEADLY = {"medical", "fire", "threat", "suicide"}
DATA = Path(__file__).parent.parent / "emergency"
_NOISE = re.compile(r"[^\w\s]+")


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub(" ", fold(text)).split())


def load_phrases(folder: Path = DATA) -> dict[str, str]:
    """Return every folded phrase of every language with its kind of emergency."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        for kind, phrases in (yaml.safe_load(path.read_text("utf-8")) or {}).items():
            for phrase in phrases or []:
                found.setdefault(_plain(phrase), kind)
    return found


class EmergencyPhrases:
    """Says whether one of the phrases stands in a message, as whole words."""

    def __init__(self, phrases: dict[str, str]) -> None:
        self._kinds = phrases
        longest_first = sorted(phrases, key=len, reverse=True)
        self._pattern = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest_first)) + ")")

    def found(self, text: str) -> str | None:
        """Return the kind of emergency of the first phrase in ``text``, or ``None``."""
        match = self._pattern.search(_plain(text))
        return self._kinds[match.group(1)] if match else None
