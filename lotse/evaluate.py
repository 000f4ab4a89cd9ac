"""``lotse evaluate``: every test message through the real pipeline, and what came of it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from lotse import doors
from lotse.settings import ROOT, Settings
from nlu import check
from nlu.evaluation import card, cases, measure
from nlu.evaluation.measure import Answer, Pair
from translations.languages import languages

CARD = ROOT / "docs" / "language-quality.md"
PICTURES = ROOT / "docs" / "pictures"
PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
# A known failure is one that is wrong by a clear margin: borderline ones differ by machine.
CLEARLY = 0.3


async def ask(settings: Settings, chosen: list[str]) -> list[Pair]:
    """Return every test message of the languages ``chosen`` with what Rasa understood."""
    tests = cases.load(chosen)
    lines = io.StringIO(
        "".join(json.dumps({"text": one.text, "lang": one.language}) + "\n" for one in tests)
    )
    out = io.StringIO()
    await doors.understand(settings, lines, out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    return [(case, _answer(case, said)) for case, said in zip(tests, answers, strict=True)]


def _answer(case: cases.Case, said: dict[str, Any]) -> Answer:
    ranking = {one["intent"]: one["confidence"] for one in said["ranking"]}
    return Answer(
        intent=said["intent"],
        confidence=said["confidence"],
        ranking=tuple(ranking),
        milliseconds=said["ms"],
        right=ranking.get(case.intent, 0.0),
    )


def clear_failures(pairs: list[Pair]) -> dict[str, dict[str, str]]:
    """Return language -> text -> wrong intent, for what is misunderstood by a clear margin."""
    found: dict[str, dict[str, str]] = {}
    for case, answer in pairs:
        if answer.intent != case.intent and answer.confidence - answer.right >= CLEARLY:
            found.setdefault(case.language, {})[case.text] = answer.intent
    return found


def about() -> dict[str, card.About]:
    """Return what the card says of each language beside the numbers."""
    reviews = yaml.safe_load((ROOT / "nlu" / "reviews.yml").read_text("utf-8")) or {}
    return {
        code: card.About(
            name=one.name,
            examples=sum(1 for _ in check.examples(check.DATA / code)),
            reviewed=code in reviews,
            machine=one.argos is not None,
        )
        for code, one in languages().items()
    }


def write(pairs: list[Pair], day: str, path: Path = CARD, pictures: Path = PICTURES) -> None:
    """Write the card and its pictures, and list what is clearly misunderstood.

    Args:
        pairs: all languages' messages with their answers.
        day: the day of the measurement, ``YYYY-MM-DD``.
        path: the card.
        pictures: folder of the pictures.

    Raises:
        subprocess.CalledProcessError: the pictures could not be drawn.
    """
    path.write_text(card.page(pairs, about(), day), "utf-8")
    by_language = {
        code: measure.score([pair for pair in pairs if pair[0].language == code]).accuracy
        for code in languages()
    }
    drawn = {
        "languages": {code: value for code, value in by_language.items() if value is not None},
        "aim": card.AIMS["accuracy"],
        "intents": list(check.contract()["intents"]),
        "confusions": [[*key, count] for key, count in measure.confusions(pairs).items()],
    }
    subprocess.run(
        [str(PYTHON), "-m", "nlu.evaluation.pictures", str(pictures)],
        input=json.dumps(drawn),
        text=True,
        cwd=ROOT,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    failures = clear_failures(pairs)
    for code in languages():
        cases.write_known_failures(code, failures.get(code, {}))


def summary(pairs: list[Pair]) -> str:
    """Return the most important numbers and every misunderstood message, for the terminal."""
    score = measure.score(pairs)
    lines = [f"{title}: {card.number(getattr(score, field))}" for field, title in card.COLUMNS]
    wrong = [
        f"{case.language} {case.kind} {case.intent} -> {answer.intent}: {case.text}"
        for case, answer in pairs
        if case.intent != answer.intent
    ]
    return "\n".join([*wrong, *lines])


def today() -> str:
    """Return the day in UTC as ``YYYY-MM-DD``."""
    return time.strftime("%Y-%m-%d", time.gmtime())
