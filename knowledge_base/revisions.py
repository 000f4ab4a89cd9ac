"""Who changed what and when: every text an entry ever had."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, Moment


class Revision(Base):
    """A text as it was from ``at`` on.

    ``author`` is a role, never a name: ``files``, ``integreat``, ``machine``, or ``curator:`` and
    the opaque id of who edited.
    """

    __tablename__ = "revisions"
    __table_args__ = (Index("ix_revisions_entry", "entry_id", "language", "number"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    translated_from: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment] = mapped_column(default=clock.now)
