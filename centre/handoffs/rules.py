"""How many are asked at once, how long they have, and what is too much: from the county's file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from centre import county

LOW, NORMAL, HIGH = URGENCIES = ("low", "normal", "high")
NEAR = {"prs": ("fa",), "fa": ("prs",)}
"""Languages so near to each other that who speaks one is asked in place of the other."""


@dataclass(frozen=True)
class Wave:
    """How many are asked at once, and how long they have."""

    size: int
    wait: timedelta


@dataclass(frozen=True)
class Rules:
    """What ``interpreting`` in the county's file says; times as lengths."""

    waves: dict[str, Wave]
    managers_wait: timedelta
    give_up_after: timedelta
    asks_per_day: int
    silence: timedelta
    ending: timedelta
    requests_per_hour: int
    words_per_minute: int


@cache
def rules() -> Rules:
    """Return the rules of this county."""
    found = county.configuration()["interpreting"]
    return Rules(
        waves={
            urgency: Wave(one["size"], timedelta(minutes=one["minutes"]))
            for urgency, one in found["waves"].items()
        },
        managers_wait=timedelta(minutes=found["managers_minutes"]),
        give_up_after=timedelta(hours=found["give_up_hours"]),
        asks_per_day=found["asks_per_day"],
        silence=timedelta(minutes=found["silence_minutes"]),
        ending=timedelta(minutes=found["ending_minutes"]),
        requests_per_hour=found["requests_per_hour"],
        words_per_minute=found["words_per_minute"],
    )
