"""An interpreter instead of a talk in which the two sides do not understand each other."""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from centre import asking, format, handoffs, notify
from centre.handoff_tables import Handoff
from centre.people import Person
from centre.relay import close, current
from storage.outbox import Content
from translations.catalogue import say

STOP = [[("interpreter.stop", "h:stop")]]


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
    if not await asking.interpreters(session, talk):
        name = format.language_name(talk.language, language)
        return [Content(text=say("machine.interpreter_none", language, language=name))]
    if await close(session, active) is None:
        return [Content(text=say("interpreter.over", language))]
    await notify.tell(session, active.partner_id, "machine.interpreter_wanted")
    asked = await _ask(session, talk)
    if active.side == "helper":
        await _tell(session, talk.person_id, talk.language, asked)
        return [Content(text=say("relay.ended", language))]
    await _tell(session, person.id, talk.language, asked)
    return []


async def _ask(session: AsyncSession, talk: Handoff) -> int:
    _, asked, _ = await handoffs.request(
        session,
        person_id=talk.person_id,
        kind="interpreter",
        centre=talk.centre,
        language=talk.language,
        request_key=None,
    )
    return asked


async def _tell(session: AsyncSession, person_id: uuid.UUID, spoken: str, asked: int) -> None:
    person = await session.get(Person, person_id)
    reader = (person and person.language) or notify.FALLBACK_LANGUAGE
    name = format.language_name(spoken, reader)
    if asked:
        await notify.tell(
            session, person_id, "interpreter.requested", STOP, language=name, count=asked
        )
    else:
        await notify.tell(session, person_id, "interpreter.none", STOP, language=name)
