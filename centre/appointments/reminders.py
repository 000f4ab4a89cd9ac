"""Reminders the day before and two hours before, never in the quiet hours."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession


async def schedule(session: AsyncSession, appointment_id: int) -> None:
    """Have the reminders of an appointment sent when they are due."""
