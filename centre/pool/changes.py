"""Every way in which an interpreter changes what they told; all of it by buttons.

What a button says is what holds afterwards: a second tap on the same button changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from centre.county import centres
from centre.pool.dialects import dialects
from centre.pool.profile import FOR_GOOD, GENDERS, GERMAN, PARTS
from centre.pool.tables import (
    LEVELS,
    WAYS,
    InterpreterHours,
    InterpreterLanguage,
    InterpreterProfile,
)
from centre.pool.topics import inside
from storage import clock
from storage.errors import LotseError
from translations.languages import languages

WEEKDAYS = range(7)
DUTY_HOURS = (1, 2, 4)
"""For how long somebody can go on duty."""
PAUSES = ("tomorrow", "week", "back")
MORNING = time(8)


class NotOffered(LotseError):
    """No button offers that value: it is out of date or forged."""

    code = "not_offered"


class LastWay(LotseError):
    """One way to help must stay."""

    code = "last_way"


async def set_language(
    session: AsyncSession, person_id: uuid.UUID, language: str, on: bool
) -> None:
    """Add a language, or take it away with its level and dialects.

    Raises:
        NotOffered: it is German or no launch language.
    """
    _offered(language, interpreted())
    if on:
        await session.execute(
            insert(InterpreterLanguage)
            .values(person_id=person_id, language=language)
            .on_conflict_do_nothing()
        )
        return
    await session.execute(
        delete(InterpreterLanguage).where(
            InterpreterLanguage.person_id == person_id, InterpreterLanguage.language == language
        )
    )


async def set_level(session: AsyncSession, person_id: uuid.UUID, language: str, level: str) -> None:
    """Say how well they speak a language they have chosen.

    Raises:
        NotOffered: they have not chosen it, or there is no such level.
    """
    _offered(level, LEVELS)
    (await _language(session, person_id, language)).level = level
    await session.flush()


async def set_dialect(
    session: AsyncSession, person_id: uuid.UUID, language: str, dialect: str, on: bool
) -> None:
    """Add or take away a dialect of a language they have chosen.

    Raises:
        NotOffered: they have not chosen it, or it has no such dialect.
    """
    found = await _language(session, person_id, language)
    found.dialects = _with(found.dialects, dialect, on, dialects(language))
    await session.flush()


async def set_german(session: AsyncSession, person_id: uuid.UUID, level: str | None) -> None:
    """Say how good their German is.

    Raises:
        NotOffered: there is no such level.
    """
    _offered(level, (*GERMAN, None))
    (await _row(session, person_id)).german = level
    await session.flush()


async def set_gender(session: AsyncSession, person_id: uuid.UUID, gender: str | None) -> None:
    """Say which gender they are, or that they don't say.

    Raises:
        NotOffered: it is none of the known ones.
    """
    _offered(gender, (*GENDERS, None))
    (await _row(session, person_id)).gender = gender
    await session.flush()


async def set_centre(session: AsyncSession, person_id: uuid.UUID, centre: str, on: bool) -> None:
    """Add or take away a centre around which they come on site.

    Raises:
        NotOffered: there is no such centre.
    """
    row = await _row(session, person_id)
    row.centres = _with(row.centres, centre, on, centres())
    await session.flush()


async def set_way(session: AsyncSession, person_id: uuid.UUID, way: str, on: bool) -> None:
    """Add or take away a way in which they help.

    Raises:
        NotOffered: there is no such way.
        LastWay: none would be left.
    """
    row = await _row(session, person_id)
    ways = _with(row.ways, way, on, WAYS)
    if not ways:
        raise LastWay
    row.ways = ways
    await session.flush()


async def set_part(
    session: AsyncSession, person_id: uuid.UUID, weekday: int, part: str, on: bool
) -> None:
    """Add or take away a part of a weekday in which they may be asked.

    Raises:
        NotOffered: there is no such day or part.
    """
    _offered(weekday, WEEKDAYS)
    _offered(part, PARTS)
    start, end = PARTS[part]
    if on:
        await session.execute(
            insert(InterpreterHours)
            .values(person_id=person_id, weekday=weekday, start=start, end=end)
            .on_conflict_do_nothing()
        )
        return
    await session.execute(
        delete(InterpreterHours).where(
            InterpreterHours.person_id == person_id,
            InterpreterHours.weekday == weekday,
            InterpreterHours.start == start,
        )
    )


async def set_without(session: AsyncSession, person_id: uuid.UUID, topic: str, on: bool) -> None:
    """Say that they don't do a topic, or do it again.

    Raises:
        NotOffered: there is no such topic, or the pool does not do it anyway.
    """
    row = await _row(session, person_id)
    row.without = _with(row.without, topic, on, inside())
    await session.flush()


async def pause(session: AsyncSession, person_id: uuid.UUID, how: str) -> None:
    """Take a break: until 8 tomorrow, until 8 in a week, or until they come back.

    Raises:
        NotOffered: there is no such break.
    """
    _offered(how, PAUSES)
    (await _row(session, person_id)).paused_until = _until(how)
    await session.flush()


async def go_on_duty(session: AsyncSession, person_id: uuid.UUID, hours: int) -> None:
    """Answer whoever wants to talk to somebody of the centre, from now on for some hours.

    Raises:
        NotOffered: nobody offers so many hours.
    """
    _offered(hours, DUTY_HOURS)
    (await _row(session, person_id)).duty_until = clock.now() + timedelta(hours=hours)
    await session.flush()


async def go_off_duty(session: AsyncSession, person_id: uuid.UUID) -> None:
    """End the duty before its time."""
    (await _row(session, person_id)).duty_until = None
    await session.flush()


async def resume(session: AsyncSession, person_id: uuid.UUID) -> None:
    """End a break."""
    (await _row(session, person_id)).paused_until = None
    await session.flush()


async def declare(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Note that they agreed, today, to keep everything to themselves; the first time counts."""
    row = await _row(session, person_id)
    row.declared_on = row.declared_on or clock.today()
    await session.flush()


def interpreted() -> tuple[str, ...]:
    """Return the languages that can be interpreted, into and out of German."""
    return tuple(code for code in languages() if code != "de")


def _until(how: str) -> datetime:
    if how == "back":
        return FOR_GOOD
    day = clock.today() + timedelta(days=1 if how == "tomorrow" else 7)
    return datetime.combine(day, MORNING, clock.BERLIN).astimezone(UTC)


def _offered(value: object, offers: Iterable[object]) -> None:
    if value not in offers:
        raise NotOffered


def _with(chosen: Iterable[str], value: str, on: bool, offers: Iterable[str]) -> list[str]:
    """Return what is chosen from now on, in the order it is offered."""
    order = list(offers)
    _offered(value, order)
    kept = (set(chosen) - {value}) | ({value} if on else set())
    return [one for one in order if one in kept]


async def _row(session: AsyncSession, person_id: uuid.UUID) -> InterpreterProfile:
    """Return the profile, locked; somebody's first wish makes one."""
    await session.execute(
        insert(InterpreterProfile)
        .values(person_id=person_id, joined_at=clock.now())
        .on_conflict_do_nothing()
    )
    return await session.get_one(
        InterpreterProfile, person_id, with_for_update=True, populate_existing=True
    )


async def _language(
    session: AsyncSession, person_id: uuid.UUID, language: str
) -> InterpreterLanguage:
    found = await session.get(
        InterpreterLanguage, (person_id, language), with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotOffered
    return found
