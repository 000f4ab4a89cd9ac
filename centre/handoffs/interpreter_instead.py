"""An interpreter instead of a talk in which the two sides do not understand each other."""

from __future__ import annotations

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
    for other in active.others:
        await notify.tell(session, other, "machine.interpreter_wanted")
    asked = await _ask(session, talk)
    await _tell(session, talk, asked)
    return [] if active.side == "person" else [Content(text=say("relay.ended", language))]


async def _ask(session: AsyncSession, talk: Handoff) -> int:
    _, asked, _ = await requests.request(
        session,
        person_id=talk.person_id,
        kind="interpreter",
        centre=talk.centre,
        language=talk.language,
        request_key=None,
        topic=talk.topic,
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
