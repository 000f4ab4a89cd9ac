"""Times as staff write them by hand: ``tomorrow 9-12``, ``3.12. 9:00-12:30``, ``mo-fr``."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cache

from babel.dates import get_day_names, get_month_names
from dateutil import tz

from centre.appointments.errors import TimeOrder, TimePast, TimeSkipped, TimeUnreadable
from storage import clock

During = tuple[datetime, datetime]

UNUSABLE = (TimeUnreadable, TimePast, TimeOrder, TimeSkipped)
# The longest day: the one on which summer time ends has 25 hours; no hours of work are longer.
DAY = timedelta(hours=23)

LONGEST = timedelta(days=366)
# A day without a year that lies this far back is meant in the next year.
HALF_A_YEAR = timedelta(days=180)
MOST_SIGNS = 100
READ_IN = ("de", "en")
RELATIVE = {
    **dict.fromkeys(("today", "heute"), 0),
    **dict.fromkeys(("tomorrow", "morgen"), 1),
    **dict.fromkeys(("übermorgen", "uebermorgen", "day after tomorrow"), 2),
}
OWN_WEEKDAYS = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_TO = re.compile(r"\s*(?:[-\u2010-\u2015\u2212]|\b(?:bis|to|until|till)\b)\s*")
_FILLERS = re.compile(r"(?<!\w)(?:uhr|von|vom|am|den|dem|ab|from|on|the|at|um|o'clock)(?!\w)|,")
_CLOCK = r"\d{1,2}(?:[:.]\d{2})?\s?h?"
_DAY = (
    r"\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}\.(?:\s?\d{1,2}\.?(?:\s?\d{4})?)?"
    r"|\d{1,2}\.?\s[^\W\d]+\.?(?:\s\d{4})?"
    r"|day after tomorrow|[^\W\d]+\.?"
)
_DIRECTION = re.compile("[\u2066-\u2069\u200e\u200f]")
_SPAN = re.compile(
    rf"(?P<first>{_DAY})(?:~(?P<last>{_DAY}))?(?:\s+(?P<start>{_CLOCK})~(?P<end>{_CLOCK}))?"
)
_MOMENT = re.compile(rf"(?P<day>{_DAY})\s+(?P<clock>{_CLOCK})")
_NUMBERS = re.compile(r"(\d{1,2})\.\s?(?:(\d{1,2})\.?)?(?:\s?(\d{4}))?")
_NAMED = re.compile(r"(\d{1,2})\.?\s([^\W\d]+)\.?(?:\s(\d{4}))?")


def spans(written: str) -> list[During]:
    """Read days, with or without hours, in German or English.

    Hours given for several days hold on each of them; without hours whole days are meant. An hour
    that comes twice when summer time ends is meant both times.

    Args:
        written: such as ``tomorrow 9-12``, ``24.12.-31.12.`` or ``mo-fr 13:00-14:30``.

    Returns:
        Beginning and end of each stretch (UTC), in order.

    Raises:
        TimeUnreadable: it is nothing of this kind, or longer than a year.
        TimePast: it is over.
        TimeOrder: it ends before it begins.
        TimeSkipped: it begins or ends in the hour that the change to summer time skips.
    """
    match = _SPAN.fullmatch(_plain(written))
    if match is None:
        raise TimeUnreadable
    first, last = _days(match["first"], match["last"])
    if last < first:
        raise TimeOrder
    if last - first > LONGEST:
        raise TimeUnreadable
    if match["start"] is None:
        found = [(_local(first, time()), _local(last + timedelta(days=1), time()))]
    else:
        found = [
            _hours(first + timedelta(days=number), match["start"], match["end"])
            for number in range((last - first).days + 1)
        ]
    if found[-1][1] <= clock.now():
        raise TimePast
    return [one for one in found if one[1] > clock.now()]


def until(written: str) -> list[During]:
    """Read days as :func:`spans`; ``until Friday`` is from today on, nothing is today."""
    plain = _plain(written)
    return spans(f"today{plain}" if plain.startswith("~") else plain or "today")


def moment(written: str) -> datetime:
    """Read a day and a time of day, such as ``3.12. 10:00``; errors as :func:`spans`."""
    match = _MOMENT.fullmatch(_plain(written))
    if match is None:
        raise TimeUnreadable
    found = _local(_day(match["day"], clock.today()), _clock(match["clock"]))
    if found <= clock.now():
        raise TimePast
    return found


def _plain(written: str) -> str:
    """Return what was written with one sign (``~``) for every way to say "to"."""
    # Copied from a text of ours, a time carries the signs that keep it readable there.
    words = " ".join(_DIRECTION.sub("", written).casefold().split())
    if len(words) > MOST_SIGNS:
        raise TimeUnreadable
    dates: list[str] = re.findall(r"\d{4}-\d{2}-\d{2}", words)
    for number, one in enumerate(dates):
        words = words.replace(one, f"\x00{number}\x00", 1)
    words = _TO.sub("~", _FILLERS.sub(" ", words))
    for number, one in enumerate(dates):
        words = words.replace(f"\x00{number}\x00", one)
    return re.sub(r"\s*~\s*", "~", " ".join(words.split()))


def _days(first: str, last: str | None) -> tuple[date, date]:
    if last is None:
        if re.fullmatch(r"\d{1,2}\.", first):
            raise TimeUnreadable
        day = _day(first, clock.today())
        return day, day
    if re.fullmatch(r"\d{1,2}\.", first):
        # "24.-31.12.": the month stands once, behind.
        end = _day(last, clock.today())
        return _real(end.year, end.month, int(first[:-1])), end
    begin = _day(first, clock.today())
    return begin, _day(last, begin)


def _day(written: str, base: date) -> date:
    """Return a day on or after ``base``; an earlier one only where it says so itself."""
    if written in RELATIVE:
        return clock.today() + timedelta(days=RELATIVE[written])
    weekday = _weekdays().get(written.rstrip("."))
    if weekday is not None:
        return base + timedelta(days=(weekday - base.weekday()) % 7)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        return _real(*map(int, written.split("-")))
    if (match := _NUMBERS.fullmatch(written)) and match[2]:
        return _near(int(match[1]), int(match[2]), match[3], base)
    if (match := _NAMED.fullmatch(written)) and match[2] in _months():
        return _near(int(match[1]), _months()[match[2]], match[3], base)
    raise TimeUnreadable


def _near(day: int, month: int, year: str | None, base: date) -> date:
    if year is not None:
        return _real(int(year), month, day)
    this = _real(base.year, month, day)
    return this if base - this < HALF_A_YEAR else _real(base.year + 1, month, day)


def _real(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise TimeUnreadable from None
    if found > clock.today() + 2 * LONGEST:
        raise TimeUnreadable
    return found


def _hours(day: date, start: str, end: str) -> During:
    whole = end.rstrip(" h") in ("24", "24:00", "24.00")
    begin = _clock(start)
    if not whole and _clock(end) <= begin:
        raise TimeOrder
    last = _local(day + timedelta(days=1), time()) if whole else _local(day, _clock(end), fold=1)
    return _local(day, begin), last


def _clock(written: str) -> time:
    hour, _, minute = written.rstrip(" h").replace(".", ":").partition(":")
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        raise TimeUnreadable from None


def _local(day: date, at: time, fold: int = 0) -> datetime:
    here = datetime.combine(day, at, clock.BERLIN).replace(fold=fold)
    if not tz.datetime_exists(here):
        raise TimeSkipped
    return clock.utc(here)


@cache
def _weekdays() -> dict[str, int]:
    return OWN_WEEKDAYS | {
        name.casefold().rstrip("."): number
        for language in READ_IN
        for width in ("wide", "abbreviated", "short")
        for number, name in get_day_names(width, locale=language).items()
    }


@cache
def _months() -> dict[str, int]:
    return {
        name.casefold().rstrip("."): number
        for language in READ_IN
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }
