"""Managers' own calendars: connecting them, and what they have not got."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import booking
from centre.appointments.calendar_tables import CalendarAccount, CalendarPush
from centre.appointments.errors import NONSENSE
from centre.appointments.outgoing import FAILED, SENT, WAITING, changed, defer
from centre.appointments.parcel import CALDAV, MAIL
from storage import clock

KEEP = timedelta(days=30)


@dataclass(frozen=True)
class Overdue:
    """What a calendar has not got: whose, when it is, on which way, and why."""

    manager_id: uuid.UUID
    start: datetime
    channel: str
    failure: str
    given_up: bool


async def everything(session: AsyncSession, manager_id: uuid.UUID) -> None:
    """Have a manager's calendars told of all that is ahead, and what failed tried once more."""
    for one in await booking.agenda(session, manager_id):
        await changed(session, one.id)
    mine = CalendarPush.manager_id == manager_id
    await session.execute(
        update(CalendarPush)
        .where(mine, CalendarPush.status == FAILED)
        .values(status=WAITING, attempts=0, created_at=clock.now(), done_at=None)
    )
    rows = await session.execute(
        select(CalendarPush.id, CalendarPush.appointment_id)
        .where(mine, CalendarPush.status == WAITING)
        .order_by(CalendarPush.id)
    )
    for push_id, appointment_id in rows.all():
        await defer(session, push_id, appointment_id, manager_id)


async def connect(session: AsyncSession, account: CalendarAccount) -> None:
    """Keep where a manager's appointments are sent to, and send all that is ahead.

    A calendar that was not there before gets everything, also what another one has got.
    """
    old = await session.get(CalendarAccount, account.manager_id)
    for channel, name in ((MAIL, "email"), (CALDAV, "caldav_url")):
        if old is None or getattr(old, name) != getattr(account, name):
            await session.execute(
                delete(CalendarPush).where(
                    CalendarPush.manager_id == account.manager_id, CalendarPush.channel == channel
                )
            )
    await session.merge(account)
    await session.flush()
    await everything(session, account.manager_id)


async def disconnect(session: AsyncSession, manager_id: uuid.UUID) -> None:
    """Send nothing more to a manager's calendars; what is there stays there."""
    for table in (CalendarPush, CalendarAccount):
        await session.execute(delete(table).where(table.manager_id == manager_id))


async def overdue(session: AsyncSession, manager_id: uuid.UUID | None = None) -> list[Overdue]:
    """Return what could not be delivered so far or was given up, the next appointment first.

    Args:
        session: any session.
        manager_id: only this manager's; everybody's when ``None``.
    """
    query = (
        select(CalendarPush)
        .where(CalendarPush.status != SENT, CalendarPush.failure.is_not(None))
        .where(func.upper(CalendarPush.during) > clock.now())
        .order_by(func.lower(CalendarPush.during), CalendarPush.id)
    )
    if manager_id is not None:
        query = query.where(CalendarPush.manager_id == manager_id)
    return [
        Overdue(
            one.manager_id,
            clock.utc(one.during.lower),
            one.channel,
            one.failure or NONSENSE,
            one.status == FAILED,
        )
        for one in await session.scalars(query)
    ]


async def forget_old(session: AsyncSession) -> None:
    """Forget what was sent about appointments that were over a month ago."""
    await session.execute(
        delete(CalendarPush)
        .where(func.upper(CalendarPush.during) < clock.now() - KEEP)
        .where(CalendarPush.status != WAITING)
    )
