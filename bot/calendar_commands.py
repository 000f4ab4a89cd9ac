"""``/calendar``: a manager makes, sees or ends the private address of their calendar."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import feed
from centre.notify import button
from centre.people import Person
from storage.outbox import Content
from translations.catalogue import isolate, say

COMMAND = "/calendar"
NEW, OFF = "c:new", "c:off"

_base = "http://127.0.0.1:8080"


def configure(base_url: str) -> None:
    """Say how the world reaches the web application; once per process."""
    global _base
    _base = base_url.rstrip("/")


async def handle(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    """Answer the command and its buttons; ``None`` when it is neither, or not from a manager."""
    if person.role != "manager":
        return None
    if data == COMMAND:
        return [await _state(session, person, language)]
    if data == NEW:
        address = _base + await feed.open(session, person.id)
        text = say("calendar.made", language, address=address)
        # The address stands in a line of its own and is copied: with nothing invisible around it.
        text = text.replace(isolate(address), address)
        off = button(language, "calendar.off_button", OFF)
        return [Content(text=text, buttons=[[off]])]
    if data == OFF:
        await feed.close(session, person.id)
        return [Content(text=say("calendar.off", language))]
    return None


async def _state(session: AsyncSession, person: Person, language: str) -> Content:
    since = await feed.opened(session, person.id)
    new = [button(language, "calendar.new_button", NEW)]
    if since is None:
        return Content(text=say("calendar.none", language), buttons=[new])
    off = [button(language, "calendar.off_button", OFF)]
    text = say("calendar.exists", language, day=format.date(since, language))
    return Content(text=text, buttons=[new, off])
