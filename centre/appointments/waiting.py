"""The waiting list: a freed earlier time is offered to the first who fits, then to the next."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.tables import Appointment


async def offer(session: AsyncSession, appointment_id: int) -> None:
    """Offer the time that an appointment freed to the first who waits for one like it."""


async def unanswered(session: AsyncSession, gone: Appointment) -> None:
    """Offer the time to the next, since the one who was asked did not answer."""
