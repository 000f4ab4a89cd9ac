"""A manager as the third in a talk that a volunteer has with somebody."""

from __future__ import annotations

import uuid

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.handoffs import asking
from centre.handoffs.errors import Busy, NotAsked, Over
from centre.handoffs.relay import current
from centre.handoffs.tables import Handoff
from centre.people import STAFF, Person
from storage import clock


async def ask(session: AsyncSession, person_id: uuid.UUID) -> int | None:
    """Ask the centre's managers to come into the talk with a volunteer that somebody is in.

    Returns:
        How many could be asked; ``None`` when there is no such talk, or somebody is in it already.
    """
    active = await current(session, person_id)
    if active is None or active.handoff.adviser_id is not None:
        return None
    if not await _by_volunteer(session, active.handoff):
        return None
    join = [[("human.join", "join")]]
    reached = 0
    for one in await asking.managers(session, active.handoff):
        message = await asking.tell_about(
            session, one, active.handoff, "manager.adviser_wanted", join
        )
        reached += message is not None
    return reached


async def come_in(
    session: AsyncSession, handoff_id: int, staff_id: uuid.UUID, *, tell_helper: bool = True
) -> Handoff:
    """Bring a manager into a talk with a volunteer; the first to come is the one.

    Args:
        session: the caller's open transaction.
        handoff_id: the talk.
        staff_id: the manager.
        tell_helper: not where the volunteer's own answer says it.

    Raises:
        NotAsked: they are no manager of the centre.
        Busy: they are in another talk.
        Over: the talk has ended, a colleague is in it, or has it.
    """
    staff = await manager(session, staff_id)
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None or staff.centre != found.centre or staff_id == found.person_id:
        raise NotAsked
    if found.adviser_id == staff_id and found.status == "matched":
        return found
    if await current(session, staff_id) is not None:
        raise Busy
    if not await _by_volunteer(session, found):
        raise Over
    joined = await session.scalar(
        update(Handoff)
        .where(
            Handoff.id == handoff_id,
            Handoff.status == "matched",
            Handoff.adviser_id.is_(None),
        )
        .values(adviser_id=staff_id, last_word_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if joined is None:
        raise Over
    for one in (joined.person_id, joined.helper_id if tell_helper else None):
        if one is not None:
            await notify.tell(session, one, "relay.adviser_here")
    return joined


async def manager(session: AsyncSession, staff_id: uuid.UUID) -> Person:
    """Return a manager, their row locked.

    Raises:
        NotAsked: they are none.
    """
    staff = await people.lock(session, staff_id)
    if staff is None or staff.role != "manager":
        raise NotAsked
    return staff


async def _by_volunteer(session: AsyncSession, talk: Handoff) -> bool:
    """Return whether an interpreter or a volunteer on duty has the talk, not the staff."""
    if talk.spoken is not None or talk.helper_id is None:
        return talk.spoken is not None
    helper = await people.get(session, talk.helper_id)
    return helper is not None and helper.role not in STAFF
