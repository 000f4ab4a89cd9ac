"""What came in: stored before it is acknowledged, handled once, forgotten when answered."""

from __future__ import annotations

import math
import re
from typing import Any

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock, queue
from storage.base import Base, Json, MaybeMoment, Moment

HANDLE_TASK = "handle_update"
# What PostgreSQL refuses inside jsonb: one such sign would block every update behind it.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Update(Base):
    """One thing that came in on a channel; ``content`` is emptied once it is answered."""

    __tablename__ = "updates"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    content: Mapped[Json]
    received_at: Mapped[Moment] = mapped_column(default=clock.now)
    answered_at: Mapped[MaybeMoment]
    attempts: Mapped[int] = mapped_column(default=0)


async def receive(
    session: AsyncSession, channel: str, external_id: str, address: str, content: dict[str, Any]
) -> int | None:
    """Store an update and, in the same transaction, the job that answers it.

    Args:
        session: the caller's open transaction; acknowledge only after it is committed.
        channel: ``telegram``, ``web`` or ``script``.
        external_id: what the channel calls the update; a repetition has the same.
        address: where an answer goes; updates of one address are handled in order.
        content: the update as it came.

    Returns:
        The update's number, or ``None`` when it was received before.
    """
    number: int | None = await session.scalar(
        insert(Update)
        .values(
            channel=channel,
            external_id=external_id,
            address=_storable(address),
            content=_storable(content),
            received_at=clock.now(),
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["channel", "external_id"])
        .returning(Update.id)
    )
    if number is None:
        return None
    await queue.defer(session, HANDLE_TASK, lock=f"in:{channel}:{address}", update_id=number)
    return number


async def finish(session: AsyncSession, update: Update) -> None:
    """Note that ``update`` is answered and forget what it said and who said it."""
    update.answered_at = clock.now()
    update.content, update.address = {}, ""
    await session.flush()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value
