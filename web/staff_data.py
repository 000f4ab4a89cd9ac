"""What the staff page shows, in the reader's language: no refugee's name, no phone number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, county, format
from centre.appointments import Appointment, connected
from centre.handoffs import Handoff
from centre.people import STAFF, Address, Person
from centre.pool import coordination
from centre.pool.tables import InterpreterLanguage
from knowledge_base.entries import Entry
from storage import clock
from translations.catalogue import say
from translations.direction import inserted

MOST_ROWS = 100
HANDOFF_LABEL = {"interpreter": "menu.interpreter", "human": "menu.human"}


@dataclass(frozen=True)
class Meeting:
    """One appointment as a row."""

    when: str
    topic: str
    language: str
    manager: str
    centre: str


@dataclass(frozen=True)
class Request:
    """One open hand-off request as a row."""

    when: str
    kind: str
    language: str
    centre: str
    urgent: bool


@dataclass(frozen=True)
class Helper:
    """A manager or interpreter as a row; ``may_connect``: the reader may make a link for them."""

    id: uuid.UUID
    name: str
    detail: str
    connected: bool
    may_connect: bool


@dataclass(frozen=True)
class Outgoing:
    """One appointment that a manager's own calendar has not got, as a row."""

    when: str
    manager: str
    problem: str
    given_up: bool


@dataclass(frozen=True)
class Overview:
    """Everything on the page."""

    meetings: list[Meeting]
    requests: list[Request]
    managers: list[Helper]
    curators: list[Helper]
    interpreters: list[Helper]
    outgoing: list[Outgoing]
    people: int
    entries: int
    coordinates: bool
    """Whether the reader may see the interpreters' figures."""


def may_connect(reader: Person, other: Person) -> bool:
    """Return whether ``reader`` may hand out a link that opens the account of ``other``.

    Whoever uses the link acts as ``other`` from then on, so it is never somebody with more rights,
    and a manager's own appointments stay theirs.
    """
    if reader.id == other.id:
        return reader.role in STAFF
    if reader.role == "admin":
        return other.role in ("manager", "curator", "interpreter")
    return reader.role == "manager" and other.role == "interpreter"


async def overview(session: AsyncSession, reader: Person, language: str) -> Overview:
    """Return what ``reader`` may see, worded in ``language``."""
    names = await _names(session)
    return Overview(
        meetings=[_meeting(one, names, language) for one in await _meetings(session, reader)],
        requests=[_request(one, language) for one in await _requests(session, reader)],
        managers=await _managers(session, reader),
        curators=await _curators(session, reader),
        interpreters=await _interpreters(session, reader, language),
        outgoing=await _outgoing(session, reader, names, language),
        people=await session.scalar(select(func.count()).select_from(Person)) or 0,
        entries=await session.scalar(select(func.count()).select_from(Entry)) or 0,
        coordinates=reader.role in coordination.COORDINATORS,
    )


async def _meetings(session: AsyncSession, reader: Person) -> Sequence[Appointment]:
    if reader.role == "manager":
        return await appointments.agenda(session, reader.id)
    query = (
        select(Appointment)
        .where(Appointment.cancelled_at.is_(None), func.upper(Appointment.during) > clock.now())
        .order_by(func.lower(Appointment.during), Appointment.id)
        .limit(MOST_ROWS)
    )
    if reader.centre is not None:
        query = query.where(Appointment.centre == reader.centre)
    return (await session.scalars(query)).all()


async def _requests(session: AsyncSession, reader: Person) -> Sequence[Handoff]:
    query = (
        select(Handoff)
        .where(Handoff.status == "open")
        .order_by(Handoff.urgent.desc(), Handoff.created_at)
        .limit(MOST_ROWS)
    )
    if reader.centre is not None:
        query = query.where(Handoff.centre == reader.centre)
    return (await session.scalars(query)).all()


async def _managers(session: AsyncSession, reader: Person) -> list[Helper]:
    query = select(Person).where(Person.role == "manager").order_by(Person.centre, Person.name)
    if reader.centre is not None and reader.role != "admin":
        query = query.where(Person.centre == reader.centre)
    connected = await _connected(session)
    return [
        _helper(reader, one, _centre(one.centre), connected) for one in await session.scalars(query)
    ]


async def _curators(session: AsyncSession, reader: Person) -> list[Helper]:
    """Return who keeps the knowledge; for the admin also the own account."""
    query = select(Person).where(Person.role == "curator").order_by(Person.name)
    found = list(await session.scalars(query)) + ([reader] if reader.role == "admin" else [])
    connected = await _connected(session)
    return [_helper(reader, one, _centre(one.centre), connected) for one in found]


async def _interpreters(session: AsyncSession, reader: Person, language: str) -> list[Helper]:
    spoken: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    for row in await session.scalars(select(InterpreterLanguage)):
        spoken[row.person_id].append(format.language_name(row.language, language))
    connected = await _connected(session)
    query = select(Person).where(Person.role == "interpreter").order_by(Person.name)
    return [
        _helper(reader, one, format.row(sorted(spoken[one.id]), language), connected)
        for one in await session.scalars(query)
    ]


async def _outgoing(
    session: AsyncSession, reader: Person, names: dict[uuid.UUID, str], language: str
) -> list[Outgoing]:
    """Return what did not arrive: a manager sees their own, the admin everybody's."""
    if reader.role not in ("manager", "admin"):
        return []
    mine = reader.id if reader.role == "manager" else None
    return [
        Outgoing(
            when=_when(one.start, language),
            manager=names.get(one.manager_id, "–"),
            problem=say(f"calendar.failure_{one.failure}", language),
            given_up=one.given_up,
        )
        for one in (await connected.overdue(session, mine))[:MOST_ROWS]
    ]


async def _connected(session: AsyncSession) -> set[uuid.UUID]:
    return set(
        await session.scalars(select(Address.person_id).where(Address.channel == "telegram"))
    )


async def _names(session: AsyncSession) -> dict[uuid.UUID, str]:
    rows = await session.execute(
        select(Person.id, Person.name).where(Person.role == "manager", Person.name.is_not(None))
    )
    return {row.id: row.name for row in rows}


def _helper(reader: Person, one: Person, detail: str, connected: set[uuid.UUID]) -> Helper:
    return Helper(one.id, one.name or "–", detail, one.id in connected, may_connect(reader, one))


def _meeting(one: Appointment, names: dict[uuid.UUID, str], language: str) -> Meeting:
    return Meeting(
        when=_when(one.start, language, one.end),
        topic=appointments.topic_label(one.topic, language),
        language=format.language_name(one.language, language),
        manager=names.get(one.manager_id, "–"),
        centre=_centre(one.centre),
    )


def _request(one: Handoff, language: str) -> Request:
    return Request(
        when=_when(one.created_at, language),
        kind=say(HANDOFF_LABEL.get(one.kind, "menu.human"), language),
        language=format.language_name(one.language, language),
        centre=_centre(one.centre),
        urgent=one.urgent,
    )


def _when(start: datetime, language: str, end: datetime | None = None) -> str:
    until = f"–{format.time(end, language)}" if end is not None else ""
    clock_time = inserted(f"{format.time(start, language)}{until}", language)
    return format.row([format.day(start, language), clock_time], language)


def _centre(centre_id: str | None) -> str:
    return county.centre_name(centre_id) if centre_id else "–"
