"""What a person did, the same for every channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from centre.notify import FALLBACK_LANGUAGE
from centre.people import Person
from storage.outbox import NamedFile

# Key of a conversation's state: the language of the first message, until one is chosen.
GUESSED = "guessed"

Kind = Literal[
    "text",  # typed words (a command is text that starts with "/")
    "tap",  # a button; ``data`` is what the button carries
    "location",
    "sticker",  # sticker, GIF, dice
    "photo",  # photo, document, audio file
    "voice",  # voice message, video, video note
    "contact",
    "edited",
    "group",  # anything said in a group chat
    "blocked",  # the person blocked the bot
    "unblocked",
    "ignored",  # an update of a kind we know nothing about
]


@dataclass(frozen=True)
class Incoming:
    """One thing a person did.

    ``language`` is a launch language guessed from the channel (Telegram's language code), never a
    choice. ``callback`` is Telegram's callback query id, to be acknowledged. ``copy_from`` is the
    Telegram message (``{"chat": …, "message": …}``) that a relay may pass on by copy; ``reply_to``
    the message of the same chat that it answers. ``names`` is what Telegram calls the writer and
    whoever a forwarded message is from: for taking it out, never for keeping it. ``file`` is what
    was sent where it carries a name of its own.
    """

    kind: Kind
    text: str = ""
    data: str = ""
    location: tuple[float, float] | None = None
    language: str | None = None
    centre: str | None = None
    callback: str | None = None
    copy_from: dict[str, int] | None = None
    reply_to: int | None = None
    names: tuple[str, ...] = field(default=(), compare=False, repr=False)
    file: NamedFile | None = field(default=None, compare=False, repr=False)


def language_of(person: Person, incoming: Incoming) -> str:
    """Return the language to answer in.

    The chosen one wins; then what the first message was written in; then the channel's hint; then
    German.
    """
    guessed = person.dialogue.get(GUESSED)
    return person.language or guessed or incoming.language or FALLBACK_LANGUAGE
