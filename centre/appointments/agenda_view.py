"""A manager's agenda as they read it: day by day, with what was noted about each appointment."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import format, notify, people
from centre.appointments import words
from centre.appointments.availability import public_holidays
from centre.appointments.tables import Absence, Appointment, WorkingHours
from centre.people import Person
from storage import clock
from storage.outbox import Button, Content
from translations.catalogue import say

DAYS = {"": 14, "today": 1, "heute": 1, "week": 7, "woche": 7}
"""What may stand behind ``/agenda``, and how many days it shows from today on."""
MORNING = time(7, 30)
WORKING_DAYS = range(5)
# Telegram takes 4096 signs; a day is not torn apart.
LONGEST = 3500

Line = tuple[datetime, str]


async def agenda(
    session: AsyncSession, manager_id: uuid.UUID, language: str, days: int
) -> list[Content]:
    """Return a manager's next days, today first.

    Args:
        session: the caller's open transaction.
        manager_id: whose.
        language: of the reader.
        days: how many, today included.

    Returns:
        The messages; what has begun today has a button each to note that nobody came.
    """
    booked = await _booked(session, manager_id, clock.today(), days)
    title = say("manager.agenda" if booked else "manager.agenda_empty", language)
    paragraphs = await _days(session, manager_id, booked, language, days)
    return _messages([title, *paragraphs], booked, language)


def listed(booked: list[Appointment], language: str) -> list[str]:
    """Return appointments as a paragraph per day: its name, then a line for each."""
    return _by_day([(one.start, _line(one, language)) for one in booked], language)


async def morning(session: AsyncSession, moment: datetime) -> int:
    """Send every manager who has appointments today their day, if ``moment`` is the time for it.

    Returns:
        How many could be reached.
    """
    here = moment.astimezone(clock.BERLIN)
    if (here.hour, here.minute) != (MORNING.hour, MORNING.minute):
        return 0
    today = clock.today()
    if today.weekday() not in WORKING_DAYS or today in public_holidays(today.year):
        return 0
    managers = await session.scalars(
        select(Person.id).where(Person.role == "manager").order_by(Person.id)
    )
    reached = 0
    for manager_id in managers.all():
        booked = await _booked(session, manager_id, today, 1)
        manager = await people.get(session, manager_id)
        if not booked or manager is None:
            continue
        language = manager.language or notify.FALLBACK_LANGUAGE
        lines = [say("manager.good_morning", language)]
        lines += await _days(session, manager_id, booked, language, 1)
        sent = [
            await notify.deliver(session, manager, content)
            for content in _messages(lines, booked, language)
        ]
        reached += any(sent)
    return reached


async def _days(
    session: AsyncSession,
    manager_id: uuid.UUID,
    booked: list[Appointment],
    language: str,
    days: int,
) -> list[str]:
    lines = [(one.start, _line(one, language)) for one in booked]
    return _by_day(lines + await _open_hours(session, manager_id, language, days), language)


def _by_day(lines: list[Line], language: str) -> list[str]:
    days: dict[date, list[str]] = {}
    for moment, text in sorted(lines):
        days.setdefault(moment.astimezone(clock.BERLIN).date(), []).append(text)
    return ["\n".join([format.day(day, language), *texts]) for day, texts in days.items()]


def _line(one: Appointment, language: str) -> str:
    text = say("manager.agenda_line", language, **words.about(one, language))
    marks = []
    if one.missed_at is not None:
        marks.append(say("manager.missed_mark", language))
    elif one.coming_at is not None:
        marks.append(say("manager.coming_mark", language))
    accepted = "✓ " if one.accepted_at is not None else ""
    text = format.row([accepted + text, *marks], language) if marks else accepted + text
    return text + words.needs(one, language).replace("\n", "\n   ")


async def _open_hours(
    session: AsyncSession, manager_id: uuid.UUID, language: str, days: int
) -> list[Line]:
    hours = list(
        await session.scalars(
            select(WorkingHours).where(
                WorkingHours.manager_id == manager_id, WorkingHours.open_consultation.is_(True)
            )
        )
    )
    found = []
    for day in (clock.today() + timedelta(days=number) for number in range(days)):
        if day in public_holidays(day.year):
            continue
        for one in hours:
            valid = (one.valid_from or day) <= day <= (one.valid_until or day)
            if one.weekday != day.weekday() or not valid:
                continue
            start, end = (
                clock.utc(datetime.combine(day, at, clock.BERLIN)) for at in (one.start, one.end)
            )
            if not await _absent(session, manager_id, start, end):
                begins, ends = format.time(start, language), format.time(end, language)
                text = say("manager.agenda_open", language, start=begins, end=ends)
                found.append((start, text))
    return found


async def _absent(
    session: AsyncSession, manager_id: uuid.UUID, start: datetime, end: datetime
) -> bool:
    absent = select(Absence.id).where(
        Absence.manager_id == manager_id,
        Absence.during.op("&&")(func.tstzrange(start, end)),
    )
    return await session.scalar(absent.limit(1)) is not None


async def _booked(
    session: AsyncSession, manager_id: uuid.UUID, first: date, days: int
) -> list[Appointment]:
    begin = datetime.combine(first, time(), clock.BERLIN)
    end = datetime.combine(first + timedelta(days=days), time(), clock.BERLIN)
    rows = await session.scalars(
        select(Appointment)
        .where(
            Appointment.manager_id == manager_id,
            Appointment.cancelled_at.is_(None),
            Appointment.held_until.is_(None),
            Appointment.during.op("&&")(func.tstzrange(begin, end)),
        )
        .order_by(func.lower(Appointment.during), Appointment.id)
    )
    return list(rows)


def _messages(paragraphs: list[str], booked: list[Appointment], language: str) -> list[Content]:
    """Return paragraphs as few messages; the last has a button for each one that has begun."""
    texts = [paragraphs[0]]
    for paragraph in paragraphs[1:]:
        if len(texts[-1]) + len(paragraph) > LONGEST:
            texts.append(paragraph)
        else:
            texts[-1] += f"\n\n{paragraph}"
    buttons = [
        [
            Button(
                label=say(
                    "manager.missed_button", language, start=format.time(one.start, language)
                ),
                data=f"s:missed:{one.id}",
            )
        ]
        for one in booked
        if one.start <= clock.now() and one.missed_at is None
    ]
    return [Content(text=text) for text in texts[:-1]] + [Content(text=texts[-1], buttons=buttons)]
