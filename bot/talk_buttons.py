"""Buttons of requests and talks: answering, stopping, asking further, ending, saying how it was."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from bot import wish_buttons
from centre import handoffs, machine_words
from centre.handoffs import (
    Banned,
    Busy,
    NotAsked,
    Over,
    Taken,
    adviser,
    ending,
    interpreter_instead,
    safety,
    staff,
)
from centre.people import STAFF, Person
from storage.outbox import Button, Content
from translations.catalogue import say

BUTTON = "h:"
STOP, END, ADVISER, ON_SITE = "h:stop", "/end", "h:adviser", "h:onsite"
_NUMBERED = re.compile(
    r"^h:(accept|decline|take|join|good|bad|report|ban|block|dismiss|lift):(\d{1,18})$"
)


_DECIDED = {
    safety.BANNED: "report.banned",
    safety.BLOCKED: "report.blocked",
    safety.DISMISSED: "report.dismissed",
}


async def tap(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    """Answer a button whose data begins with :data:`BUTTON`; ``None`` when we never made it."""
    try:
        return await _tap(session, person, data, language)
    except Taken:
        return [Content(text=say("interpreter.taken", language))]
    except (Banned, Busy) as refusal:
        return [Content(text=say(refusal.key, language))]
    except (Over, NotAsked):
        return [Content(text=say("interpreter.over", language))]


async def end(session: AsyncSession, person: Person, language: str) -> list[Content]:
    """End the talk somebody is in, as the command and the button do."""
    ended = await handoffs.end(session, person.id)
    return [] if ended else [Content(text=say("relay.none", language))]


async def _tap(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    if data == STOP:
        stopped = await handoffs.stop(session, person.id)
        return [
            Content(text=say("interpreter.stopped" if stopped else "interpreter.over", language))
        ]
    if data == machine_words.INTERPRETER:
        return await interpreter_instead.tapped(session, person, language)
    if data == ON_SITE:
        return [await _on_site(session, person, language)]
    if data == ADVISER:
        return [await _adviser(session, person, language)]
    if (content := await wish_buttons.tap(session, person, data, language)) is not None:
        return [content]
    if match := _NUMBERED.match(data):
        return [await _VERBS[match[1]](session, person, int(match[2]), language)]
    return None


async def _accept(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    taken = await handoffs.accept(session, number, person.id)
    if taken.adviser_id is not None:
        words = _connected("interpreter.matched_helper", language)
        words.text += "\n\n" + say("relay.adviser_here", language)
        return words
    by_team = taken.spoken is None and person.role in STAFF
    return _connected("interpreter.matched_helper", language, with_adviser=not by_team)


async def _decline(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    await handoffs.decline(session, number, person.id)
    return Content(text=say("interpreter.declined", language))


async def _take(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    await staff.take_over(session, number, person.id)
    return _connected("interpreter.matched_helper", language)


async def _join(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    await adviser.come_in(session, number, person.id)
    return _connected("relay.joined", language)


def _connected(key: str, language: str, *, with_adviser: bool = False) -> Content:
    rows = [[Button(label=say("relay.end", language), data=END)]]
    if with_adviser:
        rows.append([Button(label=say("relay.adviser", language), data=ADVISER)])
    return Content(text=say(key, language), buttons=rows)


async def _rate(
    session: AsyncSession, person: Person, number: int, language: str, *, how: str
) -> Content:
    if not await ending.rate(session, number, person.id, how):
        raise Over
    return Content(text=say("relay.thanks", language))


async def _report(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    await safety.report(session, number, person.id)
    return Content(text=say("report.thanks", language))


async def _decide(
    session: AsyncSession, person: Person, number: int, language: str, *, decision: str
) -> Content:
    decided = await safety.decide(session, number, person.id, decision)
    return Content(text=say(_DECIDED[decision] if decided else "report.decided", language))


async def _lift(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    await safety.lift(session, number, person.id)
    return Content(text=say("blocked.lifted", language))


def _stop(language: str) -> list[list[Button]]:
    return [[Button(label=say("interpreter.stop", language), data=STOP)]]


async def _on_site(session: AsyncSession, person: Person, language: str) -> Content:
    told = await staff.on_site(session, person.id)
    if told is None:
        raise Over
    reached, _ = told
    return Content(
        text=say("interpreter.on_site" if reached else "human.nobody", language),
        buttons=_stop(language),
    )


async def _adviser(session: AsyncSession, person: Person, language: str) -> Content:
    reached = await adviser.ask(session, person.id)
    if reached is None:
        raise Over
    return Content(text=say("relay.adviser_asked" if reached else "human.nobody", language))


_VERBS: dict[str, Callable[[AsyncSession, Person, int, str], Awaitable[Content]]] = {
    "accept": _accept,
    "decline": _decline,
    "take": _take,
    "join": _join,
    "good": partial(_rate, how="good"),
    "bad": partial(_rate, how="bad"),
    "report": _report,
    "ban": partial(_decide, decision=safety.BANNED),
    "block": partial(_decide, decision=safety.BLOCKED),
    "lift": _lift,
    "dismiss": partial(_decide, decision=safety.DISMISSED),
}
