"""What the answers so far mean: where, which kind, with whom, and the moment chosen."""

from __future__ import annotations

from datetime import date, datetime, time

from centre import appointments, county
from centre.appointments import Appointment, Kind, Needs, Wish, choices
from centre.appointments.choices import ANYBODY, STAFF_LANGUAGE
from centre.appointments.kinds import AT_CENTRE, DEFAULT_KIND
from dialogues.actions.turn import Turn
from storage import clock

INTERPRETER, CHILDCARE, STEP_FREE = "i", "c", "s"
NOTHING = "none"

SLOTS = (
    *("booking_topic", "booking_kind", "booking_who", "booking_day", "booking_time"),
    *("booking_needs", "booking_confirmed", "booking_marked", "booking_page"),
    *("booking_hold", "booking_moves", "booking_waiting"),
)
"""Everything that a booking remembers."""


async def moved(turn: Turn) -> Appointment | None:
    """Return the appointment that is being moved, or ``None`` when a new one is booked."""
    number = turn.slots.get("booking_moves")
    found = await appointments.get(turn.session, int(number)) if number else None
    return found if found is not None and found.person_id == turn.person.id else None


async def centre_of(turn: Turn) -> county.Centre:
    """Return the centre: of the appointment that is moved, else the person's own."""
    old = await moved(turn)
    chosen = old.centre if old else turn.person.centre
    return county.centre(chosen or next(iter(county.centres())))


def kind_of(turn: Turn) -> Kind:
    """Return the chosen kind of appointment."""
    return appointments.kind(turn.slots.get("booking_kind") or DEFAULT_KIND)


async def wish_of(turn: Turn) -> Wish:
    """Return what is looked for."""
    old = await moved(turn)
    centre = await centre_of(turn)
    wish = Wish(centre.id, kind_of(turn).name, step_free=needs_of(turn).step_free)
    who = turn.slots.get("booking_who") or ANYBODY
    same = old.manager_id if old else None
    return choices.chosen(wish, who, turn.person, turn.language, same)


def possible_needs(turn: Turn) -> str:
    """Return what makes sense for the kind of appointment and the person's language."""
    found = INTERPRETER if turn.language != STAFF_LANGUAGE else ""
    return found + (CHILDCARE + STEP_FREE if kind_of(turn).place == AT_CENTRE else "")


def needs_of(turn: Turn) -> Needs:
    """Return what was answered; nothing while it was not."""
    answer = turn.slots.get("booking_needs") or NOTHING
    chosen = "" if answer == NOTHING else answer
    return Needs(
        interpreter_language=turn.language if INTERPRETER in chosen else None,
        childcare=CHILDCARE in chosen,
        step_free=STEP_FREE in chosen,
    )


def to_answer(needs: Needs) -> str:
    """Return the answer that means ``needs``; the opposite of :func:`needs_of`."""
    chosen = (
        (INTERPRETER if needs.interpreter_language else "")
        + (CHILDCARE if needs.childcare else "")
        + (STEP_FREE if needs.step_free else "")
    )
    return chosen or NOTHING


def start_of(turn: Turn) -> datetime | None:
    """Return the chosen beginning in Berlin time, or ``None`` while something is missing."""
    day, clock_time = turn.slots.get("booking_day"), turn.slots.get("booking_time")
    if not day or not clock_time:
        return None
    return moment(f"{day}T{clock_time}")


def moment(written: str) -> datetime | None:
    """Return what ``2026-12-01T09:30`` means in Berlin, or ``None`` if it means nothing."""
    day, _, clock_time = written.partition("T")
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time))
    except ValueError:
        return None
    return local.replace(tzinfo=clock.BERLIN)


def stamp(start: datetime) -> str:
    """Return a moment as it is written on buttons, in Berlin time."""
    return f"{start.astimezone(clock.BERLIN):%Y-%m-%dT%H:%M}"
