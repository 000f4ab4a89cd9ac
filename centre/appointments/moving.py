"""When somebody else becomes responsible for a person: who is told, and the handover note."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format, notify, people
from centre.appointments import reminders, words
from centre.appointments.errors import NoteUnknown
from centre.appointments.tables import Appointment, HandoverNote
from centre.people import Person
from storage import clock
from translations.catalogue import isolate

NOBODY = "–"


async def changed(session: AsyncSession, person: Person, before: uuid.UUID | None) -> None:
    """Tell the person and both managers that somebody else is responsible now.

    The first manager is asked for a note. Where the two never had an appointment there is nothing
    to hand over, and nobody is told. Notes that nobody was there to read yet go to the new manager.

    Args:
        session: the caller's open transaction.
        person: with their new manager and centre.
        before: who was responsible.
    """
    after = person.manager_id
    if before is None or not await _met(session, person.id, before):
        await _pass_on_waiting(session, person)
        return
    note = HandoverNote(person_id=person.id, from_manager=before, to_manager=after)
    session.add(note)
    await session.flush()
    booked = await _still_with(session, person.id, before)
    await _tell_manager(session, before, "mine.gone", person, after, number=note.id)
    if after is not None:
        await _tell_manager(session, after, "mine.new", person, before)
        await notify.tell(
            session,
            person.id,
            "mine.now",
            manager=await _name(session, after),
            centre=county.centre(person.centre or "").name,
        )
    for one in booked:
        await words.tell(
            session,
            person.id,
            "mine.appointment",
            one,
            [[("reminder.cant", f"a:cant:{one.id}"), ("reminder.move", reminders.move(one.id))]],
            manager=await _name(session, before),
        )


async def write(
    session: AsyncSession, number: int, manager_id: uuid.UUID, text: str
) -> HandoverNote:
    """Keep what the first manager writes and pass it on to the second at once.

    Args:
        session: the caller's open transaction.
        number: id of the handover.
        manager_id: who writes.
        text: what they write, cleaned and not too long.

    Raises:
        NoteUnknown: there is no such handover of theirs, or nothing is written.
    """
    note = await session.get(HandoverNote, number, with_for_update=True, populate_existing=True)
    if note is None or note.from_manager != manager_id or not text.strip():
        raise NoteUnknown
    note.note = text.strip()
    await session.flush()
    await _pass_on(session, note)
    return note


async def receiver(session: AsyncSession, note: HandoverNote) -> str:
    """Return the name of who gets a note."""
    return await _name(session, note.to_manager)


async def _pass_on_waiting(session: AsyncSession, person: Person) -> None:
    """Give notes to the new manager that were written while nobody was responsible."""
    if person.manager_id is None:
        return
    waiting = await session.scalars(
        select(HandoverNote)
        .where(HandoverNote.person_id == person.id, HandoverNote.to_manager.is_(None))
        .order_by(HandoverNote.id)
    )
    for note in waiting.all():
        note.to_manager = person.manager_id
        await session.flush()
        await _pass_on(session, note)


async def _pass_on(session: AsyncSession, note: HandoverNote) -> None:
    person = await people.get(session, note.person_id)
    if person is None or note.to_manager is None or note.note is None:
        return
    await _tell_manager(
        session, note.to_manager, "mine.note", person, note.from_manager, text=isolate(note.note)
    )


async def _tell_manager(
    session: AsyncSession,
    manager_id: uuid.UUID,
    key: str,
    person: Person,
    other: uuid.UUID | None,
    **values: Any,
) -> None:
    reader = await words.language_of(session, manager_id)
    lives = county.municipalities().get(person.municipality or "")
    place = lives.name if lives is not None else county.centre(person.centre or "").name
    await notify.tell(
        session,
        manager_id,
        key,
        language=format.language_name(person.language or notify.FALLBACK_LANGUAGE, reader),
        place=place,
        manager=await _name(session, other),
        **values,
    )


async def _name(session: AsyncSession, manager_id: uuid.UUID | None) -> str:
    found = await people.get(session, manager_id) if manager_id is not None else None
    return (found and found.name) or NOBODY


async def _met(session: AsyncSession, person_id: uuid.UUID, manager_id: uuid.UUID) -> bool:
    """Tell whether the two ever agreed on an appointment."""
    agreed = select(Appointment.id).where(
        Appointment.person_id == person_id,
        Appointment.manager_id == manager_id,
        Appointment.hold_for.is_(None),
    )
    return await session.scalar(agreed.limit(1)) is not None


async def _still_with(
    session: AsyncSession, person_id: uuid.UUID, manager_id: uuid.UUID
) -> list[Appointment]:
    rows = await session.scalars(
        select(Appointment)
        .where(
            Appointment.person_id == person_id,
            Appointment.manager_id == manager_id,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until.is_(None),
            func.lower(Appointment.during) > clock.now(),
        )
        .order_by(func.lower(Appointment.during), Appointment.id)
    )
    return list(rows)
