"""Dates and times read naturally in all launch languages, always in Berlin time and digits 0-9."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from centre import format
from translations import conventions
from translations.languages import languages

# 1 December 2026, 09:30 in Berlin: (day, day_short, date)
GOLDEN = {
    "de": ("Dienstag, 1. Dezember 2026", "Di., 1.12.", "1. Dezember 2026"),
    "en": ("Tuesday, 1 December 2026", "Tue 01/12", "1 December 2026"),
    "ar": ("الثلاثاء، 1 ديسمبر 2026", "الثلاثاء، 1 ديسمبر", "1 ديسمبر 2026"),
    "fa": ("سه‌شنبه 1 دسامبر 2026", "سه‌شنبه 1 دسامبر", "1 دسامبر 2026"),
    "prs": ("سه‌شنبه 1 دسمبر 2026", "سه‌شنبه 1 دسمبر", "1 دسمبر 2026"),
    "ps": ("درېنۍ د 2026 د دسمبر 1", "درېنۍ، دسمبر 1", "2026 دسمبر 1"),
    "kmr": ("sêşem, 1ê berfanbara 2026an", "sşm, 01.12", "1ê berfanbara 2026an"),
    "ckb": ("سێشەممە، 1ی کانونی یەکەمی 2026", "سێشەممە، 1ی کانونی یەکەم", "1ی کانونی یەکەمی 2026"),
    "tr": ("1 Aralık 2026 Salı", "1/12 Sal", "1 Aralık 2026"),
    "uk": ("вівторок, 1 грудня 2026\u202fр.", "вт, 01.12", "1 грудня 2026\u202fр."),
    "ru": ("вторник, 1 декабря 2026\u202fг.", "вт, 01.12", "1 декабря 2026\u202fг."),
    "fr": ("mardi 1 décembre 2026", "mar. 01/12", "1 décembre 2026"),
    "ti": ("ሰሉስ፣ 1 ታሕሳስ 2026", "ሰሉ፣ 1/12", "ታሕሳስ 1, 2026"),
    "so": ("Talaado, Diseembar 1, 2026", "Tldo, Dis 1", "Diseembar 1, 2026"),
    "am": ("ማክሰኞ 1 ዲሴምበር 2026", "ማክሰ፣ 1/12", "1 ዲሴምበር 2026"),
}
MOMENT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


def test_every_launch_language_has_a_golden_string() -> None:
    assert set(GOLDEN) == set(languages())


@pytest.mark.parametrize("language", GOLDEN)
def test_dates_read_naturally(language: str) -> None:
    assert GOLDEN[language] == (
        format.day(MOMENT, language),
        format.day_short(MOMENT, language),
        format.date(MOMENT, language),
    )


@pytest.mark.parametrize("language", GOLDEN)
def test_digits_are_latin_and_years_gregorian(language: str) -> None:
    every = "".join(f(MOMENT, language) for f in (format.day, format.day_short, format.date))
    assert all(digit in "0123456789" for digit in re.findall(r"\d", every))
    assert "2026" in format.day(MOMENT, language)
    assert "2026" in format.date(MOMENT, language)


@pytest.mark.parametrize("language", GOLDEN)
def test_times_have_24_hours(language: str) -> None:
    assert format.time(MOMENT, language) == "09:30"
    assert format.time(datetime(2026, 7, 1, 19, 5, tzinfo=UTC), language) == "21:05"


def test_the_day_is_the_one_in_berlin() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert format.date(late, "de") == "1. Dezember 2026"
    assert format.time(late, "de") == "00:30"
    assert format.date(date(2026, 11, 30), "de") == "30. November 2026"


def test_a_moment_without_time_zone_is_refused() -> None:
    naive = datetime(2026, 12, 1, 9, 30)
    for write in (format.day, format.day_short, format.date, format.time):
        with pytest.raises(ValueError, match="time zone"):
            write(naive, "de")


def test_an_unknown_language_is_written_as_english() -> None:
    assert format.day(MOMENT, "xx") == GOLDEN["en"][0]


def test_a_language_babel_lacks_is_written_as_english(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = replace(languages()["ti"], babel="qqq")
    monkeypatch.setattr(conventions, "languages", lambda: {"ti": lost})
    format.locale.cache_clear()
    try:
        assert format.date(MOMENT, "ti") == GOLDEN["en"][2]
    finally:
        format.locale.cache_clear()


def test_staff_read_the_name_of_a_language_in_theirs() -> None:
    assert format.language_name("ar", "de") == "Arabisch"
    assert format.language_name("prs", "de") == "Dari"
    assert format.language_name("kmr", "de") == "Kurdisch (Kurmancî)"
    assert format.language_name("ckb", "de") == "Zentralkurdisch"
    assert format.language_name("en", "de") == "Englisch"
    assert format.language_name("ti", "uk") == "тигринья"


def test_every_language_has_a_name_for_every_reader() -> None:
    for language in languages():
        for reader in languages():
            assert format.language_name(language, reader)
        assert format.language_name(language, language)
