"""When managers can be met: weekly hours in local time, minus what is booked."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import BigInteger, ForeignKey, SmallInteger, Text, Time, func, select, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from centre.people import Person
from storage import clock
from storage.base import Base, MaybeMoment, Moment

SLOT_MINUTES = 30
SLOT = timedelta(minutes=SLOT_MINUTES)
NOTICE = timedelta(hours=1)
HORIZON = timedelta(days=14)


class WorkingHours(Base):
    """One stretch of a manager's week, in local Berlin time; weekday 0 is Monday."""

    __tablename__ = "working_hours"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start: Mapped[time] = mapped_column(Time)
    end: Mapped[time] = mapped_column(Time)


class Appointment(Base):
    """A time a person and a manager have agreed on; cancelled ones stay, but hold no time.

    The two exclusion constraints are the guard against double booking: see
    :mod:`centre.appointments`.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        ExcludeConstraint(
            ("manager_id", "="),
            ("during", "&&"),
            name="no_overlap_per_manager",
            using="gist",
            where=text("cancelled_at is null"),
        ),
        ExcludeConstraint(
            ("person_id", "="),
            ("during", "&&"),
            name="no_overlap_per_person",
            using="gist",
            where=text("cancelled_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    manager_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    centre: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    request_key: Mapped[str | None] = mapped_column(Text, unique=True)
    cancelled_at: Mapped[MaybeMoment]
    cancelled_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    cancel_key: Mapped[str | None] = mapped_column(Text)

    @property
    def start(self) -> datetime:
        """When it begins, in UTC."""
        return _utc(self.during.lower)

    @property
    def end(self) -> datetime:
        """When it is over, in UTC."""
        return _utc(self.during.upper)


@dataclass(frozen=True, order=True)
class Slot:
    """A bookable time (UTC) with the manager who would take it."""

    start: datetime
    end: datetime
    manager_id: uuid.UUID


def cut(day: date, opening: time, closing: time) -> list[tuple[datetime, datetime]]:
    """Return the slots between two local times of one day, as pairs of UTC moments.

    Steps are real minutes, so the night the clocks change gains or loses slots, and no slot
    begins at a local time that does not exist.
    """
    start = datetime.combine(day, opening, clock.BERLIN).astimezone(UTC)
    last = datetime.combine(day, closing, clock.BERLIN).astimezone(UTC)
    count = max((last - start) // SLOT, 0)
    return [(start + SLOT * n, start + SLOT * (n + 1)) for n in range(count)]


def bookable(start: datetime) -> bool:
    """Tell whether a time leaves the staff their notice and lies within the horizon."""
    return clock.now() + NOTICE <= start <= clock.now() + HORIZON


async def free_slots(session: AsyncSession, centre: str, days: Iterable[date]) -> list[Slot]:
    """Return every free slot of every manager of a centre on the given (Berlin) days.

    Sorted by start; at the same start the manager with fewest upcoming appointments comes
    first, then the smaller id, so that two askers see the same order.
    """
    hours = await _hours(session, centre)
    busy, load = await _booked(session, list(hours))
    found = [
        Slot(start, end, manager)
        for day in days
        for manager, stretches in hours.items()
        for start, end in _offered(stretches, day)
        if bookable(start) and not any(s < end and start < e for s, e in busy[manager])
    ]
    return sorted(set(found), key=lambda slot: (slot.start, load[slot.manager_id], slot.manager_id))


async def offered(session: AsyncSession, centre: str, start: datetime) -> bool:
    """Tell whether ``start`` is a slot of some manager's hours, free or not."""
    day = start.astimezone(clock.BERLIN).date()
    hours = await _hours(session, centre)
    return any(
        start == begin for stretches in hours.values() for begin, _ in _offered(stretches, day)
    )


async def free_days(session: AsyncSession, centre: str, limit: int = 6) -> list[date]:
    """Return the next days (in Berlin) on which a centre has a free slot, at most ``limit``."""
    slots = await free_slots(session, centre, _horizon_days())
    return sorted({slot.start.astimezone(clock.BERLIN).date() for slot in slots})[:limit]


async def free_times(
    session: AsyncSession, centre: str, day: date, limit: int | None = None
) -> list[Slot]:
    """Return the free slots of a day, one per start time, at most ``limit``.

    Of several free managers the slot names the one with fewest upcoming appointments.
    """
    first: dict[datetime, Slot] = {}
    for slot in await free_slots(session, centre, [day]):
        first.setdefault(slot.start, slot)
    return list(first.values())[:limit]


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("an appointment has a start and an end")
    return moment.astimezone(UTC)


def _horizon_days() -> Iterator[date]:
    today = clock.now().astimezone(clock.BERLIN).date()
    return (today + timedelta(days=n) for n in range(HORIZON.days + 1))


def _offered(stretches: list[WorkingHours], day: date) -> Iterator[tuple[datetime, datetime]]:
    for stretch in stretches:
        if stretch.weekday == day.weekday():
            yield from cut(day, stretch.start, stretch.end)


async def _hours(session: AsyncSession, centre: str) -> dict[uuid.UUID, list[WorkingHours]]:
    rows = await session.scalars(
        select(WorkingHours)
        .join(Person, Person.id == WorkingHours.manager_id)
        .where(Person.role == "manager", Person.centre == centre)
        .order_by(WorkingHours.manager_id, WorkingHours.weekday, WorkingHours.start)
    )
    found: dict[uuid.UUID, list[WorkingHours]] = defaultdict(list)
    for row in rows:
        found[row.manager_id].append(row)
    return found


async def _booked(
    session: AsyncSession, managers: list[uuid.UUID]
) -> tuple[dict[uuid.UUID, list[tuple[datetime, datetime]]], dict[uuid.UUID, int]]:
    rows = await session.execute(
        select(Appointment.manager_id, Appointment.during).where(
            Appointment.manager_id.in_(managers),
            Appointment.cancelled_at.is_(None),
            func.upper(Appointment.during) > clock.now(),
        )
    )
    busy: dict[uuid.UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for manager, during in rows:
        busy[manager].append((_utc(during.lower), _utc(during.upper)))
    return busy, defaultdict(int, {manager: len(times) for manager, times in busy.items()})
