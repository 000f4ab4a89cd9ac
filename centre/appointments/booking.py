"""Every way to write a time, safe against two people wanting the same one.

Locking rule. What keeps times apart is the database alone: the exclusion constraints
``no_overlap_per_manager``, ``…_person``, ``…_room`` and ``…_interpreter`` on
:class:`centre.appointments.tables.Appointment`. Looking for a free manager first is a courtesy,
not the guard. Every writer of appointments goes through this package and keeps to this order, so
that nobody waits in a circle:

1. the acting person's row in ``people`` (``FOR NO KEY UPDATE``): one person's bookings run one
   after the other, which makes the limit per person exact; messages to them are not held up;
2. appointment rows that exist (``FOR UPDATE``), the older one first;
3. one new appointment row: inserted with ``ON CONFLICT DO NOTHING``, which waits for a rival's
   transaction to end and then reports the conflict without an error, so that rivals can't
   deadlock and the next manager is tried at once;
4. messages and jobs, last: after writing one, a transaction asks for no further row.

A deadlock that PostgreSQL finds all the same (several times taken in one transaction, crosswise)
ends one of the two transactions as a whole: nothing is half done, and whoever runs it runs it
again (:func:`storage.engine.Database.run`, the worker's jobs).

A time is *held* by the same row that books it, with ``held_until``; saying yes empties that
column. Whatever needs somebody's yes is a hold: a person finishing the questions, a manager's
proposal, an offer from the waiting list, an interpreter who is asked.
"""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import after
from centre.appointments.errors import AppointmentGone, HoldGone, NotYours
from centre.appointments.lookup import agenda, get, held_by, lock_person, locked, upcoming
from centre.appointments.reasons import (
    EXPIRED,
    FOR_INTERPRETER,
    FOR_PERSON,
    FOR_PROPOSAL,
    FOR_WAITING,
    MOVED,
    RELEASED,
)
from centre.appointments.tables import Appointment
from centre.appointments.taking import Hold, Needs, book, hold_for_person, take
from storage import clock

__all__ = [
    "EXPIRED",
    "FOR_INTERPRETER",
    "FOR_PERSON",
    "FOR_PROPOSAL",
    "FOR_WAITING",
    "MOVED",
    "RELEASED",
    "Hold",
    "Needs",
    "agenda",
    "agree",
    "book",
    "cancel",
    "confirm",
    "get",
    "held_by",
    "hold_for_person",
    "lock_person",
    "locked",
    "release",
    "take",
    "upcoming",
]


async def confirm(session: AsyncSession, appointment_id: int, person_id: uuid.UUID) -> Appointment:
    """Make a held time an appointment; what it replaces is cancelled in the same transaction.

    Saying yes twice is no error.

    Raises:
        HoldGone: the time was kept long enough and is free for others again.
        NotYours: it is held for somebody else.
        PersonGone: there is no such person.
    """
    await lock_person(session, person_id)
    found = await session.get(Appointment, appointment_id)
    if found is None:
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    # The older row first: whoever cancels it asks for that one only.
    replaced = await locked(session, found.moves) if found.moves else None
    held = await locked(session, appointment_id)
    if held is None or held.cancelled_at is not None:
        raise HoldGone
    if held.held_until is None:
        return held
    if held.held_until <= clock.now() or held.start <= clock.now():
        raise HoldGone
    await agree(session, held, replaced, person_id)
    return held


async def agree(
    session: AsyncSession, held: Appointment, replaced: Appointment | None, by: uuid.UUID
) -> None:
    """Turn a locked hold into an appointment, and cancel the locked one that it replaces."""
    held.held_until, held.hold_for = None, None
    if replaced and replaced.cancelled_at is None and replaced.start > clock.now():
        _end(replaced, by, MOVED)
        await session.flush()
        await after.moved(session, replaced, held)
    else:
        await session.flush()
        await after.booked(session, held)


async def release(
    session: AsyncSession, appointment_id: int, by: uuid.UUID | None, reason: str = RELEASED
) -> bool:
    """Give a held time back; return whether it was still held."""
    found = await locked(session, appointment_id)
    if found is None or not found.held or found.cancelled_at is not None:
        return False
    _end(found, by, reason)
    await session.flush()
    await after.freed(session, found)
    return True


async def cancel(
    session: AsyncSession,
    appointment_id: int,
    by: uuid.UUID,
    request_key: str | None = None,
    reason: str | None = None,
) -> Appointment:
    """Cancel an appointment for its person or its manager, and tell everybody else who comes.

    Args:
        session: the caller's open transaction.
        appointment_id: which one.
        by: who cancels.
        request_key: names this request; asking again with it changes nothing.
        reason: a code from :mod:`centre.appointments.reasons`; never anybody's words.

    Returns:
        The cancelled appointment.

    Raises:
        NotYours: ``by`` is neither its person nor its manager.
        AppointmentGone: it is missing, cancelled or has begun.
    """
    found = await locked(session, appointment_id)
    if found is None:
        raise AppointmentGone
    if by not in (found.person_id, found.manager_id):
        raise NotYours
    if found.cancelled_at is not None and request_key and found.cancel_key == request_key:
        return found
    if found.cancelled_at is not None or found.start <= clock.now():
        raise AppointmentGone
    held = found.held
    _end(found, by, reason)
    found.cancel_key = request_key
    await session.flush()
    if not held:
        await after.cancelled(session, found, by)
    await after.freed(session, found)
    return found


def _end(found: Appointment, by: uuid.UUID | None, reason: str | None) -> None:
    found.cancelled_at, found.cancelled_by, found.cancel_reason = clock.now(), by, reason
