"""An appointment with a certain manager in Reutlingen, on Tuesday 1 December 2026 at nine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import Appointment, Needs, Wish, booking
from centre.appointments.booking import Hold
from storage.engine import Database
from tests.centre.conftest import berlin, who

TUESDAY = berlin(2026, 12, 1, 9, 0)
ERIKA, MAX = "m-reutlingen-1", "m-reutlingen-2"
NOTHING = Needs()


async def take(
    session: AsyncSession,
    person: str = "p1",
    start: datetime = TUESDAY,
    by: str = ERIKA,
    needs: Needs = NOTHING,
    hold: Hold | None = None,
) -> Appointment:
    return await booking.take(
        session,
        person_id=who(person),
        wish=Wish("reutlingen", managers=(who(by),)),
        topic="ask_school",
        start=start,
        language="ar",
        request_key=None,
        needs=needs,
        hold=hold,
    )


async def book(
    db: Database,
    person: str = "p1",
    start: datetime = TUESDAY,
    by: str = ERIKA,
    needs: Needs = NOTHING,
) -> Appointment:
    async with db.transaction() as session:
        return await take(session, person, start, by, needs)


async def held(db: Database) -> Appointment:
    """Hold the time for somebody who is answering the last questions."""
    async with db.transaction() as session:
        return await take(session, hold=booking.hold_for_person())
