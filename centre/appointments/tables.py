"""The tables of appointments: when managers can be met, what is booked, held and wished for."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    Time,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment


class ManagerSettings(Base):
    """What is particular about one manager; somebody without a row has the county's rules.

    ``municipalities`` are ids of the county's configuration: whoever lives there and has no
    manager yet is theirs. ``most_people`` is the caseload beyond which nobody new comes.
    """

    __tablename__ = "manager_settings"

    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    gender: Mapped[str | None] = mapped_column(Text)  # f, m
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    buffer_minutes: Mapped[int] = mapped_column(SmallInteger, default=0)
    notice_minutes: Mapped[int | None]
    horizon_days: Mapped[int | None] = mapped_column(SmallInteger)
    most_people: Mapped[int | None] = mapped_column(SmallInteger)
    municipalities: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class WorkingHours(Base):
    """One stretch of a manager's week at one centre, in local Berlin time; weekday 0 is Monday.

    ``open_consultation``: people come without an appointment; nothing is booked then.
    """

    __tablename__ = "working_hours"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    centre: Mapped[str] = mapped_column(Text)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start: Mapped[time] = mapped_column(Time)
    end: Mapped[time] = mapped_column(Time)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    open_consultation: Mapped[bool] = mapped_column(default=False)


class ExtraHours(Base):
    """Hours a manager gives once, beside the week's."""

    __tablename__ = "extra_hours"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    centre: Mapped[str] = mapped_column(Text)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)


class Absence(Base):
    """A time in which a manager can't be met, whatever the week says: ``blocked``, ``ill``, …"""

    __tablename__ = "absences"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str] = mapped_column(Text)  # blocked, ill, leave
    created_at: Mapped[Moment] = mapped_column(default=clock.now)


class Room(Base):
    """A room for talks. A centre that lists none has enough of them."""

    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    centre: Mapped[str] = mapped_column(Text, index=True)
    name: Mapped[str] = mapped_column(Text)
    step_free: Mapped[bool] = mapped_column(default=False)


def _apart(name: str, whose: str, when: str) -> ExcludeConstraint:
    return ExcludeConstraint(
        (whose, "="), (when, "&&"), name=name, using="gist", where=text("cancelled_at is null")
    )


class Appointment(Base):
    """A time a person and a manager have agreed on; cancelled ones stay, but hold no time.

    With ``held_until`` the time is only kept for somebody who still has to say yes: the person
    (``hold_for`` is ``person``, ``proposal`` or ``waiting``) or an interpreter (``interpreter``).
    A hold keeps everybody else out exactly as an appointment does. The four exclusion constraints
    are the guard against double booking: see :mod:`centre.appointments.booking`.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        _apart("no_overlap_per_manager", "manager_id", "blocked"),
        _apart("no_overlap_per_person", "person_id", "during"),
        _apart("no_overlap_per_room", "room_id", "during"),
        _apart("no_overlap_per_interpreter", "interpreter_id", "during"),
        Index(
            "ix_appointments_held", "held_until", postgresql_where=text("held_until is not null")
        ),
        Index(
            "ix_appointments_missed", "person_id", postgresql_where=text("missed_at is not null")
        ),
    )
    # The database counts ``sequence``; without this, reading it after a change would ask again.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - read once, by SQLAlchemy

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    manager_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    centre: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, default="follow_up")
    language: Mapped[str] = mapped_column(Text)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    blocked: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)  # and the manager's buffer after
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="SET NULL"))
    interpreter_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    interpreter_language: Mapped[str | None] = mapped_column(Text)
    childcare: Mapped[bool] = mapped_column(default=False)
    step_free: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    request_key: Mapped[str | None] = mapped_column(Text, unique=True)
    held_until: Mapped[MaybeMoment]
    hold_for: Mapped[str | None] = mapped_column(Text)
    moves: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="SET NULL"))
    """The appointment that this one replaces once it is agreed on."""
    waiting_id: Mapped[int | None] = mapped_column(
        ForeignKey("waiting_places.id", ondelete="SET NULL", use_alter=True)
    )
    accepted_at: Mapped[MaybeMoment]
    """When the manager said that it suits them; booking does not wait for it."""
    coming_at: Mapped[MaybeMoment]
    """When the person said, asked by a reminder, that they come."""
    missed_at: Mapped[MaybeMoment]
    """When the manager noted that the person did not come."""
    cancelled_at: Mapped[MaybeMoment]
    cancelled_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    cancel_key: Mapped[str | None] = mapped_column(Text)
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    """A code: ``moved``, ``expired``, ``ill``, ``released``, …; never anybody's words."""
    sequence: Mapped[int] = mapped_column(default=0, onupdate=text("sequence + 1"))
    """How often it changed: calendars elsewhere take the larger number (RFC 5545)."""
    changed_at: Mapped[Moment] = mapped_column(default=clock.now, onupdate=clock.now)

    @property
    def start(self) -> datetime:
        """When it begins, in UTC."""
        return clock.utc(self.during.lower)

    @property
    def end(self) -> datetime:
        """When it is over, in UTC."""
        return clock.utc(self.during.upper)

    @property
    def held(self) -> bool:
        """Whether somebody still has to say yes."""
        return self.held_until is not None


class WaitingPlace(Base):
    """Somebody's wish for an earlier time; ``appointment_id`` is what it would replace."""

    __tablename__ = "waiting_places"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    centre: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    manager_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    gender: Mapped[str | None] = mapped_column(Text)
    speaks: Mapped[str | None] = mapped_column(Text)
    appointment_id: Mapped[int | None] = mapped_column(
        ForeignKey("appointments.id", ondelete="SET NULL")
    )
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    ended_at: Mapped[MaybeMoment]


class InterpreterAsk(Base):
    """An interpreter who was asked to come to an appointment, in turn."""

    __tablename__ = "appointment_asks"

    appointment_id: Mapped[int] = mapped_column(
        ForeignKey("appointments.id", ondelete="CASCADE"), primary_key=True
    )
    helper_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    asked_at: Mapped[Moment] = mapped_column(default=clock.now)
    answer: Mapped[str | None] = mapped_column(Text)  # accepted, declined, late


class HandoverNote(Base):
    """A person went from one manager to another; ``note`` is what the first tells the second."""

    __tablename__ = "handover_notes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    from_manager: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    to_manager: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
