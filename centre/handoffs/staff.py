"""What the staff do with talks: taking over, notes for colleagues, orders of an interpreter."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify
from centre.handoffs import adviser, asking, ending, requests, waves
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
    staff = await adviser.manager(session, staff_id)
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "matched" or found.spoken is not None:
        raise Over
    if staff.centre != found.centre or staff.id == found.person_id:
        raise NotAsked
    if found.helper_id == staff_id:
        return found
    if await current(session, staff_id) is not None:
        raise Busy
    await ending.note_time(session, found)
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
