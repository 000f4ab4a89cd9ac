"""Times that a manager blocks, frees again or gives in addition, by a message.

Blocking against booking: a booking's insert takes ``FOR KEY SHARE`` on its manager's row in
``people`` (a foreign key), and looks for absences after it; blocking takes ``FOR UPDATE`` on that
row and looks for appointments after it. Whoever comes second sees what the first did.
"""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import booking, words
from centre.appointments.booking import FOR_INTERPRETER
from centre.appointments.errors import NotYours, PersonGone
from centre.appointments.tables import Absence, Appointment, ExtraHours
from centre.appointments.times import During
from centre.people import Person
from storage import clock

BLOCKED, ILL = "blocked", "ill"
MOST = 12


async def block(
    session: AsyncSession, manager_id: uuid.UUID, times: list[During], reason: str = BLOCKED
) -> list[Absence]:
    """Keep everybody from booking a manager at some times; what is booked stays.

    Times held there for somebody's yes are given back, since nobody could come to them.

    Args:
        session: the caller's open transaction.
        manager_id: who is away.
        times: when.
        reason: ``blocked`` or ``ill``.

    Returns:
        The absences, one for each stretch.

    Raises:
        PersonGone: there is no such manager.
    """
    # Held rows first: whoever confirms one asks for the manager's row after it.
    await free_holds(session, manager_id, times)
    manager = await session.get(Person, manager_id, with_for_update=True, populate_existing=True)
    if manager is None:
        raise PersonGone
    together = clock.now()
    made = [
        Absence(manager_id=manager_id, during=Range(start, end), reason=reason, created_at=together)
        for start, end in times
    ]
    session.add_all(made)
    await session.flush()
    # What was being held while this waited for the manager's row.
    await free_holds(session, manager_id, times)
    return made


async def add_hours(
    session: AsyncSession, manager_id: uuid.UUID, centre: str, times: list[During]
) -> None:
    """Let a manager be booked at some times beside the usual week."""
    session.add_all(
        ExtraHours(manager_id=manager_id, centre=centre, during=Range(start, end))
        for start, end in times
    )
    await session.flush()


async def ahead(session: AsyncSession, manager_id: uuid.UUID) -> list[Absence]:
    """Return a manager's absences that are not over, the next one first."""
    rows = await session.scalars(
        select(Absence)
        .where(Absence.manager_id == manager_id, func.upper(Absence.during) > clock.now())
        .order_by(func.lower(Absence.during), Absence.id)
        .limit(MOST)
    )
    return list(rows)


async def unblock(session: AsyncSession, absence_id: int, manager_id: uuid.UUID) -> Absence | None:
    """Let a manager be booked again; return what was lifted, ``None`` when it was before.

    Raises:
        NotYours: it is a colleague's absence.
    """
    found = await session.get(Absence, absence_id, with_for_update=True, populate_existing=True)
    if found is None:
        return None
    if found.manager_id != manager_id:
        raise NotYours
    await session.delete(found)
    await session.flush()
    return found


async def group(session: AsyncSession, absence_id: int) -> list[Absence]:
    """Return the absences that came with one message, in order; none when it was lifted."""
    one = await session.get(Absence, absence_id)
    if one is None:
        return []
    rows = await session.scalars(
        select(Absence)
        .where(Absence.manager_id == one.manager_id, Absence.created_at == one.created_at)
        .order_by(func.lower(Absence.during))
    )
    return list(rows)


async def meetings(session: AsyncSession, absences: list[Absence]) -> list[Appointment]:
    """Return the appointments that lie in absences and have not begun, the next one first."""
    if not absences:
        return []
    rows = await session.scalars(
        select(Appointment)
        .where(
            Appointment.manager_id == absences[0].manager_id,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until.is_(None),
            func.lower(Appointment.during) > clock.now(),
            or_(*(Appointment.during.overlaps(one.during) for one in absences)),
        )
        .order_by(func.lower(Appointment.during), Appointment.id)
    )
    return list(rows)


async def away(session: AsyncSession, found: Appointment, reason: str | None = None) -> bool:
    """Tell whether an appointment's manager is absent during it, for whatever reason or for one."""
    absent = select(Absence.id).where(
        Absence.manager_id == found.manager_id, Absence.during.overlaps(found.during)
    )
    if reason is not None:
        absent = absent.where(Absence.reason == reason)
    return await session.scalar(absent.limit(1)) is not None


def spelled(during: During, language: str, *, short: bool = False) -> str:
    """Return a stretch as a person reads it: a day with hours, a whole day, or days.

    Args:
        during: beginning and end (UTC).
        language: launch language of the reader.
        short: for a button.
    """
    day = format.day_short if short else format.day
    start, end = (one.astimezone(clock.BERLIN) for one in during)
    last = (end - timedelta(seconds=1)).date()
    if (start.time(), end.time()) == (time(), time()):
        days = [start.date()] if last == start.date() else [start.date(), last]
        return " – ".join(day(one, language) for one in days)
    return f"{day(start, language)}, {format.time(start, language)}–{format.time(end, language)}"


def span(absence: Absence) -> tuple[datetime, datetime]:
    """Return when an absence begins and ends, in UTC."""
    return clock.utc(absence.during.lower), clock.utc(absence.during.upper)


async def free_holds(
    session: AsyncSession, manager_id: uuid.UUID, times: list[During] | None = None
) -> None:
    """Give back what is held with a manager; whoever waits for our word is told.

    Args:
        session: the caller's open transaction.
        manager_id: whose time it is.
        times: only what meets one of these.
    """
    query = select(Appointment).where(
        Appointment.manager_id == manager_id,
        Appointment.cancelled_at.is_(None),
        Appointment.held_until.is_not(None),
    )
    if times is not None:
        query = query.where(or_(*(Appointment.during.overlaps(Range(*one)) for one in times)))
    for one in (await session.scalars(query.order_by(Appointment.id))).all():
        asked, helper_id = one.hold_for == FOR_INTERPRETER, one.interpreter_id
        if not await booking.release(session, one.id, manager_id) or not asked:
            continue
        # The person has answered everything and waits for an interpreter's yes.
        again = [[("menu.book", f'/book_appointment{{"topic":"{one.topic}"}}')]]
        await words.tell(session, one.person_id, "book.hold_gone", one, again)
        if helper_id is not None:
            await words.tell(session, helper_id, "interpreter.appointment_cancelled", one)
