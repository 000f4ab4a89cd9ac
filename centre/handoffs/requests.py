"""How a wish for somebody human begins, and who gets it.

People are asked in waves (:mod:`centre.handoffs.waves`) and the first to accept wins. What makes
the winner single is the database: one ``UPDATE … WHERE status = 'open'`` per acceptance, and the
partial unique indexes ``one_active_handoff_per_person`` and ``one_match_per_helper``. Locks are
taken in the order of :mod:`centre.appointments`: the acting person, the handoff, messages last.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.appointments import PersonGone
from centre.handoffs import adviser, ending, safety, silence, waves
from centre.handoffs.asking import managers, tell_about, tell_matched
from centre.handoffs.errors import Busy, NotAsked, Over, Taken
from centre.handoffs.relay import current
from centre.handoffs.rules import NORMAL
from centre.handoffs.tables import Handoff, HandoffAsk
from centre.pool import topics
from storage import clock

ACTIVE = ("open", "matched")


async def request(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    kind: str,
    centre: str,
    language: str,
    request_key: str | None,
    urgent: bool = False,
    noticed: bool = False,
    topic: str | None = None,
    urgency: str = NORMAL,
    adviser_id: uuid.UUID | None = None,
) -> tuple[Handoff, int, bool]:
    """Ask those who fit best to take a person over.

    An open or running handoff is not doubled: it is returned as it is. Only an emergency goes
    further: it replaces an open request, and is told to the staff even during a talk.

    Args:
        session: the caller's open transaction.
        person_id: who asks.
        kind: ``interpreter`` or ``human``.
        centre: id of the person's centre.
        language: language to interpret, or the person's.
        request_key: names this request; asking again with it changes nothing.
        urgent: an emergency; managers only.
        noticed: the bot noticed it, nobody asked; the managers are told so.
        topic: what it is about, an id of :mod:`centre.pool.topics`.
        urgency: ``low``, ``normal`` or ``high``: how many are asked, and how fast.
        adviser_id: a manager who comes into the talk as soon as it begins.

    Returns:
        The handoff, how many people fitting ``kind`` could be asked, and whether this request
        made it. When nobody could be asked the handoff is ``open`` if the staff took it up
        instead of an interpreter, and ``stopped`` if nobody at all could be reached.

    Raises:
        PersonGone: there is no such person.
        Busy: the person is helping somebody else in a talk.
        Banned: the staff keep this person from talks for a while.
        TooMany: they have asked too often in the last hour.
    """
    if await people.lock(session, person_id) is None:
        raise PersonGone
    if known := await _of_request(session, person_id, request_key):
        return known, await _asked(session, known), True
    known = await _active(session, person_id)
    if known is not None and not (urgent and await _make_way(session, known)):
        return known, await _asked(session, known), False
    if not urgent:
        running = await current(session, person_id)
        if running is not None:
            raise Busy
        await safety.allowed(session, person_id)
    made = Handoff(
        kind=kind,
        person_id=person_id,
        centre=centre,
        language=language,
        request_key=request_key,
        urgent=urgent,
        topic=topic,
        urgency=urgency,
        adviser_id=adviser_id,
        stage=waves.INTERPRETERS,
    )
    session.add(made)
    await session.flush()
    asked = 0
    if kind == "human":
        asking = "manager.emergency_alert" if noticed else "manager.emergency_request"
        key = asking if urgent else "manager.human_request"
        asked, _ = await waves.to_managers(session, made, key)
    elif topics.is_outside(topic):
        await waves.to_managers(session, made, "manager.outside_request")
    else:
        asked = await waves.begin(session, made)
    if not asked and not await _anybody(session, made):
        made.status, made.ended_at, made.due_at = "stopped", clock.now(), None
    await session.flush()
    return made, asked, True


async def accept(session: AsyncSession, handoff_id: int, helper_id: uuid.UUID) -> Handoff:
    """Take a handoff for a helper who was asked; tell the person and everybody else asked.

    The helper's own answer is left to the caller, also that a manager is in the talk who had asked
    for an interpreter (``adviser_id``). Accepting again what one has is no error, nor is
    a late yes, as long as nobody else has it.

    Raises:
        NotAsked: the helper was not asked.
        Taken: somebody else has it.
        Over: it was stopped, has ended or is unknown.
        Busy: the helper is in another talk, or waits for help themselves.
        Banned: the staff keep the helper from talks for a while.
    """
    helper = await people.lock(session, helper_id)
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None:
        raise Over
    ask = await session.get(HandoffAsk, (handoff_id, helper_id)) if helper else None
    if helper is None or ask is None:
        raise NotAsked
    if found.status == "matched" and found.helper_id == helper_id:
        return found
    if found.status == "open" and await _occupied(session, helper_id):
        raise Busy
    await safety.not_banned(session, helper_id)
    third, now = found.adviser_id, clock.now()
    won = await session.scalar(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.status == "open")
        .values(
            status="matched",
            helper_id=helper_id,
            matched_at=now,
            last_word_at=now,
            spoken=ask.language,
            due_at=None,
            adviser_id=None,
        )
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if won is None:
        status = await session.scalar(select(Handoff.status).where(Handoff.id == handoff_id))
        raise Taken if status == "matched" else Over
    await tell_matched(session, won, helper)
    await silence.watch(session, won)
    if third is not None and third != helper_id:
        await _come_in(session, won, third)
    return won


async def decline(session: AsyncSession, handoff_id: int, helper_id: uuid.UUID) -> None:
    """Note that a helper can't; they may still accept while the request is open.

    When nobody of a wave is left, the next one is asked at once.

    Raises:
        NotAsked: the helper was not asked.
    """
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    ask = await session.get(HandoffAsk, (handoff_id, helper_id))
    if ask is None or found is None:
        raise NotAsked
    if ask.declined_at is not None:
        return
    ask.declined_at = clock.now()
    await session.flush()
    asking_pool = found.stage in (waves.INTERPRETERS, waves.OTHER_LANGUAGES)
    if found.status == "open" and asking_pool and await waves.all_declined(session, found):
        await waves.due(session, handoff_id)


async def stop(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """Withdraw a person's open request; ``None`` when there is none (a talk goes on)."""
    return await session.scalar(
        update(Handoff)
        .where(Handoff.person_id == person_id, Handoff.status == "open")
        .values(status="stopped", ended_at=clock.now(), due_at=None)
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )


async def waiting(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """Lock and return a person's open request, ``None`` when there is none."""
    found = await _active(session, person_id)
    return found if found is not None and found.status == "open" else None


async def withdraw(session: AsyncSession, helper_id: uuid.UUID) -> None:
    """End the talk in which somebody helps, and take back what they were asked: they help no more.

    What they asked for themselves stays.
    """
    active = await current(session, helper_id)
    if active is not None and active.side != "person":
        await ending.end(session, helper_id)
    still_open = select(Handoff.id).where(Handoff.status == "open")
    await session.execute(
        delete(HandoffAsk).where(
            HandoffAsk.helper_id == helper_id, HandoffAsk.handoff_id.in_(still_open)
        )
    )


async def _come_in(session: AsyncSession, talk: Handoff, staff_id: uuid.UUID) -> None:
    """Bring the manager in who asked for the interpreter, unless they are in another talk now."""
    with suppress(Busy, NotAsked, Over):
        await adviser.come_in(session, talk.id, staff_id, tell_helper=False)
        await notify.tell(session, staff_id, "relay.joined", [[("relay.end", "/end")]])


async def _occupied(session: AsyncSession, helper_id: uuid.UUID) -> bool:
    """Return whether somebody is in a talk, or waits for one as a person in need of help."""
    if await current(session, helper_id) is not None:
        return True
    own = await session.scalar(
        select(Handoff.id).where(Handoff.person_id == helper_id, Handoff.status == "open")
    )
    return own is not None


async def _of_request(
    session: AsyncSession, person_id: uuid.UUID, request_key: str | None
) -> Handoff | None:
    if request_key is None:
        return None
    return await session.scalar(
        select(Handoff).where(Handoff.person_id == person_id, Handoff.request_key == request_key)
    )


async def _active(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    return await session.scalar(
        select(Handoff)
        .where(Handoff.person_id == person_id, Handoff.status.in_(ACTIVE))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def _make_way(session: AsyncSession, known: Handoff) -> bool:
    """Clear the way for an emergency; ``False`` when ``known`` itself carries it."""
    if known.urgent:
        return False
    if known.status == "open":
        known.status, known.ended_at, known.due_at = "stopped", clock.now(), None
        await session.flush()
        return True
    known.urgent = True
    for manager in await managers(session, known):
        await tell_about(session, manager, known, "manager.emergency_request", [])
    return False


async def _anybody(session: AsyncSession, made: Handoff) -> bool:
    asked = await session.scalar(
        select(HandoffAsk.helper_id).where(HandoffAsk.handoff_id == made.id).limit(1)
    )
    return asked is not None


async def _asked(session: AsyncSession, handoff: Handoff) -> int:
    by_pool = HandoffAsk.language.is_not(None)
    count = await session.scalar(
        select(func.count())
        .select_from(HandoffAsk)
        .where(
            HandoffAsk.handoff_id == handoff.id, ~by_pool if handoff.kind == "human" else by_pool
        )
    )
    return count or 0
