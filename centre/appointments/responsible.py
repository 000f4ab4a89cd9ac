"""My manager: where somebody lives decides their centre and who is responsible for them.

Whoever names the place in their settings is responsible for it; else, and when they look after as
many people as they can, whoever of the centre has the smallest caseload for their share of work.
Who is chosen is settled one after the other for each centre (an advisory lock, taken after the
person's row and before anything else), so that many who come at once are spread evenly.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from centre import county, people
from centre.appointments import booking, moving
from centre.appointments.tables import ManagerSettings, WorkingHours
from centre.county import OwnManagement
from centre.people import Person
from storage import queue

FOLLOW_TASK = "responsible_follow"
"""Argument ``person_id``: somebody's manager has left."""
USUAL_CASELOAD = 80
"""What a manager without a number of their own is compared by; not a limit."""
_CLIENT = aliased(Person)


@dataclass(frozen=True)
class Settled:
    """Who is responsible; ``own`` is who advises people of that place instead of the county.

    ``own`` is only there while the person has not chosen one of the county's centres all the same.
    """

    centre: str | None
    manager_id: uuid.UUID | None
    own: OwnManagement | None = None


@dataclass(frozen=True)
class Caseload:
    """How many people a manager looks after, and how many they can (``None``: no limit known)."""

    manager_id: uuid.UUID
    people: int
    most: int | None

    @property
    def full(self) -> bool:
        """Whether nobody new may come."""
        return self.most is not None and self.people >= self.most

    @property
    def share(self) -> float:
        """How much of what they can do they do already."""
        return self.people / (self.most or USUAL_CASELOAD)


async def settle(
    session: AsyncSession,
    person_id: uuid.UUID,
    municipality: str | None,
    centre: str | None = None,
) -> Settled:
    """Note where somebody lives and who is responsible there; tell everybody when it changes.

    While the same centre and manager are responsible nothing changes, however often this is called.

    Args:
        session: the caller's open transaction.
        person_id: who.
        municipality: id of the county's configuration; ``None`` when only a centre is known.
        centre: the centre that the person chose; the one of the municipality when ``None``.

    Raises:
        PersonGone: there is no such person.
        UnknownCentre: there is no such centre, or none can be told from the municipality.
    """
    await session.flush()
    await booking.lock_person(session, person_id)
    person = await session.get_one(Person, person_id)
    if person.role == "manager" and person.centre is not None:
        # Theirs is where they work: requests and figures go by it, not by what they try out.
        return Settled(person.centre, None)
    if person.role != "refugee":
        person.centre = county.centre(centre or _centre_of(municipality)).id
        return Settled(person.centre, None)
    lives = county.municipalities().get(municipality or "")
    if centre is None:
        if lives is not None and lives.own is not None:
            person.municipality = lives.id
            await session.flush()
            return Settled(person.centre, person.manager_id, lives.own)
        centre = _centre_of(municipality)
    centre = county.centre(centre).id
    before = Settled(person.centre, person.manager_id)
    lived = person.municipality
    person.municipality = _still_lives(lived, centre) if lives is None else lives.id
    person.centre = centre
    await session.flush()
    same_place = lives is None or lived == lives.id
    if same_place and before.centre == centre and await _works_at(session, person, centre):
        return before
    await _one_at_a_time(session, centre)
    person.manager_id = await _choose(session, person, centre)
    await session.flush()
    if person.manager_id != before.manager_id:
        await moving.changed(session, person, before.manager_id)
    return Settled(centre, person.manager_id)


async def leave(session: AsyncSession, manager_id: uuid.UUID) -> None:
    """Have each of a manager's people get another one, by a job each: the manager leaves."""
    theirs = await session.scalars(
        select(Person.id).where(Person.manager_id == manager_id).order_by(Person.id)
    )
    for person_id in theirs.all():
        await queue.defer(session, FOLLOW_TASK, person_id=str(person_id))


async def follow(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Make somebody responsible for a person whose manager has left; nothing if somebody is."""
    person = await people.get(session, person_id)
    if person is not None and person.manager_id is None and person.centre is not None:
        await settle(session, person_id, person.municipality, person.centre)


def forget(person: Person) -> None:
    """Forget where somebody lives and who is responsible: they did not agree to that."""
    person.municipality, person.manager_id = None, None


async def caseload(session: AsyncSession, centre: str) -> list[Caseload]:
    """Return what each manager of a centre has to do, whoever has most room for others first."""
    found = await _caseloads(session, centre, None)
    return [one for one, _ in sorted(found, key=_rank)]


async def _choose(session: AsyncSession, person: Person, centre: str) -> uuid.UUID | None:
    """Return who shall be responsible; their manager stays, unless somebody else has the place."""
    found = await _caseloads(session, centre, person.id)
    able = [(one, places) for one, places in found if not one.full]
    named = [one for one in able if person.municipality in one[1]]
    fitting = named or able
    if any(one.manager_id == person.manager_id for one, _ in fitting):
        return person.manager_id
    return min(fitting, key=_rank)[0].manager_id if fitting else None


def _rank(one: tuple[Caseload, list[str]]) -> tuple[bool, float, int, str]:
    found = one[0]
    return found.full, found.share, found.people, str(found.manager_id)


async def _caseloads(
    session: AsyncSession, centre: str, but: uuid.UUID | None
) -> list[tuple[Caseload, list[str]]]:
    """Return a centre's managers with their places; ``but`` is not counted."""
    theirs = (
        select(func.count())
        .where(_CLIENT.role == "refugee", _CLIENT.manager_id == Person.id)
        .where(_CLIENT.id.is_distinct_from(but))
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Person.id, theirs, ManagerSettings.most_people, ManagerSettings.municipalities)
        .outerjoin(ManagerSettings, ManagerSettings.manager_id == Person.id)
        .where(Person.role == "manager", _of(centre))
    )
    return [(Caseload(one, count, most), places or []) for one, count, most, places in rows]


def _of(centre: str) -> ColumnElement[bool]:
    working = exists().where(WorkingHours.manager_id == Person.id, WorkingHours.centre == centre)
    return or_(Person.centre == centre, working)


async def _works_at(session: AsyncSession, person: Person, centre: str) -> bool:
    if person.manager_id is None:
        return False
    query = select(Person.id).where(
        Person.id == person.manager_id, Person.role == "manager", _of(centre)
    )
    return await session.scalar(query) is not None


def _centre_of(municipality: str | None) -> str:
    lives = county.municipalities().get(municipality or "")
    return (lives and lives.centre) or ""


def _still_lives(municipality: str | None, centre: str) -> str | None:
    """Return where somebody lives who only named a centre: a place of another one is over."""
    known = county.municipalities().get(municipality or "")
    return known.id if known is not None and known.centre == centre else None


async def _one_at_a_time(session: AsyncSession, centre: str) -> None:
    key = func.hashtextextended(f"responsible:{centre}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
