"""A course is at the same time of day in summer and winter, and not on its free days."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from knowledge_base import schedule

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 23, 9, 30)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)


def test_half_past_nine_stays_half_past_nine_when_the_clocks_change() -> None:
    found = schedule.occurrences(
        MONDAY, "FREQ=WEEKLY;BYDAY=MO", [], berlin(2026, 3, 1), berlin(2026, 4, 7)
    )
    assert [one.isoformat() for one in found] == [
        "2026-03-23T09:30:00+01:00",
        "2026-03-30T09:30:00+02:00",
        "2026-04-06T09:30:00+02:00",
    ]


def test_it_does_not_take_place_on_its_exceptions() -> None:
    found = schedule.occurrences(
        MONDAY,
        "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4",
        [date(2026, 3, 25)],
        berlin(2026, 3, 1),
        berlin(2026, 5, 1),
    )
    assert [one.date().isoformat() for one in found] == ["2026-03-23", "2026-03-30", "2026-04-01"]


def test_the_last_day_is_included() -> None:
    found = schedule.occurrences(
        MONDAY, "FREQ=WEEKLY;UNTIL=20260406", [], berlin(2026, 4, 1), berlin(2027, 1, 1)
    )
    assert found == [berlin(2026, 4, 6, 9, 30)]


def test_what_happens_once_is_over_afterwards() -> None:
    before, after = berlin(2026, 3, 23, 9, 30), berlin(2026, 3, 23, 9, 31)
    assert schedule.following(MONDAY, None, [], before) == berlin(2026, 3, 23, 9, 30)
    assert schedule.following(MONDAY, None, [], after) is None


def test_the_third_thursday_of_a_month() -> None:
    starts = datetime(2026, 11, 19, 18, 0)
    found = schedule.following(starts, "FREQ=MONTHLY;BYDAY=3TH", [], berlin(2026, 11, 20))
    assert found == berlin(2026, 12, 17, 18, 0)


@pytest.mark.parametrize(
    ("rule", "days", "weekly"),
    [
        (None, (0,), False),
        ("FREQ=WEEKLY;BYDAY=MO,WE", (0, 2), True),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", (0, 4), False),
        ("FREQ=DAILY;BYDAY=MO,TU", (0, 1), True),
        ("FREQ=MONTHLY;BYDAY=4MO", (0,), False),
    ],
)
def test_weekdays_are_told(rule: str | None, days: tuple[int, ...], weekly: bool) -> None:
    assert schedule.weekdays(MONDAY, rule) == days
    assert schedule.is_weekly(rule) is weekly


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("every week", "no part 'every week'"),
        ("FREQ=SECONDLY", "no part 'FREQ=SECONDLY'"),
        ("BYDAY=MO", "needs FREQ"),
        ("FREQ=WEEKLY;FREQ=DAILY", "every part once"),
        ("FREQ=WEEKLY;INTERVAL=0", "no part 'INTERVAL=0'"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20261231", "not both"),
        ("FREQ=WEEKLY;UNTIL=20261399", "rrule:"),
        ("FREQ=WEEKLY;BYDAY=TU", "does not include the first day, 2026-03-23"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "does not include the first day"),
        ("FREQ=WEEKLY\nDTSTART:20200101T000000", "no part"),
    ],
)
def test_a_wrong_rule_is_refused(rule: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        schedule.check(MONDAY, rule)
