"""Handing a person over to somebody human: an interpreter, or the staff of their centre.

Everybody who fits is asked at once and the first to accept wins. What makes the winner single is
the database: one ``UPDATE … WHERE status = 'open'`` per acceptance, and the partial unique
indexes ``one_active_handoff_per_person`` and ``one_match_per_helper``. Locks are taken in the
order of :mod:`centre.appointments`: the acting person, the handoff, messages last.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify
from centre.appointments import PersonGone
from centre.asking import ask_interpreters, ask_managers, managers, tell_about, tell_matched
from centre.handoff_tables import Handoff, HandoffAsk, InterpreterLanguage
from centre.people import Person
from centre.relay import Active, current, end, relay
from storage import clock, queue
from storage.errors import LotseError

__all__ = [
    "DEADLINE_TASK",
    "WAIT",
    "Active",
    "Busy",
    "Handoff",
    "HandoffAsk",
    "InterpreterLanguage",
    "NotAsked",
    "Over",
    "Taken",
    "accept",
    "current",
    "decline",
    "end",
    "expire",
    "relay",
    "request",
    "stop",
]

DEADLINE_TASK = "handoff_deadline"
WAIT = timedelta(minutes=10)
ACTIVE = ("open", "matched")


class NotAsked(LotseError):
    """Nobody asked this helper to take the handoff."""

    code = "not_asked"


class Taken(LotseError):
    """Somebody else was faster."""

    code = "handoff_taken"


class Over(LotseError):
    """The request was stopped, has ended or never existed."""

    code = "handoff_over"


class Busy(LotseError):
    """The helper is in another talk."""

    code = "helper_busy"


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
) -> tuple[Handoff, int, bool]:
    """Ask all who fit to take a person over.

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

    Returns:
        The handoff, how many people fitting ``kind`` could be asked, and whether this request
        made it. When nobody could be asked the handoff is ``open`` if the staff took it up
        instead of an interpreter, and ``stopped`` if nobody at all could be reached.

    Raises:
        PersonGone: there is no such person.
    """
    if await _lock(session, person_id) is None:
        raise PersonGone
    if known := await _of_request(session, person_id, request_key):
        return known, await _asked(session, known), True
    known = await _active(session, person_id)
    if known is not None and not (urgent and await _make_way(session, known)):
        return known, await _asked(session, known), False
    made = Handoff(
        kind=kind,
        person_id=person_id,
        centre=centre,
        language=language,
        request_key=request_key,
        urgent=urgent,
    )
    session.add(made)
    await session.flush()
    if kind == "human":
        asking = "manager.emergency_alert" if noticed else "manager.emergency_request"
        key = asking if urgent else "manager.human_request"
        asked = reached = await ask_managers(session, made, key)
    elif asked := await ask_interpreters(session, made):
        reached = asked
        await queue.defer(session, DEADLINE_TASK, at=clock.now() + WAIT, handoff_id=made.id)
    else:
        made.escalated_at = clock.now()
        reached = await ask_managers(session, made, "manager.no_interpreter", minutes=0)
    if not reached:
        made.status, made.ended_at = "stopped", clock.now()
    await session.flush()
    return made, asked, True


async def accept(session: AsyncSession, handoff_id: int, helper_id: uuid.UUID) -> Handoff:
    """Take a handoff for a helper who was asked; tell the person and everybody else asked.

    The helper's own answer is left to the caller. Accepting again what one has is no error.

    Raises:
        NotAsked: the helper was not asked.
        Taken: somebody else has it.
        Over: it was stopped, has ended or is unknown.
        Busy: the helper is in another talk.
    """
    helper = await _lock(session, helper_id)
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None:
        raise Over
    if helper is None or await session.get(HandoffAsk, (handoff_id, helper_id)) is None:
        raise NotAsked
    if found.status == "matched" and found.helper_id == helper_id:
        return found
    if found.status == "open" and await current(session, helper_id) is not None:
        raise Busy
    won = await session.scalar(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.status == "open")
        .values(status="matched", helper_id=helper_id, matched_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if won is None:
        status = await session.scalar(select(Handoff.status).where(Handoff.id == handoff_id))
        raise Taken if status == "matched" else Over
    await tell_matched(session, won, helper)
    return won


async def decline(session: AsyncSession, handoff_id: int, helper_id: uuid.UUID) -> None:
    """Note that a helper can't; they may still accept while the request is open.

    Raises:
        NotAsked: the helper was not asked.
    """
    ask = await session.get(HandoffAsk, (handoff_id, helper_id))
    if ask is None:
        raise NotAsked
    ask.declined_at = clock.now()
    await session.flush()


async def expire(session: AsyncSession, handoff_id: int) -> None:
    """Bring in the managers when no interpreter has answered; nothing if it is not needed.

    The managers can take the request themselves, and it stays open for the interpreters.
    """
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "open" or found.escalated_at is not None:
        return
    found.escalated_at = clock.now()
    minutes = int(WAIT.total_seconds()) // 60
    reached = await ask_managers(session, found, "manager.no_interpreter", minutes=minutes)
    await notify.tell(
        session,
        found.person_id,
        "interpreter.timeout_person" if reached else "human.nobody",
        [[("interpreter.stop", "h:stop")]],
    )


async def stop(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """Withdraw a person's open request; ``None`` when there is none (a talk goes on)."""
    return await session.scalar(
        update(Handoff)
        .where(Handoff.person_id == person_id, Handoff.status == "open")
        .values(status="stopped", ended_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )


async def _lock(session: AsyncSession, person_id: uuid.UUID) -> Person | None:
    return await session.get(
        Person, person_id, with_for_update={"key_share": True}, populate_existing=True
    )


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
        known.status, known.ended_at = "stopped", clock.now()
        await session.flush()
        return True
    known.urgent = True
    for manager in await managers(session, known):
        await tell_about(session, manager, known, "manager.emergency_request", [])
    return False


async def _asked(session: AsyncSession, handoff: Handoff) -> int:
    fitting = Person.role == "manager" if handoff.kind == "human" else Person.role != "manager"
    count = await session.scalar(
        select(func.count())
        .select_from(HandoffAsk)
        .join(Person, Person.id == HandoffAsk.helper_id)
        .where(HandoffAsk.handoff_id == handoff.id, fitting)
    )
    return count or 0
