"""Which interpreter is asked to come to an appointment, and until when they may answer."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from psycopg.errors import DeadlockDetected
from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import after, quiet, words
from centre.appointments.kinds import kind
from centre.appointments.tables import Appointment, InterpreterAsk
from centre.people import Person
from centre.pool.tables import ON_SITE, PHONE, InterpreterLanguage, InterpreterProfile
from storage import clock, queue

LATE_TASK = "appointment_interpreter_late"
"""Arguments ``appointment_id`` and ``helper_id``: run at the deadline of somebody asked."""
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
        .outerjoin(InterpreterProfile, InterpreterProfile.person_id == Person.id)
        .where(
            Person.role == "interpreter",
            Person.blocked_at.is_(None),
            Person.id != found.person_id,
            InterpreterLanguage.language == found.interpreter_language,
            Person.id.not_in(of_this),
            ~elsewhere,
            or_(InterpreterProfile.person_id.is_(None), _wants(found)),
        )
        .group_by(Person.id)
        .order_by(last.asc().nulls_first(), came, Person.id)
    )
    return list(rows)


def _wants(found: Appointment) -> ColumnElement[bool]:
    """Return the condition that an interpreter with a profile wants to come to an appointment."""
    remote = kind(found.kind).place == "remote"
    way = PHONE if remote else ON_SITE
    return and_(
        InterpreterProfile.declared_on.is_not(None),
        or_(
            InterpreterProfile.paused_until.is_(None),
            InterpreterProfile.paused_until <= found.start,
        ),
        InterpreterProfile.ways.contains([way]),
        or_(
            InterpreterProfile.centres == [],
            InterpreterProfile.centres.contains([found.centre]),
            true() if remote else false(),
        ),
    )


def deadline(start: datetime, now: datetime) -> datetime | None:
    """Return until when somebody asked now may answer; ``None`` when it is too late to ask.

    Nobody has to answer in the quiet hours: what would end in them ends at 9 in the morning.
    """
    until = now + max(min(LONGEST, (start - now) / SHARE), SHORTEST)
    if quiet.is_quiet(until):
        until = quiet.morning_after(until) + timedelta(hours=2)
    until = min(until, start - NO_LATER)
    return until if until - now >= SHORTEST else None


async def ask_next(session: AsyncSession, found: Appointment) -> bool:
    """Reserve and ask the next interpreter; return whether there was one.

    Args:
        session: the caller's open transaction.
        found: a locked time, held for this or booked already; a held one waits for their answer.
    """
    latest = deadline(found.start, clock.now())
    if latest is None:
        return False
    for helper_id in await candidates(session, found):
        if not await _reserve(session, found, helper_id, latest):
            continue
        helper = await words.language_of(session, helper_id)
        reached = await words.tell(
            session,
            helper_id,
            "three.ask",
            found,
            [[("three.yes", f"t:yes:{found.id}"), ("three.no", f"t:no:{found.id}")]],
            until_day=format.day_short(latest, helper),
            until=format.time(latest, helper),
        )
        if reached:
            await _wake(session, found, helper_id, latest)
            return True
        ask = await session.get_one(InterpreterAsk, (found.id, helper_id))
        ask.answer = LATE
    found.interpreter_id = None
    await session.flush()
    return False


async def _reserve(
    session: AsyncSession, found: Appointment, helper_id: uuid.UUID, latest: datetime
) -> bool:
    """Keep an interpreter's time, unless the guard says that they are taken.

    Two who want the same one at the same moment wait for each other; the database ends one of the
    two attempts, and that one goes on to the next interpreter.
    """
    held = found.held
    try:
        async with session.begin_nested():
            found.interpreter_id = helper_id
            if held:
                found.held_until = latest
            session.add(InterpreterAsk(appointment_id=found.id, helper_id=helper_id))
            await session.flush()
    except (IntegrityError, OperationalError) as error:
        if isinstance(error, OperationalError) and not isinstance(error.orig, DeadlockDetected):
            raise
        await session.refresh(found)
        return False
    return True


async def _wake(
    session: AsyncSession, found: Appointment, helper_id: uuid.UUID, latest: datetime
) -> None:
    if found.held:
        await after.held(session, found)
        return
    await queue.defer(
        session, LATE_TASK, at=latest, appointment_id=found.id, helper_id=str(helper_id)
    )
