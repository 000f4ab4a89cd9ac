"""What needs no understanding: buttons of staff and interpreters, the relay, connecting."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot import (
    appointment_buttons,
    calendar_commands,
    clean,
    manager,
    pool_buttons,
    talk,
    talk_buttons,
    three_way_buttons,
)
from bot.incoming import Incoming, language_of
from centre import (
    curation,
    digest,
    emergencies,
    handoffs,
    offers,
)
from centre.people import STAFF, Person
from storage.outbox import Content
from translations.catalogue import say
from translations.languages import languages

KEEP = "l:keep"
Link = Callable[[str], str]
_FIND = re.compile(r"^/find(?:@\w+)?(?:\s+(?P<words>.*))?$", re.I | re.S)


async def handle(
    session: AsyncSession, person: Person, incoming: Incoming, link: Link | None = None
) -> list[Content] | None:
    """Answer without Rasa where that is enough.

    Args:
        session: the caller's open transaction.
        person: who did something.
        incoming: what they did.
        link: makes the bot's deep link of a token; ``None`` where there is no bot.

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
    command = _command(incoming.text) if incoming.kind == "text" else ""
    if command == talk_buttons.END:
        return await talk_buttons.end(session, person, language)
    if command == "/knowledge" and person.role in STAFF:
        return await digest.digest(session, language)
    if command == calendar_commands.COMMAND:
        return await calendar_commands.handle(session, person, command, language)
    if command == pool_buttons.POOL:
        return await pool_buttons.command(session, person, language)
    if command == pool_buttons.INVITE:
        name = clean.visible(incoming.text).partition(" ")[2]
        return await pool_buttons.invite_command(session, person, name, language, link)
    if command.startswith("/"):
        if person.role != "manager":
            return None
        return await manager.command(session, person, clean.visible(incoming.text), language)
    active = await handoffs.current(session, person.id)
    if active is None:
        return None
    return await talk.relay(session, person, active, incoming, language)


async def _tap(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    if data == talk_buttons.END:
        return await talk_buttons.end(session, person, language)
    if data.startswith(talk_buttons.BUTTON):
        return await talk_buttons.tap(session, person, data, language)
    if data.startswith(pool_buttons.BUTTON):
        return await pool_buttons.tap(session, person, data, language)
    if data == KEEP:
        own = languages()[language].name
        return [Content(text=say("language.kept", language, language=own))]
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


def _command(text: str) -> str:
    """Return the command a text begins with, without the bot's name."""
    first = text.split(maxsplit=1)[:1]
    return first[0].split("@")[0].lower() if first else ""
