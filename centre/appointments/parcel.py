"""What one calendar is told about one appointment: worked out before it is sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import icalendar
from sqlalchemy import ColumnElement, and_
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import calendar as ical
from centre.appointments import words
from centre.appointments.caldav_push import Account
from centre.appointments.calendar_tables import CalendarAccount, CalendarPush
from centre.appointments.tables import Appointment, Room
from storage import clock
from translations.catalogue import say

MAIL, CALDAV = "mail", "caldav"


@dataclass(frozen=True)
class Parcel:
    """Everything that is needed for sending, so that it happens outside of a transaction.

    Attributes:
        appointment_id: what it is about.
        gone: whether the calendar shall no longer show it.
        sequence: how new this state is.
        event: the appointment.
        subject, body: of the e-mail.
        recipient: address of the manager; empty for CalDAV.
        account: the CalDAV calendar; ``None`` for e-mail.
    """

    appointment_id: int
    gone: bool
    sequence: int
    event: icalendar.Event = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    recipient: str = field(repr=False)
    account: Account | None


def agreed(appointment: Appointment) -> bool:
    """Return whether an appointment takes place as far as anybody knows."""
    return appointment.cancelled_at is None and not appointment.held


def concerns(appointment: Appointment | None, manager_id: uuid.UUID) -> bool:
    """Return whether an appointment belongs into a manager's calendar."""
    return appointment is not None and agreed(appointment) and appointment.manager_id == manager_id


def same(push: CalendarPush) -> ColumnElement[bool]:
    """Return the condition for all pushes of the same appointment to the same calendar."""
    return and_(
        CalendarPush.appointment_id == push.appointment_id,
        CalendarPush.manager_id == push.manager_id,
        CalendarPush.channel == push.channel,
    )


def moment(start: datetime, language: str) -> dict[str, Any]:
    """Return the placeholders ``day`` and ``start`` of a text about an appointment."""
    return {"day": format.day(start, language), "start": format.time(start, language)}


async def pack(
    session: AsyncSession, push: CalendarPush, found: Appointment | None
) -> Parcel | None:
    """Return what a calendar is to be told now; ``None`` when it is connected no longer.

    Args:
        session: any session.
        push: which calendar, and how new its news is.
        found: the appointment as it is now; ``None`` when it went with its person.
    """
    connected = await session.get(CalendarAccount, push.manager_id)
    address = connected and (connected.email if push.channel == MAIL else connected.caldav_url)
    if connected is None or not address:
        return None
    language = await words.language_of(session, push.manager_id)
    gone = not concerns(found, push.manager_id)
    sequence = max(push.sequence, found.sequence if found else 0)
    start, end = clock.utc(push.during.lower), clock.utc(push.during.upper)
    if gone or found is None:
        event = ical.gone(push.appointment_id, start, end, sequence, language)
        lines = [str(event["SUMMARY"])]
    else:
        room = await session.get(Room, found.room_id) if found.room_id is not None else None
        event = ical.event(found, language, room.name if room else None)
        start = found.start
        parts = ("SUMMARY", "LOCATION", "DESCRIPTION")
        lines = [str(event[part]) for part in parts if part in event]
    key = "calendar.mail_cancelled" if gone else "calendar.mail_subject"
    subject = say(key, language, **moment(start, language))
    account = None
    if push.channel == CALDAV:
        account = Account(address, connected.caldav_user, connected.caldav_password)
    return Parcel(
        appointment_id=push.appointment_id,
        gone=gone,
        sequence=sequence,
        event=event,
        subject=subject,
        body="\n".join([subject, *lines, ""]),
        recipient=address if account is None else "",
        account=account,
    )
