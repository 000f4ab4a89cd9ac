"""Nonsense that a model gives back fluently is not shown."""

from __future__ import annotations

import pytest

from translations.machine.guards import doubt, translatable

GERMAN = "Bitte bringen Sie Ihren Ausweis und den Brief vom Amt zu dem Termin mit."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "👍👍",
        "12:30",
        "07121 480-1234",
        "https://beispiel.de/a",
        "…!?",
        "901",
        "Jobcenter",
    ],
)
def test_nothing_to_translate(text: str) -> None:
    assert not translatable(text)


@pytest.mark.parametrize("text", ["Ja", "سلام", "ሰላም", "Termin 12:30?", "👍 danke"])
def test_words_are_something_to_translate(text: str) -> None:
    assert translatable(text)


@pytest.mark.parametrize(
    ("original", "translated", "target", "why"),
    [
        (GERMAN, "", "en", "empty"),
        (GERMAN, "…", "en", "empty"),
        (GERMAN, "Please", "en", "too_short"),
        (
            "Ja.",
            "Yes of course, and please bring all of your papers to the office today.",
            "en",
            "too_long",
        ),
        (GERMAN, "please please please please please bring the letter", "en", "repetition"),
        (GERMAN, "the letter of the letter of the letter of the letter of the", "en", "repetition"),
        (GERMAN, "Please bring your passport and the letter of the office.", "fa", "wrong_script"),
        (GERMAN, "لطفا کارت شناسایی خود را بیاورید", "en", "wrong_script"),
        (GERMAN, GERMAN, "en", "untranslated"),
        (GERMAN, GERMAN.lower() + " please", "en", "untranslated"),
        ("Guten Tag", "guten Tag!", "en", "untranslated"),
    ],
)
def test_what_is_doubtful(original: str, translated: str, target: str, why: str) -> None:
    assert doubt(original, translated, target) == why


@pytest.mark.parametrize(
    ("original", "translated", "target"),
    [
        (GERMAN, "Please bring your identity card and the letter to the appointment.", "en"),
        (GERMAN, "لطفا کارت شناسایی و نامه اداره را به قرار ملاقات بیاورید.", "fa"),
        ("Hallo", "Hallo", "fr"),
        ("Nein, nein, nein, nein!", "No, no, no, no!", "en"),
        ("Ja", "Oui", "fr"),
        ("Gehen Sie zum Jobcenter Reutlingen.", "به (Jobcenter Reutlingen) بروید.", "fa"),
        ("Danke", "Щиро дякую вам", "uk"),
    ],
)
def test_what_can_be_shown(original: str, translated: str, target: str) -> None:
    assert doubt(original, translated, target) is None


@pytest.mark.parametrize("text", ["a " * 10_000, "x" * 20_000, "wort, " * 3_000])
def test_no_text_keeps_it_busy(text: str) -> None:
    assert doubt(text, text, "fa") in ("untranslated", "repetition", "wrong_script")
