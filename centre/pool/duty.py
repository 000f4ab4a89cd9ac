"""Volunteers on duty: for some hours they answer who wants to talk to somebody of the centre."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre.people import STAFF, Person
from centre.pool.free import FREE
from storage import clock

_ON_DUTY = text(
    f"""
select p.*
from people p
join interpreter_profiles r on r.person_id = p.id
where r.duty_until > :now
    and r.declared_on is not null
    and (r.paused_until is null or r.paused_until <= :now)
    and (cardinality(r.centres) = 0 or :centre = any(r.centres))
    and not p.role = any(:staff)
    and {FREE}
order by r.joined_at, p.id
"""  # noqa: S608 - a constant of ours
)


async def on_duty(session: AsyncSession, centre: str, person_id: uuid.UUID) -> Sequence[Person]:
    """Return the volunteers who are on duty for a centre now, and can be asked.

    Args:
        session: the caller's open transaction.
        centre: id of the centre; who chose no places is there for all.
        person_id: who asks; whom they have reported, or who has reported them, is not asked.

    Returns:
        People who have promised confidentiality, take no break and are in no talk; the staff are
        not among them.
    """
    values = {"centre": centre, "person": person_id, "staff": list(STAFF), "now": clock.now()}
    rows = await session.scalars(select(Person).from_statement(_ON_DUTY), values)
    return rows.all()
