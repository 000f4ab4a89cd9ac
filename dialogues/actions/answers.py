"""Answering a question from the knowledge base, with centre, source and date checked."""

from __future__ import annotations

import re

from centre.text_notes import machine
from dialogues.actions import answer_view, booking_needs, offers
from dialogues.actions.fallback import LONGEST_QUESTION
from dialogues.actions.keyboards import STATUSES, keyboard
from dialogues.actions.turn import Turn, action, document
from knowledge_base import feedback
from knowledge_base.search import Hit, differs_by_status, entry, search, topic_entries
from storage.outbox import Button, Content
from translations import speech

# How many are looked at to see whether the answer depends on the status, and how many are offered.
COMPARED = 5
HITS = 1 + answer_view.OTHERS
# Scores are sums of similarities; below this difference two entries fit about equally.
NEARLY_AS_GOOD = 0.08
WHOLE_TOPIC = 60
UNKNOWN_STATUS = "other"
# What a button says about an entry: how to show it, its id, and which passage of a long text.
PAGE = re.compile(r"(?P<view>de:|au:)?(?P<entry>[a-z0-9_-]{2,48})(?::(?P<position>\d{1,4}))?")


@action("action_answer")
async def answer(turn: Turn) -> None:
    """Answer what was typed, or show the entry or topic that was tapped."""
    if booking_needs.said(turn) or await offers.instead(turn):
        return
    topic = turn.intent
    question = turn.text[:LONGEST_QUESTION] or turn.slots.get("question") or ""
    if turn.slots.get("question"):
        turn.forget("question")
    status = _status(turn)
    if page := turn.entity("page"):
        await _open(turn, page, status)
        return
    hits = await _find(turn, topic, question, status)
    if not hits:
        await _abstain(turn, topic, question)
        return
    if status is None and _depends_on_status(hits):
        # The question waits for the tap; it is gone from the state when it is answered.
        turn.set("question", question or None)
        turn.say("answer.residence_differs", _status_buttons(turn, topic))
        return
    await _show(turn, hits[0], hits[1:HITS])


def _status(turn: Turn) -> str | None:
    """Return the residence status to answer for; kept only when the person agreed to storing."""
    tapped = turn.entity("status")
    if tapped in STATUSES and turn.person.consented_at is not None:
        turn.person.residence_status = tapped
    return tapped or turn.person.residence_status


async def _find(turn: Turn, topic: str, question: str, status: str | None) -> list[Hit]:
    known = status if status in STATUSES else None
    if not question:
        return await topic_entries(
            turn.session,
            topic,
            centre=turn.person.centre,
            language=turn.language,
            status=known,
            limit=WHOLE_TOPIC,
        )
    found = await search(
        turn.session,
        question,
        centre=turn.person.centre,
        language=turn.language,
        topic=topic,
        status=known,
        limit=COMPARED,
    )
    return found.hits if found.answered else []


async def _open(turn: Turn, page: str, status: str | None) -> None:
    """Show the entry a button names: as an answer, in German, or as sound."""
    match = PAGE.fullmatch(page)
    hit = match and await entry(
        turn.session,
        match["entry"],
        language=turn.language,
        position=int(match["position"] or 0),
    )
    if match is None or hit is None:
        turn.say("input.stale", keyboard("human", turn.language))
    elif match["view"] == answer_view.GERMAN and hit.original[0]:
        turn.send(answer_view.german(turn, hit))
    elif match["view"] == answer_view.LISTEN:
        await _read_aloud(turn, hit)
    else:
        topic = await _find(turn, hit.topic, "", status)
        await _show(turn, hit, _after(topic, hit.entry_id))


def _after(hits: list[Hit], shown: str) -> list[Hit]:
    """Return what follows an entry in its topic; behind the last one comes the first."""
    ids = [hit.entry_id for hit in hits]
    here = ids.index(shown) if shown in ids else -1
    return [hit for hit in hits[here + 1 :] + hits[: here + 1] if hit.entry_id != shown]


async def _show(turn: Turn, hit: Hit, others: list[Hit]) -> None:
    audible = await speech.can_speak(hit.language)
    turn.send(answer_view.answer(turn, hit, others, audible))
    await feedback.count_shown(turn.session, hit.entry_id, hit.language)


async def _read_aloud(turn: Turn, hit: Hit) -> None:
    """Send what is shown of an entry as sound."""
    label = machine(hit, hit.language)
    # Who listens may not read what stands above the sound: the label is heard too.
    words = "\n".join(part for part in (*label, hit.title, hit.section, hit.body) if part)
    try:
        sound = await speech.read_aloud(words, hit.language)
    except speech.Unspeakable:
        turn.say("answer.silent", keyboard("human", turn.language))
        return
    file = document(f"{hit.entry_id}.{sound.ending}", sound.media_type, sound.content)
    turn.send(Content(text=answer_view.caption(turn, hit), document=file))


async def _abstain(turn: Turn, topic: str, question: str) -> None:
    """Say that there is no answer, and ask whether the question may be handed on.

    Its words wait in the conversation's state for the next message only (bot/conversation.py).
    """
    number = None
    if question:
        number = await feedback.store_unanswered(
            turn.session,
            centre=turn.person.centre,
            language=turn.language,
            topic=topic,
            text=None,
            person_id=None,
        )
        turn.set("unanswered", question)
    turn.send(answer_view.unknown(turn, topic, number))


def _depends_on_status(hits: list[Hit]) -> bool:
    """Return whether the best entry and one nearly as good exclude each other by status."""
    near = [hit for hit in hits[:COMPARED] if hit.score >= hits[0].score - NEARLY_AS_GOOD]
    return any(differs_by_status([hits[0], other]) for other in near)


def _status_buttons(turn: Turn, topic: str) -> list[list[Button]]:
    return [
        [turn.button(f"status.{status}", f'/{topic}{{"status":"{status}"}}')]
        for status in (*STATUSES, UNKNOWN_STATUS)
    ]
