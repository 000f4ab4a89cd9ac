"""What came of an appointment that somebody else took over at the same time."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.tables import Appointment


async def successor(session: AsyncSession, gone: Appointment) -> Appointment | None:
    """Return the appointment that took the place of ``gone`` at the same time, or ``None``.

    An appointment that was handed over twice has one too.
    """
    found: Appointment | None = gone
    while found is not None and found.cancelled_at is not None:
        found = (
            await session.scalars(
                select(Appointment)
                .where(Appointment.moves == found.id, Appointment.during == gone.during)
                .order_by(Appointment.id.desc())
                .limit(1)
            )
        ).one_or_none()
    return None if found is gone else found
