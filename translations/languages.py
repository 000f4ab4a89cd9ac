"""The launch languages and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Language:
    """One launch language: code, its own name, direction, Babel locale, machine translation."""

    code: str
    name: str
    rtl: bool
    babel: str
    machine: bool


@cache
def languages() -> dict[str, Language]:
    """Return the launch languages by code, in the order they are offered."""
    raw = yaml.safe_load(Path(__file__).with_name("languages.yml").read_text("utf-8"))
    return {code: Language(code, **value) for code, value in raw.items()}


def from_telegram(code: str | None) -> str | None:
    """Return the launch language that Telegram's ``language_code`` suggests, or ``None``."""
    if not code:
        return None
    code = code.lower().replace("_", "-")
    special = {"fa-af": "prs", "ku": "kmr", "ckb": "ckb", "dari": "prs"}
    found = special.get(code) or special.get(code.split("-")[0]) or code.split("-")[0]
    return found if found in languages() else None
