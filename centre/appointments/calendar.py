"""Appointments as calendars elsewhere read them (RFC 5545), telling as little as possible.

A person gets a file with when and where. A manager's own calendar also gets topic, kind, language
and needs, but nobody's name: calendars are shared, and copied to servers that are not ours.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta

import icalendar

from centre import county, format
from centre.appointments import words
from centre.appointments.availability import public_holidays
from centre.appointments.kinds import AT_CENTRE, DEFAULT_KIND, kinds
from centre.appointments.tables import Absence, Appointment, WorkingHours
from storage import clock
from storage.clock import BERLIN
from storage.outbox import Document
from translations.catalogue import say

FILE_NAME = "lotse.ics"
MEDIA_TYPE = "text/calendar"
PRODUCT = "-//Lotse//Lotse//EN"
# Direction marks, embeddings, overrides and isolates: calendars show them as boxes or obey them.
DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
BROKEN = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that end a line, end a file or can't be written at all."""
LAST_MINUTE = time(23, 59, 59)
HOLIDAYS_AHEAD = 2
"""Years for which holidays are left out of hours that have no end."""


def invitation(appointment: Appointment, language: str, manager_name: str) -> Document:
    """Return an appointment as a file for the person's own calendar.

    Phones share calendars, so neither the topic nor anything about the person is in it.

    Args:
        appointment: what was booked.
        language: launch language of the person.
        manager_name: who at the centre receives the person; left out when empty.
    """
    centre = county.centre(appointment.centre).name
    title = say("book.calendar_title", language, centre=centre)
    one = _event(uid(appointment.id), appointment.created_at, title, language)
    _from_to(one, appointment.start, appointment.end)
    if manager := plain(manager_name):
        one.add("contact", manager)
    content = base64.b64encode(written([one], method="PUBLISH")).decode("ascii")
    return Document(name=FILE_NAME, media_type=MEDIA_TYPE, content=content)


def uid(appointment_id: int) -> str:
    """Return what names an appointment in every calendar, for good."""
    return f"appointment-{appointment_id}@lotse"


def event(appointment: Appointment, language: str, room: str | None = None) -> icalendar.Event:
    """Return an appointment as the manager's own calendar shows it.

    Args:
        appointment: as it is now, cancelled or not.
        language: of the manager.
        room: name of the room, if one was taken.
    """
    about = words.about(appointment, language)
    title = format.row([str(about["topic"]), str(about["kind"])], language)
    one = _event(uid(appointment.id), appointment.changed_at, title, language)
    _from_to(one, appointment.start, appointment.end)
    one.add("created", appointment.created_at.astimezone(UTC))
    one.add("last-modified", appointment.changed_at.astimezone(UTC))
    one.add("sequence", appointment.sequence)
    one.add("status", "CONFIRMED" if appointment.cancelled_at is None else "CANCELLED")
    # Colleagues who may look into the calendar see that time is taken, not for what.
    one.add("class", "PRIVATE")
    if kinds().get(appointment.kind, kinds()[DEFAULT_KIND]).place == AT_CENTRE:
        place = plain(format.row([str(about["centre"]), *([room] if room else [])], language))
        one.add("location", place, parameters={"LANGUAGE": language})
    spoken = say("calendar.language", language, language=about["language"])
    told = f"{spoken}{words.needs(appointment, language)}"
    one.add("description", _lines(told), parameters={"LANGUAGE": language})
    return one


def gone(
    appointment_id: int, start: datetime, end: datetime, sequence: int, language: str
) -> icalendar.Event:
    """Return an event that takes an appointment out of a calendar; nothing else is known of it."""
    title = say("staff.appointments", language)
    one = _event(uid(appointment_id), clock.now(), title, language)
    _from_to(one, start, end)
    one.add("sequence", sequence)
    one.add("status", "CANCELLED")
    return one


def open_hours(
    hours: WorkingHours,
    language: str,
    *,
    begin: date,
    stamp: datetime,
    away: Collection[tuple[datetime, datetime]] = (),
) -> icalendar.Event | None:
    """Return weekly hours for everybody as one event that recurs, ``None`` if there are none.

    It follows the clock on the wall, through the changes of summer time. Public holidays and the
    days on which the manager is away from beginning to end are left out.

    Args:
        hours: open consultation hours.
        language: of the manager.
        begin: where hours without a beginning begin.
        stamp: when the calendar was made.
        away: times (UTC) in which the manager can't be met.
    """
    first = max(begin, hours.valid_from or begin)
    first += timedelta(days=(hours.weekday - first.weekday()) % 7)
    last = hours.valid_until
    if hours.start >= hours.end or (last is not None and first > last):
        return None

    def at(day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, BERLIN)

    one = _event(f"hours-{hours.id}@lotse", stamp, say("calendar.open_hours", language), language)
    one.add("dtstart", at(first, hours.start))
    one.add("dtend", at(first, hours.end))
    rule: dict[str, object] = {"freq": "weekly"}
    if last is not None:
        # UNTIL is in UTC where the beginning has a time zone.
        rule["until"] = at(last, LAST_MINUTE).astimezone(UTC)
    one.add("rrule", rule)
    until = last or date(clock.today().year + HOLIDAYS_AHEAD, 12, 31)
    free = [day for day in _holidays(first, until) if day.weekday() == hours.weekday]
    for start, end in away:
        day = max(start.astimezone(BERLIN).date(), first)
        while at(day, time()) < end and day <= until:
            whole = start <= at(day, hours.start) and at(day, hours.end) <= end
            if whole and day.weekday() == hours.weekday:
                free.append(day)
            day += timedelta(days=1)
    if free:
        one.add("exdate", [at(day, hours.start) for day in sorted(set(free))])
    where = plain(county.centre(hours.centre).name)
    one.add("location", where, parameters={"LANGUAGE": language})
    return one


def absence(one: Absence, language: str) -> icalendar.Event:
    """Return a time in which the manager can't be met, without saying why."""
    made = _event(
        f"absence-{one.id}@lotse", one.created_at, say("calendar.away", language), language
    )
    _from_to(made, clock.utc(one.during.lower), clock.utc(one.during.upper))
    return made


def written(
    events: Iterable[icalendar.Event],
    *,
    method: str | None = None,
    name: str | None = None,
    refresh: timedelta | None = None,
) -> bytes:
    """Return events as a file.

    Args:
        events: what is in it.
        method: what the reader shall do with it (RFC 5546); none for a feed or CalDAV.
        name: of the calendar.
        refresh: how often a subscriber should ask again.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if method is not None:
        calendar.add("method", method)
    if name is not None:
        calendar.add("name", plain(name))
        calendar.add("x-wr-calname", plain(name))
    if refresh is not None:
        calendar.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", f"PT{int(refresh.total_seconds() // 60)}M")
    for one in events:
        calendar.add_component(one)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def plain(text: str) -> str:
    """Return ``text`` on one line, without control and direction characters."""
    kept = (
        " " if unicodedata.category(one) in BROKEN else one for one in text if one not in DIRECTION
    )
    return " ".join("".join(kept).split())


def _lines(text: str) -> str:
    return "\n".join(plain(line) for line in text.split("\n"))


def _event(name: str, stamp: datetime, title: str, language: str) -> icalendar.Event:
    """Return an event with what every event has; ``stamp`` is when it was last changed."""
    made = icalendar.Event()
    made.add("uid", name)
    made.add("dtstamp", stamp.astimezone(UTC))
    made.add("summary", plain(title), parameters={"LANGUAGE": language})
    return made


def _from_to(one: icalendar.Event, start: datetime, end: datetime) -> None:
    one.add("dtstart", start)
    one.add("dtend", end)


def _holidays(first: date, last: date) -> list[date]:
    found = (day for year in range(first.year, last.year + 1) for day in public_holidays(year))
    return sorted(day for day in found if first <= day <= last)
