"""Managers' buttons and commands, and the answers of people to what a manager proposes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot import manager_away, notes, talk, talk_lists
from centre import appointments, format
from centre.appointments import (
    AlreadyBooked,
    Appointment,
    AppointmentGone,
    HoldGone,
    NotYours,
    PersonGone,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
    agenda_view,
    manager,
    substitution,
    times,
    words,
)
from centre.appointments.errors import TimeUnreadable, TooEarly
from centre.appointments.reasons import ASKED, ILL
from centre.people import Person
from storage.outbox import Button, Content
from translations.catalogue import say

_ONE = re.compile(r"^s:(accept|propose|cancel|cancelled|missed|take):(\d{1,18})$")
_AT = re.compile(r"^s:at:(\d{1,18}):(\d{12})$")
_WHY = re.compile(r"^s:why:(\d{1,18}):(ill|asked|other)$")
_ANSWER = re.compile(r"^a:(yes|no):(\d{1,18})$")
_PROPOSE = re.compile(r"^(\d{1,18})\s+(.+)$", re.S)
_STAMP = "%Y%m%d%H%M"
_GONE = (AppointmentGone, PersonGone)


async def command(
    session: AsyncSession, person: Person, text: str, language: str
) -> list[Content] | None:
    """Answer a manager's command; ``None`` when it is none of theirs."""
    name, _, rest = text.strip().partition(" ")
    name, rest = name.split("@")[0].lower(), rest.strip()
    if name == "/agenda":
        days = agenda_view.DAYS.get(rest.casefold(), agenda_view.DAYS[""])
        return await agenda_view.agenda(session, person.id, language, days)
    if name == "/help":
        keys = ("manager.help", "calendar.help", "talks.help", "talks.help_more")
        lines = (say(key, language) for key in keys)
        return [Content(text="\n".join(lines))]
    if name == talk.NOTE_COMMAND:
        return [await talk.note(session, person, rest, language)]
    if name == talk_lists.TALKS:
        return await talk_lists.talks(session, person, language)
    if name == talk_lists.BLOCKED:
        return await talk_lists.blocked(session, person, language)
    if name == "/note":
        return [await notes.write(session, person, rest, language)]
    if name == "/propose":
        return [await _propose_typed(session, person, rest, language)]
    return await manager_away.command(session, person, name, rest, language)


async def tap(session: AsyncSession, person: Person, data: str, language: str) -> Content | None:
    """Answer a button; ``None`` when it is none of these."""
    if match := _ANSWER.match(data):
        return await _answer(session, person, match[1], int(match[2]), language)
    try:
        if match := _ONE.match(data):
            return await _one(session, person, match[1], int(match[2]), language)
        if match := _WHY.match(data):
            reason = match[2] if match[2] in (ILL, ASKED) else None
            return await _cancelled(session, person, int(match[1]), reason, language)
        if match := _AT.match(data):
            start = _stamped(match[2])
            if start is None:
                return None
            return await _propose(session, person, int(match[1]), start, language)
        return await manager_away.tap(session, person, data, language)
    except NotYours:
        key = "manager.not_yours" if person.role == "manager" else "appointments.gone"
        return Content(text=say(key, language))
    except _GONE:
        return Content(text=say("appointments.gone", language))


async def _one(
    session: AsyncSession, person: Person, verb: str, number: int, language: str
) -> Content:
    if verb == "accept":
        found = await manager.accept(session, number, person.id)
        return _about("manager.accepted", found, language)
    if verb == "missed":
        return await _missed(session, person, number, language)
    if verb == "take":
        return await _take(session, person, number, language)
    if verb == "cancelled":
        return await _cancelled(session, person, number, None, language)
    found = await manager.mine(session, number, person.id)
    if verb == "propose":
        free = await manager.proposals(session, found)
        buttons = [_time_button(number, slot.start, language) for slot in free]
        return _about("manager.propose_ask", found, language, _pairs(buttons), number=str(number))
    reasons = [
        Button(label=say("manager.why_ill", language), data=f"s:why:{number}:{ILL}"),
        Button(label=say("manager.why_asked", language), data=f"s:why:{number}:{ASKED}"),
    ]
    yes = Button(label=say("manager.cancel_yes", language), data=f"s:cancelled:{number}")
    return _about("manager.cancel_confirm", found, language, [reasons, [yes]])


async def _cancelled(
    session: AsyncSession, person: Person, number: int, reason: str | None, language: str
) -> Content:
    gone = await manager.decline(session, number, person.id, reason)
    return _about("manager.cancelled", gone, language)


async def _missed(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    try:
        found = await manager.missed(session, number, person.id)
    except TooEarly:
        found = await manager.mine(session, number, person.id)
        return _about("manager.missed_early", found, language)
    return _about("manager.missed_noted", found, language)


async def _take(session: AsyncSession, person: Person, number: int, language: str) -> Content:
    if person.role != "manager":
        raise AppointmentGone
    made = await substitution.take_over(session, number, person.id)
    if made is not None:
        return _about("manager.accepted", made, language)
    found = await appointments.get(session, number)
    if found is None:
        raise AppointmentGone
    return _about("manager.propose_taken", found, language)


async def _propose_typed(
    session: AsyncSession, person: Person, written: str, language: str
) -> Content:
    match = _PROPOSE.match(written)
    try:
        if match is None:
            raise TimeUnreadable
        start = times.moment(match[2])
        return await _propose(session, person, int(match[1]), start, language)
    except NotYours:
        return Content(text=say("manager.not_yours", language))
    except _GONE:
        return Content(text=say("appointments.gone", language))
    except times.UNUSABLE as error:
        return manager_away.unusable(error, language)


async def _propose(
    session: AsyncSession, person: Person, number: int, start: datetime, language: str
) -> Content:
    shown = {"day": format.day(start, language), "start": format.time(start, language)}
    try:
        async with session.begin_nested():
            await manager.propose(session, number, person.id, start)
    except SlotInvalid:
        return Content(text=say("manager.propose_invalid", language, **shown))
    except (SlotTaken, AlreadyBooked, TooManyAppointments):
        return Content(text=say("manager.propose_taken", language, **shown))
    return Content(text=say("manager.proposed", language, **shown))


async def _answer(
    session: AsyncSession, person: Person, verb: str, number: int, language: str
) -> Content:
    """Take a person's yes or no to a proposed time."""
    try:
        if verb == "yes":
            agreed = await manager.agree(session, number, person.id)
            if agreed.held:
                spoken = format.language_name(agreed.interpreter_language or "", language)
                return Content(text=say("book.interpreter_asked", language, language=spoken))
            return _about("propose.agreed", agreed, language)
        await manager.refuse(session, number, person.id)
    except (HoldGone, NotYours, PersonGone):
        mine = Button(label=say("menu.appointments", language), data="/show_appointments")
        return Content(text=say("propose.over", language), buttons=[[mine]])
    return Content(text=say("appointments.kept", language))


def _about(
    key: str,
    found: Appointment,
    language: str,
    buttons: list[list[Button]] | None = None,
    **values: object,
) -> Content:
    text = say(key, language, **words.about(found, language), **values)
    return Content(text=text, buttons=buttons or [])


def _time_button(number: int, start: datetime, language: str) -> Button:
    label = format.row([format.day_short(start, language), format.time(start, language)], language)
    return Button(label=label, data=f"s:at:{number}:{start.astimezone(UTC):{_STAMP}}")


def _pairs(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


def _stamped(written: str) -> datetime | None:
    try:
        return datetime.strptime(written, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
