"""An interpreter instead of a talk in which the two sides do not understand each other."""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from centre import format, notify
from centre.handoffs import ending, requests, waves
from centre.handoffs.relay import current
from centre.handoffs.tables import Handoff
from centre.people import Person
from storage.outbox import Content
from translations.catalogue import say


async def tapped(session: AsyncSession, person: Person, language: str) -> list[Content]:
    """End the talk somebody is in and ask interpreters; go on talking where there are none.

    Args:
        session: the caller's open transaction.
        person: either side of the talk.
        language: what to answer them in.

    Returns:
        The answer to whoever tapped. The other side is told by a message of its own.
    """
    active = await current(session, person.id)
    if active is None or active.handoff.kind != "human":
        return [Content(text=say("interpreter.over", language))]
    talk = active.handoff
    if not await waves.anybody(session, talk):
        name = format.language_name(talk.language, language)
        return [Content(text=say("machine.interpreter_none", language, language=name))]
    if await ending.close(session, talk) is None:
        return [Content(text=say("interpreter.over", language))]
    third = await _adviser(session, talk)
    for other in active.others:
        key = "machine.interpreter_third" if other == third else "machine.interpreter_wanted"
        await notify.tell(session, other, key)
    asked = await _ask(session, talk, third)
    await _tell(session, talk, asked)
    if active.side == "person":
        return []
    key = "machine.interpreter_third" if person.id == third else "relay.ended"
    return [Content(text=say(key, language))]


async def _adviser(session: AsyncSession, talk: Handoff) -> uuid.UUID | None:
    """Return the manager who had the talk: with an interpreter they are in it again."""
    helper = await session.get(Person, talk.helper_id) if talk.helper_id else None
    return helper.id if helper is not None and helper.role == "manager" else talk.adviser_id


async def _ask(session: AsyncSession, talk: Handoff, third: uuid.UUID | None) -> int:
    _, asked, _ = await requests.request(
        session,
        person_id=talk.person_id,
        kind="interpreter",
        centre=talk.centre,
        language=talk.language,
        request_key=None,
        topic=talk.topic,
        adviser_id=third,
    )
    return asked


async def _tell(session: AsyncSession, talk: Handoff, asked: int) -> None:
    person = await session.get(Person, talk.person_id)
    reader = (person and person.language) or notify.FALLBACK_LANGUAGE
    name = format.language_name(talk.language, reader)
    if asked:
        await notify.tell(
            session,
            talk.person_id,
            "interpreter.requested",
            [waves.STOP],
            language=name,
            count=asked,
        )
    else:
        await notify.tell(session, talk.person_id, "interpreter.none", [waves.STOP], language=name)
