"""What happens when a hold runs out and nobody said yes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import booking, three_way, waiting, words
from centre.appointments.booking import EXPIRED, FOR_INTERPRETER, FOR_PROPOSAL, FOR_WAITING
from centre.appointments.tables import Appointment
from storage import clock


async def over(session: AsyncSession, appointment_id: int) -> None:
    """Free a time whose hold ran out and go on as its purpose asks; else nothing."""
    found = await booking.locked(session, appointment_id)
    if found is None or found.cancelled_at is not None or found.held_until is None:
        return
    if found.held_until > clock.now():
        return
    if found.hold_for == FOR_INTERPRETER:
        await three_way.unanswered(session, found)
        return
    await booking.release(session, appointment_id, None, EXPIRED)
    if found.hold_for == FOR_WAITING:
        await waiting.unanswered(session, found)
    elif found.hold_for == FOR_PROPOSAL:
        await words.tell(session, found.manager_id, "manager.proposal_expired", found)


async def overdue(session: AsyncSession) -> list[int]:
    """Return the holds that ran out and are still there: a job was lost, or comes late."""
    rows = await session.scalars(
        select(Appointment.id).where(
            Appointment.cancelled_at.is_(None), Appointment.held_until <= clock.now()
        )
    )
    return list(rows)
