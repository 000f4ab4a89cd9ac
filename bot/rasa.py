"""The worker's side of Rasa: one turn in, messages and the next state out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from storage.errors import LotseError
from storage.outbox import Content

TURN_SECONDS = 20


class RasaUnavailable(LotseError):
    """Rasa is down, slow or could not reach our actions; the message must be tried again."""

    code = "rasa_unavailable"

    @property
    def answered(self) -> bool:
        """Whether Rasa itself is up: it answered, with an error or with nothing."""
        return "status" in self.data or self.data.get("reason") == "empty"


@dataclass(frozen=True)
class Reply:
    """What Rasa made of one message."""

    messages: list[Content]
    state: dict[str, Any]
    guess: dict[str, Any] | None = None
    """In which language the message seems to be: ``language``, ``confidence``, ``letters``."""

    @property
    def intent(self) -> str:
        """The intent the message was understood as."""
        return str(self.state.get("intent") or "")


class Rasa:
    """A connection to one Rasa server (or a balancer before several: they keep no state)."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url.rstrip("/")
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TURN_SECONDS),
                headers={"X-Lotse-Secret": self._secret},
            )
        return self._session

    async def turn(
        self, sender: str, message: str, state: dict[str, Any], metadata: dict[str, Any]
    ) -> Reply:
        """Have Rasa understand ``message`` and decide what follows.

        Args:
            sender: opaque id of the person.
            message: typed words, or a button's ``/intent{…}``.
            state: what the last turn left (slots, active form).
            metadata: reaches the actions as ``latest_message.metadata``.

        Returns:
            The messages to send and the state to keep.

        Raises:
            RasaUnavailable: no answer, an error, or an empty answer (Rasa says nothing when the
                actions cannot be reached).
        """
        body = {"sender": sender, "message": message, "state": state, "metadata": metadata}
        try:
            async with self._client().post(
                f"{self._url}/webhooks/lotse/webhook", json=body
            ) as answer:
                if answer.status != 200:
                    raise RasaUnavailable(status=answer.status)
                result = await answer.json()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise RasaUnavailable(reason=type(error).__name__) from error
        messages = [
            Content.model_validate(one["custom"]) for one in result["messages"] if "custom" in one
        ]
        if not messages:
            raise RasaUnavailable(reason="empty")
        return Reply(messages, result["state"], result.get("guess"))

    async def understand(self, text: str) -> dict[str, Any]:
        """Return Rasa's parse of ``text`` (intent, ranking, entities).

        Raises:
            RasaUnavailable: no answer or an error.
        """
        try:
            async with self._client().post(
                f"{self._url}/webhooks/lotse/parse", json={"text": text}
            ) as answer:
                if answer.status != 200:
                    raise RasaUnavailable(status=answer.status)
                found: dict[str, Any] = await answer.json()
                return found
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise RasaUnavailable(reason=type(error).__name__) from error

    async def ready(self) -> bool:
        """Return whether a model is loaded and answers."""
        try:
            async with self._client().get(f"{self._url}/webhooks/lotse/") as answer:
                return answer.status == 200
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
