"""From a stored update back to what the person did, for every channel."""

from __future__ import annotations

from typing import Any

from bot.incoming import Incoming
from bot.telegram import parse
from translations.languages import languages


def restore(channel: str, content: dict[str, Any], username: str | None = None) -> Incoming:
    """Return what a stored update means.

    Args:
        channel: ``telegram`` (a raw Bot API update), ``web`` or ``script`` (``text``, ``tap`` or
            ``location``, optionally ``lang`` and ``centre``).
        content: the stored update; nonsense becomes ``ignored``.
        username: the bot's own, to know when a group speaks to it.
    """
    if channel == "telegram":
        return parse.incoming(content, username)
    language = content.get("lang") if content.get("lang") in languages() else None
    centre = content.get("centre") if isinstance(content.get("centre"), str) else None
    if isinstance(content.get("text"), str):
        return Incoming("text", text=content["text"], language=language, centre=centre)
    if isinstance(content.get("tap"), str):
        return Incoming("tap", data=content["tap"], language=language, centre=centre)
    point = content.get("location")
    if (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(one, int | float) and -180 <= one <= 180 for one in point)
    ):
        place = (float(point[0]), float(point[1]))
        return Incoming("location", location=place, language=language, centre=centre)
    return Incoming("ignored")
