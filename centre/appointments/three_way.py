"""Appointments of three: manager and interpreter are reserved together or not at all."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.tables import Appointment


async def unanswered(session: AsyncSession, held: Appointment) -> None:
    """Ask the next interpreter, since the one who was asked did not answer."""
