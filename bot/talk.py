"""What somebody writes or sends while they are in a talk goes to the others, not to the bot."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot import clean, talk_buttons
from bot.incoming import Incoming
from centre import emergencies, handoffs, people
from centre.handoffs import Active, Said, staff
from centre.notify import button
from centre.people import Person
from storage.outbox import Content
from translations.catalogue import say

NOTE_COMMAND = "/colleagues"
# Buttons that a talk must not swallow: they belong to the bot.
RELAYED = {"text", "photo", "voice", "sticker", "location"}


async def relay(
    session: AsyncSession, person: Person, active: Active, incoming: Incoming, language: str
) -> list[Content] | None:
    """Pass on what somebody did in a talk.

    Returns:
        What the writer is told, mostly nothing; ``None`` when this is for the conversation.
    """
    if incoming.kind == "contact":
        return [Content(text=say("relay.contact_not_passed", language))]
    if incoming.kind not in RELAYED:
        return None
    passed = await handoffs.relay(session, active, _said(incoming))
    if passed.ended:
        return [Content(text=say("relay.ended_flood", language))]
    if passed.too_big:
        return [Content(text=say("relay.too_big", language))]
    if passed.too_fast:
        return [Content(text=say("relay.too_fast", language))]
    if not passed.complete:
        return [Content(text=say("interpreter.over", language))]
    told = [Content(text=say("relay.removed", language))] if passed.removed else []
    # The bot stays out of people's talk, except here.
    kind = emergencies.heard(incoming.text) if incoming.kind == "text" else None
    if kind is not None and active.side == "person":
        told.append(Content(text=emergencies.advice(kind, language)))
    return told


async def still(session: AsyncSession, person: Person, language: str) -> list[Content]:
    """Remind somebody of the talk they are in, after the bot has answered their command.

    Whoever begins anew in Telegram sees a menu, and else would not know where their words go.
    """
    if await handoffs.current(session, person.id) is None:
        return []
    end = button(language, "relay.end", talk_buttons.END)
    return [Content(text=say("relay.still", language), buttons=[[end]])]


async def listeners(session: AsyncSession, person: Person, incoming: Incoming) -> list[str]:
    """Return the Telegram chats of those who will get what somebody in a talk just wrote."""
    if incoming.kind not in RELAYED or incoming.text.startswith("/"):
        return []
    active = await handoffs.current(session, person.id)
    found = [await people.best_address(session, one) for one in active.others] if active else []
    return [one.address for one in found if one is not None and one.channel == "telegram"]


def _said(incoming: Incoming) -> Said:
    text = clean.lines(incoming.text)
    copied = None if incoming.kind == "text" else incoming.copy_from
    if incoming.kind == "location" and copied is None and incoming.location is not None:
        text = "{:.5f}, {:.5f}".format(*incoming.location)
    return Said(
        text=text,
        copy_from=copied,
        origin=incoming.copy_from["message"] if incoming.copy_from else None,
        reply_to=incoming.reply_to,
        names=incoming.names,
        file=incoming.file,
    )


async def note(session: AsyncSession, person: Person, words: str, language: str) -> Content:
    """Answer ``/colleagues words``: a note for the other managers about the running talk."""
    noted = await staff.note(session, person, clean.visible(words)[: clean.LONGEST_TEXT])
    return Content(text=say("human.noted" if noted else "human.note_how", language))
