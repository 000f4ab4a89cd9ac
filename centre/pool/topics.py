"""What somebody can need an interpreter for, and what volunteers do not do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

SOURCE = Path(__file__).with_name("topics.yml")
OTHER = "other"


@cache
def topics() -> dict[str, bool]:
    """Return every topic, in the order of the buttons, and whether it is outside the pool."""
    found = yaml.safe_load(SOURCE.read_text("utf-8"))
    return {one["id"]: bool(one.get("outside")) for one in found}


def is_outside(topic: str | None) -> bool:
    """Return whether volunteers do not interpret for this topic."""
    return topics().get(topic or OTHER, False)


def inside() -> list[str]:
    """Return the topics that volunteers interpret for, in the order of the buttons."""
    return [topic for topic, beyond in topics().items() if not beyond]


def outside() -> list[str]:
    """Return the topics that are not for volunteers."""
    return [topic for topic, beyond in topics().items() if beyond]
