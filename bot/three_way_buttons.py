"""Buttons of appointments with an interpreter: the interpreter's answers, the person's choices."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import HoldGone, NotYours, PersonGone, three_way, words
from centre.people import Person
from storage.outbox import Button, Content
from translations.catalogue import say

_BUTTON = re.compile(r"^t:(yes|no|without|stop):(\d{1,18})$")


async def tap(session: AsyncSession, person: Person, data: str, language: str) -> Content | None:
    """Answer a button; ``None`` when it is none of these."""
    match = _BUTTON.match(data)
    if match is None:
        return None
    try:
        return await _answer(session, person, match[1], int(match[2]), language)
    except (HoldGone, NotYours, PersonGone):
        return Content(text=say("three.gone", language))


async def _answer(
    session: AsyncSession, person: Person, verb: str, number: int, language: str
) -> Content:
    if verb == "yes":
        found = await three_way.accept(session, number, person.id)
        cancel = Button(label=say("three.cancel", language), data=f"t:no:{number}")
        text = say("three.thanks", language, **words.about(found, language))
        return Content(text=text, buttons=[[cancel]])
    if verb == "no":
        await three_way.decline(session, number, person.id)
        return Content(text=say("three.declined", language))
    mine = Button(label=say("menu.appointments", language), data="/show_appointments")
    if verb == "stop":
        stopped = await three_way.stop(session, number, person.id)
        key = "appointments.kept" if stopped.moves else "three.stopped"
        return Content(text=say(key, language), buttons=[[mine]])
    made = await three_way.without(session, number, person.id)
    text = say("propose.agreed", language, **words.about(made, language))
    return Content(text=text, buttons=[[mine]])
