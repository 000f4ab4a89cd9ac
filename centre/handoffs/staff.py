"""Managers in other people's talks: who has it, taking over, coming in, notes for colleagues."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.handoffs import asking, ending, requests, waves
from centre.handoffs.errors import Busy, NotAsked, Over
from centre.handoffs.relay import current
from centre.handoffs.tables import Handoff, HandoffNote
from centre.people import Person
from storage import clock


async def take_over(session: AsyncSession, handoff_id: int, staff_id: uuid.UUID) -> Handoff:
    """Let a manager go on with a talk that a colleague began; both and the person are told.

    Taking over what one has is no error.

    Raises:
        NotAsked: they are no manager of the centre.
        Busy: they are in another talk.
        Over: the talk has ended, or is not one with the staff.
    """
    staff = await _manager(session, staff_id)
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "matched" or found.spoken is not None:
        raise Over
    if staff.centre != found.centre or staff.id == found.person_id:
        raise NotAsked
    if found.helper_id == staff_id:
        return found
    if await current(session, staff_id) is not None:
        raise Busy
    before, found.helper_id = found.helper_id, staff_id
    found.last_word_at = clock.now()
    await session.flush()
    if before is not None:
        await notify.tell(session, before, "human.taken_over", name=staff.name or "")
    await notify.tell(session, found.person_id, "human.new_owner")
    for note in await notes(session, found.id):
        author = await ending.name_of(session, note.author_id)
        await notify.tell(session, staff_id, "human.note_from", name=author, text=note.text)
    return found


async def notes(session: AsyncSession, handoff_id: int) -> list[HandoffNote]:
    """Return what managers noted for each other about a running talk, oldest first."""
    rows = await session.scalars(
        select(HandoffNote).where(HandoffNote.handoff_id == handoff_id).order_by(HandoffNote.id)
    )
    return list(rows)


async def note(session: AsyncSession, author: Person, text: str) -> bool:
    """Tell the colleagues something about the talk one is in; the person does not see it.

    It is shown to whoever takes the talk over, and forgotten when it ends.

    Returns:
        Whether there is such a talk.
    """
    active = await current(session, author.id)
    if active is None or active.side == "person" or not text:
        return False
    session.add(HandoffNote(handoff_id=active.handoff.id, author_id=author.id, text=text))
    await session.flush()
    for one in await asking.managers(session, active.handoff):
        if one.id != author.id:
            await notify.tell(session, one.id, "human.note_from", name=author.name or "", text=text)
    return True


async def ask_adviser(session: AsyncSession, person_id: uuid.UUID) -> int | None:
    """Ask the centre's managers to come into the talk with an interpreter that somebody is in.

    Returns:
        How many could be asked; ``None`` when there is no such talk, or somebody is in it already.
    """
    active = await current(session, person_id)
    if active is None or active.handoff.spoken is None or active.handoff.adviser_id is not None:
        return None
    join = [[("human.join", "join")]]
    reached = 0
    for one in await asking.managers(session, active.handoff):
        message = await asking.tell_about(
            session, one, active.handoff, "manager.adviser_wanted", join
        )
        reached += message is not None
    return reached


async def come_in(session: AsyncSession, handoff_id: int, staff_id: uuid.UUID) -> Handoff:
    """Bring a manager into a talk with an interpreter; the first to come is the one.

    Raises:
        NotAsked: they are no manager of the centre.
        Busy: they are in another talk.
        Over: the talk has ended, or a colleague is in it.
    """
    staff = await _manager(session, staff_id)
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None or staff.centre != found.centre or staff_id == found.person_id:
        raise NotAsked
    if found.adviser_id == staff_id and found.status == "matched":
        return found
    if await current(session, staff_id) is not None:
        raise Busy
    joined = await session.scalar(
        update(Handoff)
        .where(
            Handoff.id == handoff_id,
            Handoff.status == "matched",
            Handoff.spoken.is_not(None),
            Handoff.adviser_id.is_(None),
        )
        .values(adviser_id=staff_id, last_word_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if joined is None:
        raise Over
    for one in (joined.person_id, joined.helper_id):
        if one is not None:
            await notify.tell(session, one, "relay.adviser_here")
    return joined


async def on_site(session: AsyncSession, person_id: uuid.UUID) -> tuple[int, bool] | None:
    """Prepare the order of an interpreter who comes along, for the adviser to send off.

    Only registered institutions may order one from the county's pool, so the request goes to the
    managers instead of the volunteers.

    Returns:
        How many managers were reached, and whether they are there now; ``None`` when the person
        has no open request.
    """
    found = await requests.waiting(session, person_id)
    if found is None:
        return None
    return await waves.to_managers(session, found, "manager.on_site_request")


async def _manager(session: AsyncSession, staff_id: uuid.UUID) -> Person:
    staff = await people.lock(session, staff_id)
    if staff is None or staff.role != "manager":
        raise NotAsked
    return staff
