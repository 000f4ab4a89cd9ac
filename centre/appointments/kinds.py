"""The kinds of appointment and the rules of booking, from the county's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from centre import county
from storage.errors import LotseError

AT_CENTRE, REMOTE, AT_HOME = "centre", "remote", "home"
DEFAULT_KIND = "follow_up"


class UnknownKind(LotseError):
    """There is no appointment of that kind; ``data`` lists the known ones."""

    code = "unknown_kind"


@dataclass(frozen=True)
class Kind:
    """A kind of appointment: how long it takes and where it happens.

    ``place`` is ``centre`` (needs a room where the centre has listed rooms), ``remote`` (phone,
    video) or ``home``.
    """

    name: str
    length: timedelta
    place: str


@dataclass(frozen=True)
class Rules:
    """When a time may be booked at all; a manager's own settings go before these."""

    notice: timedelta
    """At least this long before the beginning."""
    horizon: timedelta
    """At most this far ahead."""
    hold: timedelta
    """How long a chosen time waits for the person to finish."""
    most: int
    """Upcoming appointments per person."""
    region: str
    """Whose public holidays hold: a subdivision of Germany, ``BW``."""


@cache
def kinds() -> dict[str, Kind]:
    """Return the configured kinds by name, in the order they are offered."""
    return {
        name: Kind(name, timedelta(minutes=one["minutes"]), one["place"])
        for name, one in _configuration()["kinds"].items()
    }


def kind(name: str) -> Kind:
    """Return one kind.

    Raises:
        UnknownKind: there is none of that name.
    """
    try:
        return kinds()[name]
    except KeyError:
        raise UnknownKind(kind=name, known=list(kinds())) from None


@cache
def rules() -> Rules:
    """Return the county's rules of booking."""
    found = _configuration()
    return Rules(
        notice=timedelta(minutes=found["notice_minutes"]),
        horizon=timedelta(days=found["horizon_days"]),
        hold=timedelta(minutes=found["hold_minutes"]),
        most=found["most_per_person"],
        region=found["holidays"],
    )


def _configuration() -> dict[str, Any]:
    found: dict[str, Any] = county.configuration()["appointments"]
    return found
