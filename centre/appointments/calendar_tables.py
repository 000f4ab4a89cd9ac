"""The tables of managers' calendars: what they subscribe to and what is sent to them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment


class CalendarFeed(Base):
    """A manager's private calendar address; only the hash of its secret is kept."""

    __tablename__ = "calendar_feeds"

    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)


class CalendarAccount(Base):
    """Where a manager's appointments are sent to: by e-mail, to a CalDAV calendar, or both."""

    __tablename__ = "calendar_accounts"

    manager_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    email: Mapped[str | None] = mapped_column(Text)
    caldav_url: Mapped[str | None] = mapped_column(Text)
    caldav_user: Mapped[str | None] = mapped_column(Text)
    caldav_password: Mapped[str | None] = mapped_column(Text)


class CalendarPush(Base):
    """One appointment on its way into one manager's calendar: ``waiting``, ``sent``, ``failed``.

    It outlives the appointment, which goes when its person is erased: the manager's calendar still
    has to be told that nobody comes. It says nothing about the person.
    """

    __tablename__ = "calendar_pushes"
    __table_args__ = (UniqueConstraint("appointment_id", "manager_id", "channel", "sequence"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(BigInteger)
    manager_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)  # mail, caldav
    sequence: Mapped[int] = mapped_column(default=0)
    gone: Mapped[bool] = mapped_column(default=False)
    """Whether it takes the appointment out of the calendar."""
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    status: Mapped[str] = mapped_column(Text, default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    done_at: Mapped[MaybeMoment]
