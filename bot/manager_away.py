"""What managers write when they are away: block a time, free it, tell that they are ill."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.appointments import AppointmentGone, agenda_view, blocks, substitution, times
from centre.appointments.errors import TimeUnreadable
from centre.appointments.reasons import ILL
from centre.appointments.tables import Absence
from centre.people import Person
from storage.errors import LotseError
from storage.outbox import Button, Content
from translations.catalogue import say

_ABSENCE = re.compile(r"^s:(move|drop|keep|offer|unblock):(\d{1,18})$")
_WORDED = {
    "time_unreadable": "times.unreadable",
    "time_past": "times.past",
    "time_order": "times.order",
    "time_skipped": "times.skipped",
}


async def command(
    session: AsyncSession, person: Person, name: str, written: str, language: str
) -> list[Content] | None:
    """Answer ``/block``, ``/unblock``, ``/extra`` or ``/ill``; ``None`` when it is neither."""
    try:
        if name == "/block":
            return await _away(session, person, times.spans(written), blocks.BLOCKED, language)
        if name == "/ill":
            return await _away(session, person, times.until(written), blocks.ILL, language)
        if name == "/extra":
            return [await _extra(session, person, written, language)]
    except times.UNUSABLE as error:
        return [unusable(error, language)]
    return [await _which(session, person, language)] if name == "/unblock" else None


async def tap(session: AsyncSession, person: Person, data: str, language: str) -> Content | None:
    """Answer a button under an absence; ``None`` when it is none of these.

    Raises:
        NotYours: it is a colleague's absence.
        AppointmentGone: nothing is booked in it any more.
    """
    match = _ABSENCE.match(data)
    if match is None:
        return None
    verb, number = match[1], int(match[2])
    if verb == "keep":
        return Content(text=say("block.kept", language))
    if verb == "unblock":
        lifted = await blocks.unblock(session, number, person.id)
        if lifted is None:
            return await _which(session, person, language)
        spelled = blocks.spelled(blocks.span(lifted), language)
        return Content(text=say("block.lifted", language, times=spelled))
    if verb == "drop":
        reason = await _reason(session, number)
        count = await substitution.drop(session, number, person.id, reason)
        if not count:
            raise AppointmentGone
        return Content(text=say("block.dropped", language, count=count))
    if verb == "move":
        if not await substitution.begin(session, number, person.id):
            raise AppointmentGone
        return Content(text=say("ill.working", language))
    until = await substitution.offer(session, number, person.id)
    if until is None:
        raise AppointmentGone
    day, hour = format.day(until, language), format.time(until, language)
    return Content(text=say("ill.offered", language, until_day=day, until=hour))


def unusable(error: LotseError, language: str) -> Content:
    """Return what to answer to a time that can't be used, with an example."""
    return Content(text=say(_WORDED[error.code], language))


async def _away(
    session: AsyncSession, person: Person, spans: list[times.During], reason: str, language: str
) -> list[Content]:
    made = await blocks.block(session, person.id, spans, reason)
    spelled = "; ".join(blocks.spelled(one, language) for one in spans)
    key = "ill.done" if reason == blocks.ILL else "block.done"
    text = say(key, language, times=spelled)
    booked = await blocks.meetings(session, made)
    if not booked:
        return [Content(text=text)]
    asked = "\n\n".join([say("block.booked", language), *agenda_view.listed(booked, language)])
    return [Content(text=text), Content(text=asked, buttons=_choices(made[0].id, language))]


def _choices(absence_id: int, language: str) -> list[list[Button]]:
    rows = [["offer", "move"], ["drop", "keep"]]
    return [
        [
            Button(label=say(f"block.{verb}_button", language), data=f"s:{verb}:{absence_id}")
            for verb in row
        ]
        for row in rows
    ]


async def _extra(session: AsyncSession, person: Person, written: str, language: str) -> Content:
    spans = times.spans(written)
    if person.centre is None or any(end - start >= times.DAY for start, end in spans):
        raise TimeUnreadable
    await blocks.add_hours(session, person.id, person.centre, spans)
    spelled = "; ".join(blocks.spelled(one, language) for one in spans)
    return Content(text=say("block.extra", language, times=spelled))


async def _which(session: AsyncSession, person: Person, language: str) -> Content:
    found = await blocks.ahead(session, person.id)
    if not found:
        return Content(text=say("block.none", language))
    rows = [
        [
            Button(
                label=blocks.spelled(blocks.span(one), language, short=True),
                data=f"s:unblock:{one.id}",
            )
        ]
        for one in found
    ]
    return Content(text=say("block.which", language), buttons=rows)


async def _reason(session: AsyncSession, absence_id: int) -> str | None:
    found = await session.get(Absence, absence_id)
    return ILL if found is not None and found.reason == blocks.ILL else None
