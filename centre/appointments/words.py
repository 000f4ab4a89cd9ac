"""How an appointment is told: its day and times, topic, kind and needs, in a language."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format, notify, people
from centre.appointments import quiet
from centre.appointments.tables import Appointment
from storage import clock
from storage.outbox import Button, Content, Document
from translations.catalogue import say


def topic_label(topic: str, language: str) -> str:
    """Return what a topic is called in a language; an unknown one is "something else"."""
    try:
        return say(f"topic.{topic}", language)
    except KeyError:
        return say("topic.other", language)


def kind_label(kind: str, language: str) -> str:
    """Return what a kind of appointment is called in a language."""
    return say(f"kind.{kind}", language)


def when(appointment: Appointment, language: str) -> dict[str, Any]:
    """Return the placeholders ``day``, ``start`` and ``end`` of an appointment's texts."""
    return {
        "day": format.day(appointment.start, language),
        "start": format.time(appointment.start, language),
        "end": format.time(appointment.end, language),
    }


def needs(appointment: Appointment, language: str) -> str:
    """Return what is needed besides, each on a line of its own after what stands before."""
    lines = []
    if appointment.interpreter_language:
        spoken = format.language_name(appointment.interpreter_language, language)
        lines.append(say("needs.interpreter", language, language=spoken))
    if appointment.childcare:
        lines.append(say("needs.childcare", language))
    if appointment.step_free:
        lines.append(say("needs.step_free", language))
    return "".join(f"\n{line}" for line in lines)


async def language_of(session: AsyncSession, person_id: uuid.UUID) -> str:
    """Return the language a person is written to in."""
    person = await people.get(session, person_id)
    return (person and person.language) or notify.FALLBACK_LANGUAGE


async def tell(
    session: AsyncSession,
    person_id: uuid.UUID,
    key: str,
    appointment: Appointment,
    buttons: list[list[tuple[str, str]]] | None = None,
    *,
    with_needs: bool = False,
    lines: Sequence[tuple[str, Mapping[str, object]]] = (),
    document: Document | None = None,
    **values: object,
) -> bool:
    """Tell somebody about an appointment, with what any text about one may want to say.

    In the quiet hours it comes without a sound.

    Args:
        session: the caller's open transaction.
        person_id: who gets it.
        key: catalogue key; it may use what :func:`about` returns beside ``values``.
        appointment: what it is about.
        buttons: rows of (catalogue key of the label, data that comes back).
        with_needs: add what is needed besides (an interpreter, childcare, a way without steps).
        lines: further lines, each a catalogue key and its placeholders.
        document: a file to attach.
        values: further placeholders.

    Returns:
        Whether they can be reached.
    """
    person = await people.get(session, person_id)
    if person is None:
        return False
    language = person.language or notify.FALLBACK_LANGUAGE
    text = say(key, language, **{**about(appointment, language), **values})
    if with_needs:
        text += needs(appointment, language)
    text += "".join(f"\n{say(line, language, **own)}" for line, own in lines)
    rows = [
        [Button(label=say(label, language), data=data) for label, data in row]
        for row in buttons or []
    ]
    silent = quiet.is_quiet(clock.now())
    content = Content(text=text, buttons=rows, document=document, silent=silent)
    return await notify.deliver(session, person, content) is not None


def about(appointment: Appointment, language: str) -> dict[str, Any]:
    """Return every placeholder that a text about an appointment may use."""
    return {
        **when(appointment, language),
        "topic": topic_label(appointment.topic, language),
        "kind": kind_label(appointment.kind, language),
        "centre": county.centre(appointment.centre).name,
        "language": format.language_name(appointment.language, language),
        "spoken": format.language_name(
            appointment.interpreter_language or appointment.language, language
        ),
    }
