"""Every text is there in every language, and is said in the reader's form of it."""

from __future__ import annotations

import re

import pytest

from translations import check
from translations.catalogue import COUNTED, FIRST_STRONG_ISOLATE, POP_ISOLATE, say, template
from translations.coverage import coverage
from translations.languages import from_telegram, languages

COUNTING = {key: forms[-1] for key, forms in template().items() if len(forms) > 1}


def plain(text: str) -> str:
    """Return a text without the invisible signs that keep its direction."""
    return text.translate(dict.fromkeys([0x200F, *map(ord, (FIRST_STRONG_ISOLATE, POP_ISOLATE))]))


def test_all_catalogues_are_complete_and_sound() -> None:
    assert check.check() == []


def test_fifteen_languages_are_translated_in_full() -> None:
    counted = coverage()
    assert [one.language for one in counted] == list(languages())
    assert len(counted) == 15
    assert {one.percent for one in counted} == {100}
    assert {one.translated for one in counted} == {len(template())}


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
    assert (say("menu.book", "xx"),) == template()["menu.book"]
    assert plain(say("offer.places", "xx", count=1)) == "1 place"
    assert plain(say("offer.places", "xx", count=0)) == "0 places"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("key", COUNTING)
def test_a_counted_text_can_be_said_for_every_number(key: str, language: str) -> None:
    names = set(re.findall(r"\{(\w+)\}", COUNTING[key]))
    counted = next(name for name in COUNTED if name in names)
    for number in (*range(25), 100, 101, 111, 1000):
        values = {name: number if name == counted else "Metzingen" for name in names}
        text = say(key, language, **values)
        assert "{" not in text
        assert number < 3 or str(number)[0] in text


@pytest.mark.parametrize(
    ("language", "key", "count", "said"),
    [
        ("de", "offer.places", 1, "1 Platz"),
        ("de", "offer.places", 12, "12 Plätze"),
        ("ar", "offer.places", 0, "لا توجد أماكن"),
        ("ar", "offer.places", 1, "مكان واحد"),
        ("ar", "offer.places", 2, "مكانان"),
        ("ar", "offer.places", 5, "5 أماكن"),
        ("ar", "offer.places", 11, "11 مكانًا"),
        ("ar", "offer.places", 100, "100 مكان"),
        ("ru", "offer.places", 1, "1 место"),
        ("ru", "offer.places", 22, "22 места"),
        ("ru", "offer.places", 11, "11 мест"),
        ("ru", "offer.places", 21, "21 место"),
        ("uk", "offer.found", 1, "Підходить 1 пропозиція"),
        ("uk", "offer.found", 3, "Підходять 3 пропозиції"),
        ("uk", "offer.found", 12, "Підходить 12 пропозицій"),
        ("fr", "offer.places", 0, "0 place"),
        ("fr", "offer.places", 2, "2 places"),
        ("ti", "offer.places", 1, "1 ቦታ"),
        ("ti", "offer.places", 2, "2 ቦታታት"),
    ],
)
def test_things_are_counted_as_the_language_does(
    language: str, key: str, count: int, said: str
) -> None:
    assert plain(say(key, language, count=count)) == said


def test_a_counted_text_without_its_number_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        say("offer.places", "de")


def test_big_numbers_are_written_as_in_the_language() -> None:
    said = {one: plain(say("input.too_long", one, limit=1000)) for one in ("de", "en", "ar", "fr")}
    assert "1.000 Zeichen" in said["de"]
    assert "1,000 characters" in said["en"]
    assert "1,000" in said["ar"]
    assert "1\u202f000 premiers" in said["fr"]


@pytest.mark.parametrize(
    ("code", "language"),
    [("de", "de"), ("en-US", "en"), ("fa-AF", "prs"), ("ku", "kmr"), ("pt-BR", None), (None, None)],
)
def test_telegrams_language_code_is_a_hint(code: str | None, language: str | None) -> None:
    assert from_telegram(code) == language
