"""What leaves for managers' own calendars: invitations by e-mail, events by CalDAV."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession


async def changed(session: AsyncSession, appointment_id: int) -> None:
    """Have the manager's calendars told what an appointment is now."""
