"""What the person says while interpreters are asked: how urgent, in which other language, whom.

A woman or a man, and which dialect: only what the pool has is offered.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre import people
from centre.handoffs import waves
from centre.handoffs.rules import HIGH, rules
from centre.handoffs.tables import Handoff, HandoffAsk
from centre.pool import dialects, topics
from centre.pool.tables import InterpreterProfile
from storage import clock
from translations.languages import languages

GENDERS = ("f", "m")
ASKING = (waves.INTERPRETERS, waves.OTHER_LANGUAGES)
"""As long as the pool is asked."""

_KNOWN = text(
    """
select r.gender, l.dialects
from interpreter_languages l
join people p on p.id = l.person_id
left join interpreter_profiles r on r.person_id = p.id
where l.language = :language and p.blocked_at is null and p.id <> :person
    and (r.person_id is null or (r.declared_on is not null and 'chat' = any(r.ways)
        and (r.paused_until is null or r.paused_until <= :now)))
"""
)


@dataclass(frozen=True)
class Offers:
    """What can be wished for, in the order of the buttons."""

    genders: tuple[str, ...]
    dialects: tuple[str, ...]

    def __bool__(self) -> bool:
        """Return whether there is anything to choose."""
        return bool(self.genders or self.dialects)


async def change_urgency(session: AsyncSession, found: Handoff, urgency: str) -> int:
    """Ask more people at once when it is urgent, or give those asked more time.

    Args:
        session: the caller's open transaction.
        found: the person's open request, locked.
        urgency: one of :data:`centre.handoffs.rules.URGENCIES`.

    Returns:
        How many more were asked.
    """
    before, found.urgency = found.urgency, urgency
    if before == urgency or found.stage not in ASKING:
        return 0
    if urgency == HIGH:
        spoken = [found.language]
        if found.stage == waves.OTHER_LANGUAGES:
            spoken += await waves.other_languages(session, found)
        if asked := await waves.wave(session, found, spoken):
            return asked
    await waves.wake(session, found, rules().waves[urgency].wait)
    return 0


async def also(session: AsyncSession, found: Handoff, language: str) -> int:
    """Ask those who speak a further language of the person; return how many.

    Args:
        session: the caller's open transaction.
        found: the person's open request, locked.
        language: what they said they speak as well; kept for the next time.
    """
    person = await people.get(session, found.person_id)
    if person is None or language not in languages():
        return 0
    if language not in person.also_speaks:
        person.also_speaks = [*person.also_speaks, language]
    asked = await waves.wave(session, found, [language])
    if asked:
        found.stage = waves.OTHER_LANGUAGES
    return asked


async def offers(session: AsyncSession, found: Handoff) -> Offers:
    """Return what can be wished for a request: what somebody who can be asked now is or speaks."""
    rows = await session.execute(
        _KNOWN, {"language": found.language, "person": found.person_id, "now": clock.now()}
    )
    genders: set[str] = set()
    spoken: set[str] = set()
    for gender, some in rows:
        genders.add(gender)
        spoken |= set(some)
    return Offers(
        tuple(one for one in GENDERS if one in genders),
        tuple(one for one in dialects.dialects(found.language) if one in spoken),
    )


async def wish_gender(session: AsyncSession, found: Handoff, gender: str | None) -> int | None:
    """Ask only women or only men from now on, or anybody again.

    Whoever was asked already and does not fit is no longer asked: their yes is refused.

    Args:
        session: the caller's open transaction.
        found: the person's open request, locked.
        gender: one of :data:`GENDERS`; ``None`` for anybody.

    Returns:
        How many more were asked; ``None`` when nobody who fits is left to answer.
    """
    found.gender = gender
    if gender is not None:
        fitting = select(InterpreterProfile.person_id).where(InterpreterProfile.gender == gender)
        await session.execute(
            delete(HandoffAsk).where(
                HandoffAsk.handoff_id == found.id,
                HandoffAsk.language.is_not(None),
                HandoffAsk.helper_id.not_in(fitting),
            )
        )
    return await _ask_on(session, found)


async def wish_dialect(session: AsyncSession, found: Handoff, dialect: str) -> int | None:
    """Ask those first who speak a dialect, beginning now.

    Args:
        session: the caller's open transaction.
        found: the person's open request, locked.
        dialect: an id of :mod:`centre.pool.dialects` of the language asked for.

    Returns:
        How many more were asked; ``None`` when nobody who fits is left to answer.
    """
    if dialect in dialects.dialects(found.language):
        found.dialect = dialect
    return await _ask_on(session, found)


async def _ask_on(session: AsyncSession, found: Handoff) -> int | None:
    """Ask at once whoever fits; when nobody does, the next step comes soon."""
    await session.flush()
    if found.kind != "interpreter" or topics.is_outside(found.topic):
        return 0
    if asked := await waves.wave(session, found, [found.language]):
        found.stage = waves.INTERPRETERS
        return asked
    left = await session.scalar(
        select(HandoffAsk.helper_id)
        .where(
            HandoffAsk.handoff_id == found.id,
            HandoffAsk.language.is_not(None),
            HandoffAsk.declined_at.is_(None),
        )
        .limit(1)
    )
    if found.stage in ASKING:
        await waves.wake(session, found, rules().waves[found.urgency if left else HIGH].wait)
    return 0 if left else None
