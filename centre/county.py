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
IN_TOWN_KM = 8.0


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
class OwnManagement:
    """Who advises people of a municipality that does this itself: name and page of the office."""

    name: str
    url: str


@dataclass(frozen=True)
class Municipality:
    """One of the county's towns: its id, name, coordinates (degrees) and centre.

    ``own`` is there where the municipality organises its integration management itself.
    """

    id: str
    name: str
    location: tuple[float, float]
    centre: str | None = None
    own: OwnManagement | None = None


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


def centre_name(centre_id: str) -> str:
    """Return what a centre is called; the id itself where it is configured no more."""
    known = centres().get(centre_id)
    return known.name if known is not None else centre_id


@cache
def municipalities() -> dict[str, Municipality]:
    """Return the county's municipalities by id; none when the configuration lists none."""
    return {
        key: Municipality(
            key, value["name"], tuple(value["location"]), value.get("centre"), _own(value)
        )
        for key, value in (configuration().get("municipalities") or {}).items()
    }


def _own(municipality: dict[str, Any]) -> OwnManagement | None:
    found = municipality.get("own_management")
    return OwnManagement(found["name"], found["url"]) if found else None


def nearest(latitude: float, longitude: float) -> Centre | None:
    """Return the centre nearest to a point (degrees), or ``None`` when all are over 80 km away."""
    found = min(centres().values(), key=lambda one: _kilometres(one.location, latitude, longitude))
    return found if _kilometres(found.location, latitude, longitude) <= FAR_AWAY_KM else None


def place_at(latitude: float, longitude: float) -> Municipality | None:
    """Return the municipality whose middle is nearest to a point (degrees), within 8 km."""
    near = [
        (_kilometres(one.location, latitude, longitude), one.id)
        for one in municipalities().values()
    ]
    away, found = min(near, default=(FAR_AWAY_KM, ""))
    return municipalities()[found] if away <= IN_TOWN_KM else None


def _kilometres(place: tuple[float, float], latitude: float, longitude: float) -> float:
    lat1, lon1, lat2, lon2 = map(math.radians, (*place, latitude, longitude))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
