"""A manager's private calendar address: whoever knows the secret in it may read, nobody else.

Only a hash of the secret is kept, as with passwords: what is in the database opens no calendar,
and looking a hash up takes the same time whatever was guessed.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import date, datetime, timedelta

import icalendar
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import calendar as ical
from centre.appointments import words
from centre.appointments.calendar_tables import CalendarFeed
from centre.appointments.tables import Absence, Appointment, Room, WorkingHours
from centre.people import Person
from storage import clock
from translations.catalogue import say

SECRET_BYTES = 32
LOOK_BACK = timedelta(days=30)
REFRESH = timedelta(hours=1)


async def open(session: AsyncSession, manager_id: uuid.UUID) -> str:
    """Make a new address and end the old one.

    Returns:
        The path with the secret, ``/calendar/….ics``. It can't be found out again later.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    values = {"secret_hash": _hash(secret), "created_at": clock.now()}
    await session.execute(
        insert(CalendarFeed)
        .values(manager_id=manager_id, **values)
        .on_conflict_do_update(index_elements=["manager_id"], set_=values)
        .execution_options(synchronize_session=False)
    )
    return f"/calendar/{secret}.ics"


async def close(session: AsyncSession, manager_id: uuid.UUID) -> None:
    """End a manager's address; nothing happens when there is none."""
    await session.execute(
        delete(CalendarFeed)
        .where(CalendarFeed.manager_id == manager_id)
        .execution_options(synchronize_session=False)
    )


async def opened(session: AsyncSession, manager_id: uuid.UUID) -> datetime | None:
    """Return since when a manager has an address, or ``None``."""
    return await session.scalar(
        select(CalendarFeed.created_at).where(CalendarFeed.manager_id == manager_id)
    )


async def calendar(session: AsyncSession, secret: str) -> bytes | None:
    """Return the calendar behind a secret; ``None`` for one that is unknown or ended.

    It has the appointments from a month ago on, the open consultation hours and the absences. It
    is the same from one request to the next as long as nothing in it changes.
    """
    found = (
        await session.execute(
            select(CalendarFeed.manager_id, CalendarFeed.created_at)
            .join(Person, Person.id == CalendarFeed.manager_id)
            .where(CalendarFeed.secret_hash == _hash(secret), Person.role == "manager")
        )
    ).one_or_none()
    if found is None:
        return None
    manager_id, stamp = found
    language = await words.language_of(session, manager_id)
    since = clock.now() - LOOK_BACK
    events = [
        *await _appointments(session, manager_id, language, since),
        *await _hours_and_absences(session, manager_id, language, since, stamp),
    ]
    name = f"Lotse – {say('staff.appointments', language)}"
    return ical.written(events, name=name, refresh=REFRESH)


async def _appointments(
    session: AsyncSession, manager_id: uuid.UUID, language: str, since: datetime
) -> list[icalendar.Event]:
    rows = await session.execute(
        select(Appointment, Room.name)
        .outerjoin(Room, Room.id == Appointment.room_id)
        .where(
            Appointment.manager_id == manager_id,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until.is_(None),
            func.upper(Appointment.during) > since,
        )
        .order_by(func.lower(Appointment.during), Appointment.id)
    )
    return [ical.event(one, language, room) for one, room in rows]


async def _hours_and_absences(
    session: AsyncSession, manager_id: uuid.UUID, language: str, since: datetime, stamp: datetime
) -> list[icalendar.Event]:
    absences = list(
        await session.scalars(
            select(Absence)
            .where(
                Absence.manager_id == manager_id,
                func.upper(Absence.during) > since,
                func.lower(Absence.during).is_not(None),
            )
            .order_by(Absence.id)
        )
    )
    away = [(clock.utc(one.during.lower), clock.utc(one.during.upper)) for one in absences]
    rows = await session.scalars(
        select(WorkingHours)
        .where(
            WorkingHours.manager_id == manager_id,
            WorkingHours.open_consultation,
            or_(WorkingHours.valid_until.is_(None), WorkingHours.valid_until >= since.date()),
        )
        .order_by(WorkingHours.id)
    )
    # From the beginning of a year on: a beginning that moves would be a change every day.
    begin = date(since.year, 1, 1)
    hours = (
        ical.open_hours(one, language, begin=begin, stamp=stamp, away=away) for one in rows.all()
    )
    return [
        *(one for one in hours if one is not None),
        *(ical.absence(one, language) for one in absences),
    ]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
