"""From a raw Bot API update to what the person did."""

from __future__ import annotations

import logging
import math
from typing import Any, TypedDict

from telegram import CallbackQuery, ChatMemberUpdated, Message, MessageEntity, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.incoming import Incoming, Kind
from storage.outbox import NamedFile
from translations.languages import from_telegram

log = logging.getLogger(__name__)

NOWHERE = "0"
IGNORED = Incoming("ignored")
PRESENT = (
    ChatMemberStatus.MEMBER,
    ChatMemberStatus.ADMINISTRATOR,
    ChatMemberStatus.OWNER,
    ChatMemberStatus.RESTRICTED,
)
VCARDS = ("text/vcard", "text/x-vcard", "text/directory")
# The first that a message has decides; an animation also carries a document.
MEDIA: tuple[tuple[str, Kind], ...] = (
    ("contact", "contact"),
    ("sticker", "sticker"),
    ("animation", "sticker"),
    ("dice", "sticker"),
    ("voice", "voice"),
    ("video", "voice"),
    ("video_note", "voice"),
    ("photo", "photo"),
    ("document", "photo"),
    ("audio", "photo"),
)


class _Talk(TypedDict):
    """What only a talk with somebody needs of a message."""

    reply_to: int | None
    names: tuple[str, ...]


def parse(raw: dict[str, Any], username: str | None = None) -> tuple[str, Incoming]:
    """Return where an answer to a raw update goes, and what the person did.

    Args:
        raw: the update as Telegram sent it.
        username: the bot's own, to notice that a group mentions it.
    """
    return address(raw), incoming(raw, username)


def address(raw: dict[str, Any]) -> str:
    """Return the chat of a raw update, ``"0"`` for one without a chat; never raises."""
    for name, update in raw.items() if isinstance(raw, dict) else ():
        if name == "update_id" or not isinstance(update, dict):
            continue
        inner = update.get("message") if name == "callback_query" else update
        chat = inner.get("chat") if isinstance(inner, dict) else None
        number = chat.get("id") if isinstance(chat, dict) else None
        # A bool is an int in Python, and nobody's chat.
        if isinstance(number, int) and not isinstance(number, bool):
            return str(number)
    return NOWHERE


def incoming(raw: dict[str, Any], username: str | None = None) -> Incoming:
    """Return what the person did; ``ignored`` for what is malformed or unknown.

    Args:
        raw: the update as Telegram sent it, or ``{}`` once it was answered.
        username: the bot's own, to notice that a group mentions it.
    """
    if not raw:
        return IGNORED
    try:
        update = Update.de_json(raw, None)
        if update.callback_query is not None:
            return _tap(update.callback_query)
        if update.my_chat_member is not None:
            return _membership(update.my_chat_member)
        if update.edited_message is not None:
            return _edited(update.edited_message)
        if update.message is not None:
            return _message(update.message, username)
        if update.channel_post is not None:
            return _group(update.channel_post, username)
    except Exception as error:  # whatever the shape of the nonsense: it must not stop the chat
        log.warning("malformed update: %s", type(error).__name__)
    return IGNORED


def _tap(query: CallbackQuery) -> Incoming:
    callback = _text(query.id)
    in_private = query.message is not None and query.message.chat.type == ChatType.PRIVATE
    if not in_private or not isinstance(query.data, str):
        return Incoming("ignored", callback=callback)
    return Incoming("tap", data=query.data, language=_language(query.from_user), callback=callback)


def _membership(change: ChatMemberUpdated) -> Incoming:
    before, now = change.old_chat_member.status, change.new_chat_member.status
    if change.chat.type != ChatType.PRIVATE:
        added = now in PRESENT and before not in PRESENT
        return Incoming("group", language=_language(change.from_user)) if added else IGNORED
    if now == ChatMemberStatus.BANNED:
        return Incoming("blocked")
    if now == ChatMemberStatus.MEMBER:
        return Incoming("unblocked", language=_language(change.from_user))
    return IGNORED


def _edited(message: Message) -> Incoming:
    if message.chat.type != ChatType.PRIVATE or message.location is not None:
        return IGNORED  # a live location edits its message every few seconds
    return Incoming("edited", language=_language(message.from_user))


def _message(message: Message, username: str | None) -> Incoming:
    if message.chat.type != ChatType.PRIVATE:
        return _group(message, username)
    language = _language(message.from_user)
    origin = {"chat": int(message.chat.id), "message": int(message.message_id)}
    talk: _Talk = {"reply_to": _answered(message), "names": _names(message)}
    if isinstance(message.text, str):
        return Incoming(
            "text", text=_command(message.text), language=language, copy_from=origin, **talk
        )
    if message.location is not None:
        place = _place(message.location.latitude, message.location.longitude)
        if place is None:
            return IGNORED
        return Incoming("location", location=place, language=language, copy_from=origin, **talk)
    kind = next((kind for name, kind in MEDIA if getattr(message, name, None)), None)
    if kind is None:
        return IGNORED
    if message.document is not None and message.document.mime_type in VCARDS:
        kind = "contact"
    # A contact can't be passed on, not even by mistake.
    copied = None if kind == "contact" else origin
    # What stands under a picture is said, too: in a talk it is translated like any words.
    words = message.caption or ""
    file = _named_file(message)
    return Incoming(kind, text=words, language=language, copy_from=copied, file=file, **talk)


def _named_file(message: Message) -> NamedFile | None:
    """Return the file of a message where its name or title could say whose it is."""
    sent = message.animation or message.video or message.document or message.audio
    if sent is None:
        return None
    told = (sent.file_name, getattr(sent, "title", None), getattr(sent, "performer", None))
    if not any(told):
        return None
    return NamedFile(
        id=sent.file_id,
        name=_text(sent.file_name) or "",
        size=sent.file_size if isinstance(sent.file_size, int) else None,
        video=bool(message.animation or message.video),
    )


def _answered(message: Message) -> int | None:
    answered = message.reply_to_message
    return int(answered.message_id) if answered is not None else None


def _names(message: Message) -> tuple[str, ...]:
    """Return what Telegram calls the writer, and whoever a forwarded message comes from."""
    users = [message.from_user, getattr(message.forward_origin, "sender_user", None)]
    chats = [getattr(message.forward_origin, name, None) for name in ("sender_chat", "chat")]
    found = [getattr(message.forward_origin, "sender_user_name", None)]
    for one in users:
        if one is not None:
            full = " ".join(filter(None, (_text(one.first_name), _text(one.last_name))))
            found += [full, one.first_name, one.last_name, one.username]
    for one in chats:
        found += [getattr(one, "title", None), getattr(one, "username", None)]
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str) and one.strip()))


def _group(message: Message, username: str | None) -> Incoming:
    """Groups hear from us only when they speak to us."""
    if message.forward_origin is not None or message.via_bot is not None:
        return IGNORED
    me = f"@{username}".lower() if username else None
    entities = {
        **message.parse_entities([MessageEntity.BOT_COMMAND, MessageEntity.MENTION]),
        **message.parse_caption_entities([MessageEntity.MENTION]),
    }
    for entity, words in entities.items():
        name, at, bot = words.lower().partition("@")
        to_me = f"{at}{bot}" == me
        if to_me or (entity.type == MessageEntity.BOT_COMMAND and name and not at):
            return Incoming("group", language=_language(message.from_user))
    return IGNORED


def _command(text: str) -> str:
    """Return ``text`` with the bot's name taken off a command (``/start@LotseBot x``)."""
    first, *rest = text.split(maxsplit=1)[:2] or [text]
    if not first.startswith("/") or "@" not in first:
        return text
    return " ".join([first.split("@")[0], *rest])


def _place(latitude: object, longitude: object) -> tuple[float, float] | None:
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    point = (float(latitude), float(longitude))
    if not all(map(math.isfinite, point)) or abs(point[0]) > 90 or abs(point[1]) > 180:
        return None
    return point


def _language(user: User | None) -> str | None:
    code = _text(user.language_code) if user is not None else None
    return from_telegram(code)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
