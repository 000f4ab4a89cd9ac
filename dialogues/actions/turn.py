"""One action call: who it is for, what was understood, what is said and remembered."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from centre.notify import FALLBACK_LANGUAGE
from centre.people import Person
from storage.errors import LotseError
from storage.outbox import Button, Content, Document
from translations.catalogue import say
from translations.languages import told

Rows = list[list[Button]]


class PersonGone(LotseError):
    """The person of this conversation was erased meanwhile."""

    code = "person_gone"


def answer_language(person: Person | None, message: dict[str, Any]) -> str:
    """Return the language to answer ``message`` in.

    The chosen one wins; then what the message is written in; then what the worker sent along; then
    German.
    """
    chosen = person.language if person else None
    sent_along = (message.get("metadata") or {}).get("language")
    return chosen or told(message.get("language_guess")) or sent_along or FALLBACK_LANGUAGE


@dataclass
class Turn:
    """What an action sees and what it leaves behind."""

    session: AsyncSession
    person: Person
    slots: dict[str, Any]
    message: dict[str, Any]
    form: str | None = None
    """The active form, if any."""
    responses: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """The language this person is answered in."""
        return answer_language(self.person, self.message)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the worker sent along with the message."""
        found: dict[str, Any] = self.message.get("metadata") or {}
        return found

    @property
    def request_key(self) -> str:
        """The same for every repetition of this update, so that effects happen once."""
        return str(self.metadata.get("update") or uuid.uuid4())

    @property
    def text(self) -> str:
        """What the person typed; empty for a button."""
        words = str(self.message.get("text") or "")
        return "" if words.startswith("/") else words

    @property
    def intent(self) -> str:
        """The understood intent."""
        return str((self.message.get("intent") or {}).get("name") or "")

    def entity(self, name: str) -> str | None:
        """Return the first value of the entity ``name`` in this message."""
        for one in self.message.get("entities") or []:
            if one["entity"] == name:
                return str(one["value"])
        return None

    def words(self, key: str, /, **values: object) -> str:
        """Return a catalogue text in the person's language."""
        return say(key, self.language, **values)

    def button(self, key: str, data: str, /, **values: object) -> Button:
        """Return a button labelled with a catalogue text."""
        return Button(label=self.words(key, **values), data=data)

    def say(self, key: str, buttons: Rows | None = None, /, **values: object) -> None:
        """Answer with a catalogue text."""
        self.send_text(self.words(key, **values), buttons)

    def send_text(self, text: str, buttons: Rows | None = None) -> None:
        """Answer with words that come from the catalogue already."""
        self.send(Content(text=text, buttons=buttons or []))

    def send(self, content: Content) -> None:
        """Answer with something already worded."""
        self.responses.append({"custom": content.model_dump(exclude_defaults=True)})

    def set(self, slot: str, value: Any) -> None:
        """Remember ``value``; later actions of the same turn see it too."""
        self.slots[slot] = value
        self.events.append({"event": "slot", "name": slot, "value": value})

    def forget(self, *slots: str) -> None:
        """Empty slots."""
        for slot in slots:
            self.set(slot, None)

    def stop_form(self) -> None:
        """Leave the active form without finishing it."""
        self.events.append({"event": "active_loop", "name": None})
        self.set("requested_slot", None)


Action = Callable[[Turn], Awaitable[None]]
actions: dict[str, Action] = {}


def action(name: str) -> Callable[[Action], Action]:
    """Register a coroutine under the name Rasa calls it by."""

    def register(function: Action) -> Action:
        actions[name] = function
        return function

    return register


def document(name: str, media_type: str, content: bytes) -> Document:
    """Return a file to send."""
    return Document(
        name=name, media_type=media_type, content=base64.b64encode(content).decode("ascii")
    )
