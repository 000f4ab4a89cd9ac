"""Holds training, calibration and test data, entities and emergency phrases to the contract.

The contract is ``nlu/intents.yml``. Run with ``python nlu/check.py [LANGUAGE ...]``; every problem
is named with its file and what to do, and the exit status is 1 when there is one.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parent
DATA = HERE / "data"
CALIBRATION = HERE / "calibration"
TESTS = ROOT / "tests" / "nlu"
LANGUAGES = ROOT / "translations" / "languages.yml"

# At least so many training examples of each intent, and test messages; more where a miss costs
# most. Four languages have fewer writers.
MINIMUM = 20
MINIMUM_IN = {"ckb": 12, "ti": 12, "am": 12, "so": 12}
MINIMUM_TESTS = 5
TIMES = {"emergency": 3, "out_of_scope": 3}
# In languages of another script at least this share of the examples is in Latin letters.
ROMANISED = 0.15
MINIMUM_NEAR_MISSES = 5

SCRIPTS = {
    "Arab": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Cyrl": "\u0400-\u052f",
    "Ethi": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = ("today", "tomorrow", "day_after_tomorrow")
LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
STATUSES = ("asylum_procedure", "tolerated", "recognised", "subsidiary", "section24")
KINDS = ("medical", "fire", "violence", "threat", "suicide", "child")


def contract() -> dict[str, Any]:
    """Return the contract."""
    loaded: dict[str, Any] = yaml.safe_load((HERE / "intents.yml").read_text("utf-8"))
    return loaded


def scripts() -> dict[str, str]:
    """Return language -> ISO 15924 code of its script."""
    raw = yaml.safe_load(LANGUAGES.read_text("utf-8"))
    return {code: about["script"] for code, about in raw.items()}


def places() -> tuple[str, ...]:
    """Return the municipalities that German lists name: the canonical values of ``place``."""
    return tuple(yaml.safe_load((HERE / "entities" / "de.yml").read_text("utf-8"))["place"])


def blocks(path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield (intent, example, metadata of its block) of one Rasa NLU file."""
    loaded = yaml.safe_load(path.read_text("utf-8"))
    # The list of known failures repeats test messages.
    for block in (loaded["nlu"] or []) if isinstance(loaded, dict) else []:
        for line in (block.get("examples") or "").splitlines():
            if line.strip():
                yield (
                    block["intent"],
                    line.strip().removeprefix("- ").strip(),
                    block.get("metadata") or {},
                )


def examples(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield (file, intent, example) of every Rasa NLU file in ``folder``."""
    for path in sorted(folder.glob("*.yml")):
        for intent, example, _ in blocks(path):
            yield path, intent, example


def plain(text: str) -> str:
    """Return ``text`` as duplicates are compared: no case, no punctuation, single spaces."""
    words = re.sub(r"[^\w\s]+", " ", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words.split()) or text


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def is_romanised(text: str, script: str) -> bool:
    """Return whether ``text`` of a language with this script is written without its letters."""
    return script != "Latn" and not re.search(f"[{SCRIPTS[script]}]", text)


def _foreign_script(text: str, script: str) -> str | None:
    """Return the script that the text must not be in, if it is."""
    for name, letters in SCRIPTS.items():
        if name != script and re.search(f"[{letters}]", text):
            return name
    return None


def check_language(language: str, intents: list[str]) -> list[str]:
    """Return the problems of one language."""
    script = scripts().get(language)
    if script is None:
        return [f"{language}: not in translations/languages.yml; add it there first"]
    problems: list[str] = []
    counts = {kind: dict.fromkeys(intents, 0) for kind in ("train", "tests")}
    near_misses = romanised = total = 0
    seen: dict[str, str] = {}
    sources = [
        ("train", DATA / language),
        ("calibration", CALIBRATION / language),
        ("tests", TESTS / language),
    ]
    for kind, folder in sources:
        for path, intent, example in examples(folder):
            where = f"{_short(path)}: {intent}"
            if intent not in intents:
                problems.append(f"{where}: not an intent of the contract; use one that is")
                continue
            if path.stem == "near_misses":
                near_misses += 1
            elif kind in counts:
                counts[kind][intent] += 1
            if kind == "train":
                total += 1
                romanised += is_romanised(example, script)
            if example.startswith("/"):
                problems.append(f"{where}: {example!r} starts with a slash; remove it")
            # Gibberish and greetings in any language are out of scope or talk everywhere.
            if (other := _foreign_script(example, script)) and intent != "out_of_scope":
                problems.append(f"{where}: {example!r} is in {other} script; move it")
            key = plain(example)
            if key in seen:
                problems.append(f"{where}: {example!r} is also in {seen[key]}; keep one")
            seen[key] = where
    problems += _counts(language, counts)
    if script != "Latn" and romanised < ROMANISED * total:
        wanted = f"{romanised} of {total} examples in Latin letters"
        problems.append(f"data/{language}: {wanted}; write {ROMANISED:.0%}")
    if near_misses < MINIMUM_NEAR_MISSES:
        problems.append(
            f"tests/nlu/{language}/near_misses.yml: {near_misses} messages; "
            f"write {MINIMUM_NEAR_MISSES} that sound alarming but are not"
        )
    return problems + _check_lists(language) + _check_phrases(language)


def _counts(language: str, counts: dict[str, dict[str, int]]) -> list[str]:
    minimum = {"train": MINIMUM_IN.get(language, MINIMUM), "tests": MINIMUM_TESTS}
    names = {"train": f"data/{language}", "tests": f"tests/nlu/{language}"}
    return [
        f"{names[kind]}: {intent}: {count} examples; write {wanted}"
        for kind, found in counts.items()
        for intent, count in found.items()
        if count < (wanted := minimum[kind] * TIMES.get(intent, 1))
    ]


def _check_lists(language: str) -> list[str]:
    problems: list[str] = []
    # Entity -> (canonical values, whether each needs words of its own in every language).
    allowed = {
        "weekday": (WEEKDAYS, True),
        "day": (DAYS, True),
        "language": (tuple(contract()["launch_languages"]), True),
        "centre": (("reutlingen", "muensingen", "dettingen"), True),
        "audience": (("women", "children", "young_people"), True),
        "childcare": (("wanted",), True),
        "status": (STATUSES, True),
        # "A1" itself is found by pattern.
        "level": (LEVELS, False),
        "place": (places(), True),
    }
    file = HERE / "entities" / f"{language}.yml"
    if not file.exists():
        return [f"entities/{language}.yml: missing; run lotse language add {language}"]
    lists = yaml.safe_load(file.read_text("utf-8")) or {}
    for entity, (values, needed) in allowed.items():
        for value in values:
            if needed and not (lists.get(entity) or {}).get(value):
                problems.append(f"entities/{language}.yml: {entity}: {value} has no words; add one")
        problems += [
            f"entities/{language}.yml: {entity}: {value} is not a canonical value; remove it"
            for value in lists.get(entity) or {}
            if value not in values
        ]
    problems += [
        f"entities/{language}.yml: {entity}: not an entity; remove it"
        for entity in lists
        if entity not in allowed
    ]
    return problems


def _check_phrases(language: str) -> list[str]:
    file = HERE / "emergency" / f"{language}.yml"
    if not file.exists():
        return [f"emergency/{language}.yml: missing; run lotse language add {language}"]
    phrases = yaml.safe_load(file.read_text("utf-8")) or {}
    problems = [
        f"emergency/{language}.yml: {kind}: fewer than five phrases; write more"
        for kind in KINDS
        if len(phrases.get(kind) or []) < 5
    ]
    return problems + [
        f"emergency/{language}.yml: {kind}: not a kind of emergency; use one of {', '.join(KINDS)}"
        for kind in phrases
        if kind not in KINDS
    ]


def check(languages: list[str] | None = None) -> list[str]:
    """Return the problems of ``languages``, all launch languages when none are named."""
    loaded = contract()
    return [
        problem
        for language in languages or loaded["launch_languages"]
        for problem in check_language(language, list(loaded["intents"]))
    ]


if __name__ == "__main__":
    found = check(sys.argv[1:])
    sys.stdout.write("\n".join([*found, f"understanding data: {len(found)} problems"]) + "\n")
    sys.exit(1 if found else 0)
