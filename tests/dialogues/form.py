"""Plays the booking form as Rasa does, but without Rasa: what is tapped fills the slots."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import yaml

from centre import people
from dialogues import make_rules
from dialogues.actions import server  # noqa: F401 - registers the actions
from dialogues.actions.turn import Turn, actions
from storage.engine import Database
from storage.outbox import Content

FORM = "booking_form"
FORMS = yaml.safe_load((make_rules.HERE / "domain" / "forms.yml").read_text("utf-8"))["forms"]
SLOT_OF = {"topic": "booking_topic", "confirm_booking": "booking_confirmed", "time": "booking_time"}


@dataclass
class Talk:
    """One person's booking: what is remembered, what was said last."""

    database: Database
    person_id: uuid.UUID
    slots: dict[str, Any] = field(default_factory=dict)
    form: str | None = FORM
    said: list[Content] = field(default_factory=list)
    turns: int = 0

    async def tap(self, update: str | None = None, **entities: str) -> list[Content]:
        """Answer the open question; ``update`` names a repeated update."""
        self.turns += 1
        self.said = []
        for name, value in entities.items():
            self.slots[SLOT_OF.get(name, name)] = value
        message = {
            "text": "/choose",
            "intent": {"name": "choose"},
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "metadata": {"update": update or f"{self.person_id}:{self.turns}"},
        }
        await self._run("validate_booking_form", message)
        await self.go_on(message)
        return self.said

    async def type(self, text: str, intent: str = "choose") -> list[Content]:
        """Say something that fills no slot."""
        self.turns, self.said = self.turns + 1, []
        message = {"text": text, "intent": {"name": intent}, "entities": [], "metadata": {}}
        before = dict(self.slots)
        await self._run("validate_booking_form", message)
        if self.slots == before:
            assert not self.said, "an unanswered question must be left to its answer"
        await self.go_on(message)
        return self.said

    async def interrupt(self, text: str, intent: str, action: str) -> list[Content]:
        """Say what another action answers before the form goes on."""
        self.turns, self.said = self.turns + 1, []
        message = {"text": text, "intent": {"name": intent}, "entities": [], "metadata": {}}
        await self._run(action, message)
        await self.go_on(message)
        return self.said

    async def act(self, name: str, **entities: str) -> list[Content]:
        """Run one action."""
        self.said = []
        message = {
            "text": "/",
            "intent": {"name": "choose"},
            "entities": [{"entity": one, "value": value} for one, value in entities.items()],
            "metadata": {"update": f"{self.person_id}:act:{name}"},
        }
        await self._run(name, message)
        return self.said

    async def go_on(self, message: dict[str, Any]) -> None:
        """Ask the next question, or book when there is none."""
        if self.form is None:
            return
        asked = next((s for s in FORMS[FORM]["required_slots"] if self.slots.get(s) is None), None)
        self.slots["requested_slot"] = asked
        await self._run(f"action_ask_{asked}" if asked else "action_book", message)

    async def _run(self, name: str, message: dict[str, Any]) -> None:
        async with self.database.transaction() as session:
            person = await people.get(session, self.person_id)
            assert person is not None
            turn = Turn(session, person, dict(self.slots), message, self.form)
            await actions[name](turn)
        for event in turn.events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            else:
                self.form = event["name"]
        self.said += [Content.model_validate(one["custom"]) for one in turn.responses]

    @property
    def text(self) -> str:
        """Everything said last."""
        return "\n".join(one.text for one in self.said)

    @property
    def labels(self) -> list[str]:
        """The labels of the buttons of the last message."""
        return [button.label for row in self.said[-1].buttons for button in row]

    @property
    def data(self) -> list[str]:
        """What the buttons of the last message carry."""
        return [button.data for row in self.said[-1].buttons for button in row]
