"""The county's integration centres, from one configuration file."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from storage.errors import LotseError

EARTH_RADIUS_KM = 6371.0
FAR_AWAY_KM = 80.0


class UnknownCentre(LotseError):
    """There is no centre of that id; ``data`` lists the known ones."""

    code = "unknown_centre"


@dataclass(frozen=True)
class Centre:
    """One integration centre: its id, shown name, town coordinates (degrees) and places served."""

    id: str
    name: str
    location: tuple[float, float]
    places: tuple[str, ...]


@dataclass(frozen=True)
class Municipality:
    """One of the county's towns: its id, name and coordinates (degrees)."""

    id: str
    name: str
    location: tuple[float, float]


@cache
def configuration() -> dict[str, Any]:
    """Return the whole file; what a part of it means is told by whoever reads that part."""
    path = Path(os.environ.get("LOTSE_COUNTY", Path(__file__).with_name("county.yml")))
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def county_name() -> str:
    """Return the county's name as it calls itself."""
    return str(configuration()["county"])


@cache
def centres() -> dict[str, Centre]:
    """Return the configured centres by id, in the order of the file."""
    return {
        key: Centre(key, value["name"], tuple(value["location"]), tuple(value["places"]))
        for key, value in configuration()["centres"].items()
    }


def centre(centre_id: str) -> Centre:
    """Return one centre.

    Raises:
        UnknownCentre: no centre has that id.
    """
    try:
        return centres()[centre_id]
    except KeyError:
        raise UnknownCentre(centre=centre_id, known=list(centres())) from None


@cache
def municipalities() -> dict[str, Municipality]:
    """Return the county's municipalities by id; none when the configuration lists none."""
    return {
        key: Municipality(key, value["name"], tuple(value["location"]))
        for key, value in (configuration().get("municipalities") or {}).items()
    }


def nearest(latitude: float, longitude: float) -> Centre | None:
    """Return the centre nearest to a point (degrees), or ``None`` when all are over 80 km away."""
    found = min(centres().values(), key=lambda one: _kilometres(one.location, latitude, longitude))
    return found if _kilometres(found.location, latitude, longitude) <= FAR_AWAY_KM else None


def _kilometres(place: tuple[float, float], latitude: float, longitude: float) -> float:
    lat1, lon1, lat2, lon2 = map(math.radians, (*place, latitude, longitude))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
