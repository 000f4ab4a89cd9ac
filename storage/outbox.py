"""Outgoing messages: rows written in the caller's transaction, delivered by durable jobs."""

from __future__ import annotations

import uuid

from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, ForeignKey, Index, Text, delete, text, update
from sqlalchemy.dialects.postgresql import ARRAY
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


class NamedFile(BaseModel):
    """A file that Telegram keeps, and what it is called there."""

    id: str
    name: str
    size: int | None = Field(default=None, description="bytes, where Telegram says so")
    video: bool = False


class Content(BaseModel):
    """What one message shows, already worded for the one who gets it."""

    text: str
    buttons: list[list[Button]] = []
    document: Document | None = None
    ask_location: bool = False
    copy_from: dict[str, int] | None = None
    """Telegram message to pass on unseen: ``{"chat": …, "message": …}``."""
    file: NamedFile | None = None
    """The file of that message where it has a name: it is sent anew, under this one."""
    silent: bool = False
    """Whether it comes without a sound."""
    reply_to: int | None = None
    """Telegram message of the reader's chat that this one answers."""


class OutgoingMessage(Base):
    """One message on its way to one person on one channel."""

    __tablename__ = "outgoing_messages"
    __table_args__ = (
        Index("ix_outgoing_person", "person_id", "id"),
        Index("ix_outgoing_thread", "thread", postgresql_where=text("thread is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    content: Mapped[Json]
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    status: Mapped[str] = mapped_column(Text, default="waiting")  # waiting, sent, failed
    sent_at: Mapped[MaybeMoment]
    failure: Mapped[str | None] = mapped_column(Text)
    thread: Mapped[str | None] = mapped_column(Text)
    """What it belongs to, for what must be forgotten together (``talk:12``)."""
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    """Whose message it passes on."""
    origin: Mapped[int | None] = mapped_column(BigInteger)
    """How that one is numbered in the chat of whoever wrote it."""
    sent_as: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), default=list, server_default=text("'{}'")
    )
    """Its own numbers in the reader's chat, as far as it is there: a long text takes several."""


async def enqueue(
    session: AsyncSession,
    person_id: uuid.UUID,
    channel: str,
    address: str,
    content: Content,
    *,
    thread: str | None = None,
    author_id: uuid.UUID | None = None,
    origin: int | None = None,
) -> int:
    """Store a message and, in the same transaction, what delivers it.

    Telegram messages become a job, one person's in order. Web pages and terminals read the
    table and are woken by a notification.

    Args:
        session: the caller's open transaction.
        person_id: who gets it.
        channel: ``telegram``, ``web`` or ``script``.
        address: where on that channel.
        content: what it shows.
        thread: what it belongs to; see :func:`forget_thread`.
        author_id: whose message it passes on.
        origin: how that one is numbered in its writer's chat.

    Returns:
        The message's number.
    """
    row = OutgoingMessage(
        person_id=person_id,
        channel=channel,
        address=address,
        content=content.model_dump(exclude_defaults=True),
        thread=thread,
        author_id=author_id,
        origin=origin,
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


async def forget_thread(session: AsyncSession, thread: str) -> None:
    """Forget what was said in a thread; what still waits to be sent is forgotten when it is."""
    await session.execute(
        delete(OutgoingMessage).where(
            OutgoingMessage.thread == thread, OutgoingMessage.status != "waiting"
        )
    )
    await session.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.thread == thread)
        .values(thread=None, author_id=None, origin=None)
        .execution_options(synchronize_session=False)
    )
