"""From cases and answers to the numbers of the language quality card."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nlu.evaluation.cases import Case

EMERGENCY = "emergency"
OUT_OF_SCOPE = "out_of_scope"
BINS = 10


@dataclass(frozen=True)
class Answer:
    """What was understood: the intent, how sure (0 to 1), the ranking, the time it took."""

    intent: str
    confidence: float
    ranking: tuple[str, ...] = ()
    milliseconds: float = 0.0
    right: float = 0.0
    """How sure it is of the right intent (0 when not ranked)."""


Pair = tuple[Case, Answer]


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1; ``None`` where there is nothing to count."""

    messages: int
    accuracy: float | None
    among_three: float | None
    romanised: float | None
    typos: float | None
    near_misses: float | None
    emergency_recall: float | None
    false_alarms: float | None
    out_of_scope_f1: float | None


def share(hits: Iterable[bool]) -> float | None:
    """Return the share of true values, ``None`` of nothing."""
    values = list(hits)
    return sum(values) / len(values) if values else None


def score(pairs: list[Pair]) -> Score:
    """Return the numbers of these messages."""

    def accuracy(chosen: Callable[[Case], bool]) -> float | None:
        return share(answer.intent == case.intent for case, answer in pairs if chosen(case))

    return Score(
        messages=len(pairs),
        accuracy=accuracy(lambda case: True),
        among_three=share(case.intent in answer.ranking[:3] for case, answer in pairs),
        romanised=accuracy(lambda case: case.kind == "romanised"),
        typos=accuracy(lambda case: case.kind == "typos"),
        near_misses=accuracy(lambda case: case.kind == "near_misses"),
        emergency_recall=accuracy(lambda case: case.intent == EMERGENCY),
        false_alarms=share(
            answer.intent == EMERGENCY for case, answer in pairs if case.intent != EMERGENCY
        ),
        out_of_scope_f1=f1(pairs, OUT_OF_SCOPE),
    )


def f1(pairs: list[Pair], intent: str) -> float | None:
    """Return the harmonic mean of precision and recall of ``intent``."""
    both = sum(case.intent == answer.intent == intent for case, answer in pairs)
    either = sum((case.intent == intent) + (answer.intent == intent) for case, answer in pairs)
    return 2 * both / either if either else None


def reliability(pairs: list[Pair]) -> list[tuple[float, float, float, int]]:
    """Return (lower bound, mean confidence, share right, messages) per tenth of confidence."""
    rows = []
    for step in range(BINS):
        inside = [
            (answer.confidence, answer.intent == case.intent)
            for case, answer in pairs
            if step == min(int(answer.confidence * BINS), BINS - 1)
        ]
        if inside:
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            right = sum(hit for _, hit in inside) / len(inside)
            rows.append((step / BINS, mean, right, len(inside)))
    return rows


def calibration_error(pairs: list[Pair]) -> float:
    """Return how far confidence and share right lie apart, weighted by messages (ECE)."""
    rows = reliability(pairs)
    return sum(abs(mean - right) * count for _, mean, right, count in rows) / max(len(pairs), 1)


def confusions(pairs: list[Pair]) -> dict[tuple[str, str], int]:
    """Return (meant, understood) -> messages, for all that were not understood."""
    found: dict[tuple[str, str], int] = {}
    for case, answer in pairs:
        if case.intent != answer.intent:
            key = (case.intent, answer.intent)
            found[key] = found.get(key, 0) + 1
    return found


def percentile(values: list[float], rank: float) -> float:
    """Return the value below which the share ``rank`` of ``values`` lies."""
    return sorted(values)[min(int(rank * len(values)), len(values) - 1)]
