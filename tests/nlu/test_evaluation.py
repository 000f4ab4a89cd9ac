"""The numbers of the language quality card mean what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluation import card, cases, measure
from nlu.evaluation.cases import Case
from nlu.evaluation.measure import Answer


def pair(intent: str, understood: str, *, kind: str = "plain", sure: float = 0.9, language="de"):
    answer = Answer(understood, sure, (understood, "help"), milliseconds=10.0)
    return Case(language, kind, intent, f"{intent} {understood} {kind}"), answer


PAIRS = [
    pair("emergency", "emergency"),
    pair("emergency", "ask_health", sure=0.4),
    pair("ask_health", "emergency", kind="near_misses"),
    pair("ask_work", "ask_work", kind="typos"),
    pair("ask_work", "ask_work", kind="romanised", language="ar"),
    pair("help", "greet", kind="romanised", language="ar", sure=0.2),
    pair("out_of_scope", "out_of_scope"),
    pair("greet", "out_of_scope"),
]


def test_shares_are_counted_per_kind_of_writing() -> None:
    score = measure.score(PAIRS)
    assert score.messages == 8
    assert score.accuracy == pytest.approx(4 / 8)
    assert score.among_three == pytest.approx(5 / 8)
    assert score.romanised == pytest.approx(1 / 2)
    assert score.typos == 1.0
    assert score.near_misses == 0.0
    assert score.emergency_recall == pytest.approx(1 / 2)
    assert score.false_alarms == pytest.approx(1 / 6)
    assert score.out_of_scope_f1 == pytest.approx(2 / 3)


def test_nothing_to_count_is_not_a_zero() -> None:
    score = measure.score([PAIRS[0]])
    assert score.romanised is None
    assert score.false_alarms is None
    assert card.number(None) == "–"


def test_confidence_is_compared_with_the_share_right() -> None:
    rows = measure.reliability(PAIRS)
    assert [(round(low, 1), count) for low, _, _, count in rows] == [(0.2, 1), (0.4, 1), (0.9, 6)]
    assert rows[-1][2] == pytest.approx(4 / 6)
    expected = (0.2 * 1 + 0.4 * 1 + (0.9 - 4 / 6) * 6) / 8
    assert measure.calibration_error(PAIRS) == pytest.approx(expected)


def test_the_card_names_every_language_and_what_is_taken_for_what() -> None:
    about = {
        "de": card.About("Deutsch", 100, reviewed=False, machine=True),
        "ar": card.About("العربية", 90, reviewed=True, machine=True),
    }
    text = card.page(PAIRS, about, "2026-11-22")
    assert "| Deutsch (de) |" in text
    assert "| العربية (ar) |" in text
    assert "| `ask_health` | `emergency` | 1 |" in text
    assert "2026-11-22" in text


def test_known_failures_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "ti").mkdir()
    failures = {'ናይ "ትካል" መን ኢኹም': "greet", "- yes: no": "deny"}
    cases.write_known_failures("ti", failures, tmp_path)
    read = cases.known_failures(["ti", "am"], tmp_path)
    assert read == {("ti", text): intent for text, intent in failures.items()}
