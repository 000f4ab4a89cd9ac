"""When an offer takes place: recurrence (RFC 5545) and exceptions, right in summer and winter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from dateutil.rrule import rrule as Recurrence
from dateutil.rrule import rrulestr

from storage.clock import BERLIN

# What an offer may use of RFC 5545; the library alone is lenient, and some rules that it takes
# keep it busy for ever.
_DAYS = "(MO|TU|WE|TH|FR|SA|SU)"
_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}(T\d{6})?",
    "BYDAY": rf"([+-]?[1-5])?{_DAYS}(,([+-]?[1-5])?{_DAYS})*",
    "BYMONTHDAY": r"-?[1-9]\d?(,-?[1-9]\d?)*",
    "BYMONTH": r"[1-9]\d?(,[1-9]\d?)*",
    "BYSETPOS": r"-?[1-9](,-?[1-9])*",
    "WKST": _DAYS,
}
FAR_AHEAD = timedelta(days=730)


def check(starts: datetime, rule: str) -> None:
    """Refuse a rule that is none, or that leaves out its own first day.

    Args:
        starts: Berlin's local time of the first meeting.
        rule: the value of an ``RRULE``, without that word.

    Raises:
        ValueError: says what is wrong with it.
    """
    names = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS or not re.fullmatch(_PARTS[name], value):
            raise ValueError(f"rrule has no part {part!r}")
        names.append(name)
    if "FREQ" not in names or len(names) != len(set(names)):
        raise ValueError("rrule needs FREQ, and every part once")
    if {"COUNT", "UNTIL"} <= set(names):
        raise ValueError("rrule has COUNT or UNTIL, not both")
    try:
        first = next(iter(_recurrence(starts, rule)), None)
    except ValueError as error:
        raise ValueError(f"rrule: {error}") from None
    if first != starts:
        raise ValueError(f"rrule does not include the first day, {starts:%Y-%m-%d}")


def occurrences(
    starts: datetime,
    rule: str | None,
    except_on: Iterable[date],
    begin: datetime,
    end: datetime,
    limit: int | None = None,
) -> list[datetime]:
    """Return the beginnings from ``begin`` up to, but not including, ``end``, in order.

    Args:
        starts: Berlin's local time of the first meeting, without a time zone.
        rule: how it recurs, ``None`` for once.
        except_on: days on which it does not take place.
        begin: with a time zone.
        end: with a time zone.
        limit: at most so many.

    Returns:
        Moments in Berlin's time zone: a course at 9:30 is at 9:30 in summer and winter.
    """
    left_out = set(except_on)
    first, last = (moment.astimezone(BERLIN).replace(tzinfo=None) for moment in (begin, end))
    found: list[datetime] = []
    for local in [starts] if rule is None else _recurrence(starts, rule).xafter(first, inc=True):
        if local >= last or (limit is not None and len(found) >= limit):
            break
        if local >= first and local.date() not in left_out:
            found.append(local.replace(tzinfo=BERLIN))
    return found


def following(
    starts: datetime, rule: str | None, except_on: Iterable[date], now: datetime
) -> datetime | None:
    """Return the next beginning from ``now`` on, ``None`` when there is none in two years."""
    found = occurrences(starts, rule, except_on, now, now + FAR_AHEAD, limit=1)
    return found[0] if found else None


def weekdays(starts: datetime, rule: str | None) -> tuple[int, ...]:
    """Return the weekdays (Monday is 0) on which it takes place as a rule."""
    if rule is None:
        return (starts.weekday(),)
    soon = _recurrence(starts, rule).xafter(starts, count=14, inc=True)
    return tuple(sorted({local.weekday() for local in soon}))


def is_weekly(rule: str | None) -> bool:
    """Return whether it is the same every week, so that its weekdays say it all."""
    parts = dict(part.split("=") for part in (rule or "").split(";") if "=" in part)
    daily_on = parts.get("FREQ") == "DAILY" and parts.get("INTERVAL", "1") == "1"
    weekly = parts.get("FREQ") == "WEEKLY" and parts.get("INTERVAL", "1") == "1"
    return (weekly or daily_on) and "BYSETPOS" not in parts


@lru_cache(maxsize=2048)
def _recurrence(starts: datetime, rule: str) -> Recurrence:
    # A last day without a time is meant to be included; the library would end it at midnight.
    whole_day = re.sub(r"UNTIL=(\d{8})(?!T)", r"UNTIL=\1T235959", rule)
    found = rrulestr(whole_day, dtstart=starts)
    assert isinstance(found, Recurrence)
    return found
