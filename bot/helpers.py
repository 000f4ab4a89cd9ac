"""What needs no understanding: buttons of staff and interpreters, the relay, connecting."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from bot import appointment_buttons, calendar_commands, clean, manager, three_way_buttons
from bot.incoming import Incoming, language_of
from centre import (
    curation,
    digest,
    emergencies,
    handoffs,
    interpreter_instead,
    machine_words,
    offers,
)
from centre.handoffs import Active, Busy, NotAsked, Over, Taken
from centre.people import STAFF, Person
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.languages import languages

_HANDOFF = re.compile(r"^h:(accept|decline):(\d{1,18})$")
STOP = "h:stop"
END = "/end"
KEEP = "l:keep"
_FIND = re.compile(r"^/find(?:@\w+)?(?:\s+(?P<words>.*))?$", re.I | re.S)
# Buttons that a talk must not swallow: they belong to the bot.
RELAYED = {"text", "photo", "voice", "sticker", "location"}


async def handle(session: AsyncSession, person: Person, incoming: Incoming) -> list[Content] | None:
    """Answer without Rasa where that is enough.

    Returns:
        The messages for ``person``; ``None`` when this is for the conversation.
    """
    language = language_of(person, incoming)
    if incoming.kind == "tap":
        return await _tap(session, person, incoming.data, language)
    wanted = _FIND.match(incoming.text.strip()) if incoming.kind == "text" else None
    # Somebody who cries for help is heard, whatever they type in front of it.
    if wanted is not None and emergencies.heard(incoming.text) is None:
        words = clean.visible(wanted["words"] or "")
        return [await offers.search(session, words, person.centre, language)]
    command = incoming.text.strip().split("@")[0].lower() if incoming.kind == "text" else ""
    if command == "/end":
        return await _end(session, person, language)
    if command == "/knowledge" and person.role in STAFF:
        return await digest.digest(session, language)
    if command == calendar_commands.COMMAND:
        return await calendar_commands.handle(session, person, command, language)
    if command.startswith("/"):
        if person.role != "manager":
            return None
        return await manager.command(session, person, clean.visible(incoming.text), language)
    active = await handoffs.current(session, person.id)
    if active is None:
        return None
    return await _relay(session, person, active, incoming, language)


async def _tap(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    if data == STOP:
        stopped = await handoffs.stop(session, person.id)
        return [
            Content(text=say("interpreter.stopped" if stopped else "interpreter.over", language))
        ]
    if data == END:
        return await _end(session, person, language)
    if data == machine_words.INTERPRETER:
        return await interpreter_instead.tapped(session, person, language)
    if data == KEEP:
        own = languages()[language].name
        return [Content(text=say("language.kept", language, language=own))]
    if match := _HANDOFF.match(data):
        return [await _answer_request(session, person, match[1], int(match[2]), language)]
    if data.startswith(curation.BUTTON):
        return await curation.tap(session, person, data, language)
    if data.startswith(offers.BUTTON):
        content = await offers.tap(session, data, person.centre, language)
        return None if content is None else [content]
    if data in (calendar_commands.NEW, calendar_commands.OFF):
        return await calendar_commands.handle(session, person, data, language)
    for answer in (appointment_buttons.tap, three_way_buttons.tap, manager.tap):
        if (content := await answer(session, person, data, language)) is not None:
            return [content]
    return None


async def _answer_request(
    session: AsyncSession, person: Person, verb: str, number: int, language: str
) -> Content:
    try:
        if verb == "decline":
            await handoffs.decline(session, number, person.id)
            return Content(text=say("interpreter.declined", language))
        await handoffs.accept(session, number, person.id)
    except Taken:
        return Content(text=say("interpreter.taken", language))
    except Busy:
        return Content(text=say("interpreter.busy", language))
    except (Over, NotAsked):
        return Content(text=say("interpreter.over", language))
    end = Button(label=say("relay.end", language), data=END)
    return Content(text=say("interpreter.matched_helper", language), buttons=[[end]])


async def _end(session: AsyncSession, person: Person, language: str) -> list[Content]:
    ended = await handoffs.end(session, person.id)
    return [] if ended else [Content(text=say("relay.none", language))]


async def _relay(
    session: AsyncSession, person: Person, active: Active, incoming: Incoming, language: str
) -> list[Content] | None:
    if incoming.kind == "contact":
        return [Content(text=say("relay.contact_not_passed", language))]
    if incoming.kind not in RELAYED:
        return None
    copied = None if incoming.kind == "text" else incoming.copy_from
    passed = await handoffs.relay(
        session, active, clean.visible(incoming.text)[: clean.LONGEST_TEXT], copied
    )
    if not passed:
        return [Content(text=say("interpreter.over", language))]
    # The bot stays out of people's talk, except here.
    kind = emergencies.heard(incoming.text) if incoming.kind == "text" else None
    in_need = kind is not None and person.role == "refugee"
    return [Content(text=emergencies.advice(kind, language))] if in_need else []
