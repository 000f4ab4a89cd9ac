"""The tables of the pool: an interpreter's languages, wishes, weekly hours, and time served."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment

LEVELS = ("basic", "fluent", "native")
"""How well somebody speaks a language, least first."""
CHAT, PHONE, ON_SITE = WAYS = ("chat", "phone", "on_site")
"""How somebody can help."""
DUTY = "duty"
"""How somebody helped who answered in the place of the centre's staff."""


class InterpreterLanguage(Base):
    """A language somebody interprets, into and out of German."""

    __tablename__ = "interpreter_languages"
    __table_args__ = (CheckConstraint("level in ('basic', 'fluent', 'native')", name="level"),)

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[str] = mapped_column(Text, default="fluent", server_default="fluent")
    dialects: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default=text("'{}'")
    )


class InterpreterProfile(Base):
    """What an interpreter told about themselves, all of it by buttons; no row means no wishes."""

    __tablename__ = "interpreter_profiles"

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    german: Mapped[str | None] = mapped_column(Text)
    """Their German: a level of the Common European Framework, ``A2`` to ``C2``."""
    gender: Mapped[str | None] = mapped_column(Text)
    """``f``, ``m``, ``d`` or unknown."""
    centres: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default=text("'{}'")
    )
    """Around which centres they come on site; none means all."""
    ways: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=lambda: [CHAT], server_default=text("'{chat}'")
    )
    without: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default=text("'{}'")
    )
    """Topics they don't do."""
    paused_until: Mapped[MaybeMoment]
    declared_on: Mapped[date | None]
    """When they agreed to keep everything to themselves."""
    duty_until: Mapped[MaybeMoment]
    """Until when they answer people who want to talk to somebody of the centre."""
    joined_at: Mapped[Moment] = mapped_column(default=clock.now)


class InterpreterHours(Base):
    """A stretch of every week in which an interpreter may be asked; local time."""

    __tablename__ = "interpreter_hours"

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Monday is 0."""
    start: Mapped[time] = mapped_column(primary_key=True)
    end: Mapped[time]


class InterpreterService(Base):
    """A time somebody helped: for the allowance. Whom they helped is not in it."""

    __tablename__ = "interpreter_services"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    helper_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    language: Mapped[str] = mapped_column(Text)
    centre: Mapped[str] = mapped_column(Text)
    way: Mapped[str] = mapped_column(Text, default=CHAT)
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment]

    @property
    def minutes(self) -> int:
        """How long it took, in minutes begun."""
        return served_minutes(self.started_at, self.ended_at)


def served_minutes(start: datetime, end: datetime) -> int:
    """Return the minutes from ``start`` to ``end``, the last one begun counted."""
    return max(0, -int(-(end - start).total_seconds() // 60))
