"""When the staff of a centre are there to answer."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.open_hours import open_hours
from centre.pool import duty
from storage import clock


async def next_answer(session: AsyncSession, centre: str, person_id: uuid.UUID) -> datetime | None:
    """Return from when on somebody answers for a centre: the present when a volunteer is on duty.

    Args:
        session: the caller's open transaction.
        centre: id of the centre.
        person_id: who asks.

    Returns:
        UTC; ``None`` when nobody has told any hours for the next two weeks.
    """
    if await duty.on_duty(session, centre, person_id):
        return clock.now()
    return await next_open(session, centre)


async def next_open(session: AsyncSession, centre: str) -> datetime | None:
    """Return from when on somebody of a centre is there (UTC): the present, if somebody is now.

    Working hours count, public holidays and absences are left out; ``None`` when nobody has told
    any hours for the next two weeks.
    """
    now = clock.now()
    found = await open_hours(session, centre, 1, any_work=True)
    return max(found[0][0], now) if found else None
