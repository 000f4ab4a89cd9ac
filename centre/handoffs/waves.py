"""Who is asked next when nobody has taken a request, further and further out.

``interpreters`` who speak the language, wave by wave; ``other_languages`` that the person speaks;
the centre's ``managers``; then an ``appointment`` with an interpreter is offered, and the request
stays open until it is given up. Each step has its moment (``due_at``) and a job; a job that was
lost is found by :mod:`centre.handoffs.mending`.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format, notify, people
from centre.handoffs import asking, office_hours
from centre.handoffs.rules import NEAR, rules
from centre.handoffs.tables import Handoff, HandoffAsk
from centre.people import Person
from centre.pool.tables import InterpreterLanguage
from storage import clock, queue
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.languages import languages

DEADLINE_TASK = "handoff_deadline"
"""Arguments ``handoff_id`` and ``wave``: run when it is time to ask further out."""
INTERPRETERS, OTHER_LANGUAGES, MANAGERS, APPOINTMENT = STAGES = (
    "interpreters",
    "other_languages",
    "managers",
    "appointment",
)
STOP = [("interpreter.stop", "h:stop")]
MOST_LANGUAGES = 6
EARLY = timedelta(seconds=5)
"""Two clocks, the queue's and ours, may differ by so much."""


async def begin(session: AsyncSession, found: Handoff) -> int:
    """Ask the first for a new request; return how many interpreters could be asked.

    The person is told by the caller.
    """
    return await _on(session, found, tell=False)


async def due(session: AsyncSession, handoff_id: int, wave: int | None = None) -> None:
    """Ask further out when it is time; nothing when somebody was faster, or asked already.

    Args:
        session: the caller's open transaction.
        handoff_id: the request.
        wave: the wave that had its time; ``None`` for whichever it is.
    """
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "open":
        return
    if wave is not None and (found.wave != wave or _early(found)):
        return
    await _on(session, found, tell=True)


def _early(found: Handoff) -> bool:
    """Return whether the step was put off since its job was made."""
    return found.due_at is not None and found.due_at - clock.now() > EARLY


async def all_declined(session: AsyncSession, found: Handoff) -> bool:
    """Return whether nobody of the last wave is left who could still answer."""
    left = await session.scalar(
        select(HandoffAsk.helper_id)
        .where(
            HandoffAsk.handoff_id == found.id,
            HandoffAsk.wave == found.wave,
            HandoffAsk.declined_at.is_(None),
        )
        .limit(1)
    )
    return left is None


async def to_managers(
    session: AsyncSession, found: Handoff, key: str, **values: object
) -> tuple[int, bool]:
    """Ask the managers with the text ``key``; return how many were reached, and if they are there.

    Out of their hours the message comes without a sound, and the next step waits for the morning.
    Who wants to talk to somebody of the centre is put to the volunteers on duty as well; an
    emergency is for the staff.
    """
    opens = await office_hours.next_open(session, found.centre)
    now = clock.now()
    there = opens is not None and opens <= now
    found.stage, found.escalated_at = MANAGERS, now
    found.wave += 1
    silent = not there and not found.urgent
    reached = await asking.ask_managers(session, found, key, silent=silent, **values)
    if found.kind == "human" and not found.urgent:
        volunteers = await asking.ask_on_duty(session, found, key)
        reached, there = reached + volunteers, there or volunteers > 0
        opens = now if volunteers else opens
    await wake(session, found, max(opens or now, now) + rules().managers_wait - now)
    return reached, there


async def anybody(session: AsyncSession, found: Handoff) -> bool:
    """Return whether somebody of the pool who speaks the language can be reached at all."""
    known = await session.scalar(
        select(InterpreterLanguage.person_id)
        .join(Person, Person.id == InterpreterLanguage.person_id)
        .where(
            InterpreterLanguage.language == found.language,
            Person.blocked_at.is_(None),
            Person.id != found.person_id,
        )
        .limit(1)
    )
    return known is not None


async def _on(session: AsyncSession, found: Handoff, *, tell: bool) -> int:
    """Take the next step that reaches somebody; return how many interpreters it asked."""
    if found.stage == INTERPRETERS:
        if asked := await wave(session, found, [found.language]):
            if tell:
                await _say(session, found, "interpreter.next_wave", count=asked)
            return asked
        found.stage = OTHER_LANGUAGES
    if found.stage == OTHER_LANGUAGES:
        others = await other_languages(session, found)
        if others and (asked := await wave(session, found, others)):
            if tell:
                await _say(session, found, "interpreter.other_languages", count=asked)
            return asked
        if found.escalated_at is not None:
            # The managers know; meanwhile the person named one more language.
            found.stage = MANAGERS
            await wake(session, found, rules().managers_wait)
            return 0
        minutes = _minutes(found)
        reached, _ = await to_managers(session, found, "manager.no_interpreter", minutes=minutes)
        if tell:
            await _tell_managers_asked(session, found, reached)
        elif not reached:
            found.due_at = None
        return 0
    if found.stage == MANAGERS:
        found.stage = APPOINTMENT
        found.wave += 1
        until = found.created_at + rules().give_up_after
        await wake(session, found, max(until - clock.now(), timedelta(minutes=1)))
        await _offer_appointment(session, found)
        return 0
    await _give_up(session, found)
    return 0


async def wave(session: AsyncSession, found: Handoff, spoken: list[str]) -> int:
    """Ask the next few who speak one of the languages; return how many."""
    found.wave += 1
    asked = await asking.ask_wave(session, found, spoken)
    if asked:
        await wake(session, found, rules().waves[found.urgency].wait)
    return asked


async def wake(session: AsyncSession, found: Handoff, wait: timedelta) -> None:
    """Take the next step after so long, if nobody has taken the request by then."""
    found.due_at = clock.now() + wait
    await session.flush()
    await queue.defer(session, DEADLINE_TASK, at=found.due_at, handoff_id=found.id, wave=found.wave)


def _minutes(found: Handoff) -> int:
    return int((clock.now() - found.created_at).total_seconds()) // 60


async def other_languages(session: AsyncSession, found: Handoff) -> list[str]:
    """Return the languages, beside the one asked for, in which the person can talk as well."""
    person = await people.get(session, found.person_id)
    if person is None:
        return []
    known = [person.language, *person.also_speaks, *NEAR.get(found.language, ())]
    return [
        one
        for one in dict.fromkeys(known)
        if one in languages() and one not in (found.language, "de")
    ]


async def languages_to_offer(session: AsyncSession, found: Handoff) -> list[str]:
    """Return languages somebody of the pool speaks that the person was not asked about yet."""
    known = {found.language, "de", *await other_languages(session, found)}
    rows = await session.scalars(
        select(InterpreterLanguage.language)
        .join(Person, Person.id == InterpreterLanguage.person_id)
        .where(Person.blocked_at.is_(None), Person.id != found.person_id)
        .group_by(InterpreterLanguage.language)
        .order_by(func.count().desc(), InterpreterLanguage.language)
    )
    return [one for one in rows.all() if one not in known and one in languages()][:MOST_LANGUAGES]


async def _tell_managers_asked(session: AsyncSession, found: Handoff, reached: int) -> None:
    if not reached:
        await _say(session, found, "human.nobody")
        return
    await _say(session, found, "interpreter.timeout_person")
    person = await people.get(session, found.person_id)
    if person is not None and (which := await which_else(session, found, person.language)):
        await notify.deliver(session, person, which)


async def which_else(session: AsyncSession, found: Handoff, language: str | None) -> Content | None:
    """Return the question in which further language the person could talk, with a button each.

    Args:
        session: the caller's open transaction.
        found: the request.
        language: what to ask them in.

    Returns:
        The question; ``None`` when nobody of the pool speaks any other.
    """
    others = await languages_to_offer(session, found)
    if not others:
        return None
    buttons = [[Button(label=languages()[one].name, data=f"h:also:{one}")] for one in others]
    words = say("interpreter.which_else", language or notify.FALLBACK_LANGUAGE)
    return Content(text=words, buttons=buttons)


async def _offer_appointment(session: AsyncSession, found: Handoff) -> None:
    person = await people.get(session, found.person_id)
    language = (person and person.language) or notify.FALLBACK_LANGUAGE
    until = found.created_at + rules().give_up_after
    await notify.tell(
        session,
        found.person_id,
        "interpreter.book" if found.kind == "interpreter" else "human.book",
        [[("menu.book", "/book_appointment")], STOP],
        day=format.day_short(until, language),
        time=format.time(until, language),
    )


async def _give_up(session: AsyncSession, found: Handoff) -> None:
    found.status, found.ended_at, found.due_at = "stopped", clock.now(), None
    await session.flush()
    await notify.tell(
        session,
        found.person_id,
        "interpreter.given_up",
        [[("menu.book", "/book_appointment")], [("menu.back", "/help")]],
    )


async def _say(session: AsyncSession, found: Handoff, key: str, **values: object) -> None:
    await notify.tell(session, found.person_id, key, [STOP], None, silent=False, **values)
