"""The quiet hours: nobody is woken for what can wait until morning."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from storage import clock

BEGIN, END = time(21), time(7)


def is_quiet(moment: datetime) -> bool:
    """Return whether ``moment`` lies from 21 to 7 in Berlin."""
    local = moment.astimezone(clock.BERLIN).time()
    return local >= BEGIN or local < END


def morning_after(moment: datetime) -> datetime:
    """Return 7:00 in Berlin after a quiet ``moment``, as UTC."""
    local = moment.astimezone(clock.BERLIN)
    day = local.date() + timedelta(days=local.time() >= BEGIN)
    return datetime.combine(day, END, clock.BERLIN).astimezone(UTC)


def evening_before(moment: datetime) -> datetime:
    """Return a quarter to 21 in Berlin before a quiet ``moment``, as UTC."""
    local = moment.astimezone(clock.BERLIN)
    day = local.date() - timedelta(days=local.time() < END)
    return datetime.combine(day, time(20, 45), clock.BERLIN).astimezone(UTC)
