"""Volunteers on duty: for some hours they answer who wants to talk to somebody of the centre."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.people import STAFF, Person
from centre.pool.tables import InterpreterProfile
from storage import clock


async def on_duty(
    session: AsyncSession, centre: str, without: uuid.UUID | None = None
) -> Sequence[Person]:
    """Return the volunteers who are on duty for a centre now, and can be reached.

    Args:
        session: the caller's open transaction.
        centre: id of the centre; who chose no places is there for all.
        without: somebody who is not asked: whoever asks.

    Returns:
        People who have promised confidentiality and take no break; the staff are not among them.
    """
    now = clock.now()
    rows = await session.scalars(
        select(Person)
        .join(InterpreterProfile, InterpreterProfile.person_id == Person.id)
        .where(
            InterpreterProfile.duty_until > now,
            InterpreterProfile.declared_on.is_not(None),
            InterpreterProfile.paused_until.is_(None) | (InterpreterProfile.paused_until <= now),
            (func.cardinality(InterpreterProfile.centres) == 0)
            | (InterpreterProfile.centres.contains([centre])),
            Person.role.not_in(STAFF),
            Person.blocked_at.is_(None),
            Person.id.is_distinct_from(without),
        )
        .order_by(InterpreterProfile.joined_at, Person.id)
    )
    return rows.all()
