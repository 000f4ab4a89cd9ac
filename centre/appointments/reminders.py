"""Reminders the day before and two hours before, never in the quiet hours."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, notify, people
from centre.appointments import booking, quiet, words
from centre.appointments.errors import AppointmentGone, NotYours
from centre.appointments.interpreters import ACCEPTED
from centre.appointments.kinds import AT_CENTRE, AT_HOME, kind
from centre.appointments.successor import successor
from centre.appointments.tables import Appointment, InterpreterAsk
from centre.people import Person
from storage import clock, queue
from storage.outbox import Button, Content
from translations.catalogue import say, template

REMIND_TASK = "appointment_reminder"
"""Arguments ``appointment_id``, ``which`` (``day``, ``soon``) and ``start`` (ISO 8601)."""
DAY, SOON = "day", "soon"
AHEAD = {DAY: timedelta(hours=24), SOON: timedelta(hours=2)}
GET_READY = timedelta(hours=1)
"""A reminder in the morning comes this long before the beginning, if it can."""
MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=14/{0}/{1}"


def due(start: datetime, now: datetime) -> dict[str, datetime]:
    """Return when to remind of an appointment that begins at ``start``, by kind of reminder.

    What would fall into the quiet hours comes in the morning after, or in the evening before where
    the morning is too late to get ready. What is past already is left out, and so is the second of
    two that would come within two hours of each other.
    """
    found: dict[str, datetime] = {}
    for which, ahead in AHEAD.items():
        at = next((one for one in _moments(start, start - ahead) if now < one < start), None)
        if at is not None and not any(abs(at - other) < AHEAD[SOON] for other in found.values()):
            found[which] = at
    return found


def _moments(start: datetime, wished: datetime) -> list[datetime]:
    """Return when a reminder may come, the best moment first."""
    if not quiet.is_quiet(wished):
        return [wished]
    moments = [quiet.morning_after(wished), quiet.evening_before(wished)]
    return moments if moments[0] <= start - GET_READY else moments[::-1]


async def schedule(session: AsyncSession, appointment_id: int) -> None:
    """Have the reminders of an appointment sent when they are due."""
    booked = await booking.get(session, appointment_id)
    if booked is None or booked.cancelled_at is not None or booked.held:
        return
    for which, at in due(booked.start, clock.now()).items():
        await _defer(session, booked, which, at)


async def remind(session: AsyncSession, appointment_id: int, which: str, start: str) -> None:
    """Remind the person, and the day before the interpreter too, of what still takes place.

    Nothing is sent for an appointment that was cancelled, has begun or begins at another time now.
    A job that comes late, because no worker was there, wakes nobody either and does not remind of
    tomorrow when the next reminder is due.
    """
    found = await booking.get(session, appointment_id)
    if found is None or found.cancelled_at is not None or found.held:
        return
    now = clock.now()
    if found.start != datetime.fromisoformat(start) or found.start <= now:
        return
    if which == DAY and _all(found.start).get(SOON, found.start) <= now:
        return
    if quiet.is_quiet(now):
        await _in_the_morning(session, found, which)
        return
    person = await people.get(session, found.person_id)
    if person is not None:
        await notify.deliver(session, person, await _content(session, found, person, which))
    if which == DAY and found.interpreter_id is not None and await _agreed(session, found):
        await words.tell(session, found.interpreter_id, "reminder.interpreter", found)


async def come(session: AsyncSession, appointment_id: int, person_id: object) -> Appointment:
    """Note that the person says they come.

    Raises:
        NotYours: it is somebody else's appointment.
        AppointmentGone: it is missing, cancelled or has begun.
    """
    found = await standing(session, appointment_id, person_id)
    found.coming_at = found.coming_at or clock.now()
    await session.flush()
    return found


async def standing(session: AsyncSession, appointment_id: int, person_id: object) -> Appointment:
    """Return a person's own appointment that still takes place, whoever they meet there now.

    Raises:
        NotYours: it is somebody else's appointment.
        AppointmentGone: it is missing, cancelled, only held or has begun.
    """
    found = await booking.get(session, appointment_id)
    # A colleague may have taken it over after the reminder was sent.
    found = (found and await successor(session, found)) or found
    if found is None:
        raise AppointmentGone
    if found.person_id != person_id:
        raise NotYours
    if found.cancelled_at is not None or found.held or found.start <= clock.now():
        raise AppointmentGone
    return found


async def _defer(session: AsyncSession, found: Appointment, which: str, at: datetime) -> None:
    start = found.start.isoformat()
    # The job that calls this may run again after it was cut off.
    with suppress(AlreadyEnqueued):
        async with session.begin_nested():
            await queue.defer(
                session,
                REMIND_TASK,
                at=at,
                queueing_lock=f"remind:{which}:{found.id}:{start}",
                appointment_id=found.id,
                which=which,
                start=start,
            )


def _all(start: datetime) -> dict[str, datetime]:
    """Return when the reminders come of an appointment that was booked in good time."""
    return due(start, start - timedelta(days=7))


async def _in_the_morning(session: AsyncSession, found: Appointment, which: str) -> None:
    at = quiet.morning_after(clock.now())
    # Two of them would come at the same minute.
    if at < found.start and (which == SOON or _all(found.start).get(SOON, found.start) > at):
        await _defer(session, found, which, at)


async def _agreed(session: AsyncSession, found: Appointment) -> bool:
    """Tell whether the interpreter said yes; they may only be asked so far."""
    ask = await session.get(InterpreterAsk, (found.id, found.interpreter_id))
    return ask is None or ask.answer == ACCEPTED


def bring(topic: str, language: str) -> str:
    """Return what to bring to a talk about a topic."""
    key = f"bring.{topic}"
    return say(key if key in template() else "bring.default", language)


async def _content(
    session: AsyncSession, found: Appointment, person: Person, which: str
) -> Content:
    language = person.language or notify.FALLBACK_LANGUAGE
    adviser = await people.get(session, found.manager_id)
    about = {**words.about(found, language), "manager": (adviser and adviser.name) or "–"}
    place = kind(found.kind).place
    text = say(f"reminder.{which}", language, **about) + words.needs(found, language)
    hint = {AT_CENTRE: "book.place_unconfirmed", AT_HOME: "reminder.visit"}
    text += "\n\n" + say(hint.get(place, "reminder.call"), language)
    if which == DAY and place == AT_CENTRE:
        text += "\n\n" + bring(found.topic, language)
    buttons = [
        [Button(label=say("reminder.come", language), data=f"a:come:{found.id}")],
        [
            Button(label=say("reminder.cant", language), data=f"a:cant:{found.id}"),
            Button(label=say("reminder.move", language), data=move(found.id)),
        ],
    ]
    if place == AT_CENTRE:
        link = MAP.format(*county.centre(found.centre).location)
        buttons.append([Button(label=say("reminder.map", language), url=link)])
    return Content(text=text, buttons=buttons)


def move(appointment_id: int) -> str:
    """Return what a button sends that moves an appointment."""
    return f'/reschedule_appointment{{"appointment":"{appointment_id}"}}'
