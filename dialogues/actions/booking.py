"""Booking an appointment: what it is about, which kind, with whom; the form's check of all."""

from __future__ import annotations

from centre import appointments, people
from centre.appointments import choices
from centre.appointments.choices import ANYBODY, MAN, MINE, SAME, SPEAKS, WOMAN
from centre.format import language_name
from dialogues.actions import booking_hold, booking_needs, booking_times
from dialogues.actions.booking_wish import centre_of
from dialogues.actions.keyboards import in_rows, topic_buttons, topics
from dialogues.actions.start import save_centre, save_consent
from dialogues.actions.turn import Turn, action
from storage.outbox import Button

WHO = {MINE: "who.mine", ANYBODY: "who.any", WOMAN: "who.woman", MAN: "who.man"}


@action("validate_booking_form")
async def validate(turn: Turn) -> None:
    """Check what was chosen against what is free, hold the time, forget what no longer fits.

    While the person only asks something in between, this must change and say nothing: Rasa takes
    any change as an answer to the form's question.
    """
    save_consent(turn)
    await save_centre(turn)
    if turn.slots.get("booking_topic") not in (*topics(), "other", None):
        turn.forget("booking_topic")
    _check_kind(turn)
    await _check_who(turn)
    if turn.person.consented_at is None or turn.person.centre is None:
        return
    if any(turn.slots.get(f"booking_{one}") is None for one in ("topic", "kind", "who")):
        return
    await booking_times.check_day(turn)
    await booking_times.check_time(turn)
    if not await booking_hold.check(turn):
        return
    booking_needs.check(turn)
    await booking_hold.note(turn)
    confirmed = turn.slots.get("booking_confirmed")
    if confirmed not in ("yes", "no", None):
        # The button names the time it confirms: an old one must not confirm another time.
        turn.set("booking_confirmed", "yes" if confirmed == booking_hold.number(turn) else None)
    elif confirmed == "yes" and booking_hold.number(turn) is None:
        turn.forget("booking_confirmed")


def _check_kind(turn: Turn) -> None:
    asked = turn.slots.get("requested_slot") == "booking_kind"
    if asked and turn.slots.get("booking_kind") is None and turn.text:
        # Typing the kind alone is enough; its button says the length too.
        typed = turn.text.casefold().strip(" .!")
        for name in appointments.kinds():
            label = appointments.kind_label(name, turn.language)
            if typed == label.split("(")[0].strip().casefold():
                turn.set("booking_kind", name)
    if turn.slots.get("booking_kind") not in (*appointments.kinds(), None):
        turn.forget("booking_kind")


async def _check_who(turn: Turn) -> None:
    who = turn.slots.get("booking_who")
    if who == SAME and turn.slots.get("booking_moves"):
        return
    if turn.slots.get("booking_kind") is None or turn.person.centre is None:
        return
    if who is not None and turn.entity("booking_who") is None:
        return
    possible = await _choices(turn)
    if who is None and len(possible) == 1:
        turn.set("booking_who", possible[0])
    elif who is not None and who not in possible:
        turn.forget("booking_who")


async def _choices(turn: Turn) -> list[str]:
    centre = await centre_of(turn)
    return await choices.choices(turn.session, turn.person, centre.id, turn.language)


@action("action_ask_booking_topic")
async def ask_topic(turn: Turn) -> None:
    """Ask what it is about."""
    rows = topic_buttons(turn.language, '/choose{"topic":"%s"}')
    rows.append([turn.button("topic.other", '/choose{"topic":"other"}')])
    turn.say("book.ask_topic", rows)


@action("action_ask_booking_kind")
async def ask_kind(turn: Turn) -> None:
    """Ask which kind of appointment, with how long each takes."""
    buttons = [
        Button(
            label=appointments.kind_label(name, turn.language),
            data=f'/choose{{"booking_kind":"{name}"}}',
        )
        for name in appointments.kinds()
    ]
    turn.say("book.ask_kind", in_rows(buttons))


@action("action_ask_booking_who")
async def ask_who(turn: Turn) -> None:
    """Ask who should advise them, as far as there is somebody to choose."""
    rows = [[await _who_button(turn, name)] for name in await _choices(turn)]
    turn.say("book.ask_who", rows)


async def _who_button(turn: Turn, name: str) -> Button:
    data = f'/choose{{"booking_who":"{name}"}}'
    if name == SPEAKS:
        spoken = language_name(turn.language, turn.language)
        return turn.button("who.speaks", data, language=spoken)
    if name == MINE and turn.person.manager_id is not None:
        adviser = await people.get(turn.session, turn.person.manager_id)
        return turn.button("who.mine", data, manager=(adviser and adviser.name) or "–")
    return turn.button(WHO[name], data)
