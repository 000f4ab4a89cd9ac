"""Which message of one chat is which message of another: so that answers keep their place."""

from __future__ import annotations

import uuid

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.outbox import OutgoingMessage


async def counterpart(
    session: AsyncSession,
    thread: str,
    writer_id: uuid.UUID,
    reader_id: uuid.UUID,
    reply_to: int | None,
) -> int | None:
    """Return how the message that somebody answers is numbered in the reader's chat.

    Args:
        session: the caller's open transaction.
        thread: the talk.
        writer_id: who answers.
        reader_id: who gets the answer.
        reply_to: the message answered, as numbered in the writer's chat.

    Returns:
        Its number in the reader's chat; ``None`` when it is no message of the talk.
    """
    if reply_to is None:
        return None
    of_talk = (
        select(OutgoingMessage)
        .where(OutgoingMessage.thread == thread)
        .order_by(OutgoingMessage.id.desc())
        .limit(1)
    )
    # What they answer was passed on to them, or they wrote it themselves.
    got = await session.scalar(
        of_talk.where(
            OutgoingMessage.person_id == writer_id, any_(OutgoingMessage.sent_as) == reply_to
        )
    )
    author, origin = (got.author_id, got.origin) if got else (writer_id, reply_to)
    if author == reader_id:
        return origin
    same = await session.scalar(
        of_talk.where(
            OutgoingMessage.person_id == reader_id,
            OutgoingMessage.author_id == author,
            OutgoingMessage.origin == origin,
        )
    )
    return same.sent_as[0] if same and same.sent_as else None
