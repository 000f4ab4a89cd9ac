"""Fixed phrases that mean danger now, in every language, found as whole words."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from nlu.components.folding import fold

DATA = Path(__file__).parent.parent / "emergency"
_NOISE = re.compile(r"[^\w\s]+")


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub(" ", fold(text)).split())


def load_phrases(folder: Path = DATA) -> list[str]:
    """Return every folded phrase of every language."""
    return sorted(
        {
            _plain(phrase)
            for path in folder.glob("*.yml")
            for phrase in yaml.safe_load(path.read_text("utf-8"))["phrases"]
        }
    )


class EmergencyPhrases:
    """Says whether one of the phrases stands in a message, as whole words."""

    def __init__(self, phrases: list[str]) -> None:
        self._pattern = re.compile(
            r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(phrases, key=len, reverse=True))) + ")"
        )

    def found(self, text: str) -> bool:
        """Return whether ``text`` holds a phrase."""
        return self._pattern.search(_plain(text)) is not None
