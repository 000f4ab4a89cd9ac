"""Asking people to take a hand-off, and telling them what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format, notify, people
from centre.handoff_tables import Handoff, HandoffAsk, InterpreterLanguage
from centre.people import STAFF, Person


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


async def ask_managers(session: AsyncSession, handoff: Handoff, key: str, **values: object) -> int:
    """Ask the centre's managers with the text ``key``; return how many could be reached."""
    return await _ask(
        session, handoff, await managers(session, handoff), key, ["human.accept"], **values
    )


async def interpreters(session: AsyncSession, handoff: Handoff) -> Sequence[Person]:
    """Return everybody who interprets the hand-off's language and can be reached."""
    rows = await session.scalars(
        select(Person)
        .join(InterpreterLanguage, InterpreterLanguage.person_id == Person.id)
        .where(
            InterpreterLanguage.language == handoff.language,
            Person.blocked_at.is_(None),
            Person.id != handoff.person_id,
        )
        .order_by(Person.created_at, Person.id)
    )
    return rows.all()


async def ask_interpreters(session: AsyncSession, handoff: Handoff) -> int:
    """Ask everybody who interprets the language; return how many could be reached."""
    keys = ["interpreter.accept", "interpreter.decline"]
    asked = await interpreters(session, handoff)
    return await _ask(session, handoff, asked, "interpreter.offer", keys)


async def _ask(
    session: AsyncSession,
    handoff: Handoff,
    helpers: Sequence[Person],
    key: str,
    answers: list[str],
    **values: object,
) -> int:
    """Ask helpers with a button per answer; return how many could be reached."""
    buttons = [[(label, f"h:{label.split('.')[1]}:{handoff.id}")] for label in answers]
    reached = 0
    for helper in helpers:
        message = await tell_about(session, helper, handoff, key, buttons, **values)
        if message is None:
            continue
        reached += 1
        # A manager who also interprets may have been asked before: the newer message counts.
        await session.merge(
            HandoffAsk(handoff_id=handoff.id, helper_id=helper.id, message_id=message)
        )
    await session.flush()
    return reached


async def tell_about(
    session: AsyncSession,
    helper: Person,
    handoff: Handoff,
    key: str,
    buttons: list[list[tuple[str, str]]],
    **values: object,
) -> int | None:
    """Send a helper the text ``key`` about a hand-off; ``None`` when they can't be reached."""
    reader = helper.language or notify.FALLBACK_LANGUAGE
    language = format.language_name(handoff.language, reader)
    centre = county.centre(handoff.centre).name
    try:
        async with session.begin_nested():
            return await notify.tell(
                session, helper.id, key, buttons, None, language=language, centre=centre, **values
            )
    except IntegrityError:
        # Erased this very moment: an emergency must still reach the others.
        return None


async def tell_matched(session: AsyncSession, won: Handoff, helper: Person) -> None:
    """Tell the person who is there, and everybody else who was asked that it is taken."""
    person = await people.get(session, won.person_id)
    reader = (person and person.language) or notify.FALLBACK_LANGUAGE
    await notify.tell(
        session,
        won.person_id,
        "human.matched_person" if helper.role in STAFF else "interpreter.matched_person",
        [[("relay.end", "/end")]],
        language=format.language_name(won.language, reader),
    )
    others = await session.scalars(
        select(HandoffAsk.helper_id)
        .where(
            HandoffAsk.handoff_id == won.id,
            HandoffAsk.helper_id != helper.id,
            HandoffAsk.declined_at.is_(None),
        )
        .order_by(HandoffAsk.message_id)
    )
    for other in others.all():
        await notify.tell(session, other, "interpreter.taken")
