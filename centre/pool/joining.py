"""Coming to the pool by an invitation of the staff, and leaving it again."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from centre import logins
from centre.appointments import three_way
from centre.people import STAFF, Person
from centre.pool.profile import INTERPRETER
from centre.pool.tables import (
    InterpreterHours,
    InterpreterLanguage,
    InterpreterProfile,
    InterpreterService,
)
from storage import clock
from storage.errors import LotseError

INVITE_TTL = timedelta(days=7)
INVITERS = ("manager", "admin")
LONGEST_NAME = 80
KEEP_SERVICES = timedelta(days=366)


class MayNotInvite(LotseError):
    """Only managers and admins invite interpreters."""

    code = "may_not_invite"


async def invite(session: AsyncSession, staff: Person, name: str | None = None) -> str:
    """Return the token of a fresh invitation: valid for 7 days, for one person.

    Args:
        session: the caller's open transaction.
        staff: who invites.
        name: what the staff call whoever is invited; kept until the invitation is used or over.

    Returns:
        43 characters, fit for Telegram's ``start`` parameter.

    Raises:
        MayNotInvite: ``staff`` is neither manager nor admin.
    """
    if staff.role not in INVITERS:
        raise MayNotInvite
    called = " ".join((name or "").split())[:LONGEST_NAME].strip() or None
    return await logins.create(session, staff.id, "invite", INVITE_TTL, called)


async def join(session: AsyncSession, token: str, person: Person) -> bool:
    """Make somebody an interpreter by an invitation.

    Whatever else is theirs stays: appointments, consent, language. Staff keep role and name.

    Args:
        session: the caller's open transaction.
        token: what the invitation's link carries.
        person: whoever opened it.

    Returns:
        Whether it worked: an invitation is good once, for 7 days, and as long as whoever gave it
        may invite.
    """
    found = await logins.redeem_invite(session, token)
    if found is None:
        return False
    inviter_id, name = found
    inviter = await session.get(Person, inviter_id)
    if inviter is None or inviter.role not in INVITERS:
        return False
    await session.execute(
        insert(InterpreterProfile)
        .values(person_id=person.id, joined_at=clock.now())
        .on_conflict_do_nothing()
    )
    if person.role not in STAFF:
        person.role = INTERPRETER
        person.name = name or person.name
    await session.flush()
    return True


async def leave(session: AsyncSession, person_id: uuid.UUID) -> bool:
    """Take somebody out of the pool, with all they told about themselves as an interpreter.

    Their booked appointments look for somebody else. A talk that is going on, and requests that
    wait for their answer, are the caller's to end. What they did for others stays in
    :class:`~centre.pool.tables.InterpreterService`, for the allowance.

    Args:
        session: the caller's open transaction.
        person_id: who leaves.

    Returns:
        Whether they were in the pool.
    """
    person = await session.get(Person, person_id, populate_existing=True)
    profile = await session.get(InterpreterProfile, person_id)
    if person is None or (profile is None and person.role != INTERPRETER):
        return False
    for table in (InterpreterLanguage, InterpreterHours, InterpreterProfile):
        await session.execute(delete(table).where(table.person_id == person_id))
    if person.role not in STAFF:
        person.role, person.name = "refugee", None
    await session.flush()
    # Only now: whoever has left must not be asked for one of these again.
    await three_way.leave(session, person_id)
    return True


async def forget_old(session: AsyncSession) -> None:
    """Delete what was done over a year ago by who has left since: the allowance is paid."""
    profiled = select(InterpreterProfile.person_id)
    interpreters = select(Person.id).where(Person.role == INTERPRETER)
    await session.execute(
        delete(InterpreterService).where(
            InterpreterService.ended_at < clock.now() - KEEP_SERVICES,
            InterpreterService.helper_id.not_in(profiled),
            InterpreterService.helper_id.not_in(interpreters),
        )
    )
