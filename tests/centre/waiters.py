"""People who book, wait, and are offered what others give back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from centre import appointments
from centre.appointments import Appointment, Hold, Needs, Wish, waiting, waiting_offer
from centre.appointments.tables import WaitingPlace
from storage.engine import Database
from tests.centre.conftest import berlin, who

TUESDAY = berlin(2026, 12, 1, 9, 0)
LATER = berlin(2026, 12, 10, 9, 0)
MANAGER = "m-reutlingen-1"


async def book(
    db: Database,
    person: str,
    start: datetime = TUESDAY,
    *,
    manager: str = MANAGER,
    topic: str = "ask_work",
    needs: Needs | None = None,
    kind: str = "follow_up",
    hold: Hold | None = None,
) -> Appointment:
    needs = needs or Needs()
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who(person),
            wish=Wish("reutlingen", kind, managers=(who(manager),), step_free=needs.step_free),
            topic=topic,
            start=start,
            language="ar",
            request_key=None,
            needs=needs,
            hold=hold,
        )


async def join(
    db: Database,
    person: str,
    *,
    kind: str = "follow_up",
    instead: int | None = None,
    gender: str | None = None,
) -> WaitingPlace:
    async with db.transaction() as session:
        return await waiting.join(
            session,
            person_id=who(person),
            wish=Wish("reutlingen", kind, gender=gender),
            topic="ask_housing",
            language="en",
            appointment_id=instead,
        )


async def free(db: Database, made: Appointment) -> None:
    """Cancel, and run the job that this leaves."""
    async with db.transaction() as session:
        await appointments.cancel(session, made.id, made.person_id)
    await offered(db, made.id)


async def offered(db: Database, number: int) -> None:
    async with db.transaction() as session:
        await waiting_offer.offer(session, number)


async def held(db: Database, person: str) -> Appointment | None:
    async with db.transaction() as session:
        return await session.scalar(
            select(Appointment).where(
                Appointment.person_id == who(person),
                Appointment.hold_for == "waiting",
                Appointment.cancelled_at.is_(None),
            )
        )


async def offer_to(db: Database, person: str) -> Appointment:
    """What is offered to somebody just now."""
    found = await held(db, person)
    assert found is not None
    return found


async def accept(db: Database, hold: Appointment) -> Appointment:
    async with db.transaction() as session:
        return await waiting.accept(session, hold.id, hold.person_id)


async def decline(db: Database, hold: Appointment) -> None:
    async with db.transaction() as session:
        await waiting.decline(session, hold.id, hold.person_id)


async def upcoming(db: Database, person: str) -> list[datetime]:
    async with db.transaction() as session:
        return [one.start for one in await appointments.upcoming(session, who(person))]
