"""How often an entry was shown, helped or not: counted per day, never who."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment


class EntryCount(Base):
    """What happened with an entry in one language on one day (Berlin's)."""

    __tablename__ = "entry_counts"

    entry_id: Mapped[str] = mapped_column(
        ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    shown: Mapped[int] = mapped_column(server_default="0")
    helped: Mapped[int] = mapped_column(server_default="0")
    not_helped: Mapped[int] = mapped_column(server_default="0")
    wrong: Mapped[int] = mapped_column(server_default="0")


class UnansweredQuestion(Base):
    """A question that no entry answered.

    ``text`` is there only when the person agreed to hand it on; ``person_id`` then only serves to
    erase it together with everything else of theirs.
    """

    __tablename__ = "unanswered_questions"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        UUID(as_uuid=True), ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    centre: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[Moment] = mapped_column(default=clock.now)
    settled_at: Mapped[MaybeMoment]
