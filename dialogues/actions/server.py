"""The two routes Rasa calls: run an action, word an utterance."""

from __future__ import annotations

import hmac
import logging
import uuid
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from centre import people, privacy
from centre.county import county_name
from dialogues.actions.keyboards import keyboard, topic_buttons
from dialogues.actions.turn import PersonGone, Turn, actions, answer_language
from storage.engine import Database
from storage.outbox import Content
from translations.catalogue import say

log = logging.getLogger(__name__)

DOMAIN = Path(__file__).parents[1] / "domain"
# Utterances that name the county.
WITH_COUNTY = {"talk.out_of_scope"}

MODULES = (
    *("answers", "offers", "start", "appointments", "reschedule"),
    *("booking", "booking_times", "booking_needs", "booking_end"),
    *("hand_off", "privacy", "danger", "fallback"),
)
for module in MODULES:
    import_module(f"dialogues.actions.{module}")


@cache
def utterances() -> dict[str, tuple[str, str | None]]:
    """Return utterance -> (catalogue key, keyboard) from the domain."""
    raw = yaml.safe_load((DOMAIN / "responses.yml").read_text("utf-8"))["responses"]
    return {
        name: (variants[0]["text"], (variants[0].get("custom") or {}).get("keyboard"))
        for name, variants in raw.items()
    }


async def run_action(database: Database, body: dict[str, Any]) -> dict[str, Any]:
    """Run the action Rasa asks for, in one transaction.

    Args:
        database: where people and everything else live.
        body: Rasa's documented action call (``next_action``, ``tracker``).

    Returns:
        ``{"events": […], "responses": […]}``.

    Raises:
        KeyError: there is no such action.
        PersonGone: the person was erased meanwhile.
    """
    perform = actions[body["next_action"]]
    tracker = body["tracker"]
    async with database.transaction() as session:
        person = await people.get(session, uuid.UUID(tracker["sender_id"]))
        if person is None:
            raise PersonGone()
        turn = Turn(
            session=session,
            person=person,
            slots=dict(tracker["slots"]),
            message=tracker.get("latest_message") or {},
            form=(tracker.get("active_loop") or {}).get("name"),
        )
        await perform(turn)
    return {"events": turn.events, "responses": turn.responses}


async def word(database: Database, body: dict[str, Any]) -> dict[str, Any]:
    """Return the utterance Rasa asks for in the person's language, as a custom message."""
    key, board = utterances()[body["response"]]
    tracker = body["tracker"]
    async with database.transaction() as session:
        person = await people.get(session, uuid.UUID(tracker["sender_id"]))
        message = tracker.get("latest_message") or {}
        language = answer_language(person, message)
        mine: list[str] = []
        if body["response"] == "utter_privacy":
            mine += [say("privacy.talks", language), say("mine.stored", language)]
            if person is not None:
                mine.append(await privacy.stored_questions(session, person.id, language))
    wants_topics = any(
        one["entity"] == "page" and one["value"] == "topics"
        for one in message.get("entities") or []
    )
    if body["response"] == "utter_menu" and wants_topics:
        content = Content(text=say("menu.topics", language), buttons=topic_buttons(language, "/%s"))
    else:
        content = Content(
            text="\n\n".join(part for part in (_words(key, language), *mine) if part),
            buttons=keyboard(board, language) if board else [],
        )
    return {"custom": content.model_dump(exclude_defaults=True)}


def _words(key: str, language: str) -> str:
    return say(key, language, county=county_name()) if key in WITH_COUNTY else say(key, language)


def routes(database: Database, secret: str) -> list[web.RouteDef]:
    """Return the routes; a request must carry ``secret`` as its ``token`` parameter."""

    def allowed(request: web.Request) -> bool:
        given = request.query.get("token", "")
        return hmac.compare_digest(given.encode(), secret.encode())

    async def webhook(request: web.Request) -> web.Response:
        if not allowed(request):
            return web.json_response({"error": "forbidden"}, status=403)
        body = await request.json()
        return web.json_response(await run_action(database, body))

    async def nlg(request: web.Request) -> web.Response:
        if not allowed(request):
            return web.json_response({"error": "forbidden"}, status=403)
        return web.json_response(await word(database, await request.json()))

    return [web.post("/actions/webhook", webhook), web.post("/actions/nlg", nlg)]
