"""Telegram as a test plays it: an emulated Bot API that records, fails on demand and speaks.

Built on lo-bot-api-emulator (an independent implementation), which lacks what is added here.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from lo_bot_api_emulator import ApiRefusal, LoBotApiEmulator, updates

TOKEN = "123456:TEST-TOKEN"
USERNAME = "lotse_test_bot"
PATIENCE = 15.0  # seconds until a test gives up; nothing is asserted about time

# What the emulator delivers as it is, once it is let in.
updates.KINDS.update({"edited_message", "my_chat_member", "channel_post", "poll"})


@dataclass
class Call:
    """One request that the bot made; ``status`` is what it was answered."""

    method: str
    fields: dict[str, Any]
    files: dict[str, dict[str, Any]]
    status: int = 200
    result: Any = None

    @property
    def chat(self) -> str | None:
        chat = self.fields.get("chat_id")
        return None if chat is None else str(chat)

    @property
    def text(self) -> str:
        """What the person reads."""
        return str(self.fields.get("text", self.fields.get("caption", "")))

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Label and data (or address) of every inline button."""
        markup = _json(self.fields.get("reply_markup")) or {}
        return [
            (one["text"], one.get("callback_data") or one.get("url", ""))
            for row in markup.get("inline_keyboard", [])
            for one in row
        ]


@dataclass
class Fault:
    """How the next ``times`` calls of ``method`` (to ``chat``, if given) are refused."""

    method: str
    status: int
    times: int = 1
    chat: int | None = None
    retry_after: int | None = None
    description: str = ""
    when: Callable[[Call], bool] = lambda call: True


@dataclass
class _State:
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    menu_button: str = "default"


class Peer(LoBotApiEmulator):
    """The emulated Bot API; its bot has the token :data:`TOKEN`."""

    def __init__(self, **limits: Any) -> None:
        super().__init__(allow_insecure_loopback_webhooks=True, **{"max_updates": 10_000, **limits})
        self._own = _State()
        self._news = asyncio.Event()
        self._message = 1_000_000

    # What the bot did

    @property
    def calls(self) -> list[Call]:
        return self._own.calls

    def done(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of ``method`` that succeeded, in order."""
        return [
            call
            for call in self.calls
            if call.method == method
            and call.status == 200
            and (chat is None or call.chat == str(chat))
        ]

    def sent(self, chat: int | None = None) -> list[Call]:
        """Every message people got to see, in order."""
        return [
            call
            for call in self.calls
            if call.method.startswith(("send", "copy"))
            and call.method != "sendChatAction"
            and call.status == 200
            and (chat is None or call.chat == str(chat))
        ]

    async def until(self, ready: Callable[[], Any]) -> Any:
        """Wait until ``ready()`` is true and return what it returned."""
        async with asyncio.timeout(PATIENCE):
            while not (value := ready()):
                self._news.clear()
                await self._news.wait()
        return value

    async def until_sent(self, count: int, chat: int | None = None) -> list[Call]:
        """Wait until at least ``count`` messages went out."""
        await self.until(lambda: len(self.sent(chat)) >= count)
        return self.sent(chat)

    # What Telegram does

    def fail(
        self,
        method: str,
        status: int,
        times: int = 1,
        chat: int | None = None,
        retry_after: int | None = None,
        description: str = "",
        when: Callable[[Call], bool] = lambda call: True,
    ) -> None:
        """Refuse the next ``times`` calls of ``method``."""
        fault = Fault(method, status, times, chat, retry_after, description, when)
        self._own.faults.append(fault)

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        call = Call(method, dict(fields), dict(uploads))
        self.calls.append(call)
        try:
            self._refuse(call)
            call.result = self._answer(method, fields, uploads)
        except ApiRefusal as refusal:
            call.status = refusal.status
            raise
        finally:
            self._news.set()
        return call.result

    def _refuse(self, call: Call) -> None:
        for fault in self._own.faults:
            here = fault.chat is None or call.chat == str(fault.chat)
            if fault.method == call.method and here and fault.times > 0 and fault.when(call):
                fault.times -= 1
                parameters = {"retry_after": fault.retry_after} if fault.retry_after else None
                words = fault.description or f"injected ({fault.status})"
                raise ApiRefusal(words, fault.status, parameters)

    def _answer(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        code = str(fields.get("language_code", ""))
        if method == "sendLocation":
            return self._sent(
                fields,
                location={
                    "latitude": float(fields["latitude"]),
                    "longitude": float(fields["longitude"]),
                },
            )
        if method == "copyMessage":
            return {"message_id": self._sent(fields)["message_id"]}
        if method == "getMyCommands":
            return self._own.commands.get(code, [])
        if method == "setMyCommands":
            self._own.commands[code] = _json(fields["commands"])
        if method == "getChatMenuButton":
            return {"type": self._own.menu_button}
        if method == "setChatMenuButton":
            self._own.menu_button = _json(fields["menu_button"])["type"]
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            return {**result, "username": USERNAME}
        return result

    def _sent(self, fields: dict[str, Any], **content: Any) -> dict[str, Any]:
        self.next_id += 1
        chat = int(fields["chat_id"])
        return {
            "message_id": self.next_id,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "group"},
            **content,
        }

    @property
    def commands(self) -> dict[str, list[dict[str, str]]]:
        """The commands that were set, by language code (``""`` for everybody else)."""
        return self._own.commands

    # What people do

    async def push(self, update: dict[str, Any]) -> int:
        """Give the bot an update as it is; return its number."""
        return int(await self.enqueue_update(update, token=TOKEN))

    async def say(self, chat: int, text: str, language: str = "de") -> int:
        """Somebody writes; a leading slash makes a command."""
        content: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            length = len(text.split()[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return await self.push(self.message(chat, language, **content))

    async def post(self, chat: int, language: str = "de", **content: Any) -> int:
        """Somebody sends a message with this content (``voice=…``, ``photo=…``)."""
        return await self.push(self.message(chat, language, **content))

    async def locate(self, chat: int, latitude: float, longitude: float) -> int:
        """Somebody shares a location."""
        return await self.post(chat, location={"latitude": latitude, "longitude": longitude})

    async def tap(self, chat: int, data: str, message: int = 1, language: str = "de") -> int:
        """Somebody taps an inline button."""
        return await self.push(
            {
                "callback_query": {
                    "id": str(self._next()),
                    "from": person(chat, language),
                    "chat_instance": "1",
                    "data": data,
                    "message": {**self.message(chat, text="…")["message"], "message_id": message},
                }
            }
        )

    async def inquire(self, asker: int, words: str, language: str = "de") -> int:
        """Somebody types the bot's name and ``words`` in a chat that the bot is not in."""
        self._next()
        query = {
            "id": str(self._message),
            "from": person(asker, language),
            "query": words,
            "offset": "",
            "chat_type": "private",
        }
        return await self.push({"inline_query": query})

    async def membership(self, chat: int, before: str, now: str) -> int:
        """Somebody blocks the bot (``member`` to ``kicked``) or takes it back."""
        return await self.push({"my_chat_member": membership(chat, before, now)})

    def message(self, chat: int, language: str = "de", **content: Any) -> dict[str, Any]:
        """An update with a message of somebody."""
        return {
            "message": {
                "message_id": self._next(),
                "date": int(time.time()),
                "from": person(abs(chat), language),
                "chat": place(chat),
                **content,
            }
        }

    def _next(self) -> int:
        self._message += 1
        return self._message


def person(number: int, language: str = "de") -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "A", "language_code": language}


def place(chat: int) -> dict[str, Any]:
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": "A"}
    return {"id": chat, "type": "supergroup", "title": "G"}


def membership(chat: int, before: str, now: str) -> dict[str, Any]:
    bot = {"id": 7, "is_bot": True, "first_name": "Lotse", "username": USERNAME}
    # A ban carries until when, an administrator's rights are many: the parser wants them all.
    more: dict[str, dict[str, Any]] = {"kicked": {"until_date": 0}}
    return {
        "chat": place(chat),
        "from": person(abs(chat)),
        "date": int(time.time()),
        "old_chat_member": {"user": bot, "status": before, **more.get(before, {})},
        "new_chat_member": {"user": bot, "status": now, **more.get(now, {})},
    }


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@asynccontextmanager
async def listening(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine; yield its address."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
