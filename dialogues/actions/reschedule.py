"""Moving an appointment: the same questions for day and time; the old one stays until the yes."""

from __future__ import annotations

from centre import appointments, format
from centre.appointments import Appointment, Needs, Wish
from centre.appointments.choices import ANYBODY, SAME
from dialogues.actions import booking_hold
from dialogues.actions.booking_wish import SLOTS, to_answer
from dialogues.actions.keyboards import keyboard
from dialogues.actions.turn import Turn, action
from storage import clock
from storage.outbox import Button


def move_button(turn: Turn, one: Appointment) -> Button:
    """Return the button that begins to move an appointment."""
    return turn.button(
        "move.this",
        f'/reschedule_appointment{{"appointment":"{one.id}"}}',
        day=format.day_short(one.start, turn.language),
        start=format.time(one.start, turn.language),
    )


@action("action_begin_move")
async def begin(turn: Turn) -> None:
    """Find out which appointment is meant; when it is clear, the form asks for the new time."""
    mine = await appointments.upcoming(turn.session, turn.person.id)
    movable = [one for one in mine if one.start > clock.now()]
    tapped = turn.entity("appointment")
    turn.forget("appointment")
    fitting = [one for one in movable if tapped in (None, str(one.id))]
    turn.set("move_begins", len(fitting) == 1)
    if not movable:
        turn.say("appointments.none", keyboard("book", turn.language))
    elif not fitting:
        turn.say("appointments.gone", keyboard("menu", turn.language))
    elif len(fitting) > 1:
        turn.say("move.which", [[move_button(turn, one)] for one in fitting])
    else:
        await _begin(turn, fitting[0])


async def _begin(turn: Turn, old: Appointment) -> None:
    await booking_hold.give_back(turn)
    turn.forget(*SLOTS)
    needs = Needs(old.interpreter_language, old.childcare, old.step_free)
    wish = Wish(old.centre, old.kind, managers=(old.manager_id,), step_free=old.step_free)
    # With the same adviser, unless they have no time at all any more.
    same = await appointments.free_days(turn.session, wish, limit=1)
    answers = {
        "booking_moves": str(old.id),
        "booking_topic": old.topic,
        "booking_kind": old.kind,
        "booking_who": SAME if same else ANYBODY,
        "booking_needs": to_answer(needs),
    }
    for slot, answer in answers.items():
        turn.set(slot, answer)
    turn.say(
        "move.begin",
        day=format.day(old.start, turn.language),
        start=format.time(old.start, turn.language),
    )
