"""Every text is there in every language, and a broken one is named."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Message

from translations import check
from translations.catalogue import FIRST_STRONG_ISOLATE, POP_ISOLATE, say, template
from translations.languages import from_telegram, languages


def test_all_catalogues_are_complete_and_sound() -> None:
    assert check.check() == []


@pytest.mark.parametrize("language", languages())
def test_a_placeholder_is_isolated_from_the_text_around_it(language: str) -> None:
    text = say("centre.changed", language, centre="Münsingen")
    assert f"{FIRST_STRONG_ISOLATE}Münsingen{POP_ISOLATE}" in text


@pytest.mark.parametrize("language", languages())
def test_the_emergency_numbers_stand_in_every_language(language: str) -> None:
    text = say("emergency.text", language)
    for number in ("110", "112", "116117", "116 016", "0800 1110111", "116 111"):
        assert number in text


def test_a_text_missing_in_a_language_is_said_in_english() -> None:
    assert say("menu.book", "xx") == template()["menu.book"]


def source(english: str, comment: str = "") -> Message:
    return Message(english, context="some.key", auto_comments=[comment] if comment else [])


@pytest.mark.parametrize(
    ("english", "comment", "translated", "problem"),
    [
        ("Hello {name}", "", "Hallo {nam}", "placeholders"),
        ("Hello {name}", "", "Hallo {name", "brace"),
        ("Call 116 016", "", "Ruf 116 017 an", "116 016"),
        ("OK", "Button", "x" * 65, "64"),
        ("OK", "", "gut\u202e", "control"),
        ("OK", "", "gut\u2068", "isolate"),
    ],
)
def test_a_broken_translation_is_named(
    english: str, comment: str, translated: str, problem: str
) -> None:
    found = check.check_text(source(english, comment), translated)
    assert any(problem in one for one in found)


@pytest.mark.parametrize(
    ("code", "language"),
    [("de", "de"), ("en-US", "en"), ("fa-AF", "prs"), ("ku", "kmr"), ("pt-BR", None), (None, None)],
)
def test_telegrams_language_code_is_a_hint(code: str | None, language: str | None) -> None:
    assert from_telegram(code) == language
