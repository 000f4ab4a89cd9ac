"""Booking and cancelling appointments, safe against two people wanting the same time.

Locking rule. What keeps times apart is the database alone: the exclusion constraints
``no_overlap_per_manager`` and ``no_overlap_per_person`` on :class:`centre.slots.Appointment`.
Looking for a free manager first is a courtesy, not the guard. Every writer of appointments goes
through this module and keeps to this order, so that nobody waits in a circle:

1. the person's row in ``people`` (``FOR NO KEY UPDATE``): one person's bookings run one after
   the other, which makes the limit per person exact; messages to the person are not held up;
2. one appointment row: inserted with ``ON CONFLICT DO NOTHING``, which waits for a rival's
   transaction to end and then reports the conflict without an error, so that rivals can't
   deadlock and the next manager is tried at once; or, to cancel, locked with ``FOR UPDATE``;
3. messages, last: after writing one, a transaction asks for no further row.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format, notify, people
from centre.people import Person
from centre.slots import (
    SLOT,
    SLOT_MINUTES,
    Appointment,
    Slot,
    WorkingHours,
    bookable,
    free_days,
    free_slots,
    free_times,
    offered,
)
from storage import clock
from storage.errors import LotseError
from translations.catalogue import say

__all__ = [
    "MAX_UPCOMING",
    "SLOT_MINUTES",
    "AlreadyBooked",
    "Appointment",
    "AppointmentGone",
    "NotYours",
    "PersonGone",
    "Slot",
    "SlotInvalid",
    "SlotTaken",
    "TooManyAppointments",
    "WorkingHours",
    "agenda",
    "book",
    "cancel",
    "free_days",
    "free_times",
    "get",
    "topic_label",
    "upcoming",
]

MAX_UPCOMING = 3


class SlotTaken(LotseError):
    """Every manager of the centre is busy at that time."""

    code = "slot_taken"


class AlreadyBooked(LotseError):
    """The person has another appointment at that time."""

    code = "already_booked"


class TooManyAppointments(LotseError):
    """The person holds the most appointments allowed; ``data`` has ``count``."""

    code = "too_many_appointments"


class SlotInvalid(LotseError):
    """No slot begins at that time: past, too soon, too far ahead or outside the hours."""

    code = "slot_invalid"


class AppointmentGone(LotseError):
    """The appointment does not exist, was cancelled or has begun."""

    code = "appointment_gone"


class NotYours(LotseError):
    """The appointment belongs to other people."""

    code = "not_yours"


class PersonGone(LotseError):
    """The person was erased meanwhile."""

    code = "person_gone"


async def book(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    centre: str,
    topic: str,
    start: datetime,
    language: str,
    request_key: str | None,
) -> Appointment:
    """Book a slot with whichever manager of the centre is free, and tell that manager.

    Args:
        session: the caller's open transaction.
        person_id: who books.
        centre: id of the centre.
        topic: name of an ``ask_*`` intent, or ``other``.
        start: beginning of the slot, timezone-aware.
        language: the person's language.
        request_key: names this request; asking again with it changes nothing.

    Returns:
        The appointment; for a known ``request_key`` the one it made, even if cancelled since.

    Raises:
        SlotInvalid: nothing can be booked at ``start``.
        SlotTaken: all managers are busy at ``start``.
        AlreadyBooked: the person has another appointment at that time.
        TooManyAppointments: the person has three upcoming appointments.
        PersonGone: there is no such person.
    """
    person = await session.get(
        Person, person_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if person is None:
        raise PersonGone
    known = await _of_request(session, person_id, request_key)
    if known is not None:
        return known
    if start.tzinfo is None:
        raise SlotInvalid
    start = start.astimezone(UTC)
    during = Range(start, start + SLOT)
    await _check(session, person_id, centre, during)
    day = start.astimezone(clock.BERLIN).date()
    for slot in await free_slots(session, centre, [day]):
        if slot.start != start:
            continue
        made = await _claim(
            session,
            manager_id=slot.manager_id,
            person_id=person_id,
            centre=centre,
            topic=topic,
            language=language,
            during=during,
            request_key=request_key,
        )
        if made is not None:
            await _tell_manager(session, made)
            return made
    raise SlotTaken


async def cancel(
    session: AsyncSession, appointment_id: int, by: uuid.UUID, request_key: str | None = None
) -> Appointment:
    """Cancel an appointment for its person or its manager, and tell the other side.

    Args:
        session: the caller's open transaction.
        appointment_id: which one.
        by: who cancels.
        request_key: names this request; asking again with it changes nothing.

    Returns:
        The cancelled appointment.

    Raises:
        NotYours: ``by`` is neither its person nor its manager.
        AppointmentGone: it is missing, cancelled or has begun.
    """
    found = await session.get(
        Appointment, appointment_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise AppointmentGone
    if by not in (found.person_id, found.manager_id):
        raise NotYours
    if found.cancelled_at is not None and request_key and found.cancel_key == request_key:
        return found
    if found.cancelled_at is not None or found.start <= clock.now():
        raise AppointmentGone
    found.cancelled_at, found.cancelled_by, found.cancel_key = clock.now(), by, request_key
    await session.flush()
    if by == found.person_id:
        language = await _language(session, found.manager_id)
        await notify.tell(
            session,
            found.manager_id,
            "manager.person_cancelled",
            **_when(found, language),
            topic=topic_label(found.topic, language),
        )
    else:
        when = _when(found, await _language(session, found.person_id))
        await notify.tell(
            session,
            found.person_id,
            "appointments.cancelled_by_manager",
            [[("menu.book", "/book_appointment")]],
            day=when["day"],
            start=when["start"],
        )
    return found


async def upcoming(session: AsyncSession, person_id: uuid.UUID) -> list[Appointment]:
    """Return a person's appointments that are not over or cancelled, the next one first."""
    return await _ahead(session, Appointment.person_id == person_id)


async def agenda(session: AsyncSession, manager_id: uuid.UUID) -> list[Appointment]:
    """Return a manager's appointments that are not over or cancelled, the next one first."""
    return await _ahead(session, Appointment.manager_id == manager_id)


async def get(session: AsyncSession, appointment_id: int) -> Appointment | None:
    """Return one appointment, cancelled or not, or ``None``."""
    return await session.get(Appointment, appointment_id)


def topic_label(topic: str, language: str) -> str:
    """Return what a topic is called in a language; an unknown one is "something else"."""
    try:
        return say(f"topic.{topic}", language)
    except KeyError:
        return say("topic.other", language)


async def _claim(session: AsyncSession, **values: Any) -> Appointment | None:
    """Insert an appointment unless a guard forbids it; ``None`` when somebody was faster."""
    add = insert(Appointment).values(**values).on_conflict_do_nothing().returning(Appointment)
    try:
        async with session.begin_nested():
            return (await session.scalars(add)).one_or_none()
    except IntegrityError:
        # The manager was erased between the look and the leap.
        return None


async def _of_request(
    session: AsyncSession, person_id: uuid.UUID, request_key: str | None
) -> Appointment | None:
    if request_key is None:
        return None
    known = (
        await session.scalars(select(Appointment).where(Appointment.request_key == request_key))
    ).one_or_none()
    if known is not None and known.person_id != person_id:
        raise NotYours
    return known


async def _check(
    session: AsyncSession, person_id: uuid.UUID, centre: str, during: Range[datetime]
) -> None:
    start = during.lower
    if start is None or not bookable(start) or not await offered(session, centre, start):
        raise SlotInvalid
    mine = await upcoming(session, person_id)
    if any(one.during.overlaps(during) for one in mine):
        raise AlreadyBooked
    if len(mine) >= MAX_UPCOMING:
        raise TooManyAppointments(count=len(mine))


async def _ahead(session: AsyncSession, whose: ColumnElement[bool]) -> list[Appointment]:
    rows = await session.scalars(
        select(Appointment)
        .where(
            whose,
            Appointment.cancelled_at.is_(None),
            func.upper(Appointment.during) > clock.now(),
        )
        .order_by(func.lower(Appointment.during), Appointment.id)
    )
    return list(rows)


async def _language(session: AsyncSession, person_id: uuid.UUID) -> str:
    person = await people.get(session, person_id)
    return (person and person.language) or notify.FALLBACK_LANGUAGE


def _when(appointment: Appointment, language: str) -> dict[str, Any]:
    return {
        "day": format.day(appointment.start, language),
        "start": format.time(appointment.start, language),
        "end": format.time(appointment.end, language),
    }


async def _tell_manager(session: AsyncSession, made: Appointment) -> None:
    language = await _language(session, made.manager_id)
    await notify.tell(
        session,
        made.manager_id,
        "manager.booked",
        [[("manager.cancel_button", f"s:cancel:{made.id}")]],
        **_when(made, language),
        topic=topic_label(made.topic, language),
        language=format.language_name(made.language, language),
        centre=county.centre(made.centre).name,
    )
