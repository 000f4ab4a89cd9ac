"""The measurement (``make bench``) finds what it needs: it runs too seldom to fail there first."""

from __future__ import annotations

from bench import ours
from translations.languages import languages


def test_there_are_questions_in_every_language() -> None:
    asked = ours.questions(list(languages()))
    assert set(asked) == set(languages())
    assert all(len(some) > 20 for some in asked.values())
