"""The tables of hand-offs: what somebody asked for, who was asked, what was said of it after."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment


class Handoff(Base):
    """A person's wish for somebody human: ``open``, ``matched``, then ``ended`` or ``stopped``."""

    __tablename__ = "handoffs"
    __table_args__ = (
        Index(
            "one_active_handoff_per_person",
            "person_id",
            unique=True,
            postgresql_where=text("status in ('open', 'matched')"),
        ),
        Index(
            "one_match_per_helper",
            "helper_id",
            unique=True,
            postgresql_where=text("status = 'matched'"),
        ),
        Index(
            "one_talk_per_adviser",
            "adviser_id",
            unique=True,
            postgresql_where=text("status = 'matched'"),
        ),
        Index("ix_handoffs_due", "due_at", postgresql_where=text("status = 'open'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # interpreter, human
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    helper_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    adviser_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    """A manager who came into the talk of others; in an open request, who is to come in."""
    centre: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    spoken: Mapped[str | None] = mapped_column(Text)
    """The language the interpreter was asked for; the person may speak more than one."""
    topic: Mapped[str | None] = mapped_column(Text)
    urgency: Mapped[str] = mapped_column(Text, default="normal", server_default="normal")
    gender: Mapped[str | None] = mapped_column(Text)
    """``f`` or ``m``: only such an interpreter is asked."""
    dialect: Mapped[str | None] = mapped_column(Text)
    """Who speaks it is asked first; an id of :mod:`centre.pool.dialects`."""
    status: Mapped[str] = mapped_column(Text, default="open")
    urgent: Mapped[bool] = mapped_column(default=False)
    """An emergency: it jumps every queue."""
    stage: Mapped[str] = mapped_column(Text, default="interpreters", server_default="interpreters")
    """How far out is being asked: see :mod:`centre.handoffs.waves`."""
    wave: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[MaybeMoment]
    """When to ask further out if nobody has taken it."""
    last_word_at: Mapped[MaybeMoment]
    warned_at: Mapped[MaybeMoment]
    """When both were told that their silence will end the talk."""
    refused: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many messages were not passed on because they came too fast."""
    person_said: Mapped[str | None] = mapped_column(Text)
    helper_said: Mapped[str | None] = mapped_column(Text)
    """How it was, afterwards: ``good`` or ``bad``."""
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    matched_at: Mapped[MaybeMoment]
    ended_at: Mapped[MaybeMoment]
    escalated_at: Mapped[MaybeMoment]
    request_key: Mapped[str | None] = mapped_column(Text, unique=True)


class HandoffAsk(Base):
    """Somebody who was asked to take a handoff, and the message that asked."""

    __tablename__ = "handoff_asks"

    handoff_id: Mapped[int] = mapped_column(
        ForeignKey("handoffs.id", ondelete="CASCADE"), primary_key=True
    )
    helper_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    language: Mapped[str | None] = mapped_column(Text)
    wave: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_at: Mapped[Moment] = mapped_column(default=clock.now, server_default=text("now()"))
    declined_at: Mapped[MaybeMoment]


class HandoffNote(Base):
    """What a manager tells colleagues about a talk that goes on; gone when it ends."""

    __tablename__ = "handoff_notes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    handoff_id: Mapped[int] = mapped_column(
        ForeignKey("handoffs.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)


class TalkReport(Base):
    """Somebody felt treated badly in a talk; staff decide what follows."""

    __tablename__ = "talk_reports"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    about_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    centre: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    decided_at: Mapped[MaybeMoment]
    decision: Mapped[str | None] = mapped_column(Text)
    """``banned``, ``blocked`` or ``dismissed``."""


class TalkBan(Base):
    """Somebody who may ask for no talk and take none; an emergency is always heard."""

    __tablename__ = "talk_bans"

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[Moment]
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
