"""Buttons for whoever waits: how urgent it is, one more language, who shall interpret."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from centre import format, handoffs
from centre.handoffs import Handoff, Over, asking, wishes
from centre.handoffs.rules import HIGH, LOW
from centre.notify import button
from centre.people import Person
from centre.pool import dialects
from storage.outbox import Button, Content
from translations.catalogue import say

OPEN = "h:wish"
URGENCIES = {"h:high": HIGH, "h:low": LOW}
_ALSO = re.compile(r"^h:also:([a-z]{2,3})$")
_GENDER = re.compile(r"^h:wish:(f|m|any)$")
_DIALECT = re.compile(r"^h:dialect:([a-z_]{1,30})$")


async def tap(session: AsyncSession, person: Person, data: str, language: str) -> Content | None:
    """Do what the button says; ``None`` when it is none of these.

    Raises:
        Over: the person has no open request.
    """
    if data in URGENCIES:
        return await _urgency(session, person, URGENCIES[data], language)
    if match := _ALSO.match(data):
        return await _also(session, person, match[1], language)
    if data == OPEN:
        return await _wishes(session, await _waiting(session, person), language)
    if match := _GENDER.match(data):
        found = await _waiting(session, person)
        gender = match[1] if match[1] in wishes.GENDERS else None
        asked = await wishes.wish_gender(session, found, gender)
        return _answer(asked, gender, language)
    if match := _DIALECT.match(data):
        found = await _waiting(session, person)
        asked = await wishes.wish_dialect(session, found, match[1])
        return _answer(asked, found.gender, language)
    return None


async def _waiting(session: AsyncSession, person: Person) -> Handoff:
    found = await handoffs.waiting(session, person.id)
    if found is None:
        raise Over
    return found


async def _urgency(session: AsyncSession, person: Person, urgency: str, language: str) -> Content:
    found = await _waiting(session, person)
    more = await wishes.change_urgency(session, found, urgency)
    if more:
        return Content(
            text=say("interpreter.next_wave", language, count=more), buttons=_stop(language)
        )
    key = "interpreter.hurried" if urgency == HIGH else "interpreter.patient"
    return Content(text=say(key, language), buttons=_stop(language))


async def _also(session: AsyncSession, person: Person, spoken: str, language: str) -> Content:
    found = await _waiting(session, person)
    asked = await wishes.also(session, found, spoken)
    key = "interpreter.other_languages" if asked else "interpreter.nobody_either"
    values = {"count": asked} if asked else {"language": format.language_name(spoken, language)}
    return Content(text=say(key, language, **values), buttons=_stop(language))


async def _wishes(session: AsyncSession, found: Handoff, language: str) -> Content:
    offers = await wishes.offers(session, found)
    rows = [[button(language, asking.WHO[one], f"{OPEN}:{one}") for one in offers.genders]]
    rows += [
        [
            Button(
                label=dialects.label(found.language, one, language),
                data=f"h:dialect:{one}",
            )
        ]
        for one in offers.dialects
    ]
    if found.gender is not None:
        rows.append(_anybody(language))
    buttons = [row for row in rows if row] + _stop(language)
    return Content(text=say("interpreter.ask_wishes", language), buttons=buttons)


def _answer(asked: int | None, gender: str | None, language: str) -> Content:
    if asked:
        text = say("interpreter.next_wave", language, count=asked)
    elif asked is None and gender is not None:
        text = say("interpreter.nobody_fits", language)
    else:
        text = say("interpreter.wished", language)
    rows = [_anybody(language)] if gender is not None else []
    return Content(text=text, buttons=[*rows, *_stop(language)])


def _anybody(language: str) -> list[Button]:
    return [button(language, "interpreter.anybody", f"{OPEN}:any")]


def _stop(language: str) -> list[list[Button]]:
    return [[button(language, "interpreter.stop", "h:stop")]]
