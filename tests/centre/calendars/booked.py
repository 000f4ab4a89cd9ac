"""Managers whose calendars are connected, and what is booked with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from centre import appointments
from centre.appointments import Appointment, Wish, connected
from centre.appointments.calendar_tables import CalendarAccount, CalendarPush
from centre.appointments.connected import Overdue
from storage.engine import Database
from tests.centre.calendars.servers import PASSWORD, USER
from tests.centre.conftest import berlin, who

FIRST, SECOND = "m-reutlingen-1", "m-reutlingen-2"
TUESDAY = berlin(2026, 12, 1, 10, 0)
THURSDAY = berlin(2026, 12, 3, 10, 0)


async def connect(db: Database, manager: str = FIRST, **values: str | None) -> None:
    async with db.transaction() as session:
        await connected.connect(session, CalendarAccount(manager_id=who(manager), **values))


async def connect_caldav(db: Database, url: str, manager: str = FIRST) -> None:
    await connect(
        db, manager, caldav_url=url, caldav_user=USER, caldav_password=PASSWORD, email=None
    )


async def take(
    db: Database, start: datetime = TUESDAY, manager: str = FIRST, moves: int | None = None
) -> Appointment:
    async with db.transaction() as session:
        hold = appointments.hold_for_person(moves) if moves else None
        made = await appointments.take(
            session,
            person_id=who("p1"),
            wish=Wish("reutlingen", managers=(who(manager),)),
            topic="ask_childcare",
            start=start,
            language="ar",
            request_key=None,
            hold=hold,
        )
        if hold:
            made = await appointments.confirm(session, made.id, who("p1"))
        return made


async def cancel(db: Database, number: int) -> None:
    async with db.transaction() as session:
        await appointments.cancel(session, number, who("p1"))


async def pushes(db: Database) -> list[CalendarPush]:
    async with db.transaction() as session:
        return list(await session.scalars(select(CalendarPush).order_by(CalendarPush.id)))


async def overdue(db: Database, manager: str | None = None) -> list[Overdue]:
    async with db.transaction() as session:
        return await connected.overdue(session, who(manager) if manager else None)
