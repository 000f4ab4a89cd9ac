"""How much may be sent when: one budget for all processes, kept in the database.

Every scope is a bucket that drains steadily (the generic cell rate algorithm): ``free_at`` is the
moment when everything sent so far is paid for, and sending may run ahead of it by a burst.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Moment


@dataclass(frozen=True)
class Limit:
    """At most ``burst`` at once, then one every ``interval`` seconds."""

    interval: float
    burst: int

    @property
    def ahead(self) -> timedelta:
        """How far the bucket may be overdrawn and the next one still goes at once."""
        return timedelta(seconds=self.interval * (self.burst - 1))


ALL = Limit(interval=1 / 30, burst=30)
CHAT = Limit(interval=1.0, burst=3)
# 20 in any 60 seconds, the burst included: 3 + 60 / (60 / 17).
GROUP = Limit(interval=60 / 17, burst=3)


class Budget(Base):
    """What is left of one scope: ``all`` or ``chat:<number>``."""

    __tablename__ = "send_budget"

    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    free_at: Mapped[Moment]


@dataclass(frozen=True)
class Turn:
    """When a send may go.

    ``wait`` is in seconds from now. With ``at`` the turn is booked for that moment (by the
    database's clock); without, the chat itself must wait and has to ask again after ``wait``.
    """

    wait: float
    at: datetime | None


async def reserve(
    session: AsyncSession, chat: str, group: bool = False, everything: Limit = ALL
) -> Turn:
    """Book the next turn of a chat, atomically against all other processes.

    A chat that has to wait books nothing, so that it never holds up the others: what is booked
    ahead in the common budget is always used at once. Keep the transaction short: it holds a row
    that every send needs.

    Args:
        session: a transaction that is committed right after.
        chat: the chat's number.
        group: whether it is a group, which may get less.
        everything: the limit of all chats together.
    """
    limit = GROUP if group else CHAT
    # Always the chat before the common row, so that two processes can't wait for each other.
    paid, now = await _hold(session, _scope(chat))
    if paid - limit.ahead > now:
        return Turn((paid - limit.ahead - now).total_seconds(), None)
    common, now = await _hold(session, "all")
    at = max(now, common - everything.ahead)
    await _set(session, "all", max(common, at) + timedelta(seconds=everything.interval))
    await _set(session, _scope(chat), max(paid, at) + timedelta(seconds=limit.interval))
    return Turn((at - now).total_seconds(), at)


async def until(session: AsyncSession, moment: datetime) -> float:
    """Return the seconds until ``moment`` by the database's clock, 0 when it has passed."""
    now = (await session.scalars(select(_CLOCK))).one()
    return max(0.0, (moment - now).total_seconds())


async def pause(session: AsyncSession, chat: str, seconds: float, group: bool = False) -> None:
    """Let nothing go to one chat for ``seconds``, as Telegram demands with ``retry_after``."""
    limit = GROUP if group else CHAT
    paid, now = await _hold(session, _scope(chat))
    end = now + timedelta(seconds=seconds)
    await _set(session, _scope(chat), max(paid, end + limit.ahead))


async def prune(session: AsyncSession) -> None:
    """Forget the chats that have nothing left to pay: their numbers are not ours to keep."""
    await session.execute(delete(Budget).where(Budget.scope != "all", Budget.free_at < _CLOCK))


def _scope(chat: str) -> str:
    return f"chat:{chat}"


# The machine's time, not storage.clock: Telegram does not wait for a demonstration's clock.
# clock_timestamp() goes on within a transaction, now() would stand still while it waits.
_CLOCK = func.clock_timestamp(type_=DateTime(timezone=True))


async def _hold(session: AsyncSession, scope: str) -> tuple[datetime, datetime]:
    """Keep others from a scope until the transaction ends; return its ``free_at`` and the time."""
    row = insert(Budget).values(scope=scope, free_at=_CLOCK)
    held = row.on_conflict_do_update(
        index_elements=["scope"], set_={"free_at": Budget.free_at}
    ).returning(Budget.free_at, _CLOCK)
    free_at, now = (await session.execute(held)).one()
    return free_at, now


async def _set(session: AsyncSession, scope: str, free_at: datetime) -> None:
    await session.execute(
        update(Budget)
        .where(Budget.scope == scope)
        .values(free_at=free_at)
        .execution_options(synchronize_session=False)
    )
