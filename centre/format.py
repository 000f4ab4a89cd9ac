"""Dates, times, lists and names of languages as a person reads them: Berlin time, 24 hours, 0-9.

Babel knows all launch languages and writes Gregorian dates in Latin digits, for Arabic, Persian
and Pashto too; the tests hold it to that. What is chosen on purpose where its data is unfinished
stands with the reasons in ``translations/conventions.yml``; besides:

- A language Babel does not know is written as English, as the catalogue does with its words.
- On buttons a bare "12/1" can be read either way round by somebody who reads right to left or
  names the month first: these languages get the month's name there.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

from babel.dates import format_date, format_skeleton

from storage.clock import BERLIN
from translations.conventions import chosen, listing, locale, number, row
from translations.languages import languages

__all__ = [
    "date",
    "day",
    "day_short",
    "language_name",
    "listing",
    "locale",
    "number",
    "row",
    "time",
]

CLDR_LANGUAGE = {"prs": "fa_AF"}

Day = dt.date | dt.datetime


def day(moment: Day, language: str) -> str:
    """Return a date with its weekday, e.g. ``Dienstag, 1. Dezember 2026``.

    Args:
        moment: a calendar day, or a timezone-aware moment whose day in Berlin is meant.
        language: launch language of the reader.

    Raises:
        ValueError: the moment has no time zone.
    """
    pattern = chosen(language, "dates").get("day", "full")
    return format_date(_berlin_day(moment), pattern, locale(language))


def day_short(moment: Day, language: str) -> str:
    """Return a date for a button, e.g. ``Di., 1.12.`` (arguments and errors as :func:`day`)."""
    pattern = chosen(language, "dates").get("day_short")
    if pattern:
        return format_date(_berlin_day(moment), pattern, locale(language))
    skeleton = "MEd" if _numbers_are_plain(language) else "MMMEd"
    return format_skeleton(skeleton, _berlin_day(moment), locale=locale(language))


def date(moment: Day, language: str) -> str:
    """Return a date without weekday, e.g. ``1. Dezember 2026`` (see :func:`day`)."""
    return format_date(_berlin_day(moment), "long", locale(language))


def time(moment: dt.datetime, language: str) -> str:
    """Return the Berlin time of day as ``HH:MM``, the same in every ``language``.

    Raises:
        ValueError: the moment has no time zone.
    """
    return _in_berlin(moment).strftime("%H:%M")


def language_name(language: str, reader: str) -> str:
    """Return what ``language`` is called in the language of the ``reader``, e.g. ``Arabisch``.

    Where Babel has no exact word, the language's own name helps out, e.g. ``Kurdisch (Kurmancî)``.
    """
    names = locale(reader).languages
    exact = chosen(reader, "names").get(language)
    exact = exact or names.get(CLDR_LANGUAGE.get(language, language))
    known = languages().get(language)
    if exact or known is None:
        return str(exact or language)
    # "ku" alone is Kurdish as a whole to most readers, and Sorani is Kurdish too.
    broad = names.get("ku") if language == "kmr" and reader != "kmr" else None
    return f"{broad} ({known.name})" if broad else known.name


@cache
def _numbers_are_plain(language: str) -> bool:
    known = languages().get(language)
    pattern = str(locale(language).datetime_skeletons["MEd"].pattern)
    return not (known is not None and known.rtl) and pattern.index("d") < pattern.index("M")


def _berlin_day(moment: Day) -> dt.date:
    return _in_berlin(moment).date() if isinstance(moment, dt.datetime) else moment


def _in_berlin(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(BERLIN)
