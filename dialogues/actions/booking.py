"""Booking an appointment: topic, day, time, confirmation."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from centre import appointments, county, format, people
from centre.appointments import AlreadyBooked, SlotInvalid, SlotTaken, TooManyAppointments
from centre.calendar import invitation
from centre.slots import SLOT, SLOT_MINUTES
from dialogues.actions.keyboards import in_rows, keyboard, topic_buttons, topics
from dialogues.actions.start import save_centre, save_consent
from dialogues.actions.turn import Turn, action
from storage import clock
from storage.outbox import Button, Content

OTHER_DAY = "other"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RELATIVE = {"today": 0, "tomorrow": 1, "day_after_tomorrow": 2}
DAYS_OFFERED = 6
TIMES_OFFERED = 12


def to_day(value: str) -> date | None:
    """Return the day that a button, a weekday or a relative word means, seen from today.

    Args:
        value: ``2026-12-01``, ``0000-12-01`` (no year said), ``tuesday`` or ``tomorrow``.
    """
    today = clock.now().astimezone(clock.BERLIN).date()
    if value in RELATIVE:
        return today + timedelta(days=RELATIVE[value])
    if value in WEEKDAYS:
        return today + timedelta(days=(WEEKDAYS.index(value) - today.weekday()) % 7)
    try:
        if not value.startswith("0000"):
            return date.fromisoformat(value)
        this_year = date.fromisoformat(f"{today.year}{value[4:]}")
    except ValueError:
        return None
    return this_year if this_year >= today else this_year.replace(year=today.year + 1)


def to_start(turn: Turn) -> datetime | None:
    """Return the chosen beginning in Berlin time, or ``None`` while something is missing."""
    day, clock_time = turn.slots.get("booking_day"), turn.slots.get("booking_time")
    if not day or not clock_time:
        return None
    moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time))
    return moment.replace(tzinfo=clock.BERLIN)


def centre_of(turn: Turn) -> county.Centre:
    """Return the person's centre; forms that need one have asked for it."""
    return county.centre(turn.person.centre or next(iter(county.centres())))


@action("validate_booking_form")
async def validate(turn: Turn) -> None:
    """Check what was chosen against what is free, and forget what no longer fits."""
    save_consent(turn)
    save_centre(turn)
    if turn.slots.get("booking_topic") not in (*topics(), "other", None):
        turn.forget("booking_topic")
    await _check_day(turn)
    await _check_time(turn)
    start = to_start(turn)
    confirmed = turn.slots.get("booking_confirmed")
    if confirmed not in ("yes", "no", None):
        # The button names the time it confirms: an old one must not confirm another time.
        matches = start is not None and confirmed == _stamp(start)
        turn.set("booking_confirmed", "yes" if matches else None)


async def _check_day(turn: Turn) -> None:
    value = turn.slots.get("booking_day")
    if value is None:
        return
    if value == OTHER_DAY:
        turn.forget("booking_day", "booking_time", "booking_confirmed")
        return
    day = to_day(value)
    free = await appointments.free_times(turn.session, centre_of(turn).id, day) if day else []
    if day is None or not free:
        turn.say("book.day_not_free")
        turn.forget("booking_day", "booking_time", "booking_confirmed")
    elif value != day.isoformat():
        turn.set("booking_day", day.isoformat())


async def _check_time(turn: Turn) -> None:
    if turn.slots.get("booking_time") is None or turn.slots.get("booking_day") is None:
        return
    start = to_start(turn)
    day = date.fromisoformat(turn.slots["booking_day"])
    free = await appointments.free_times(turn.session, centre_of(turn).id, day)
    if start not in [slot.start for slot in free]:
        turn.say("book.time_not_free")
        turn.forget("booking_time", "booking_confirmed")


@action("action_ask_booking_topic")
async def ask_topic(turn: Turn) -> None:
    """Ask what it is about."""
    rows = topic_buttons(turn.language, '/choose{"topic":"%s"}')
    rows.append([turn.button("topic.other", '/choose{"topic":"other"}')])
    turn.say("book.ask_topic", rows)


@action("action_ask_booking_day")
async def ask_day(turn: Turn) -> None:
    """Offer the next days with free times; without any, offer a person instead."""
    centre = centre_of(turn)
    days = await appointments.free_days(turn.session, centre.id, limit=DAYS_OFFERED)
    if not days:
        turn.say("book.no_slots", keyboard("human", turn.language))
        turn.stop_form()
        return
    buttons = [
        Button(
            label=format.day_short(day, turn.language),
            data=f'/choose{{"booking_day":"{day.isoformat()}"}}',
        )
        for day in days
    ]
    turn.say("book.ask_day", in_rows(buttons), minutes=SLOT_MINUTES, centre=centre.name)


@action("action_ask_booking_time")
async def ask_time(turn: Turn) -> None:
    """Offer the free times of the chosen day."""
    day = date.fromisoformat(turn.slots["booking_day"])
    free = await appointments.free_times(turn.session, centre_of(turn).id, day, TIMES_OFFERED)
    buttons = []
    for slot in free:
        local = slot.start.astimezone(clock.BERLIN)
        data = f'/choose{{"booking_time":"{local:%H:%M}"}}'
        buttons.append(Button(label=format.time(slot.start, turn.language), data=data))
    rows = in_rows(buttons, 4)
    rows.append([turn.button("book.other_day", f'/choose{{"booking_day":"{OTHER_DAY}"}}')])
    turn.say("book.ask_time", rows, day=format.day(day, turn.language))


@action("action_ask_booking_confirmed")
async def ask_confirmed(turn: Turn) -> None:
    """Show what would be booked and ask for a yes."""
    start = to_start(turn)
    if start is None:
        return
    free = await appointments.free_times(turn.session, centre_of(turn).id, start.date())
    manager = next((slot.manager_id for slot in free if slot.start == start), None)
    adviser = await people.get(turn.session, manager) if manager else None
    turn.say(
        "book.ask_confirm",
        [
            [turn.button("book.yes", f'/choose{{"confirm_booking":"{_stamp(start)}"}}')],
            [
                turn.button("book.other_day", f'/choose{{"booking_day":"{OTHER_DAY}"}}'),
                turn.button("book.no", '/choose{"confirm_booking":"no"}'),
            ],
        ],
        day=format.day(start, turn.language),
        start=format.time(start, turn.language),
        end=format.time(start + SLOT, turn.language),
        centre=centre_of(turn).name,
        manager=(adviser and adviser.name) or "–",
        topic=appointments.topic_label(turn.slots["booking_topic"], turn.language),
    )


@action("action_book")
async def book(turn: Turn) -> None:
    """Book what was confirmed; when it was taken meanwhile, say so and offer other times."""
    start = to_start(turn)
    if turn.person.consented_at is None or turn.slots.get("booking_confirmed") is None:
        return
    if turn.slots["booking_confirmed"] != "yes" or start is None:
        turn.say("book.not_booked", keyboard("menu", turn.language))
        _forget_booking(turn)
        return
    try:
        made = await appointments.book(
            turn.session,
            person_id=turn.person.id,
            centre=centre_of(turn).id,
            topic=turn.slots["booking_topic"],
            start=start,
            language=turn.language,
            request_key=turn.request_key,
        )
    except (SlotTaken, SlotInvalid):
        again = f'/book_appointment{{"topic":"{turn.slots["booking_topic"]}"}}'
        turn.say("book.taken", [[turn.button("book.other_day", again)]])
    except AlreadyBooked:
        turn.say("book.already", keyboard("menu", turn.language))
    except TooManyAppointments as error:
        turn.say("book.too_many", keyboard("menu", turn.language), count=error.data["count"])
    else:
        await _confirm(turn, made)
    _forget_booking(turn)


async def _confirm(turn: Turn, made: appointments.Appointment) -> None:
    adviser = await people.get(turn.session, made.manager_id)
    name = (adviser and adviser.name) or "–"
    text = turn.words(
        "book.done",
        day=format.day(made.start, turn.language),
        start=format.time(made.start, turn.language),
        end=format.time(made.end, turn.language),
        centre=county.centre(made.centre).name,
        manager=name,
        topic=appointments.topic_label(made.topic, turn.language),
    )
    turn.send(
        Content(
            text=text + "\n\n" + turn.words("book.place_unconfirmed"),
            buttons=[
                [
                    turn.button("menu.appointments", "/show_appointments"),
                    turn.button("menu.interpreter", "/request_interpreter"),
                ]
            ],
            document=invitation(made, turn.language, name),
        )
    )


def _stamp(start: datetime) -> str:
    return f"{start.astimezone(clock.BERLIN):%Y-%m-%dT%H:%M}"


def _forget_booking(turn: Turn) -> None:
    turn.forget("booking_topic", "booking_day", "booking_time", "booking_confirmed")
