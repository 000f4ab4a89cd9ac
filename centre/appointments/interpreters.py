"""Which interpreter is asked to come to an appointment, and until when they may answer."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import quiet
from centre.appointments.tables import Appointment, InterpreterAsk
from centre.handoff_tables import InterpreterLanguage
from centre.people import Person

ACCEPTED, DECLINED, LATE = "accepted", "declined", "late"
LONGEST, SHORTEST = timedelta(hours=4), timedelta(minutes=15)
SHARE = 4
"""One person asked may use up a quarter of the time that is left."""
NO_LATER = timedelta(hours=1)
"""An interpreter must know this long before the appointment."""


async def candidates(session: AsyncSession, found: Appointment) -> list[uuid.UUID]:
    """Return who could be asked, in fair order.

    Whoever was not asked for the longest time comes first, then who has come to the fewest
    appointments. Nobody is asked twice about the same appointment. Whether they interpret
    elsewhere at that time is left to the guard, which alone knows.
    """
    elsewhere = exists().where(
        or_(Appointment.person_id == Person.id, Appointment.manager_id == Person.id),
        Appointment.cancelled_at.is_(None),
        Appointment.during.overlaps(found.during),
    )
    of_this = select(InterpreterAsk.helper_id).where(InterpreterAsk.appointment_id == found.id)
    last = func.max(InterpreterAsk.asked_at)
    came = func.count().filter(InterpreterAsk.answer == ACCEPTED)
    rows = await session.scalars(
        select(Person.id)
        .join(InterpreterLanguage, InterpreterLanguage.person_id == Person.id)
        .outerjoin(InterpreterAsk, InterpreterAsk.helper_id == Person.id)
        .where(
            Person.role == "interpreter",
            Person.blocked_at.is_(None),
            Person.id != found.person_id,
            InterpreterLanguage.language == found.interpreter_language,
            Person.id.not_in(of_this),
            ~elsewhere,
        )
        .group_by(Person.id)
        .order_by(last.asc().nulls_first(), came, Person.id)
    )
    return list(rows)


def deadline(start: datetime, now: datetime) -> datetime | None:
    """Return until when somebody asked now may answer; ``None`` when it is too late to ask.

    Nobody has to answer in the quiet hours: what would end in them ends at 9 in the morning.
    """
    until = now + max(min(LONGEST, (start - now) / SHARE), SHORTEST)
    if quiet.is_quiet(until):
        until = quiet.morning_after(until) + timedelta(hours=2)
    until = min(until, start - NO_LATER)
    return until if until - now >= SHORTEST else None
