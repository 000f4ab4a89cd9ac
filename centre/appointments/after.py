"""What follows when a time is held, agreed on, moved or freed: who is told, which jobs are due.

The other side is told in the same transaction. Everything else (reminders, the waiting list,
outgoing calendars) is a durable job of the same transaction, which finds out what is true when it
runs.
"""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import words
from centre.appointments.freed import Freed
from centre.appointments.reasons import ASKED, ILL
from centre.appointments.tables import Appointment
from storage import queue

BOOKED_TASK = "appointment_booked"
"""Argument ``appointment_id``: reminders are due, calendars are told."""
FREED_TASK = "appointment_freed"
"""Arguments ``appointment_id``, ``time``: calendars are told, it is offered to who waits."""
HOLD_TASK = "appointment_hold_over"
"""Argument ``appointment_id``: run when a hold runs out."""

REASONS = {ILL: "appointments.reason_ill", ASKED: "appointments.reason_asked"}
"""What a manager may say when they cancel, by code; any other reason is theirs alone."""


async def held(session: AsyncSession, made: Appointment) -> None:
    """Have the time freed when nobody says yes in time."""
    await queue.defer(session, HOLD_TASK, at=made.held_until, appointment_id=made.id)


async def booked(session: AsyncSession, made: Appointment) -> None:
    """Tell the manager of a new appointment."""
    buttons = [
        [("manager.accept_button", f"s:accept:{made.id}")],
        [
            ("manager.propose_button", f"s:propose:{made.id}"),
            ("manager.cancel_button", f"s:cancel:{made.id}"),
        ],
    ]
    missed = await times_missed(session, made.person_id)
    note = [("manager.missed_before", {"count": missed})] if missed else []
    await words.tell(
        session, made.manager_id, "manager.booked", made, buttons, with_needs=True, lines=note
    )
    await queue.defer(session, BOOKED_TASK, appointment_id=made.id)


async def moved(session: AsyncSession, old: Appointment, new: Appointment) -> None:
    """Tell whoever is concerned that an appointment is at another time now."""
    if old.manager_id == new.manager_id:
        language = await words.language_of(session, new.manager_id)
        before = words.when(old, language)
        await words.tell(
            session,
            new.manager_id,
            "manager.moved",
            new,
            [[("manager.cancel_button", f"s:cancel:{new.id}")]],
            with_needs=True,
            old_day=before["day"],
            old_start=before["start"],
        )
        await queue.defer(session, BOOKED_TASK, appointment_id=new.id)
    else:
        await words.tell(session, old.manager_id, "manager.person_cancelled", old)
        await booked(session, new)
    if old.interpreter_id is not None and old.interpreter_id != new.interpreter_id:
        await words.tell(session, old.interpreter_id, "interpreter.appointment_cancelled", old)
    await freed(session, old)


async def times_missed(session: AsyncSession, person_id: uuid.UUID) -> int:
    """Return how often a person did not come: a note for the manager, without consequences."""
    noted = select(func.count()).where(
        Appointment.person_id == person_id, Appointment.missed_at.is_not(None)
    )
    return await session.scalar(noted) or 0


async def cancelled(session: AsyncSession, gone: Appointment, by: uuid.UUID) -> None:
    """Tell everybody else who would have come; the person can book again with one tap."""
    if by == gone.person_id:
        await words.tell(session, gone.manager_id, "manager.person_cancelled", gone)
    else:
        again = [[("menu.book", f'/book_appointment{{"topic":"{gone.topic}"}}')]]
        key = "appointments.cancelled_by_manager"
        reason = REASONS.get(gone.cancel_reason or "")
        why: list[tuple[str, dict[str, object]]] = [(reason, {})] if reason else []
        await words.tell(session, gone.person_id, key, gone, again, lines=why)
    if gone.interpreter_id is not None:
        await words.tell(session, gone.interpreter_id, "interpreter.appointment_cancelled", gone)


async def freed(session: AsyncSession, gone: Appointment) -> None:
    """Have the calendars told and the time offered to who waits for one."""
    time = Freed.by(gone).written()
    await queue.defer(session, FREED_TASK, appointment_id=gone.id, time=time)
