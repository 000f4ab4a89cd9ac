"""Erasing a person: everything that is theirs goes, and those who counted on them are told."""

from __future__ import annotations

import uuid
from contextlib import suppress

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, handoffs, people
from centre.appointments import responsible, substitution, three_way, waiting
from centre.people import Address, Person
from knowledge_base import feedback
from translations.catalogue import isolate, say
from translations.direction import lines as begun

ONE_AT_A_TIME = 7_356_203
# The copy of a file on its way to a partner names the chat it comes from.
FORGET_FILES = text(
    "update outgoing_messages set content = content - 'copy_from' - 'file'"
    " where content->'copy_from'->>'chat' = :address"
)
# A job's lock names the address it serves. The job that runs now is left to its worker, and what
# the person wrote meanwhile still waits to be answered, as from somebody new.
FORGET_JOBS = text(
    "delete from procrastinate_jobs"
    " where (lock = :out and status <> 'doing')"
    " or (status not in ('todo', 'doing')"
    "     and (right(lock, length(:tail)) = :tail or strpos(args::text, :person) > 0))"
)
# What an editor wrote stays, and in which role; who it was does not.
FORGET_EDITOR = text(
    "update revisions set author = split_part(author, ':', 1)"
    " where right(author, length(:tail)) = :tail"
)
FORGET_LAST_EDITOR = text(
    "update entry_texts set updated_by = split_part(updated_by, ':', 1)"
    " where right(updated_by, length(:tail)) = :tail"
)
# A manager's time is offered to nobody when they are gone.
FORGET_TIMES = text(
    "delete from procrastinate_jobs where status = 'todo' and args->'time'->>'manager' = :person"
)
FORGET_BUDGET = text("delete from send_budget where scope = :scope")


async def stored_questions(session: AsyncSession, person_id: uuid.UUID, language: str) -> str:
    """Return what the privacy notice adds: a person's own stored questions, or nothing."""
    questions = await feedback.handed_on(session, person_id)
    if not questions:
        return ""
    lines = [say("privacy.questions", language), *(f"• {isolate(one)}" for one in questions)]
    return begun("\n".join(lines), language)


async def erase(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Erase a person and everything stored about them; nothing happens when already erased.

    Upcoming appointments are cancelled and a talk is ended, so that the other side is told.
    Works for staff and interpreters too. A confirmation can't be stored for somebody who no
    longer exists: the caller sends it.

    Args:
        session: the caller's open transaction.
        person_id: whom to erase.
    """
    # An erasure holds many rows at once: two of them could wait for each other.
    await session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    person = await people.lock(session, person_id)
    if person is None:
        return
    # A manager's colleagues stand in where they can; the rest is cancelled.
    await substitution.leave(session, person_id)
    await responsible.leave(session, person_id)
    # An interpreter is looked for anew.
    await three_way.leave(session, person_id)
    # What is offered to them goes to the next.
    await waiting.leave(session, person_id)
    for appointment in await appointments.upcoming(session, person_id):
        # The other side may be cancelling, or it begins this very moment.
        with suppress(appointments.AppointmentGone):
            await appointments.cancel(session, appointment.id, person_id)
    # Stopping waits for whoever is just accepting, so that ending then sees the talk.
    await handoffs.stop(session, person_id)
    while await handoffs.end(session, person_id):
        pass
    addresses = await session.scalars(select(Address).where(Address.person_id == person_id))
    for address in addresses.all():
        tail = f":{address.channel}:{address.address}"
        await session.execute(FORGET_FILES, {"address": address.address})
        await session.execute(
            FORGET_JOBS, {"out": f"out{tail}", "tail": tail, "person": str(person_id)}
        )
        # The send budget counts by chat number; it is a table of the transport, so by name.
        await session.execute(FORGET_BUDGET, {"scope": f"chat:{address.address}"})
        session.expunge(address)
    await session.execute(FORGET_TIMES, {"person": str(person_id)})
    await session.execute(FORGET_EDITOR, {"tail": f":{person_id}"})
    await session.execute(FORGET_LAST_EDITOR, {"tail": f":{person_id}"})
    # The database takes everything that refers to the person along (on delete cascade).
    await session.execute(delete(Person).where(Person.id == person_id))
