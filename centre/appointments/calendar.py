"""An appointment as a file for the person's own calendar, telling as little as possible."""

from __future__ import annotations

import base64
import unicodedata

import icalendar

from centre import county
from centre.appointments.tables import Appointment
from storage.outbox import Document
from translations.catalogue import say

FILE_NAME = "lotse.ics"
MEDIA_TYPE = "text/calendar"
# Direction marks, embeddings, overrides and isolates: calendars show them as boxes or obey them.
DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def invitation(appointment: Appointment, language: str, manager_name: str) -> Document:
    """Return an appointment as an iCalendar file.

    Phones share calendars, so neither the topic nor anything about the person is in it.

    Args:
        appointment: what was booked.
        language: launch language of the person.
        manager_name: who at the centre receives the person; left out when empty.
    """
    event = icalendar.Event()
    event.add("uid", f"appointment-{appointment.id}@lotse")
    event.add("dtstamp", appointment.created_at)
    event.add("dtstart", appointment.start)
    event.add("dtend", appointment.end)
    centre = county.centre(appointment.centre).name
    title = _plain(say("book.calendar_title", language, centre=centre))
    event.add("summary", title, parameters={"LANGUAGE": language})
    if manager := _plain(manager_name):
        event.add("contact", manager)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Lotse//Lotse//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    content = base64.b64encode(calendar.to_ical()).decode("ascii")
    return Document(name=FILE_NAME, media_type=MEDIA_TYPE, content=content)


def _plain(text: str) -> str:
    """Return ``text`` on one line, without control and direction characters."""
    kept = (
        " " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one
        for one in text
        if one not in DIRECTION
    )
    return " ".join("".join(kept).split())
