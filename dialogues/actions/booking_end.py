"""The end of a booking: what would be booked is shown, a yes books it."""

from __future__ import annotations

from typing import Any

from centre import appointments, county, format, people
from centre.appointments import (
    Appointment,
    HoldGone,
    NotYours,
    booking,
    finishing,
    three_way,
    words,
)
from centre.appointments.booking import FOR_INTERPRETER
from centre.appointments.calendar import invitation
from centre.appointments.kinds import AT_CENTRE, kind
from dialogues.actions import booking_hold
from dialogues.actions.booking_wish import SLOTS, needs_of
from dialogues.actions.keyboards import keyboard
from dialogues.actions.turn import Turn, action
from storage.outbox import Content


@action("action_ask_booking_confirmed")
async def ask_confirmed(turn: Turn) -> None:
    """Show what would be booked, until when it is kept, and ask for a yes."""
    held = await booking_hold.still_held(turn)
    if held is None:
        return
    until = held.held_until
    text = await _told(turn, "book.ask_confirm", held)
    if until is not None:
        text += "\n\n" + turn.words("book.held", time=format.time(until, turn.language))
    turn.send_text(
        text,
        [
            [turn.button("book.yes", f'/choose{{"confirm_booking":"{held.id}"}}')],
            [
                turn.button("book.other_day", '/choose{"booking_day":"other"}'),
                turn.button("book.no", '/choose{"confirm_booking":"no"}'),
            ],
        ],
    )


@action("action_book")
async def book(turn: Turn) -> None:
    """Book the held time; with an interpreter, ask one first."""
    confirmed = turn.slots.get("booking_confirmed")
    if turn.person.consented_at is None or confirmed is None:
        return
    if confirmed != "yes":
        await booking_hold.give_back(turn)
        turn.say("book.not_booked", keyboard("menu", turn.language))
        turn.forget(*SLOTS)
        return
    held = await booking_hold.held(turn)
    try:
        if held is None:
            raise HoldGone
        await _book(turn, held)
    except (HoldGone, NotYours):
        again = f'/book_appointment{{"topic":"{turn.slots["booking_topic"]}"}}'
        turn.say("book.taken", [[turn.button("book.other_day", again)]])
    turn.forget(*SLOTS)


async def _book(turn: Turn, held: Appointment) -> None:
    wanted = needs_of(turn).interpreter_language
    await booking.lock_person(turn.session, turn.person.id)
    await booking.locked(turn.session, held.id)
    if wanted and held.hold_for != FOR_INTERPRETER and held.held:
        await three_way.request(turn.session, held)
    if held.held and held.hold_for == FOR_INTERPRETER:
        spoken = format.language_name(wanted or held.language, turn.language)
        text = turn.words("book.interpreter_asked", language=spoken)
        text += "\n" + turn.words("three.until", **three_way.until(held, turn.language))
        stop = [[turn.button(*three_way.stop_button(held))]]
        turn.send_text(text, stop + keyboard("menu", turn.language))
        await _waiting(turn, held)
        return
    if wanted and held.held:
        # Nobody can be asked: the manager must not wait for an interpreter who never comes.
        held.interpreter_language = None
    made = await appointments.confirm(turn.session, held.id, turn.person.id)
    await _waiting(turn, made)
    await _say_booked(turn, made)
    if wanted and made.interpreter_language is None:
        _say_alone(turn, made, wanted)


async def _waiting(turn: Turn, made: Appointment) -> None:
    place = turn.slots.get("booking_waiting")
    if place:
        await finishing.wait_with(turn.session, int(place), made)


async def _say_booked(turn: Turn, made: Appointment) -> None:
    adviser = await people.get(turn.session, made.manager_id)
    text = await _told(turn, "book.done", made)
    if kind(made.kind).place == AT_CENTRE:
        text += "\n\n" + turn.words("book.place_unconfirmed")
    turn.send(
        Content(
            text=text,
            buttons=[
                [
                    turn.button("menu.appointments", "/show_appointments"),
                    turn.button("menu.interpreter", "/request_interpreter"),
                ]
            ],
            document=invitation(made, turn.language, (adviser and adviser.name) or "–"),
        )
    )


def _say_alone(turn: Turn, made: Appointment, wanted: str) -> None:
    move = turn.button(
        "move.this",
        f'/reschedule_appointment{{"appointment":"{made.id}"}}',
        day=format.day_short(made.start, turn.language),
        start=format.time(made.start, turn.language),
    )
    rows = [[move], [turn.button("menu.appointments", "/show_appointments")]]
    spoken = format.language_name(wanted, turn.language)
    turn.say("book.no_interpreter", rows, language=spoken)


async def _told(turn: Turn, key: str, one: Appointment) -> str:
    """Return a text about an appointment with its kind, needs and what it replaces."""
    adviser = await people.get(turn.session, one.manager_id)
    values: dict[str, Any] = words.when(one, turn.language)
    text = turn.words(
        key,
        **values,
        centre=county.centre(one.centre).name,
        manager=(adviser and adviser.name) or "–",
        topic=appointments.topic_label(one.topic, turn.language),
    )
    text += "\n" + appointments.kind_label(one.kind, turn.language)
    text += words.needs(one, turn.language)
    old = await appointments.get(turn.session, one.moves) if one.moves else None
    if old is not None:
        before = words.when(old, turn.language)
        text += "\n" + turn.words("move.instead", day=before["day"], start=before["start"])
    return text
