"""Asking people to take a hand-off, and telling them what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format, notify, people
from centre.handoffs.rules import HIGH, rules
from centre.handoffs.tables import Handoff, HandoffAsk
from centre.people import STAFF, Person
from centre.pool import dialects, duty, ranking, topics
from storage import clock
from storage.outbox import Content
from translations.catalogue import say

ANSWERS = [[("interpreter.accept", "accept")], [("interpreter.decline", "decline")]]
TAKE = [[("human.accept", "accept")]]
WHO = {"f": "who.woman", "m": "who.man"}
"""Catalogue keys of whom somebody can wish for."""


async def managers(session: AsyncSession, handoff: Handoff) -> Sequence[Person]:
    """Return the managers of the hand-off's centre who can be reached, the person excepted."""
    rows = await session.scalars(
        select(Person)
        .where(
            Person.role == "manager",
            Person.centre == handoff.centre,
            Person.blocked_at.is_(None),
            Person.id != handoff.person_id,
        )
        .order_by(Person.created_at, Person.id)
    )
    return rows.all()


async def ask_managers(
    session: AsyncSession, handoff: Handoff, key: str, *, silent: bool = False, **values: object
) -> int:
    """Ask the centre's managers with the text ``key``; return how many could be reached."""
    reached = 0
    for manager in await managers(session, handoff):
        message = await tell_about(session, manager, handoff, key, TAKE, silent=silent, **values)
        reached += message is not None
        await _note(session, handoff, manager.id, message, None)
    await session.flush()
    return reached


async def ask_on_duty(session: AsyncSession, handoff: Handoff, key: str) -> int:
    """Ask the volunteers on duty with the text ``key``; return how many could be reached."""
    reached = 0
    for one in await duty.on_duty(session, handoff.centre, handoff.person_id):
        message = await tell_about(session, one, handoff, key, TAKE)
        reached += message is not None
        await _note(session, handoff, one.id, message, None)
    await session.flush()
    return reached


async def ask_wave(session: AsyncSession, handoff: Handoff, languages: Iterable[str]) -> int:
    """Ask the next few of the pool who speak one of ``languages``; return how many."""
    urgent = handoff.urgency == HIGH
    chosen = await ranking.candidates(
        session,
        list(languages),
        person_id=handoff.person_id,
        handoff_id=handoff.id,
        topic=handoff.topic,
        urgent=urgent,
        most_per_day=rules().asks_per_day,
        size=rules().waves[handoff.urgency].size,
        gender=handoff.gender,
        dialect=handoff.dialect,
    )
    key = "interpreter.offer_urgent" if urgent else "interpreter.offer"
    reached = 0
    for one in chosen:
        helper = await session.get(Person, one.id)
        if helper is None:
            continue
        reader = helper.language or notify.FALLBACK_LANGUAGE
        message = await tell_about(
            session,
            helper,
            handoff,
            key,
            ANSWERS,
            language=_language(handoff, one.language, reader),
        )
        reached += message is not None
        await _note(session, handoff, helper.id, message, one.language)
    await session.flush()
    return reached


async def _note(
    session: AsyncSession,
    handoff: Handoff,
    helper_id: uuid.UUID,
    message: int | None,
    language: str | None,
) -> None:
    """Remember whom we asked; a manager who also interprets may have been asked before."""
    if message is None:
        return
    await session.merge(
        HandoffAsk(
            handoff_id=handoff.id,
            helper_id=helper_id,
            message_id=message,
            language=language,
            wave=handoff.wave,
            asked_at=clock.now(),
        )
    )


async def tell_about(
    session: AsyncSession,
    helper: Person,
    handoff: Handoff,
    key: str,
    answers: list[list[tuple[str, str]]],
    *,
    silent: bool = False,
    **values: object,
) -> int | None:
    """Send a helper the text ``key`` about a hand-off; ``None`` when they can't be reached.

    Args:
        session: the caller's open transaction.
        helper: who gets it.
        handoff: what it is about.
        key: catalogue key of the text.
        answers: rows of (catalogue key of the label, what it does: ``accept``, …).
        silent: whether it comes without a sound.
        values: placeholders beside language and centre.
    """
    reader = helper.language or notify.FALLBACK_LANGUAGE
    named = {
        "language": _language(handoff, handoff.language, reader),
        "centre": county.centre(handoff.centre).name,
        "topic": say(f"interpreting.{handoff.topic or topics.OTHER}", reader),
    }
    words = say(key, reader, **{**named, **values})
    wish = _wish(handoff, reader) if helper.role in STAFF else ""
    content = Content(
        text=f"{words}\n{wish}" if wish else words,
        buttons=[
            [notify.button(reader, label, f"h:{verb}:{handoff.id}") for label, verb in row]
            for row in answers
        ],
        silent=silent,
    )
    try:
        async with session.begin_nested():
            return await notify.deliver(session, helper, content)
    except IntegrityError:
        # Erased this very moment: an emergency must still reach the others.
        return None


def _language(handoff: Handoff, language: str, reader: str) -> str:
    """Return the name of the language to interpret, with the dialect wished for."""
    name = format.language_name(language, reader)
    if handoff.dialect is None or language != handoff.language:
        return name
    return f"{name} ({dialects.label(language, handoff.dialect, reader)})"


def _wish(handoff: Handoff, reader: str) -> str:
    """Return whom the person wants; empty for anybody."""
    who = WHO.get(handoff.gender or "")
    return say("manager.wish", reader, wish=say(who, reader)) if who else ""


async def tell_matched(session: AsyncSession, won: Handoff, helper: Person) -> None:
    """Tell the person who is there, and everybody else who was asked that it is taken."""
    person = await people.get(session, won.person_id)
    reader = (person and person.language) or notify.FALLBACK_LANGUAGE
    interprets = won.spoken is not None
    by_team = "human.matched_person" if helper.role in STAFF else "human.matched_volunteer"
    await notify.tell(
        session,
        won.person_id,
        "interpreter.matched_person" if interprets else by_team,
        [[("relay.end", "/end")]],
        language=format.language_name(won.spoken or won.language, reader),
    )
    asked = await session.scalars(
        select(Person)
        .join(HandoffAsk, HandoffAsk.helper_id == Person.id)
        .where(
            HandoffAsk.handoff_id == won.id,
            HandoffAsk.helper_id != helper.id,
            HandoffAsk.declined_at.is_(None),
        )
        .order_by(HandoffAsk.message_id)
    )
    for other in asked.all():
        if other.role == "manager" and not interprets:
            # Colleagues see who has it, and may step in.
            take = [[("human.take_over", f"h:take:{won.id}")]]
            await notify.tell(session, other.id, "human.taken_by", take, name=helper.name or "")
        else:
            await notify.tell(session, other.id, "interpreter.taken")
