"""Buttons under reminders and offers of freed times: what the person answers."""

from __future__ import annotations

import re
import uuid
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, format
from centre.appointments import (
    Appointment,
    AppointmentGone,
    HoldGone,
    NotYours,
    PersonGone,
    TooManyAppointments,
    reminders,
    three_way,
    waiting,
    words,
)
from centre.people import Person
from storage.outbox import Button, Content
from translations.catalogue import say

_REMINDER = re.compile(r"^a:(come|cant|cancel):(\d{1,18})$")
_OFFER = re.compile(r"^w:(yes|no):(\d{1,18})$")
_OFF = "w:off"
CANT = "cant"


async def tap(session: AsyncSession, person: Person, data: str, language: str) -> Content | None:
    """Answer a button; ``None`` when it is none of these."""
    if data == _OFF:
        await waiting.leave(session, person.id)
        return _shown("waiting.left", language)
    if match := _REMINDER.match(data):
        try:
            return await _reminder(session, person.id, match[1], int(match[2]), language)
        except (AppointmentGone, NotYours):
            return _shown("appointments.gone", language)
    if match := _OFFER.match(data):
        try:
            return await _offer(session, person.id, match[1], int(match[2]), language)
        except (HoldGone, NotYours, PersonGone):
            return _shown("waiting.over", language)
    return None


async def _reminder(
    session: AsyncSession, person_id: uuid.UUID, verb: str, number: int, language: str
) -> Content:
    if verb == "come":
        found = await reminders.come(session, number, person_id)
        return Content(text=say("reminder.thanks", language, **words.about(found, language)))
    found = await reminders.standing(session, number, person_id)
    if verb == "cant":
        return _ask(found, language)
    gone = await appointments.cancel(session, found.id, person_id, reason=CANT)
    again = f'/book_appointment{{"topic":"{gone.topic}"}}'
    text = say("appointments.cancelled", language, **words.about(gone, language))
    return Content(text=text, buttons=[[Button(label=say("menu.book", language), data=again)]])


def _ask(found: Appointment, language: str) -> Content:
    """Ask once more before cancelling: a tap is quickly done."""
    text = say("reminder.cant_ask", language, **words.about(found, language))
    cancel = Button(label=say("appointments.cancel_yes", language), data=f"a:cancel:{found.id}")
    move = Button(label=say("reminder.move", language), data=reminders.move(found.id))
    return Content(text=text, buttons=[[cancel], [move]])


async def _offer(
    session: AsyncSession, person_id: uuid.UUID, verb: str, number: int, language: str
) -> Content:
    if verb == "no":
        await waiting.decline(session, number, person_id)
        return _shown("waiting.declined", language)
    try:
        made = await waiting.accept(session, number, person_id)
    except TooManyAppointments as error:
        return _shown("book.too_many", language, **error.data)
    if made.held:
        spoken = format.language_name(made.interpreter_language or "", language)
        text = say("book.interpreter_asked", language, language=spoken)
        text += "\n" + say("three.until", language, **three_way.until(made, language))
        label, data = three_way.stop_button(made)
        return Content(text=text, buttons=[[Button(label=say(label, language), data=data)]])
    return _shown("waiting.accepted", language, **words.about(made, language))


def _shown(key: str, language: str, /, **values: Any) -> Content:
    """Say something, and how to see what is true now."""
    mine = Button(label=say("menu.appointments", language), data="/show_appointments")
    return Content(text=say(key, language, **values), buttons=[[mine]])
