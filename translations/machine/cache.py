"""Machine translations that were made before, by a hash of what was translated and by what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import LargeBinary, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, Moment

KEPT = timedelta(days=180)
RULES = "1"
"""Part of every key: raise it when protection, sentences or guards change what comes out."""


Result = tuple[str, str | None]
"""Why, and the text if there is one."""


class MachineTranslation(Base):
    """What a machine made of a text; never of what a person wrote (see ``translate``).

    ``text`` is ``None`` where the result was not good enough; ``reason`` says why.
    """

    __tablename__ = "machine_translations"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment] = mapped_column(default=clock.now, index=True)


def key(text: str, route_version: str, names: Sequence[str]) -> bytes:
    """Return the key of a text: the same text by the same models under the same rules."""
    parts = (RULES, route_version, *sorted(names), text)
    return hashlib.sha256("\0".join(parts).encode()).digest()


async def known(
    session: AsyncSession, keys: Sequence[bytes]
) -> dict[bytes, tuple[str, str | None]]:
    """Return reason and text of those keys that are there."""
    if not keys:
        return {}
    table = MachineTranslation
    rows = await session.execute(
        select(table.key, table.reason, table.text).where(table.key.in_(keys))
    )
    return {one.key: (one.reason, one.text) for one in rows}


async def remember(session: AsyncSession, made: Mapping[bytes, Result]) -> None:
    """Keep results (reason and text by key); what somebody else kept meanwhile stays."""
    if not made:
        return
    now = clock.now()
    rows = [
        {"key": key, "reason": reason, "text": text, "created_at": now}
        # In one order for everybody, so that two writers never wait for each other in a circle.
        for key, (reason, text) in sorted(made.items())
    ]
    await session.execute(insert(MachineTranslation).values(rows).on_conflict_do_nothing())


async def forget_old(session: AsyncSession) -> None:
    """Delete what was made long ago; a text still in use is simply translated again."""
    await session.execute(
        delete(MachineTranslation).where(MachineTranslation.created_at < clock.now() - KEPT)
    )
