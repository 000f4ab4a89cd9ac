"""The one clock: UTC everywhere, adjustable for tests and demonstrations only."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")

_shift = timedelta()


def _initial_shift() -> timedelta:
    fixed = os.environ.get("LOTSE_NOW")
    if not fixed:
        return timedelta()
    start = datetime.fromisoformat(fixed)
    if start.tzinfo is None:
        start = start.replace(tzinfo=BERLIN)
    return start - datetime.now(UTC)


_shift = _initial_shift()


def now() -> datetime:
    """Return the current moment in UTC, moved by ``LOTSE_NOW`` and :func:`advance`."""
    return datetime.now(UTC) + _shift


def today() -> date:
    """Return the present day in Berlin."""
    return now().astimezone(BERLIN).date()


def utc(moment: datetime | None) -> datetime:
    """Return a moment that is there by contract (the bound of a closed range) in UTC.

    Raises:
        ValueError: it is not there.
    """
    if moment is None:
        raise ValueError("this range has no end")
    return moment.astimezone(UTC)


def shift() -> timedelta:
    """Return how far this clock runs ahead of the machine's."""
    return _shift


def advance(by: timedelta) -> None:
    """Move this process's clock forward by ``by``; demonstrations and tests only."""
    global _shift
    _shift += by


def set_now(moment: datetime) -> None:
    """Make the clock read ``moment`` (timezone-aware) now and run on from there."""
    global _shift
    _shift = moment - datetime.now(UTC)
