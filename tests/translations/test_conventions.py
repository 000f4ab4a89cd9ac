"""Plurals, lists, numbers and dates: Babel's where it knows, chosen with a reason where not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from babel import Locale

from centre import format
from translations import conventions
from translations.languages import languages

# What our rules leave out on purpose: fractions and millions, which nobody counts here.
COUNTABLE = (*range(1100), 10_000, 99_999)
FORMS = {"ar": 6, "ru": 3, "uk": 3}
# One, two and three things in a sentence.
LISTS = {
    "de": ("A", "A und B", "A, B und C"),
    "en": ("A", "A and B", "A, B and C"),
    "ar": ("A", "A وB", "A وB وC"),
    "fa": ("A", "A و B", "A، B و C"),
    "prs": ("A", "A و B", "A، B و C"),
    "ps": ("A", "A او B", "A، B، او C"),
    "kmr": ("A", "A û B", "A, B û C"),
    "ckb": ("A", "A و B", "A، B و C"),
    "tr": ("A", "A ve B", "A, B ve C"),
    "uk": ("A", "A і B", "A, B і C"),
    "ru": ("A", "A и B", "A, B и C"),
    "fr": ("A", "A et B", "A, B et C"),
    "ti": ("A", "A፣ B", "A፣ B፣ C"),
    "so": ("A", "A iyo B", "A, B iyo C"),
    "am": ("A", "A እና B", "A፣ B እና C"),
}


@pytest.mark.parametrize("language", languages())
def test_a_plural_rule_tells_apart_what_babel_tells_apart(language: str) -> None:
    babel = Locale.parse(languages()[language].babel).plural_form
    together: dict[str, set[int]] = {}
    for number in COUNTABLE:
        together.setdefault(babel(number), set()).add(conventions.plural_form(number, language))
    assert all(len(forms) == 1 for forms in together.values())
    used = set.union(*together.values())
    assert used == set(range(conventions.plurals(language)))
    assert len(together) == len(used) == FORMS.get(language, 2)


@pytest.mark.parametrize(("number", "form"), [(0, 0), (1, 0), (2, 1), (11, 1)])
@pytest.mark.parametrize("language", ["ti", "am", "fa", "prs"])
def test_nothing_counts_like_one_thing(language: str, number: int, form: int) -> None:
    assert conventions.plural_form(number, language) == form


@pytest.mark.parametrize(("number", "form"), [(0, 1), (1, 0), (2, 1), (11, 1)])
@pytest.mark.parametrize("language", ["ckb", "kmr", "ps", "so", "tr"])
def test_nothing_counts_like_many_things(language: str, number: int, form: int) -> None:
    assert conventions.plural_form(number, language) == form


def test_every_choice_has_its_reason() -> None:
    chosen = yaml.safe_load(Path(conventions.__file__).with_suffix(".yml").read_text("utf-8"))
    assert set(chosen) == set(languages())
    for language, choices in chosen.items():
        for what, choice in choices.items():
            assert choice.get("why"), (language, what)


def test_a_language_that_is_being_added_counts_as_babel_does() -> None:
    assert conventions.plurals("pl") == 4
    assert conventions.plural_forms("xx") == conventions.plural_forms("yy")
    assert [conventions.plural_form(n, "pl") for n in (1, 3, 5)] == [0, 1, 2]


@pytest.mark.parametrize("language", LISTS)
def test_a_list_reads_as_part_of_a_sentence(language: str) -> None:
    things = ["A", "B", "C"]
    assert tuple(format.listing(things[:n], language) for n in (1, 2, 3)) == LISTS[language]
    assert format.listing([], language) == ""


def test_every_launch_language_has_a_golden_list() -> None:
    assert set(LISTS) == set(languages())


@pytest.mark.parametrize("language", languages())
def test_what_is_listed_comes_out_unchanged(language: str) -> None:
    things = ["{0} {x}", "⁨Café „Welt“⁩", "100 %", "A1"]
    for joined in (format.listing(things, language), format.row(things, language)):
        assert all(one in joined for one in things)
        assert not re.search("[\u200e\u200f\u061c\u202a-\u202e]", joined)


def test_a_row_has_the_comma_of_the_script() -> None:
    assert format.row(["A", "B"], "de") == "A, B"
    assert format.row(["A", "B"], "ckb") == "A، B"
    assert format.row(["A", "B"], "ti") == "A፣ B"
    assert format.row(["A", "B"], "xx") == "A, B"


@pytest.mark.parametrize("language", languages())
def test_numbers_have_latin_digits(language: str) -> None:
    assert format.number(999, language) == "999"
    assert re.sub(r"[.,\u00a0\u202f]", "", format.number(12345, language)) == "12345"
    assert format.number(12345, language) != "12345"


@pytest.mark.parametrize("reader", languages())
def test_no_two_languages_have_one_name(reader: str) -> None:
    names = [format.language_name(one, reader) for one in languages()]
    assert len(set(names)) == len(languages())


@pytest.mark.parametrize(
    ("language", "reader", "name"),
    [
        ("prs", "so", "Dari"),
        ("ckb", "so", "Kurdishka (Sorani)"),
        ("tr", "so", "Turki"),
        ("prs", "ps", "دري"),
        ("prs", "fa", "دری"),
        ("ckb", "kmr", "kurdî (soranî)"),
    ],
)
def test_a_name_babel_lacks_is_chosen(language: str, reader: str, name: str) -> None:
    assert format.language_name(language, reader) == name
