"""Rasa's mouth towards our worker, and the conversation state that travels with each message.

Runs inside Rasa's own process (Python 3.10), so it imports nothing of the project.

Rasa keeps nothing between two messages: the worker sends the state (slots and active form, no
texts) along and gets the next one back, to be committed together with the answer. A worker or a
Rasa that dies in the middle changes nothing, any Rasa process can serve any person, and erasing a
person erases the state.

Importing this module also keeps what stock Rasa works out again and again, which takes most of a
turn's time (docs/decisions/0002): its constant JSON schemas, and the parsed rules.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from rasa.core.nlg.callback import CallbackNaturalLanguageGenerator, nlg_response_format_spec
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

_ACTION_RESULT = Draft202012Validator(RemoteAction.action_response_format_spec())
_NLG_RESULT = Draft202012Validator(nlg_response_format_spec())


def _valid_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    _ACTION_RESULT.validate(result)
    return True


def _valid_nlg_result(content: dict[str, Any] | None) -> bool:
    if content:
        _NLG_RESULT.validate(content)
    return True


RemoteAction._validate_action_result = _valid_action_result
CallbackNaturalLanguageGenerator.validate_response = staticmethod(_valid_nlg_result)

# Rasa holds every rule, parsed anew, against every prediction's dialogue state. The rules never
# change while it runs and the states (intent, entities' names, form, last action) are few.
_KNOWN_STATES = 4096
_possible_keys = RulePolicy._get_possible_keys
_seen: dict[tuple[int, str], set[str]] = {}


def _remembered_keys(self: RulePolicy, lookup: dict[str, str], states: list[Any]) -> set[str]:
    key = (id(lookup), repr(states))
    if key not in _seen:
        if len(_seen) >= _KNOWN_STATES:
            _seen.clear()
        _seen[key] = _possible_keys(self, lookup, states)
    return set(_seen[key])


RulePolicy._get_possible_keys = _remembered_keys
RulePolicy._rule_key_to_state = staticmethod(
    functools.lru_cache(maxsize=None)(RulePolicy._rule_key_to_state)
)

# States of the turns now running in this process, by sender.
_states: dict[str, dict[str, Any]] = {}
# In which language their message seems to be (nlu/components/language.py).
_guesses: dict[str, Any] = {}


class CarriedTrackerStore(TrackerStore, SerializedTrackerAsText):
    """A tracker store that holds a conversation only while its turn runs."""

    def __init__(self, domain: Domain, event_broker: Any = None, **kwargs: Any) -> None:
        kwargs.pop("host", None)
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep what the next turn needs: filled slots and the active form."""
        slots = {
            name: slot.value
            for name, slot in tracker.slots.items()
            if slot.value is not None and slot.value != slot.initial_value
        }
        _states[tracker.sender_id] = {
            "slots": slots,
            "loop": tracker.active_loop_name,
            "intent": tracker.latest_message.intent.get("name") if tracker.latest_message else None,
        }
        understood = tracker.latest_message.parse_data if tracker.latest_message else None
        _guesses[tracker.sender_id] = (understood or {}).get("language_guess")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Rebuild the tracker from the state that came with the message."""
        state = _states.get(sender_id, {})
        events: list[Event] = [ActionExecuted("action_session_start"), SessionStarted()]
        events += [SlotSet(name, value) for name, value in (state.get("slots") or {}).items()]
        if state.get("loop"):
            events += [ActionExecuted(state["loop"]), ActiveLoop(state["loop"])]
        events.append(ActionExecuted(ACTION_LISTEN_NAME))
        return DialogueStateTracker.from_events(
            sender_id, events, self.domain.slots, domain=self.domain
        )

    async def keys(self) -> Iterable[str]:
        """Return the senders whose turn is running."""
        return list(_states)


class LotseInput(RestInput):
    """One turn in, messages and the next state out (POST ``/webhooks/lotse/webhook``).

    Rasa's own HTTP API stays off: this channel is the only door, and it asks for a secret.
    ``parse`` beside it understands a text without answering; ``GET /webhooks/lotse/`` is 200 once a
    model is loaded.
    """

    def __init__(self, secret: str = "") -> None:
        self._secret = secret

    @classmethod
    def name(cls) -> str:
        """Return the name that is part of the URL."""
        return "lotse"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> LotseInput:
        """Build the channel from ``credentials.yml``."""
        return cls(secret=(credentials or {}).get("secret") or "")

    def _allows(self, request: Request) -> bool:
        given = request.headers.get("X-Lotse-Secret", "")
        return hmac.compare_digest(given.encode(), self._secret.encode())

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes of this channel."""
        routes = Blueprint("lotse_webhook", "lotse_webhook")

        @routes.route("/", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            loaded = request.app.ctx.agent.is_ready()
            return response.json({"ready": loaded}, status=200 if loaded else 503)

        @routes.route("/parse", methods=["POST"])
        async def parse(request: Request) -> HTTPResponse:
            if not self._allows(request):
                return response.json({"error": "forbidden"}, status=403)
            return response.json(await request.app.ctx.agent.parse_message(request.json["text"]))

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._allows(request):
                return response.json({"error": "forbidden"}, status=403)
            body = request.json
            sender = body["sender"]
            _states[sender] = body.get("state") or {}
            collector = CollectingOutputChannel()
            try:
                await on_new_message(
                    UserMessage(
                        body["message"],
                        collector,
                        sender,
                        input_channel=self.name(),
                        metadata=body.get("metadata") or {},
                    )
                )
            finally:
                state = _states.pop(sender, {})
                guess = _guesses.pop(sender, None)
            return response.json({"messages": collector.messages, "state": state, "guess": guess})

        return routes
