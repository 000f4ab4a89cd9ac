"""The time that is held while a person answers the last questions of a booking."""

from __future__ import annotations

from datetime import datetime

from centre import appointments
from centre.appointments import (
    AlreadyBooked,
    Appointment,
    HoldGone,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
    finishing,
)
from dialogues.actions import booking_times
from dialogues.actions.booking_wish import SLOTS, needs_of, stamp, start_of, wish_of
from dialogues.actions.keyboards import keyboard
from dialogues.actions.turn import Turn


def number(turn: Turn) -> str | None:
    """Return the id of the held time as buttons carry it, or ``None``."""
    return str(turn.slots.get("booking_hold") or "").partition(" ")[0] or None


async def held(turn: Turn) -> Appointment | None:
    """Return the time held for this booking, or ``None`` when it is free for others again.

    After a repetition of the update that booked it, it is booked already.
    """
    found = number(turn)
    one = await appointments.get(turn.session, int(found)) if found else None
    return one if finishing.alive(one, turn.person.id) else None


async def give_back(turn: Turn) -> None:
    """Free the time for others, when the person does something else."""
    mine = await appointments.held_by(turn.session, turn.person.id)
    if mine is not None:
        await appointments.release(turn.session, mine.id, turn.person.id)


async def check(turn: Turn) -> bool:
    """Hold the chosen time if it is not held yet.

    Returns:
        Whether the form goes on.
    """
    start = start_of(turn)
    if start is None:
        if number(turn):
            await give_back(turn)
            turn.forget("booking_hold")
        return True
    chosen = f"{turn.slots['booking_kind']} {turn.slots['booking_who']} {stamp(start)}"
    before = str(turn.slots.get("booking_hold") or "").partition(" ")[2]
    again = turn.entity("booking_time") or turn.entity("time")
    if before == chosen and not (again and await held(turn) is None):
        return True
    return await _take(turn, start, chosen)


async def _take(turn: Turn, start: datetime, chosen: str) -> bool:
    moves = turn.slots.get("booking_moves")
    turn.forget("booking_confirmed")
    try:
        made = await appointments.take(
            turn.session,
            person_id=turn.person.id,
            wish=await wish_of(turn),
            topic=turn.slots["booking_topic"],
            start=start,
            language=turn.language,
            request_key=f"{turn.request_key}:hold",
            needs=needs_of(turn),
            hold=appointments.hold_for_person(int(moves) if moves else None),
        )
    except (SlotTaken, SlotInvalid):
        turn.say("book.time_not_free")
        _offer_others(turn, start)
    except AlreadyBooked:
        turn.say("book.already")
        _offer_others(turn, start)
    except TooManyAppointments as error:
        turn.say("book.too_many", keyboard("menu", turn.language), count=error.data["count"])
        turn.forget(*SLOTS)
        turn.stop_form()
        return False
    else:
        turn.set("booking_hold", f"{made.id} {chosen}")
    return True


async def note(turn: Turn) -> None:
    """Write the last answers to the held time; say so when it is gone meanwhile."""
    start, found = start_of(turn), number(turn)
    answered = turn.entity("booking_needs") or turn.slots.get("booking_confirmed") not in (
        None,
        "no",
    )
    if start is None or found is None or not answered:
        return
    if turn.slots.get("booking_needs") is None:
        return
    try:
        one = await finishing.note(
            turn.session,
            int(found),
            turn.person.id,
            wish=await wish_of(turn),
            topic=turn.slots["booking_topic"],
            needs=needs_of(turn),
            request_key=f"{turn.request_key}:room",
        )
    except HoldGone:
        gone(turn)
    except SlotTaken:
        turn.say("book.no_step_free")
        await give_back(turn)
        _offer_others(turn, start)
    else:
        if str(one.id) != found:
            rest = str(turn.slots["booking_hold"]).partition(" ")[2]
            turn.set("booking_hold", f"{one.id} {rest}")


def gone(turn: Turn) -> None:
    """Say that the time is free for others again; the same and later ones are offered."""
    turn.say("book.hold_gone")
    start = start_of(turn)
    if start is not None:
        _offer_others(turn, start)


async def still_held(turn: Turn) -> Appointment | None:
    """Return the held time; when it is gone say so, offer times, and return ``None``."""
    one = await held(turn)
    if one is None:
        gone(turn)
        turn.set("requested_slot", "booking_time")
        await booking_times.ask_time(turn)
    return one


def _offer_others(turn: Turn, start: datetime) -> None:
    booking_times.offer_from(turn, start)
    turn.forget("booking_hold")
