"""Appointments of three: manager and interpreter are reserved together or not at all.

The interpreter who is asked stands in the held row, so that the guard of the database keeps their
time exactly as it keeps the manager's; their yes makes the row an appointment. They are asked one
at a time, each with a deadline; ``appointment_asks`` remembers who was asked and what they said.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format, people
from centre.appointments import after, booking, quiet, words
from centre.appointments.booking import FOR_INTERPRETER, FOR_PERSON, RELEASED
from centre.appointments.calendar import invitation
from centre.appointments.errors import HoldGone, NotYours
from centre.appointments.interpreters import ACCEPTED, DECLINED, LATE, ask_next
from centre.appointments.successor import successor
from centre.appointments.tables import Appointment, InterpreterAsk
from storage import clock

CHOICE = timedelta(minutes=30)
"""How long the time is kept for the person when no interpreter was found."""
_MINE = [("menu.appointments", "/show_appointments")]
_AGAIN = [("menu.book", "/book_appointment")]


async def request(session: AsyncSession, held: Appointment) -> bool:
    """Ask the first interpreter to come to a time that a person holds.

    Args:
        session: the caller's open transaction.
        held: the person's hold, everything about it agreed; ``interpreter_language`` says what for.

    Returns:
        Whether somebody could be asked; the time is held for their answer then. If not, everything
        is as it was.
    """
    if held.hold_for != FOR_PERSON or not held.interpreter_language:
        return False
    before = held.held_until
    held.hold_for = FOR_INTERPRETER
    if await ask_next(session, held):
        return True
    held.hold_for, held.held_until = FOR_PERSON, before
    await session.flush()
    return False


async def accept(session: AsyncSession, appointment_id: int, helper_id: uuid.UUID) -> Appointment:
    """Take an interpreter's yes: manager and interpreter are booked together; tell everybody.

    Saying yes twice is no error.

    Raises:
        HoldGone: the deadline is over, somebody else was asked, or the time was given up.
    """
    found, ask = await _asked(session, appointment_id, helper_id)
    if ask.answer == ACCEPTED and found.interpreter_id == helper_id and not found.held:
        return found
    if ask.answer is not None or found.interpreter_id != helper_id or found.start <= clock.now():
        raise HoldGone
    if found.held_until is not None and found.held_until <= clock.now():
        raise HoldGone
    # Nothing is written before this: whoever is refused must not leave a yes behind.
    ask.answer = ACCEPTED
    if found.held_until is None:  # booked before; another interpreter had to give up
        await session.flush()
        for one in (found.person_id, found.manager_id):
            await words.tell(session, one, "three.found", found)
        return found
    replaced = await booking.get(session, found.moves) if found.moves else None
    await booking.agree(session, found, replaced, found.person_id)
    language = await words.language_of(session, found.person_id)
    adviser = await people.get(session, found.manager_id)
    file = invitation(found, language, (adviser and adviser.name) or "")
    await words.tell(
        session, found.person_id, "three.agreed", found, [_MINE], with_needs=True, document=file
    )
    return found


async def decline(session: AsyncSession, appointment_id: int, helper_id: uuid.UUID) -> None:
    """Take an interpreter's no, also after a yes: the next one is asked.

    Raises:
        HoldGone: they are no longer asked, or the appointment does not take place.
    """
    found, ask = await _asked(session, appointment_id, helper_id)
    if found.interpreter_id != helper_id or found.start <= clock.now():
        raise HoldGone
    gave_up = ask.answer == ACCEPTED
    ask.answer = DECLINED
    await _next(session, found, gave_up=gave_up)


async def unanswered(session: AsyncSession, held: Appointment) -> None:
    """Go on when a hold ran out: the next interpreter is asked, or the choice is over."""
    if held.interpreter_id is None:
        await booking.release(session, held.id, None, booking.EXPIRED)
        await words.tell(
            session, held.person_id, "three.over", held, [_AGAIN], lines=await _kept(session, held)
        )
        return
    await late(session, held.id, held.interpreter_id)


async def late(session: AsyncSession, appointment_id: int, helper_id: uuid.UUID) -> None:
    """Ask the next interpreter when this one did not answer in time; else nothing."""
    found = await booking.locked(session, appointment_id)
    ask = await session.get(InterpreterAsk, (appointment_id, helper_id))
    if found is None or ask is None or ask.answer is not None or found.cancelled_at is not None:
        return
    if found.interpreter_id != helper_id:
        return
    ask.answer = LATE
    await words.tell(session, helper_id, "three.late", found)
    await _next(session, found)


async def without(session: AsyncSession, appointment_id: int, person_id: uuid.UUID) -> Appointment:
    """Book the time that is still kept, without an interpreter, as the person wishes.

    Raises:
        HoldGone: it is free for others again, or an interpreter is being asked.
        NotYours: it is held for somebody else.
        PersonGone: there is no such person.
    """
    await booking.lock_person(session, person_id)
    found = await booking.locked(session, appointment_id)
    if found is None:
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    if found.held and found.interpreter_id is not None:
        raise HoldGone
    if found.held:
        found.interpreter_language = None
        await session.flush()
    return await booking.confirm(session, appointment_id, person_id)


async def stop(session: AsyncSession, appointment_id: int, person_id: uuid.UUID) -> Appointment:
    """Give the time back while an interpreter is looked for, as the person wishes; return it.

    Raises:
        HoldGone: nothing is looked for any more.
        NotYours: it is held for somebody else.
    """
    found = await booking.locked(session, appointment_id)
    if found is None or not found.held or found.cancelled_at is not None:
        raise HoldGone
    if found.person_id != person_id:
        raise NotYours
    helper_id = found.interpreter_id
    await booking.release(session, appointment_id, person_id, RELEASED)
    if helper_id is not None:
        await words.tell(session, helper_id, "interpreter.appointment_cancelled", found)
    return found


async def leave(session: AsyncSession, helper_id: uuid.UUID) -> None:
    """Look for somebody else wherever an interpreter was asked or expected: they go for good."""
    mine = await session.scalars(
        select(Appointment.id)
        .where(
            Appointment.interpreter_id == helper_id,
            Appointment.cancelled_at.is_(None),
            func.lower(Appointment.during) > clock.now(),
        )
        .order_by(Appointment.id)
    )
    for number in mine.all():
        # Given up or begun this very moment.
        with suppress(HoldGone):
            await decline(session, number, helper_id)


def until(found: Appointment, language: str) -> dict[str, Any]:
    """Return the placeholders that say until when a time is held."""
    moment = found.held_until or found.start
    return {
        "until_day": format.day_short(moment, language),
        "until": format.time(moment, language),
    }


def stop_button(found: Appointment) -> tuple[str, str]:
    """Return the button with which the person gives up waiting for an interpreter."""
    return "interpreter.stop", f"t:stop:{found.id}"


async def _next(session: AsyncSession, found: Appointment, *, gave_up: bool = False) -> None:
    """Ask the next one; where nobody is left, leave the choice to the person."""
    found.interpreter_id = None
    await session.flush()
    booked = not found.held
    if booked and gave_up:
        for one in (found.person_id, found.manager_id):
            await words.tell(session, one, "three.gave_up", found)
    if await ask_next(session, found):
        if not booked:
            await _tell_next(session, found)
        return
    if booked:
        for one in (found.person_id, found.manager_id):
            await words.tell(session, one, "three.none_booked", found)
        found.interpreter_language = None
        await session.flush()
        return
    await _offer_choice(session, found)


async def _tell_next(session: AsyncSession, found: Appointment) -> None:
    """Tell the person that somebody else is asked now, and until when they hear from us."""
    language = await words.language_of(session, found.person_id)
    await words.tell(
        session,
        found.person_id,
        "three.next",
        found,
        [[stop_button(found)]],
        lines=[("three.until", until(found, language))],
        language=words.about(found, language)["spoken"],
    )


async def _offer_choice(session: AsyncSession, found: Appointment) -> None:
    """Keep the time a while longer, and ask the person what they want without an interpreter."""
    now = clock.now()
    kept = now + CHOICE
    if quiet.is_quiet(kept):
        kept = quiet.morning_after(kept) + timedelta(hours=2)
    found.held_until = min(kept, found.start)
    await session.flush()
    await after.held(session, found)
    choices = [
        [("three.without", f"t:without:{found.id}")],
        [("book.other_day", _again(found))],
        [("three.stop", f"t:stop:{found.id}")],
    ]
    language = await words.language_of(session, found.person_id)
    await words.tell(
        session,
        found.person_id,
        "three.none",
        found,
        choices,
        **until(found, language),
    )


async def _kept(session: AsyncSession, held: Appointment) -> list[tuple[str, dict[str, Any]]]:
    """Return the line that says that the appointment to be moved stays."""
    old = await booking.get(session, held.moves) if held.moves else None
    if old is None or old.cancelled_at is not None or old.start <= clock.now():
        return []
    language = await words.language_of(session, held.person_id)
    return [("move.begin", words.when(old, language))]


def _again(found: Appointment) -> str:
    if found.moves:
        return f'/reschedule_appointment{{"appointment":"{found.moves}"}}'
    return f'/book_appointment{{"topic":"{found.topic}"}}'


async def _asked(
    session: AsyncSession, appointment_id: int, helper_id: uuid.UUID
) -> tuple[Appointment, InterpreterAsk]:
    """Lock an appointment, what it replaces before it, and return it with the asking of a helper.

    Raises:
        HoldGone: they were never asked, or the appointment does not take place.
    """
    known = await booking.get(session, appointment_id)
    # Another adviser may have taken it over, after the interpreter's button was sent.
    known = (known and await successor(session, known)) or known
    if known is None:
        raise HoldGone
    if known.moves:
        await booking.locked(session, known.moves)
    found = await booking.locked(session, known.id)
    ask = await session.get(InterpreterAsk, (known.id, helper_id), populate_existing=True)
    if found is None or ask is None or found.cancelled_at is not None:
        raise HoldGone
    return found, ask
