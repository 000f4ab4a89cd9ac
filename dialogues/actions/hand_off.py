"""Asking for an interpreter or for a person of the staff."""

from __future__ import annotations

from centre import county, format, handoffs
from centre.handoffs import Handoff, median, office_hours, waves, wishes
from centre.handoffs.errors import REFUSALS
from centre.pool import topics
from dialogues.actions.keyboards import in_rows, keyboard, language_buttons
from dialogues.actions.start import save_centre, save_consent
from dialogues.actions.turn import Turn, action
from storage import clock
from storage.outbox import Button
from translations.languages import languages


@action("validate_interpreter_form")
async def validate_interpreter(turn: Turn) -> None:
    """Accept launch languages and the topics of our buttons only."""
    save_consent(turn)
    await save_centre(turn)
    if turn.slots.get("interpreter_language") not in (*languages(), None):
        turn.forget("interpreter_language")
    if turn.slots.get("interpreter_topic") not in (*topics.topics(), None):
        turn.forget("interpreter_topic")


@action("validate_human_form")
async def validate_human(turn: Turn) -> None:
    """Take over consent and centre."""
    save_consent(turn)
    await save_centre(turn)


@action("action_ask_interpreter_language")
async def ask_language(turn: Turn) -> None:
    """Ask for which language; the person's own stands first."""
    own = languages().get(turn.language)
    rows: list[list[Button]] = []
    if own and own.code != "de":
        rows.append([Button(label=own.name, data=f'/choose{{"language":"{own.code}"}}')])
    others = [
        button
        for row in language_buttons('/choose{"language":"%s"}')
        for button in row
        if not own or button.label != own.name
    ]
    turn.say("interpreter.ask_language", rows + in_rows(others, 3))


@action("action_ask_interpreter_topic")
async def ask_topic(turn: Turn) -> None:
    """Ask what it is about: some things volunteers may not do, and some people don't do some."""
    buttons = [
        turn.button(f"interpreting.{topic}", f'/choose{{"interpreter_topic":"{topic}"}}')
        for topic in topics.topics()
    ]
    turn.say("interpreter.ask_topic", in_rows(buttons))


@action("action_request_interpreter")
async def request_interpreter(turn: Turn) -> None:
    """Ask the first wave of those who interpret the language."""
    wanted, topic = turn.slots.get("interpreter_language"), turn.slots.get("interpreter_topic")
    turn.forget("interpreter_language", "interpreter_topic")
    if turn.person.consented_at is None or turn.person.centre is None or wanted is None:
        return
    made = await _request(turn, "interpreter", wanted, topic=topic)
    if made is None:
        return
    handoff, asked, new = made
    stop = [[turn.button("interpreter.stop", "h:stop")]]
    name = format.language_name(wanted, turn.language)
    if not new:
        turn.say("interpreter.waiting", stop)
    elif asked and handoff.stage == waves.INTERPRETERS:
        await _say_with_median(
            turn,
            handoff,
            "interpreter.requested",
            await _choices(turn, handoff),
            count=asked,
            language=name,
        )
    elif asked:
        turn.say("interpreter.other_languages", stop, count=asked)
    elif handoff.status != "open":
        turn.say("human.nobody", keyboard("menu", turn.language))
    elif topics.is_outside(topic):
        turn.say("interpreter.outside", stop)
    else:
        turn.say("interpreter.none", stop, language=name)
        if which := await waves.which_else(turn.session, handoff, turn.language):
            turn.send(which)


async def _choices(turn: Turn, handoff: Handoff) -> list[list[Button]]:
    offers = await wishes.offers(turn.session, handoff)
    return [
        [
            turn.button("interpreter.urgent", "h:high"),
            turn.button("interpreter.can_wait", "h:low"),
        ],
        *([[turn.button("interpreter.wishes", "h:wish")]] if offers else []),
        [turn.button("interpreter.come_along", "h:onsite")],
        [turn.button("interpreter.stop", "h:stop")],
    ]


@action("action_request_human")
async def request_human(turn: Turn) -> None:
    """Tell the staff of the centre that somebody wants to talk to a person."""
    urgent = turn.slots.get("urgent") == "yes"
    turn.forget("urgent")
    if turn.person.consented_at is None or turn.person.centre is None:
        return
    made = await _request(turn, "human", turn.language, urgent=urgent)
    if made is None:
        return
    handoff, asked, new = made
    stop = [[turn.button("interpreter.stop", "h:stop")]]
    if not asked:
        turn.say("human.nobody", keyboard("menu", turn.language))
    elif not new:
        turn.say("human.waiting", stop)
    elif urgent:
        turn.say("human.requested", stop)
    else:
        await _requested(turn, handoff, stop)


async def _requested(turn: Turn, handoff: Handoff, stop: list[list[Button]]) -> None:
    """Say when somebody can be expected: only what was so until now, or nothing."""
    opens = await office_hours.next_answer(turn.session, handoff.centre, turn.person.id)
    if opens is not None and opens > clock.now():
        urgent = [turn.button("emergency.human", '/talk_to_human{"urgent":"yes"}')]
        day, start = format.day(opens, turn.language), format.time(opens, turn.language)
        turn.say("human.closed", [urgent, *stop], day=day, start=start)
        return
    await _say_with_median(turn, handoff, "human.requested", stop)


async def _say_with_median(
    turn: Turn, handoff: Handoff, key: str, buttons: list[list[Button]], **values: object
) -> None:
    """Say what was done, and how long others waited, where enough of them did."""
    of = handoff.language if handoff.kind == "interpreter" else None
    minutes = await median.median_minutes(turn.session, handoff.kind, handoff.centre, of)
    words = turn.words(key, **values)
    if minutes is not None:
        words += "\n\n" + turn.words("human.median", minutes=minutes)
    turn.send_text(words, buttons)


async def _request(
    turn: Turn, kind: str, language: str, *, urgent: bool = False, topic: str | None = None
) -> tuple[Handoff, int, bool] | None:
    """Make the request, or say why it can't be made."""
    try:
        return await handoffs.request(
            turn.session,
            person_id=turn.person.id,
            kind=kind,
            centre=county.centre(turn.person.centre or "").id,
            language=language,
            request_key=turn.request_key,
            urgent=urgent,
            topic=topic,
        )
    except REFUSALS as refusal:
        turn.say(refusal.key, keyboard("menu", turn.language))
    return None
