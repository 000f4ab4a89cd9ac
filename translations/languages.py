"""The launch languages and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Language:
    """One launch language: code, own name, script, direction, Babel locale, machine translation.

    ``script`` is the ISO 15924 code (``Latn``, ``Arab``, ``Cyrl``, ``Ethi``); ``argos`` the code
    that Argos Translate has the language under, ``None`` where it has none.
    """

    code: str
    name: str
    script: str
    rtl: bool
    babel: str
    argos: str | None


@cache
def languages() -> dict[str, Language]:
    """Return the launch languages by code, in the order they are offered."""
    raw = yaml.safe_load(Path(__file__).with_name("languages.yml").read_text("utf-8"))
    return {
        code: Language(code, **value)
        for code, value in raw.items()
        # A language that is being added is neither offered nor counted.
        if not value.pop("draft", False)
    }


# A first message of so many letters tells its language; a suggestion to switch needs more.
LETTERS_TO_TELL = 6
LETTERS_TO_SUGGEST = 25
SURE = 0.9
SURE_TO_SUGGEST = 0.98
# Dari and Persian can't be told apart in short messages: one is never suggested to the other.
ALIKE = ({"fa", "prs"},)

Guess = dict[str, Any]


def told(guess: Guess | None, letters: int = LETTERS_TO_TELL, sure: float = SURE) -> str | None:
    """Return the language a guess stands for, ``None`` where it is not sure or long enough.

    Args:
        guess: ``language``, ``confidence`` (0 to 1) and number of ``letters``, as understanding
            gives them, or nothing.
        letters: the shortest message that counts.
        sure: the lowest confidence that counts.
    """
    if not guess or guess["letters"] < letters or guess["confidence"] < sure:
        return None
    return str(guess["language"]) if guess["language"] in languages() else None


def suggested(guess: Guess | None, current: str) -> str | None:
    """Return the language to offer to somebody who is answered in ``current``, if any."""
    found = told(guess, LETTERS_TO_SUGGEST, SURE_TO_SUGGEST)
    if found is None or found == current or any({found, current} <= pair for pair in ALIKE):
        return None
    return found


def from_telegram(code: str | None) -> str | None:
    """Return the launch language that Telegram's ``language_code`` suggests, or ``None``."""
    if not code:
        return None
    code = code.lower().replace("_", "-")
    special = {"fa-af": "prs", "ku": "kmr", "ckb": "ckb", "dari": "prs"}
    found = special.get(code) or special.get(code.split("-")[0]) or code.split("-")[0]
    return found if found in languages() else None
