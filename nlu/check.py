"""Holds the training data, entities and emergency phrases to the contract ``nlu/intents.yml``.

Run with ``python nlu/check.py``; every problem is named with its file, and the exit status is 1
when there is one.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests" / "nlu"

# At least so many examples of each intent; more where a miss costs most.
MINIMUM = {"de": 12, "en": 12}
MINIMUM_ELSEWHERE = 5
TIMES = {"emergency": 3, "out_of_scope": 3}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = ("today", "tomorrow", "day_after_tomorrow")


def contract() -> dict[str, Any]:
    """Return the contract."""
    loaded: dict[str, Any] = yaml.safe_load((HERE / "intents.yml").read_text("utf-8"))
    return loaded


def examples(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield (file, intent, example) of every Rasa NLU file in ``folder``."""
    for path in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                if line.strip():
                    yield path, block["intent"], line.removeprefix("- ").strip()


def plain(text: str) -> str:
    """Return ``text`` as duplicates are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def check_language(language: str, intents: list[str]) -> list[str]:
    """Return the problems of one language."""
    problems: list[str] = []
    counts = dict.fromkeys(intents, 0)
    seen: dict[str, str] = {}
    for folder in (HERE / "data" / language, TESTS / language):
        for path, intent, example in examples(folder):
            where = f"{path.relative_to(HERE.parent)}: {intent}"
            if intent not in counts:
                problems.append(f"{where}: not an intent of the contract; use one that is")
                continue
            if folder.parent.name == "data":
                counts[intent] += 1
            if example.startswith("/"):
                problems.append(f"{where}: {example!r} starts with a slash; remove it")
            key = plain(example)
            if key in seen:
                problems.append(f"{where}: {example!r} is also in {seen[key]}; keep one")
            seen[key] = where
    for intent, count in counts.items():
        wanted = MINIMUM.get(language, MINIMUM_ELSEWHERE) * TIMES.get(intent, 1)
        if count < wanted:
            problems.append(f"data/{language}: {intent}: {count} examples; write {wanted}")
    return problems + _check_lists(language)


def _check_lists(language: str) -> list[str]:
    problems: list[str] = []
    allowed = {
        "weekday": WEEKDAYS,
        "day": DAYS,
        "language": tuple(contract()["launch_languages"]),
        "centre": ("reutlingen", "muensingen", "dettingen"),
    }
    lists = yaml.safe_load((HERE / "entities" / f"{language}.yml").read_text("utf-8"))
    for entity, values in allowed.items():
        for value in values:
            if not lists.get(entity, {}).get(value):
                problems.append(f"entities/{language}.yml: {entity}: {value} has no words; add one")
        problems += [
            f"entities/{language}.yml: {entity}: {value} is not a canonical value; remove it"
            for value in lists.get(entity, {})
            if value not in values
        ]
    phrases = yaml.safe_load((HERE / "emergency" / f"{language}.yml").read_text("utf-8"))
    if not phrases.get("phrases"):
        problems.append(f"emergency/{language}.yml: no phrases; write at least ten")
    return problems


def check() -> list[str]:
    """Return the problems of all launch languages."""
    loaded = contract()
    return [
        problem
        for language in loaded["launch_languages"]
        for problem in check_language(language, list(loaded["intents"]))
    ]


if __name__ == "__main__":
    found = check()
    sys.stdout.write("\n".join([*found, f"understanding data: {len(found)} problems"]) + "\n")
    sys.exit(1 if found else 0)
