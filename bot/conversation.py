"""One thing a person did, whatever the channel: what follows from it.

Everything that a conversation changes (its state, the outgoing messages, the mark that the update
is answered) is committed in one transaction by the worker; what actions did meanwhile is keyed by
the update, so a repetition does nothing twice.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot import clean, helpers, talk, unanswered
from bot.commands import COMMANDS
from bot.incoming import GUESSED, Incoming, language_of
from bot.rasa import Rasa, RasaUnavailable, Reply
from centre import county, emergencies, handoffs
from centre.handoffs.errors import REFUSALS
from centre.people import Person
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.languages import languages, suggested, told

log = logging.getLogger(__name__)

# Answers to what we cannot read; the conversation goes on where it was.
UNREADABLE = {
    "sticker": "input.sticker",
    "photo": "input.photo",
    "voice": "input.voice",
    "contact": "input.contact",
    "edited": "input.edited",
    "group": "input.group",
}
# Intents whose answer only repeats what the first contact says anyway.
SMALL_TALK = {
    *("start", "greet", "help", "affirm", "deny", "thank", "goodbye", "choose", "cancel"),
    "nlu_fallback",
}
# The sign for danger, understood in every language.
SOS = "\N{SQUARED SOS}"
OFFERED = "offered"
SUGGESTED = "suggested"
LANGUAGE_INTENTS = {"change_language", "request_interpreter", "emergency"}
ASKS_FOR_CENTRE = {"person_centre", "chosen_centre"}
_SIGNS = re.compile(r"^\W+")


@dataclass
class Outcome:
    """What follows: messages in order, and the conversation's next state."""

    messages: list[Content] = field(default_factory=list)
    state: dict[str, Any] | None = None
    erased: bool = False
    """The person's data is gone; only this last answer is still owed."""


def seeded(state: dict[str, Any], person: Person) -> dict[str, Any]:
    """Return ``state`` with what the database knows better than the last turn did.

    A question that nothing answered waits for one message only; it is gone from here.
    """
    slots = dict(state.get("slots") or {})
    slots.pop(unanswered.SLOT, None)
    facts = {
        "person_language": person.language,
        "person_centre": person.centre,
        "consent": "yes" if person.consented_at else None,
    }
    for name, value in facts.items():
        if value is None:
            slots.pop(name, None)
        else:
            slots[name] = value
    return {**state, "slots": slots}


def is_new(person: Person) -> bool:
    """Return whether this person wrote for the first time."""
    return person.role == "refugee" and person.centre is None and "intent" not in person.dialogue


async def converse(
    session: AsyncSession,
    rasa: Rasa | None,
    person: Person,
    incoming: Incoming,
    update_key: str,
    link: helpers.Link | None = None,
) -> Outcome:
    """Answer one update.

    Args:
        session: the worker's transaction; it stays open, without locks on people, while Rasa works.
        rasa: where understanding and deciding happens; ``None`` while it is not this update's turn.
        person: who did it.
        incoming: what they did.
        update_key: names the update, the same at every repetition.
        link: makes the bot's deep link of a token; ``None`` where there is no bot.

    Returns:
        What follows. Relayed messages and hand-offs are written to the outbox directly.

    Raises:
        RasaUnavailable: only Rasa can answer this and it cannot be reached; try again later.
    """
    language = language_of(person, incoming)
    if incoming.kind == "ignored":
        return Outcome()
    if incoming.kind == "group":
        return Outcome([Content(text=say("input.group", language))])
    by_hand = await helpers.handle(session, person, incoming, link)
    if by_hand is None and incoming.kind in UNREADABLE:
        by_hand = [Content(text=say(UNREADABLE[incoming.kind], language))]
    notes: list[Content] = []
    message = None if by_hand is not None else _to_message(person, incoming, notes, language)
    if message is None:
        await unanswered.forget(session, person)
        return Outcome(notes if by_hand is None else by_hand)
    if rasa is None:
        raise RasaUnavailable(reason="in line")
    outcome = await _ask_rasa(session, rasa, person, incoming, message, notes, update_key)
    if incoming.kind == "text" and incoming.text.startswith("/"):
        outcome.messages += await talk.still(session, person, language)
    return with_offers(outcome)


def plain(label: str) -> str:
    """Return a label or typed words as they are compared with each other."""
    return _SIGNS.sub("", clean.visible(label)).casefold().rstrip(" .!?")


def with_offers(outcome: Outcome) -> Outcome:
    """Remember what the buttons say: typing a button's label is the same as tapping it."""
    if outcome.state is not None:
        offers = {
            plain(button.label): button.data
            for content in outcome.messages
            for row in content.buttons
            for button in row
            if button.data
        }
        outcome.state = {**outcome.state, OFFERED: offers}
    return outcome


def _to_message(
    person: Person, incoming: Incoming, notes: list[Content], language: str
) -> str | None:
    """Return what Rasa is told, or ``None`` when ``notes`` already say everything."""
    if incoming.kind == "tap":
        if clean.valid_tap(incoming.data):
            return incoming.data
        notes.append(Content(text=say("input.stale", language), buttons=menu(language)))
        return None
    if incoming.kind == "location" and incoming.location is not None:
        here = county.place_at(*incoming.location)
        near = county.nearest(*incoming.location)
        if near is None:
            notes.append(Content(text=say("start.location_far", language)))
            return None
        centre = (here and here.centre) or near.id
        slots = person.dialogue.get("slots") or {}
        asked = slots.get("requested_slot") in ASKS_FOR_CENTRE
        return f'/{"choose" if asked else "change_centre"}{{"centre":"{centre}"}}'
    text = clean.visible(incoming.text)
    command = text.split()[0].split("@")[0].lower() if text.startswith("/") else ""
    if command in COMMANDS:
        return f"/{COMMANDS[command].intent}"
    text = text.lstrip("/ ").strip()
    if SOS in text:
        return "/emergency"
    if not clean.has_words(text):
        notes.append(Content(text=say("input.empty", language)))
        return None
    offered = (person.dialogue.get(OFFERED) or {}).get(plain(text))
    if offered and clean.valid_tap(offered):
        return str(offered)
    if len(text) > clean.LONGEST_TEXT:
        notes.append(Content(text=say("input.too_long", language, limit=clean.LONGEST_TEXT)))
        text = text[: clean.LONGEST_TEXT]
    return text


async def _ask_rasa(
    session: AsyncSession,
    rasa: Rasa,
    person: Person,
    incoming: Incoming,
    message: str,
    notes: list[Content],
    update_key: str,
) -> Outcome:
    language = language_of(person, incoming)
    metadata = {"update": update_key, "language": language}
    here = county.place_at(*incoming.location) if incoming.location else None
    if here is not None:
        metadata["place"] = here.id
    sender = str(person.id)
    first_contact = is_new(person)
    reply = await rasa.turn(sender, message, seeded(person.dialogue, person), metadata)
    if person.language is None and not person.dialogue.get(GUESSED):
        metadata["language"] = told(reply.guess) or language
    if not first_contact or reply.state.get("loop") == "start_form":
        offered = person.dialogue.get(OFFERED) or {}
        said = await unanswered.typed(session, person, reply, offered, language)
        messages = notes + (said or reply.messages) + _suggestion(person, reply)
        return Outcome(messages, _with_languages(person, reply.state, reply, metadata["language"]))
    # A newcomer's question is answered first, then they are asked who they are.
    answered = [] if reply.intent in SMALL_TALK else reply.messages
    start = await rasa.turn(sender, "/start", seeded({}, person), metadata)
    state = _with_languages(person, start.state, reply, metadata["language"])
    return Outcome(notes + answered + start.messages, unanswered.carried(state, reply.state))


def _with_languages(
    person: Person, state: dict[str, Any], reply: Reply, language: str
) -> dict[str, Any]:
    """Keep in ``state`` what was guessed and suggested, as long as it matters."""
    if person.language is None:
        return (
            {**state, GUESSED: language}
            if told(reply.guess) or GUESSED in person.dialogue
            else state
        )
    offered = suggested(reply.guess, person.language) or person.dialogue.get(SUGGESTED)
    return {**state, SUGGESTED: offered} if offered else state


def _suggestion(person: Person, reply: Reply) -> list[Content]:
    """Offer another language, in both, once; never in the middle of a form."""
    current = person.language
    other = suggested(reply.guess, current) if current else None
    if current is None or other is None or reply.state.get("loop"):
        return []
    if other == person.dialogue.get(SUGGESTED) or reply.intent in LANGUAGE_INTENTS:
        return []
    name, own = languages()[other].name, languages()[current].name
    texts = [say("language.suggest", code, language=name) for code in (other, current)]
    switch = Button(
        label=say("language.switch", other, language=name),
        data=f'/change_language{{"language":"{other}"}}',
    )
    keep = Button(label=say("language.keep", current, language=own), data=helpers.KEEP)
    return [Content(text="\n\n".join(texts), buttons=[[switch], [keep]])]


async def without_rasa(
    session: AsyncSession, person: Person, incoming: Incoming, update_key: str
) -> tuple[Outcome, bool]:
    """Answer what can be answered while Rasa is down.

    Returns:
        The outcome, and whether the update is done with it; if not, the person was told to wait
        and the update stays in the queue.
    """
    language = language_of(person, incoming)
    intent = _plain_intent(incoming)
    if intent == "talk_to_human" and person.consented_at and person.centre:
        try:
            _, asked, _ = await handoffs.request(
                session,
                person_id=person.id,
                kind="human",
                centre=person.centre,
                language=language,
                request_key=update_key,
            )
            key = "human.requested" if asked else "human.nobody"
        except REFUSALS as refusal:
            key = refusal.key
        return Outcome([Content(text=say(key, language))]), True
    kind = emergencies.heard(incoming.text) if incoming.kind == "text" else None
    if intent == "emergency" or kind:
        text = emergencies.advice(kind, language)
        return Outcome([Content(text=text, buttons=limited_menu(language))]), True
    waiting = Content(text=say("menu.limited", language), buttons=limited_menu(language))
    # The menu is all that was asked for; whatever else it was is kept and answered later.
    return Outcome([waiting]), intent == "help"


def _plain_intent(incoming: Incoming) -> str:
    """Return the intent of a button or command, without understanding any words."""
    if incoming.kind == "tap" and clean.valid_tap(incoming.data):
        return clean.intent_of(incoming.data)
    words = clean.visible(incoming.text).split()
    command = COMMANDS.get(words[0].lower()) if words else None
    return command.intent if command else ""


def menu(language: str) -> list[list[Button]]:
    """Return the way back to the menu."""
    return [[Button(label=say("menu.back", language), data="/help")]]


def limited_menu(language: str) -> list[list[Button]]:
    """Return the buttons that work while Rasa is down."""
    return [
        [Button(label=say("menu.emergency", language), data="/emergency")],
        [Button(label=say("menu.human", language), data="/talk_to_human")],
    ]
