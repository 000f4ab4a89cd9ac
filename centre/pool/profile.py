"""What an interpreter told about themselves, read in one go; ``changes`` changes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.people import Person
from centre.pool.tables import (
    CHAT,
    InterpreterHours,
    InterpreterLanguage,
    InterpreterProfile,
    InterpreterService,
)
from storage import clock
from translations.languages import languages

INTERPRETER = "interpreter"
"""The role of those who are in the pool; staff can be in it and keep theirs."""
GERMAN = ("A2", "B1", "B2", "C1", "C2")
GENDERS = ("f", "m", "d")
PARTS = {
    "morning": (time(8), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(21)),
}
"""The parts of a day in which an interpreter may be asked, local time."""
FOR_GOOD = datetime(2999, 12, 31, tzinfo=UTC)
"""The end of a pause that lasts until they come back."""


@dataclass(frozen=True)
class Spoken:
    """A language somebody interprets, how well, and which of its dialects."""

    language: str
    level: str
    dialects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """All an interpreter told, and what follows from it.

    ``told`` is false for somebody who has never told anything: they have no wishes, and nothing
    keeps them from being asked. No ``centres`` and no ``parts`` mean all of them.
    """

    person_id: uuid.UUID
    languages: tuple[Spoken, ...]
    told: bool
    german: str | None
    gender: str | None
    centres: tuple[str, ...]
    ways: tuple[str, ...]
    parts: frozenset[tuple[int, str]]
    without: tuple[str, ...]
    paused_until: datetime | None
    declared_on: date | None
    minutes: int
    """How long they helped this year."""
    duty_until: datetime | None = None

    @property
    def on_duty(self) -> bool:
        """Return whether they answer in the place of the staff now."""
        return self.duty_until is not None and self.duty_until > clock.now()

    @property
    def paused(self) -> bool:
        """Return whether they take a break now."""
        return self.paused_until is not None and self.paused_until > clock.now()

    @property
    def asked(self) -> bool:
        """Return whether they can be asked at all."""
        agreed = not self.told or self.declared_on is not None
        return bool(self.languages) and agreed and not self.paused

    def spoken(self, language: str) -> Spoken | None:
        """Return what they said about a language; ``None`` when they don't interpret it."""
        return next((one for one in self.languages if one.language == language), None)


async def read(session: AsyncSession, person_id: uuid.UUID) -> Profile | None:
    """Return an interpreter's profile; ``None`` for somebody who is no interpreter."""
    person = await session.get(Person, person_id)
    row = await session.get(InterpreterProfile, person_id, populate_existing=True)
    if person is None or (row is None and person.role != INTERPRETER):
        return None
    spoken = await session.scalars(
        select(InterpreterLanguage)
        .where(InterpreterLanguage.person_id == person_id)
        .execution_options(populate_existing=True)
    )
    own = {one.language: one for one in spoken}
    return Profile(
        person_id=person_id,
        languages=tuple(
            Spoken(code, own[code].level, tuple(own[code].dialects))
            for code in languages()
            if code in own
        ),
        told=row is not None,
        german=row.german if row else None,
        gender=row.gender if row else None,
        centres=tuple(row.centres) if row else (),
        ways=tuple(row.ways) if row else (CHAT,),
        parts=await _parts(session, person_id),
        without=tuple(row.without) if row else (),
        paused_until=row.paused_until if row else None,
        declared_on=row.declared_on if row else None,
        minutes=await minutes_this_year(session, person_id),
        duty_until=row.duty_until if row else None,
    )


async def minutes_this_year(session: AsyncSession, person_id: uuid.UUID) -> int:
    """Return how many minutes somebody has helped since New Year in Berlin."""
    since = datetime(clock.today().year, 1, 1, tzinfo=clock.BERLIN)
    served = await session.scalars(
        select(InterpreterService).where(
            InterpreterService.helper_id == person_id, InterpreterService.started_at >= since
        )
    )
    return sum(one.minutes for one in served)


async def _parts(session: AsyncSession, person_id: uuid.UUID) -> frozenset[tuple[int, str]]:
    rows = await session.scalars(
        select(InterpreterHours)
        .where(InterpreterHours.person_id == person_id)
        .execution_options(populate_existing=True)
    )
    starts = {start: part for part, (start, _) in PARTS.items()}
    return frozenset((one.weekday, starts[one.start]) for one in rows if one.start in starts)
