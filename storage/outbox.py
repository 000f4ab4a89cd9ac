"""Outgoing messages: rows written in the caller's transaction, delivered by durable jobs."""

from __future__ import annotations

import uuid

from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock, queue
from storage.base import Base, Json, MaybeMoment, Moment

SEND_TASK = "send_message"
# An answer that is ready goes before the next question: a flood must not hold answers back.
SEND_PRIORITY = 10


class Button(BaseModel):
    """A tap: what the person reads and what comes back (at most 64 bytes)."""

    label: str
    data: str = ""
    url: str | None = None


class Document(BaseModel):
    """A small file sent with a message."""

    name: str
    media_type: str
    content: str = Field(description="the file's bytes in base64")


class Content(BaseModel):
    """What one message shows, already worded for the one who gets it."""

    text: str
    buttons: list[list[Button]] = []
    document: Document | None = None
    ask_location: bool = False
    copy_from: dict[str, int] | None = None
    """Telegram message to pass on unseen: ``{"chat": …, "message": …}``."""
    silent: bool = False
    """Whether it comes without a sound."""


class OutgoingMessage(Base):
    """One message on its way to one person on one channel."""

    __tablename__ = "outgoing_messages"
    __table_args__ = (Index("ix_outgoing_person", "person_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    content: Mapped[Json]
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    status: Mapped[str] = mapped_column(Text, default="waiting")  # waiting, sent, failed
    sent_at: Mapped[MaybeMoment]
    failure: Mapped[str | None] = mapped_column(Text)


async def enqueue(
    session: AsyncSession, person_id: uuid.UUID, channel: str, address: str, content: Content
) -> int:
    """Store a message and, in the same transaction, what delivers it.

    Telegram messages become a job, one person's in order. Web pages and terminals read the
    table and are woken by a notification.

    Returns:
        The message's number.
    """
    row = OutgoingMessage(
        person_id=person_id,
        channel=channel,
        address=address,
        content=content.model_dump(exclude_defaults=True),
    )
    session.add(row)
    await session.flush()
    if channel == "telegram":
        await queue.defer(
            session,
            SEND_TASK,
            lock=f"out:{channel}:{address}",
            priority=SEND_PRIORITY,
            message_id=row.id,
        )
    else:
        row.status, row.sent_at = "sent", clock.now()
        await session.execute(
            text("select pg_notify('outgoing', :person)"), {"person": str(person_id)}
        )
    return row.id
