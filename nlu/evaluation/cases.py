"""The test messages of ``tests/nlu/<language>``, by kind of writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from nlu import check

KINDS = ("plain", "romanised", "typos", "near_misses")
KNOWN_FAILURES = "known_failures.yml"


@dataclass(frozen=True)
class Case:
    """One test message; ``kind`` is the stem of its file."""

    language: str
    kind: str
    intent: str
    text: str


def load(languages: list[str], folder: Path = check.TESTS) -> list[Case]:
    """Return the test messages of ``languages`` in the order of the files."""
    return [
        Case(language, kind, intent, text)
        for language in languages
        for kind in KINDS
        if (path := folder / language / f"{kind}.yml").exists()
        for intent, text, _ in check.blocks(path)
    ]


def known_failures(languages: list[str], folder: Path = check.TESTS) -> dict[tuple[str, str], str]:
    """Return (language, text) -> the wrong intent, for what is known to be misunderstood."""
    found = {}
    for language in languages:
        path = folder / language / KNOWN_FAILURES
        if path.exists():
            for one in yaml.safe_load(path.read_text("utf-8")) or []:
                found[language, one["text"]] = one["understood"]
    return found


def write_known_failures(
    language: str, failures: dict[str, str], folder: Path = check.TESTS
) -> None:
    """Write ``failures`` (text -> the wrong intent) of one language."""
    rows = [{"text": text, "understood": intent} for text, intent in sorted(failures.items())]
    head = "# Clearly misunderstood today. A test fails once one is understood: remove it then.\n"
    body = yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=200)
    (folder / language / KNOWN_FAILURES).write_text(head + body, "utf-8")
