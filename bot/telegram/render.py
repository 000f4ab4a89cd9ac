"""From our content to what Telegram can show: one or more calls of its Bot API."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    Message,
    MessageId,
    ReplyKeyboardMarkup,
    ReplyParameters,
)

from storage.errors import LotseError
from storage.outbox import Button, Content
from translations.catalogue import say

# Telegram counts UTF-16 units.
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_LABEL = 64
LONGEST_DATA = 64
# A file of 20 MB may take a while.
FETCH_SECONDS = 60.0
# A file of this kind is a voice message, played in the chat; any other is downloaded.
PLAYED = "audio/mpeg"
# Where a long text is best cut, best first.
CUTS = ("\n\n", "\n", " ")


class Unsendable(LotseError):
    """Content that Telegram can't show; ``data`` names the reason."""

    code = "unsendable"


@dataclass(frozen=True)
class Fetched:
    """A file that Telegram keeps, fetched when it is sent on under another name."""

    id: str
    name: str


@dataclass(frozen=True)
class Part:
    """One call: the bot's method and its arguments beside the chat."""

    method: str
    arguments: dict[str, Any] = field(default_factory=dict)

    async def send(self, bot: Bot, chat: int) -> int:
        """Send this part to ``chat``.

        Returns:
            How the message is numbered there.

        Raises:
            TelegramError: as Telegram answers.
        """
        arguments = {
            name: await _fetch(bot, value) if isinstance(value, Fetched) else value
            for name, value in self.arguments.items()
        }
        sent: Message | MessageId = await getattr(bot, self.method)(chat_id=chat, **arguments)
        return sent.message_id


async def _fetch(bot: Bot, file: Fetched) -> InputFile:
    kept = await bot.get_file(file.id)
    data = await kept.download_as_bytearray(read_timeout=FETCH_SECONDS)
    return InputFile(bytes(data), filename=file.name)


def render(content: Content, language: str) -> list[Part]:
    """Return the calls that show ``content``, in order; never none.

    Args:
        content: what to show.
        language: launch language of the label that Telegram's own keyboard needs.

    Raises:
        Unsendable: a button or the document is not possible, or there is nothing to show.
    """
    markup = _keyboard(content.buttons) if content.buttons else None
    location = _location_keyboard(language) if content.ask_location else None
    parts = _texts(content, markup or location)
    if markup is not None and location is not None:
        # A message has one keyboard, so the second needs a message of its own.
        words = say("start.share_location", language)
        parts.append(Part("send_message", {"text": words, "reply_markup": location}))
    if content.file is not None:
        kind = "video" if content.file.video else "document"
        fetched = Fetched(content.file.id, content.file.name)
        parts.append(Part(f"send_{kind}", {kind: fetched}))
    elif content.copy_from is not None:
        origin = {
            "from_chat_id": content.copy_from["chat"],
            "message_id": content.copy_from["message"],
            # What was written under it has been passed on already, with names taken out.
            "caption": "",
        }
        parts.append(Part("copy_message", origin))
    if not parts:
        raise Unsendable(reason="empty")
    if content.reply_to is not None:
        # Whoever deletes a message must not make its answer fail.
        parts[0].arguments["reply_parameters"] = ReplyParameters(
            content.reply_to, allow_sending_without_reply=True
        )
    if content.silent:
        for part in parts:
            part.arguments["disable_notification"] = True
    return parts


def _texts(content: Content, markup: object) -> list[Part]:
    pieces = split(content.text)
    extra = {"reply_markup": markup} if markup is not None else {}
    if content.document is None:
        calls = [Part("send_message", {"text": piece}) for piece in pieces]
    else:
        kind = "voice" if content.document.media_type == PLAYED else "document"
        # A short text and its file are one message; what is heard stands under its text.
        one = kind == "document" and len(pieces) == 1 and fits(pieces[0], LONGEST_CAPTION)
        caption = pieces.pop() if one else None
        calls = [Part("send_message", {"text": piece}) for piece in pieces]
        arguments: dict[str, Any] = {kind: _file(content)}
        if caption:
            arguments["caption"] = caption
        if caption or not calls:
            calls.append(Part(f"send_{kind}", {**arguments, **extra}))
            return calls
        calls.append(Part(f"send_{kind}", arguments))
        calls[-2].arguments.update(extra)
        return calls
    if extra and not calls:
        raise Unsendable(reason="buttons without text")
    if calls:
        calls[-1].arguments.update(extra)
    return calls


def _file(content: Content) -> InputFile:
    if content.document is None:
        raise Unsendable(reason="no document")
    try:
        data = base64.b64decode(content.document.content, validate=True)
    except binascii.Error:
        raise Unsendable(reason="document is not base64") from None
    file = InputFile(data, filename=content.document.name)
    file.mimetype = content.document.media_type
    return file


def _keyboard(rows: list[list[Button]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[_button(one) for one in row] for row in rows if row])


def _button(button: Button) -> InlineKeyboardButton:
    label = shorten(button.label)
    if button.url:
        return InlineKeyboardButton(label, url=button.url)
    if not 1 <= len(button.data.encode()) <= LONGEST_DATA:
        raise Unsendable(reason="button data", length=len(button.data.encode()))
    return InlineKeyboardButton(label, callback_data=button.data)


def _location_keyboard(language: str) -> ReplyKeyboardMarkup:
    label = shorten(say("start.share_location", language))
    return ReplyKeyboardMarkup(
        [[KeyboardButton(label, request_location=True)]],
        resize_keyboard=True,
        one_time_keyboard=True,
    )


def shorten(label: str) -> str:
    """Return a button's label, cut where Telegram would refuse it."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"


def fits(text: str, limit: int = LONGEST_TEXT) -> bool:
    """Return whether ``text`` has at most ``limit`` UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 <= limit


def split(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """Return ``text`` in pieces of at most ``limit`` UTF-16 units, cut at paragraphs if possible.

    White space around the cuts is dropped; a blank text has no pieces.
    """
    rest, pieces = text.strip(), []
    while rest and not fits(rest, limit):
        head = rest.encode("utf-16-le", "surrogatepass")[: limit * 2].decode("utf-16-le", "ignore")
        cut = next((at for at in (head.rfind(sign) for sign in CUTS) if at > 0), len(head))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces
