"""The emulated Telegram of the benchmark: delivers like Telegram, and times what comes back.

The emulator of the tests pushes webhooks one after the other. Telegram keeps up to 40 requests
open at once, and anything less would hold back a bot that answers inside the request, as stock
Rasa does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from lo_bot_api_emulator.updates import UpdateQueues

from tests.telegram.peer import TOKEN, Call, Peer, listening

__all__ = ["TOKEN", "Arrival", "BenchPeer", "Chat", "listening"]

CONNECTIONS = 40  # Telegram's default for max_connections of a webhook
DELIVERY_SECONDS = 60
DELIVERIES = 3


@dataclass(frozen=True)
class Arrival:
    """A message that reached a person, and when (``time.perf_counter``)."""

    at: float
    call: Call

    @property
    def buttons(self) -> list[str]:
        return [data for _, data in self.call.buttons]

    @property
    def message_id(self) -> int:
        return int((self.call.result or {}).get("message_id", 1))


@dataclass
class Chat:
    """One person in front of a phone."""

    number: int
    language: str
    inbox: asyncio.Queue[Arrival] = field(default_factory=asyncio.Queue)
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_message: int = 1

    def forget(self) -> None:
        """What came late belongs to no later question."""
        while not self.inbox.empty():
            self.inbox.get_nowait()

    async def until(self, wanted: Callable[[Arrival], bool], seconds: float) -> Arrival | None:
        """Return the next arrival that is ``wanted``, ``None`` when none came in time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    arrival = await self.inbox.get()
                    self.last_message = arrival.message_id
                    if wanted(arrival):
                        return arrival
        except TimeoutError:
            return None


class _Parallel(UpdateQueues):  # type: ignore[misc]
    """Webhook deliveries side by side, over kept connections."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.failed = 0
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, token: str) -> int:
        state = self._state(token)
        if not state.url:
            return 0
        due = [
            one
            for one in state.updates
            if not state.allowed or any(kind in one for kind in state.allowed)
        ]
        for update in due:
            state.updates.remove(update)
            task = asyncio.create_task(self._post(state.url, state.secret, update))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(due)

    async def _post(self, url: str, secret: str | None, update: dict[str, Any]) -> None:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=None, sock_read=DELIVERY_SECONDS),
            )
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        for delay in range(1, DELIVERIES + 1):
            try:
                async with self._client.post(url, json=update, headers=headers) as answer:
                    if 200 <= answer.status < 300:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            self.failed += 1
            await asyncio.sleep(delay)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()


class BenchPeer(Peer):
    """An emulated Bot API that hands every message to the chat it is for."""

    def __init__(self) -> None:
        super().__init__(max_updates=100_000, max_assets=100_000)
        self._queues = _Parallel(
            record=self._record, max_updates=100_000, max_bots=16, insecure_webhooks=True
        )
        self._update_queues = self._queues
        self.chats: dict[str, Chat] = {}
        self.messages = 0

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        at = time.perf_counter()
        result = super().validate(method, fields, uploads)
        call = self.calls.pop()
        if method.startswith("send") and method != "sendChatAction":
            self.messages += 1
            chat = self.chats.get(call.chat or "")
            if chat is not None:
                chat.inbox.put_nowait(Arrival(at, call))
        return result

    @property
    def failed_deliveries(self) -> int:
        return self._queues.failed

    def people(self, count: int, languages: list[str], first: int = 1000) -> list[Chat]:
        """Add ``count`` people who speak ``languages`` in turn."""
        added = [Chat(first + index, languages[index % len(languages)]) for index in range(count)]
        self.chats.update({str(chat.number): chat for chat in added})
        return added

    async def close(self) -> None:
        await self._queues.close()
