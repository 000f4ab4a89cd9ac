"""Seeing and cancelling one's own appointments."""

from __future__ import annotations

from typing import Any

from centre import appointments, county, format, people
from centre.appointments import Appointment, AppointmentGone, NotYours, waiting, words
from dialogues.actions import booking_hold
from dialogues.actions.booking_wish import SLOTS
from dialogues.actions.keyboards import keyboard
from dialogues.actions.reschedule import move_button
from dialogues.actions.turn import Turn, action
from storage import clock
from storage.outbox import Button, Content


def _when(turn: Turn, one: Appointment) -> dict[str, Any]:
    return {
        "day": format.day(one.start, turn.language),
        "start": format.time(one.start, turn.language),
    }


async def _line(turn: Turn, one: Appointment) -> str:
    manager = await people.get(turn.session, one.manager_id)
    text = turn.words(
        "appointments.line",
        **_when(turn, one),
        end=format.time(one.end, turn.language),
        centre=county.centre(one.centre).name,
        manager=(manager and manager.name) or "–",
        topic=appointments.topic_label(one.topic, turn.language),
    )
    return f"{text}\n{appointments.kind_label(one.kind, turn.language)}" + words.needs(
        one, turn.language
    )


def _cancel_button(turn: Turn, one: Appointment) -> Button:
    return turn.button(
        "appointments.cancel_this",
        f'/cancel_appointment{{"appointment":"{one.id}"}}',
        day=format.day_short(one.start, turn.language),
        start=format.time(one.start, turn.language),
    )


@action("action_show_appointments")
async def show(turn: Turn) -> None:
    """List what is booked, each with buttons to move and to cancel it, and what is waited for."""
    mine = await appointments.upcoming(turn.session, turn.person.id)
    wanted = await _wanted(turn)
    off = [[turn.button("waiting.off", "w:off")]] if wanted else []
    if not mine:
        text = "\n\n".join([turn.words("appointments.none"), *wanted])
        turn.send_text(text, off + keyboard("book", turn.language))
        return
    lines = [await _line(turn, one) for one in mine]
    buttons = [
        [button]
        for one in mine
        for button in (move_button(turn, one), _cancel_button(turn, one))
        if one.start > clock.now()
    ]
    buttons += off
    buttons.append(
        [turn.button("menu.book", "/book_appointment"), turn.button("menu.back", "/help")]
    )
    text = "\n\n".join([turn.words("appointments.list"), *lines, *wanted])
    turn.send(Content(text=text, buttons=buttons))


async def _wanted(turn: Turn) -> list[str]:
    """Return a paragraph on what the person is on the waiting list for, if on any."""
    places = await waiting.places(turn.session, turn.person.id)
    lines = [
        f"{appointments.topic_label(one.topic, turn.language)}: "
        f"{appointments.kind_label(one.kind, turn.language)}"
        for one in places
    ]
    return ["\n".join([turn.words("book.waiting"), *lines])] if lines else []


@action("action_begin_cancellation")
async def begin(turn: Turn) -> None:
    """Find out whether there is anything to cancel; one appointment needs no question which."""
    mine = await appointments.upcoming(turn.session, turn.person.id)
    turn.forget("cancel_confirmed")
    turn.set("has_appointments", bool(mine))
    if mine:
        # A booking that was going on ends here.
        await booking_hold.give_back(turn)
        turn.forget(*SLOTS)
    tapped = turn.entity("appointment")
    if not mine:
        turn.say("appointments.none", keyboard("book", turn.language))
    elif tapped is None:
        turn.set("appointment", str(mine[0].id) if len(mine) == 1 else None)
    elif tapped not in {str(one.id) for one in mine}:
        turn.say("appointments.gone")
        turn.forget("appointment")


@action("validate_cancellation_form")
async def validate(turn: Turn) -> None:
    """Accept one's own appointments only, and a yes that belongs to the one on the table."""
    mine = {str(one.id) for one in await appointments.upcoming(turn.session, turn.person.id)}
    chosen = turn.slots.get("appointment")
    if chosen is not None and chosen not in mine:
        turn.say("appointments.gone")
        turn.forget("appointment", "cancel_confirmed")
        return
    confirmed = turn.slots.get("cancel_confirmed")
    if confirmed not in ("yes", "no", None):
        turn.set("cancel_confirmed", "yes" if confirmed == chosen else None)


@action("action_ask_appointment")
async def ask_which(turn: Turn) -> None:
    """Ask which one."""
    mine = await appointments.upcoming(turn.session, turn.person.id)
    if not mine:
        turn.say("appointments.none", keyboard("book", turn.language))
        turn.stop_form()
        return
    turn.say("appointments.which", [[_cancel_button(turn, one)] for one in mine])


@action("action_ask_cancel_confirmed")
async def ask_confirmed(turn: Turn) -> None:
    """Ask once more before cancelling."""
    one = await appointments.get(turn.session, int(turn.slots["appointment"]))
    if one is None:
        turn.say("appointments.gone")
        turn.stop_form()
        return
    turn.say(
        "appointments.ask_cancel",
        [
            [turn.button("appointments.cancel_yes", f'/choose{{"confirm_cancel":"{one.id}"}}')],
            [turn.button("appointments.cancel_no", '/choose{"confirm_cancel":"no"}')],
        ],
        **_when(turn, one),
        end=format.time(one.end, turn.language),
        centre=county.centre(one.centre).name,
    )


@action("action_cancel_appointment")
async def cancel(turn: Turn) -> None:
    """Cancel what was confirmed; the manager is told in the same transaction."""
    chosen, confirmed = turn.slots.get("appointment"), turn.slots.get("cancel_confirmed")
    turn.forget("appointment", "cancel_confirmed", "has_appointments")
    if chosen is None or confirmed is None:
        return
    if confirmed != "yes":
        turn.say("appointments.kept", keyboard("menu", turn.language))
        return
    try:
        gone = await appointments.cancel(
            turn.session, int(chosen), turn.person.id, request_key=turn.request_key
        )
    except (AppointmentGone, NotYours):
        turn.say("appointments.gone", keyboard("menu", turn.language))
        return
    again = f'/book_appointment{{"topic":"{gone.topic}"}}'
    rows = [[turn.button("menu.book", again), turn.button("menu.human", "/talk_to_human")]]
    turn.say("appointments.cancelled", rows, **_when(turn, gone))
