"""The last answers of a booking, written to the time that is held meanwhile."""

from __future__ import annotations

import uuid
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import booking
from centre.appointments.availability import Wish
from centre.appointments.booking import FOR_PERSON, Hold, Needs
from centre.appointments.errors import HoldGone
from centre.appointments.kinds import AT_CENTRE, kind
from centre.appointments.tables import Appointment, Room, WaitingPlace
from storage import clock


def alive(found: Appointment | None, person_id: uuid.UUID) -> bool:
    """Tell whether a time is still kept for a person, or theirs for good already."""
    if found is None or found.person_id != person_id or found.cancelled_at is not None:
        return False
    return found.held_until is None or found.held_until > clock.now()


async def note(
    session: AsyncSession,
    appointment_id: int,
    person_id: uuid.UUID,
    *,
    wish: Wish,
    topic: str,
    needs: Needs,
    request_key: str,
) -> Appointment:
    """Write what an appointment is about and what is needed to the time held for it.

    Whoever needs a way without steps and holds a room with steps gets another room at the same
    time, with the same adviser.

    Args:
        session: the caller's open transaction.
        appointment_id: the held time.
        person_id: for whom it is held.
        wish: what they look for.
        topic: name of an ``ask_*`` intent, or ``other``.
        needs: what is needed.
        request_key: names this request.

    Returns:
        The held time; another one where the room changed. A time that is no longer waiting for the
        person alone (booked, or an interpreter is asked) comes back as it is.

    Raises:
        HoldGone: the time is free for others again.
        SlotTaken: no room without steps is free then; the time stays held as it was.
    """
    await booking.lock_person(session, person_id)
    held = await booking.locked(session, appointment_id)
    if held is None or not alive(held, person_id):
        raise HoldGone
    if held.held_until is None or held.hold_for != FOR_PERSON:
        return held
    held.topic, held.interpreter_language = topic, needs.interpreter_language
    held.childcare, held.step_free = needs.childcare, needs.step_free
    await session.flush()
    if not needs.step_free or not await _has_steps(session, held):
        return held
    async with session.begin_nested():
        return await booking.take(
            session,
            person_id=person_id,
            wish=replace(wish, step_free=True, managers=(held.manager_id,)),
            topic=topic,
            start=held.start,
            language=held.language,
            request_key=request_key,
            needs=needs,
            hold=Hold(held.held_until, FOR_PERSON, held.moves),
        )


async def wait_with(session: AsyncSession, place_id: int, made: Appointment) -> None:
    """Have a place on the waiting list replace what was booked meanwhile."""
    place = await session.get(WaitingPlace, place_id)
    if place is not None and place.person_id == made.person_id and place.ended_at is None:
        place.appointment_id = made.id


async def _has_steps(session: AsyncSession, held: Appointment) -> bool:
    if kind(held.kind).place != AT_CENTRE or held.room_id is None:
        return False
    return not await session.scalar(select(Room.step_free).where(Room.id == held.room_id))
