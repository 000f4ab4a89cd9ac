"""The language quality card ``docs/language-quality.md`` as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from nlu.evaluation import measure
from nlu.evaluation.measure import Pair, Score

# What issue and mission ask for, shown beside what is measured.
AIMS = {
    "accuracy": 0.92,
    "romanised": 0.75,
    "typos": 0.88,
    "emergency_recall": 0.97,
    "false_alarms": 0.01,
    "out_of_scope_f1": 0.80,
}
COLUMNS = (
    ("accuracy", "accuracy"),
    ("among_three", "right one among three"),
    ("romanised", "in Latin letters"),
    ("typos", "with typos"),
    ("near_misses", "near misses"),
    ("emergency_recall", "emergencies heard"),
    ("false_alarms", "false alarms"),
    ("out_of_scope_f1", "out of scope (F1)"),
)
CONFUSIONS = 15


@dataclass(frozen=True)
class About:
    """What else the card says of a language."""

    name: str
    examples: int
    reviewed: bool
    machine: bool


def page(pairs: list[Pair], about: dict[str, About], measured_on: str) -> str:
    """Return the whole card.

    Args:
        pairs: every test message with what was understood.
        about: language code -> what else to say, in the order to list them.
        measured_on: the day, as ``YYYY-MM-DD``.
    """
    everything = measure.score(pairs)
    parts = [
        "# Language quality card\n",
        f"Written by `lotse evaluate` on {measured_on} from {everything.messages} test messages in "
        "`tests/nlu/`, none of which is a training example. No native speaker has reviewed a "
        "language unless the table says so: the messages were written by the project.\n",
        "## By language\n",
        _table(pairs, everything, about),
        "![Accuracy per language](pictures/language-quality.svg)\n",
        "## How much its confidence means\n",
        _reliability(pairs),
        "## What is taken for what\n",
        "![Confusion matrix](pictures/confusion.svg)\n",
        _confusions(pairs),
        "## Time\n",
        _time(pairs),
    ]
    return "\n".join(parts)


def number(value: float | None) -> str:
    """Return a share with two digits behind the point, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def _cells(score: Score) -> list[str]:
    cells = []
    for field, _ in COLUMNS:
        value = getattr(score, field)
        percent = field == "false_alarms" and value is not None
        cells.append(f"{value:.1%}" if percent else number(value))
    return cells


def _table(pairs: list[Pair], everything: Score, about: dict[str, About]) -> str:
    heads = ["", *(title for _, title in COLUMNS), "examples", "reviewed", "machine translation"]
    rows = [heads, ["---"] + ["--:"] * (len(heads) - 3) + ["---"] * 2]
    total = sum(one.examples for one in about.values())
    rows.append(["**all**", *_cells(everything), str(total), "", ""])
    for code, one in about.items():
        score = measure.score([pair for pair in pairs if pair[0].language == code])
        yes = ["yes" if flag else "no" for flag in (one.reviewed, one.machine)]
        rows.append([f"{one.name} ({code})", *_cells(score), str(one.examples), *yes])
    aims = [
        f"≤ {AIMS[field]:.0%}" if field == "false_alarms" else number(AIMS.get(field))
        for field, _ in COLUMNS
    ]
    rows.append(["*aim*", *aims, "", "", ""])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _reliability(pairs: list[Pair]) -> str:
    rows = ["| confidence | messages | mean confidence | right |", "|---|--:|--:|--:|"]
    for low, mean, right, count in measure.reliability(pairs):
        rows.append(f"| {low:.1f} to {low + 0.1:.1f} | {count} | {mean:.2f} | {right:.2f} |")
    error = measure.calibration_error(pairs)
    return "\n".join(rows) + f"\n\nExpected calibration error {error:.3f}.\n"


def _confusions(pairs: list[Pair]) -> str:
    found = sorted(measure.confusions(pairs).items(), key=lambda one: -one[1])[:CONFUSIONS]
    rows = ["| meant | understood | messages |", "|---|---|--:|"]
    rows += [f"| `{meant}` | `{understood}` | {count} |" for (meant, understood), count in found]
    return "\n".join(rows) + "\n"


def _time(pairs: list[Pair]) -> str:
    times = [answer.milliseconds for _, answer in pairs]
    half, most = measure.percentile(times, 0.5), measure.percentile(times, 0.95)
    return (
        f"A message took {half:.0f} ms in the middle and {most:.0f} ms at the 95th percentile, one "
        "after the other over HTTP, Rasa on one core.\n"
    )
