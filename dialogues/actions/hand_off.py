"""Asking for an interpreter or for a person of the staff."""

from __future__ import annotations

from centre import county, format, handoffs
from dialogues.actions.keyboards import in_rows, keyboard, language_buttons
from dialogues.actions.start import save_centre, save_consent
from dialogues.actions.turn import Turn, action
from storage.outbox import Button
from translations.languages import languages


@action("validate_interpreter_form")
async def validate_interpreter(turn: Turn) -> None:
    """Accept launch languages only."""
    save_consent(turn)
    await save_centre(turn)
    if turn.slots.get("interpreter_language") not in (*languages(), None):
        turn.forget("interpreter_language")


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


@action("action_request_interpreter")
async def request_interpreter(turn: Turn) -> None:
    """Ask all interpreters of the language at once."""
    wanted = turn.slots.get("interpreter_language")
    turn.forget("interpreter_language")
    if turn.person.consented_at is None or turn.person.centre is None or wanted is None:
        return
    handoff, asked, new = await handoffs.request(
        turn.session,
        person_id=turn.person.id,
        kind="interpreter",
        centre=county.centre(turn.person.centre).id,
        language=wanted,
        request_key=turn.request_key,
    )
    stop = [[turn.button("interpreter.stop", "h:stop")]]
    name = format.language_name(wanted, turn.language)
    if not new:
        turn.say("interpreter.waiting", stop)
    elif asked:
        turn.say("interpreter.requested", stop, count=asked, language=name)
    elif handoff.status == "open":
        turn.say("interpreter.none", stop, language=name)
    else:
        turn.say("human.nobody", keyboard("menu", turn.language))


@action("action_request_human")
async def request_human(turn: Turn) -> None:
    """Tell the staff of the centre that somebody wants to talk to a person."""
    urgent = turn.slots.get("urgent") == "yes"
    turn.forget("urgent")
    if turn.person.consented_at is None or turn.person.centre is None:
        return
    _, asked, new = await handoffs.request(
        turn.session,
        person_id=turn.person.id,
        kind="human",
        centre=county.centre(turn.person.centre).id,
        language=turn.language,
        request_key=turn.request_key,
        urgent=urgent,
    )
    stop = [[turn.button("interpreter.stop", "h:stop")]]
    if not asked:
        turn.say("human.nobody", keyboard("menu", turn.language))
    else:
        turn.say("human.requested" if new else "human.waiting", stop)
