"""Answering a question from the knowledge base, with centre, source and date checked."""

from __future__ import annotations

from centre import county, format
from dialogues.actions.fallback import LONGEST_QUESTION
from dialogues.actions.keyboards import STATUSES, keyboard
from dialogues.actions.turn import Turn, action
from knowledge_base.search import Hit, differs_by_status, search, topic_entries
from storage.outbox import Button, Content

# How many are looked at to see whether the answer depends on the status, and how many are offered.
COMPARED = 5
HITS = 3
# Scores are sums of similarities; below this difference two entries fit about equally.
NEARLY_AS_GOOD = 0.05
WHOLE_TOPIC = 60
UNKNOWN_STATUS = "other"
LONGEST_LABEL = 60


@action("action_answer")
async def answer(turn: Turn) -> None:
    """Answer what was typed, or show the entry or topic that was tapped."""
    topic = turn.intent
    question = turn.text[:LONGEST_QUESTION] or turn.slots.get("question") or ""
    if turn.slots.get("question"):
        turn.forget("question")
    status = _status(turn)
    tapped = turn.entity("page")
    hits = await _find(turn, topic, "" if tapped else question, status)
    if tapped:
        hits = _from(hits, tapped)
    if not hits:
        # No guess; but the topic itself was understood and may be looked through.
        browse = [[turn.button(f"topic.{topic}", f"/{topic}")]] if question else []
        turn.say("answer.unknown", browse + keyboard("human", turn.language))
        return
    if status is None and not tapped and _depends_on_status(hits):
        # The question waits for the tap; it is gone from the state when it is answered.
        turn.set("question", question or None)
        turn.say("answer.residence_differs", _status_buttons(turn, topic))
        return
    turn.send(_show(turn, hits))


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


def _from(hits: list[Hit], entry: str) -> list[Hit]:
    for index, hit in enumerate(hits):
        if hit.entry_id == entry:
            return hits[index:]
    return hits


def _depends_on_status(hits: list[Hit]) -> bool:
    """Return whether the best entry and one nearly as good exclude each other by status."""
    near = [hit for hit in hits[:COMPARED] if hit.score >= hits[0].score - NEARLY_AS_GOOD]
    return any(differs_by_status([hits[0], other]) for other in near)


def _status_buttons(turn: Turn, topic: str) -> list[list[Button]]:
    return [
        [turn.button(f"status.{status}", f'/{topic}{{"status":"{status}"}}')]
        for status in (*STATUSES, UNKNOWN_STATUS)
    ]


def _show(turn: Turn, hits: list[Hit]) -> Content:
    hit, others = hits[0], hits[1:HITS]
    paragraphs = [f"{hit.title}\n\n{hit.body}"]
    notes = []
    if hit.language != turn.language:
        language = format.language_name(hit.language, turn.language)
        notes.append(turn.words("answer.other_language", language=language))
    if hit.text_status not in ("original", "reviewed"):
        notes.append(turn.words("answer.unreviewed"))
    if hit.unconfirmed:
        notes.append(turn.words("answer.unconfirmed"))
    elif hit.volatile:
        notes.append(turn.words("answer.volatile"))
    paragraphs += ["\n".join(notes)] if notes else []
    paragraphs.append("\n".join(_origin(turn, hit)))
    buttons = [
        [Button(label=other.title[:LONGEST_LABEL], data=_page(other))]
        for other in others
        if other.entry_id != hit.entry_id
    ]
    buttons.append(
        [
            turn.button("answer.book", f'/book_appointment{{"topic":"{hit.topic}"}}'),
            turn.button("answer.person", "/talk_to_human"),
        ]
    )
    last = [turn.button("answer.more", f"/{hit.topic}"), turn.button("menu.back", "/help")]
    if hit.source_url:
        last.insert(0, Button(label=turn.words("answer.link"), url=hit.source_url))
    buttons.append(last)
    return Content(text="\n\n".join(paragraphs), buttons=buttons)


def _page(hit: Hit) -> str:
    return f'/{hit.topic}{{"page":"{hit.entry_id}"}}'


def _origin(turn: Turn, hit: Hit) -> list[str]:
    """Return the lines that say where an answer comes from and how old it is."""
    if hit.centre in county.centres():
        lines = [turn.words("answer.centre", centre=county.centre(hit.centre).name)]
    else:
        lines = [turn.words("answer.all_centres")]
    lines.append(turn.words("answer.source", source=hit.source_title))
    if hit.checked_on is None:
        lines.append(turn.words("answer.undated"))
    else:
        date = format.date(hit.checked_on, turn.language)
        lines.append(turn.words("answer.checked", date=date))
    return lines
