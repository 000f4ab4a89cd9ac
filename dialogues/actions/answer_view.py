"""How an answer looks: short paragraphs with signs, where it comes from, and what can follow."""

from __future__ import annotations

from centre import county, format
from centre.text_notes import machine, marked, reliability
from dialogues.actions.keyboards import keyboard
from dialogues.actions.turn import Turn
from knowledge_base.content_files import ORIGINAL
from knowledge_base.search import Hit
from knowledge_base.simple_view import beginning, pictogram, sign, signed, simple
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.direction import lines, together

OTHERS = 2
LONGEST_LABEL = 60
LONGEST_DATA = 64
LONGEST_GERMAN = 3000
# How a button names what is to be done with an entry, before the entry's id.
GERMAN, LISTEN = "de:", "au:"
# Carries an entry's id where its own topic's name is too long for a button.
SHORT_TOPIC = "ask_work"

Row = list[Button]


def answer(turn: Turn, hit: Hit, others: list[Hit], audible: bool) -> Content:
    """Return an entry as a message.

    Args:
        turn: who reads it.
        hit: the entry.
        others: what else may be meant; the first two become buttons.
        audible: whether its language can be read aloud.
    """
    notes, question = _notes(turn, hit), turn.words("answer.feedback")
    parts = [title(hit), *_text(hit), "\n".join(notes), "\n".join(_origin(turn, hit)), question]
    rows = [_reading(turn, hit, audible), *_others(turn, hit, others)]
    rows.append(
        [
            _signed(turn, "date", "answer.book", f'/book_appointment{{"topic":"{hit.topic}"}}'),
            _signed(turn, "person", "answer.person", "/talk_to_human"),
        ]
    )
    rows.append([*_feedback(turn, hit), _signed(turn, "menu", "menu.back", "/help")])
    return Content(text=_joined(parts), buttons=[row for row in rows if row])


def german(turn: Turn, hit: Hit) -> Content:
    """Return the German text, for showing to an office."""
    heading, body = hit.original
    text, whole = beginning(simple(body), LONGEST_GERMAN)
    origin = [signed(sign("source"), say("answer.source", ORIGINAL, source=_sources(hit)))]
    if hit.checked_on is not None:
        date = format.date(hit.checked_on, ORIGINAL)
        origin.append(signed(sign("date"), say("answer.checked", ORIGINAL, date=date)))
    parts = [
        turn.words("answer.german_heading"),
        signed(sign("german"), heading),
        text if whole else f"{text} …",
        "\n".join(origin),
    ]
    link = [] if whole else [[_link(turn, hit, "answer.read_all")]]
    back = [_open(turn, "back", "answer.back", hit), _signed(turn, "menu", "menu.back", "/help")]
    return Content(text=_joined(parts), buttons=[*link, [one for one in back if one]])


def caption(turn: Turn, hit: Hit) -> str:
    """Return what stands above an entry that is read aloud."""
    label = [signed(sign("machine"), one) for one in machine(hit, turn.language)]
    return _joined([title(hit), "\n".join(lines(one, turn.language) for one in label)])


def unknown(turn: Turn, topic: str, asked: int | None) -> Content:
    """Return the honest end: there is no answer, but there are people and the topic.

    Args:
        turn: who reads it.
        topic: what the question was understood as.
        asked: number of the unanswered question; ``None`` where no question was asked.
    """
    rows: list[Row] = []
    parts = [turn.words("answer.unknown")]
    if asked is not None:
        parts.append(turn.words("answer.hand_on"))
        yes = _signed(turn, "agree", "answer.hand_on_yes", f"k:hand:yes:{asked}")
        no = _signed(turn, "refuse", "answer.hand_on_no", f"k:hand:no:{asked}")
        label = signed(pictogram(topic), turn.words(f"topic.{topic}"))
        rows += [[yes, no], [Button(label=label, data=f"/{topic}")]]
    return Content(text=_joined(parts), buttons=rows + keyboard("human", turn.language))


def title(hit: Hit) -> str:
    """Return an entry's title behind the sign of its topic."""
    return together(signed(pictogram(hit.topic), hit.title), hit.language)


def payload(hit: Hit, view: str = "") -> str | None:
    """Return what a button carries that opens an entry, if that fits into a button."""
    entry = f"{view}{hit.entry_id}"
    passage = entry if hit.whole else f"{entry}:{hit.position}"
    choices = ((hit.topic, passage), (SHORT_TOPIC, passage), (SHORT_TOPIC, entry))
    made = (f'/{topic}{{"page":"{value}"}}' for topic, value in choices)
    return next((data for data in made if len(data) <= LONGEST_DATA), None)


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _text(hit: Hit) -> list[str]:
    section = signed(sign("section"), hit.section) if hit.section and not hit.whole else ""
    return [together(one, hit.language) for one in (section, simple(hit.body))]


def _notes(turn: Turn, hit: Hit) -> list[str]:
    """Return what an honest answer has to say about its text."""
    notes = []
    if hit.language != turn.language:
        language = format.language_name(hit.language, turn.language)
        notes.append(("language", turn.words("answer.other_language", language=language)))
    notes += reliability(hit, turn.language)
    if hit.unconfirmed:
        notes.append(("caution", turn.words("answer.unconfirmed")))
    elif hit.volatile:
        notes.append(("note", turn.words("answer.volatile")))
    return [lines(signed(sign(name), words), turn.language) for name, words in notes]


def _origin(turn: Turn, hit: Hit) -> list[str]:
    """Return the lines that say where an answer comes from and how old it is."""
    if hit.centre in county.centres():
        place = turn.words("answer.centre", centre=county.centre(hit.centre).name)
    else:
        place = turn.words("answer.all_centres")
    if hit.checked_on is None:
        age = turn.words("answer.undated")
    else:
        age = turn.words("answer.checked", date=format.date(hit.checked_on, turn.language))
    source = turn.words("answer.source", source=_sources(hit))
    lines = (("place", place), ("source", source), ("date", age))
    return [signed(sign(name), words) for name, words in lines]


def _sources(hit: Hit) -> str:
    return "; ".join(dict.fromkeys([hit.source_title, *hit.more_sources]))


def _reading(turn: Turn, hit: Hit, audible: bool) -> Row:
    """Return the buttons for reading: aloud, in German, at the source."""
    row = [_open(turn, "listen", "answer.listen", hit, LISTEN) if audible else None]
    if hit.language != ORIGINAL and hit.original[0]:
        row.append(_open(turn, "german", "answer.german", hit, GERMAN))
    if hit.source_url:
        row.append(_link(turn, hit, "answer.link" if hit.whole else "answer.read_all"))
    return [button for button in row if button]


def _others(turn: Turn, hit: Hit, others: list[Hit]) -> list[Row]:
    rows = []
    for other in others:
        data = payload(other)
        if other.entry_id != hit.entry_id and data:
            rows.append([Button(label=marked(other, title(other))[:LONGEST_LABEL], data=data)])
    if len(rows) < OTHERS:
        more = signed(pictogram(hit.topic), turn.words("answer.more"))
        rows.append([Button(label=more, data=f"/{hit.topic}")])
    return rows[:OTHERS]


def _feedback(turn: Turn, hit: Hit) -> Row:
    """Return "Did this help?": counted for the text that was read, never who."""

    def data(verb: str) -> str:
        return f"k:{verb}:{hit.entry_id}:{hit.language}"

    return [
        Button(label=sign("helped"), data=data("yes")),
        Button(label=sign("not_helped"), data=data("no")),
        _signed(turn, "caution", "answer.wrong", data("wrong")),
    ]


def _signed(turn: Turn, mark: str, key: str, data: str) -> Button:
    return Button(label=_label(turn, mark, key), data=data)


def _label(turn: Turn, mark: str, key: str) -> str:
    # Some signs, such as ℹ and flags, count as letters that are read from left to right.
    return lines(signed(sign(mark), turn.words(key)), turn.language)


def _open(turn: Turn, mark: str, key: str, hit: Hit, view: str = "") -> Button | None:
    data = payload(hit, view)
    return _signed(turn, mark, key, data) if data else None


def _link(turn: Turn, hit: Hit, key: str) -> Button:
    return Button(label=_label(turn, "source", key), url=hit.source_url)
