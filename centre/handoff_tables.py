"""The tables of hand-offs: what somebody asked for, who was asked, who speaks what."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment


class InterpreterLanguage(Base):
    """A language somebody interprets, into and out of German."""

    __tablename__ = "interpreter_languages"

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)


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
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # interpreter, human
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    helper_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    centre: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="open")
    urgent: Mapped[bool] = mapped_column(default=False)
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
    declined_at: Mapped[MaybeMoment]
