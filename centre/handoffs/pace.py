"""How fast somebody may write in a talk."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.handoffs.rules import rules
from storage import clock
from storage.outbox import OutgoingMessage

A_MINUTE = timedelta(minutes=1)


async def too_fast(
    session: AsyncSession, thread: str, author_id: uuid.UUID, readers: int = 1
) -> bool:
    """Return whether somebody has written more in the last minute of a talk than anybody reads.

    Args:
        session: the caller's open transaction.
        thread: the talk.
        author_id: who writes.
        readers: how many get each message.
    """
    written = await session.scalar(
        select(func.count(func.distinct(OutgoingMessage.id))).where(
            OutgoingMessage.thread == thread,
            OutgoingMessage.author_id == author_id,
            OutgoingMessage.created_at > clock.now() - A_MINUTE,
        )
    )
    return (written or 0) >= rules().words_per_minute * readers
