"""When a manager is away: colleagues stand in, and whoever finds no one chooses another time.

Each appointment is handed over in a transaction of its own, by a job; only an erasure, which
leaves no time for that, does all of them at once.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format, notify
from centre.appointments import blocks, booking, words
from centre.appointments.availability import who_is_free
from centre.appointments.errors import (
    AppointmentGone,
    NotYours,
)
from centre.appointments.handing_over import choose_button, hand_over, wishes
from centre.appointments.manager import answer_until, decline
from centre.appointments.reasons import ILL, MOVED
from centre.appointments.successor import successor
from centre.appointments.tables import Appointment
from storage import clock, queue
from storage.engine import Database

SUBSTITUTE_TASK = "appointments_substitute"
"""Argument ``absence_id``: hand over what is booked in an absence."""
STRANDED_TASK = "appointment_stranded"
"""Argument ``appointment_id``: nobody stood in, and the person chose no other time."""
AT_ONCE = timedelta(minutes=30)


async def take_over(
    session: AsyncSession, appointment_id: int, colleague_id: uuid.UUID
) -> Appointment | None:
    """Let a colleague who was asked take an appointment; ``None`` when they are not free then.

    Taking it twice is no error.

    Raises:
        NotYours: somebody else has it, or its manager is there after all.
        AppointmentGone: it is cancelled or has begun.
    """
    found = await booking.get(session, appointment_id)
    if found is None:
        raise AppointmentGone
    if found.cancel_reason == MOVED:
        now = await successor(session, found)
        if now is None:
            raise AppointmentGone
        if now.manager_id != colleague_id:
            raise NotYours
        return now
    if not await blocks.away(session, found):
        raise NotYours
    try:
        made = await hand_over(session, appointment_id, colleague_id)
    except AppointmentGone:
        await session.refresh(found)
        if found.cancel_reason == MOVED:
            raise NotYours from None
        raise
    if made is not None:
        made.accepted_at = clock.now()
        await session.flush()
    return made


async def offer(session: AsyncSession, absence_id: int, manager_id: uuid.UUID) -> datetime | None:
    """Ask the colleagues who are free about each appointment in an absence.

    Returns:
        Until when they can answer: what nobody took is handed over then; ``None`` when there is
        nothing to ask about.

    Raises:
        NotYours: it is a colleague's absence.
    """
    booked = await _booked(session, absence_id, manager_id)
    if not booked:
        return None
    until = answer_until(booked[0].start)
    lock = f"offered:{absence_id}"
    if not await _defer_once(session, SUBSTITUTE_TASK, until, lock, absence_id=absence_id):
        return until
    for one in booked:
        for wish in await wishes(session, one, None):
            for colleague_id in await who_is_free(session, wish, one.start):
                take = [[("ill.take_button", f"s:take:{one.id}")]]
                await words.tell(session, colleague_id, "ill.offer", one, take, with_needs=True)
    return until


async def begin(session: AsyncSession, absence_id: int, manager_id: uuid.UUID) -> bool:
    """Have everything in an absence handed over by a job; return whether there is anything."""
    if not await _booked(session, absence_id, manager_id):
        return False
    await queue.defer(session, SUBSTITUTE_TASK, absence_id=absence_id)
    return True


async def drop(
    session: AsyncSession, absence_id: int, manager_id: uuid.UUID, reason: str | None
) -> int:
    """Cancel everything in an absence and return how much that was."""
    count = 0
    for one in await _booked(session, absence_id, manager_id):
        with suppress(AppointmentGone):
            await decline(session, one.id, manager_id, reason)
            count += 1
    return count


async def substitute(database: Database, absence_id: int) -> None:
    """Hand over what is booked in an absence, one transaction each, and sum up for the manager."""
    async with database.transaction() as session:
        absences = await blocks.group(session, absence_id)
        waiting = [one.id for one in await blocks.meetings(session, absences)]
    if not waiting:
        return
    moved = 0
    for number in waiting:
        async with database.transaction() as session:
            moved += await move_or_ask(session, number)
    async with database.transaction() as session:
        await notify.tell(
            session,
            absences[0].manager_id,
            "ill.summary",
            moved=moved,
            asked=len(waiting) - moved,
        )


async def move_or_ask(session: AsyncSession, appointment_id: int) -> bool:
    """Hand an appointment over or let its person choose another time; return whether it moved.

    Where no time is left to choose, it is cancelled.
    """
    try:
        if await hand_over(session, appointment_id) is not None:
            return True
    except AppointmentGone:
        # Moved or cancelled this very moment, and told then.
        return True
    found = await booking.locked(session, appointment_id)
    if found is None:
        return True
    until = min(answer_until(found.start), found.start - AT_ONCE)
    if until <= clock.now():
        with suppress(AppointmentGone):
            await _cancel(session, found)
        return False
    lock = f"stranded:{appointment_id}"
    if await _defer_once(session, STRANDED_TASK, until, lock, appointment_id=appointment_id):
        language = await words.language_of(session, found.person_id)
        await words.tell(
            session,
            found.person_id,
            "ill.choose",
            found,
            [[("ill.choose_button", choose_button(found))]],
            until_day=format.day(until, language),
            until=format.time(until, language),
        )
    return False


async def stranded(session: AsyncSession, appointment_id: int) -> None:
    """Cancel an appointment that nobody can come to, so that its person does not come in vain."""
    found = await booking.locked(session, appointment_id)
    if found is None or found.cancelled_at is not None or found.start <= clock.now():
        return
    if await blocks.away(session, found):
        await _cancel(session, found)


async def leave(session: AsyncSession, manager_id: uuid.UUID) -> tuple[int, int]:
    """Hand over all of a manager's appointments because they leave; cancel what nobody can take.

    Returns:
        How many were handed over and how many cancelled.
    """
    moved = cancelled = 0
    await blocks.free_holds(session, manager_id)
    for one in await booking.agenda(session, manager_id):
        try:
            if await hand_over(session, one.id) is not None:
                moved += 1
                continue
            await booking.cancel(session, one.id, manager_id)
            cancelled += 1
        except AppointmentGone:
            # The other side may be cancelling, or it begins this very moment.
            continue
    return moved, cancelled


async def _booked(
    session: AsyncSession, absence_id: int, manager_id: uuid.UUID
) -> list[Appointment]:
    absences = await blocks.group(session, absence_id)
    if absences and absences[0].manager_id != manager_id:
        raise NotYours
    return await blocks.meetings(session, absences)


async def _cancel(session: AsyncSession, found: Appointment) -> None:
    reason = ILL if await blocks.away(session, found, blocks.ILL) else None
    await booking.cancel(session, found.id, found.manager_id, reason=reason)


async def _defer_once(
    session: AsyncSession, task: str, at: datetime, lock: str, **arguments: Any
) -> bool:
    """Defer a task unless it waits already; return whether it did not."""
    try:
        async with session.begin_nested():
            await queue.defer(session, task, at=at, queueing_lock=lock, **arguments)
    except AlreadyEnqueued:
        return False
    return True
