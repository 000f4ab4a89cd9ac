"""The day and the time of an appointment: free ones are offered, three times at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from centre import appointments, format
from centre.appointments import Slot, open_hours, waiting
from centre.appointments.choices import ANYBODY
from centre.appointments.kinds import AT_CENTRE
from dialogues.actions.booking_wish import (
    centre_of,
    kind_of,
    moment,
    stamp,
    start_of,
    wish_of,
)
from dialogues.actions.keyboards import in_rows, keyboard
from dialogues.actions.turn import Turn, action
from storage import clock
from storage.outbox import Button

OTHER_DAY, WAIT = "other", "waiting"
EARLIER, LATER, FROM = "earlier", "later", "from"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RELATIVE = {"today": 0, "tomorrow": 1, "day_after_tomorrow": 2}
SAYS_DAY = ("booking_day", "date", "day", "weekday")
DAYS_OFFERED = 6
TIMES_OFFERED = 3
MINUTE = timedelta(minutes=1)
NIGHT_ENDS = 7


@dataclass(frozen=True)
class Page:
    """Some free times, and whether there are others before and after them."""

    slots: list[Slot]
    earlier: bool
    later: bool


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


async def check_day(turn: Turn) -> None:
    """Take over a day with free times; put the person on the waiting list if that was tapped."""
    value = turn.slots.get("booking_day")
    if value is None:
        return
    if value in (OTHER_DAY, WAIT):
        if value == WAIT:
            await _wait(turn)
        forget_time(turn, "booking_day")
        return
    day = to_day(value)
    said = any(turn.entity(one) for one in SAYS_DAY)
    if day is not None and value == day.isoformat() and not said:
        return
    free = None
    if day is not None:
        free = await appointments.free_times(turn.session, await wish_of(turn), day, 1)
    if day is None or not (free or turn.slots.get("booking_hold")):
        turn.say("book.day_not_free")
        forget_time(turn, "booking_day", "booking_page")
        return
    turn.set("booking_day", day.isoformat())
    turn.forget("booking_page")


async def check_time(turn: Turn) -> None:
    """Understand the chosen time: a button's moment, more times, or a time of the chosen day."""
    value = turn.slots.get("booking_time")
    if value is None:
        return
    word, _, rest = value.partition(":")
    if word in (EARLIER, LATER):
        forget_time(turn)
        if moment(rest) is not None:
            turn.set("booking_page", value)
        return
    if "T" in value:
        chosen = moment(value)
        if chosen is None:
            forget_time(turn)
            return
        turn.set("booking_day", chosen.date().isoformat())
        turn.set("booking_time", f"{chosen:%H:%M}")
    else:
        meant = _in_office_hours(value)
        if meant != value:  # Whatever is set again would count as an answer to the open question.
            turn.set("booking_time", meant)
        if turn.slots.get("booking_day") is not None and start_of(turn) is None:
            forget_time(turn)


def _in_office_hours(written: str) -> str:
    """Return a typed time; "at three" means the afternoon, for no office opens at night."""
    hour, _, minute = written.partition(":")
    afternoon = hour.isdigit() and 1 <= int(hour) < NIGHT_ENDS
    return f"{int(hour) + 12}:{minute}" if afternoon else written


def forget_time(turn: Turn, *more: str) -> None:
    """Forget the time, and what belongs to it, so that it is asked for again."""
    turn.forget(*more, "booking_time", "booking_confirmed")


def offer_from(turn: Turn, start: datetime) -> None:
    """Have the next times offered begin with ``start`` or what follows it."""
    forget_time(turn)
    turn.set("booking_page", f"{FROM}:{stamp(start)}")


async def _wait(turn: Turn) -> None:
    moves = turn.slots.get("booking_moves")
    place = await waiting.join(
        turn.session,
        person_id=turn.person.id,
        wish=await wish_of(turn),
        topic=turn.slots.get("booking_topic") or "other",
        language=turn.language,
        appointment_id=int(moves) if moves else None,
    )
    turn.set("booking_waiting", str(place.id))
    turn.say("book.waiting")


def _wait_button(turn: Turn) -> list[Button]:
    if turn.slots.get("booking_waiting"):
        return []
    return [turn.button("book.wait_button", f'/choose{{"booking_day":"{WAIT}"}}')]


@action("action_ask_booking_day")
async def ask_day(turn: Turn) -> None:
    """Offer the next days with free times; without any, offer whatever else there is."""
    centre = await centre_of(turn)
    kind = kind_of(turn)
    wish = await wish_of(turn)
    days = await appointments.free_days(turn.session, wish, limit=DAYS_OFFERED)
    open_times = await open_hours.open_hours(turn.session, centre.id)
    without = [
        f"{turn.words('book.open_hours', centre=centre.name)}\n"
        f"{open_hours.lines(open_times, turn.language)}"
    ]
    also = without if open_times else []
    if not days:
        rows = [_wait_button(turn), *keyboard("human", turn.language)]
        if turn.slots.get("booking_who") != ANYBODY:
            rows.insert(0, [turn.button("who.any", f'/choose{{"booking_who":"{ANYBODY}"}}')])
        turn.send_text("\n\n".join([turn.words("book.no_slots"), *also]), [r for r in rows if r])
        return
    buttons = [
        Button(
            label=format.day_short(day, turn.language),
            data=f'/choose{{"booking_day":"{day.isoformat()}"}}',
        )
        for day in days
    ]
    if kind.place == AT_CENTRE:
        minutes = int(kind.length / MINUTE)
        question = turn.words("book.ask_day", minutes=minutes, centre=centre.name)
    else:
        label = appointments.kind_label(kind.name, turn.language)
        question = turn.words("book.ask_day_away", kind=label)
    rows = [*in_rows(buttons), _wait_button(turn)]
    turn.send_text("\n\n".join([question, *also]), [row for row in rows if row])


@action("action_ask_booking_time")
async def ask_time(turn: Turn) -> None:
    """Offer three free times of the chosen day, or of the next where it has no more."""
    page = await _page(turn)
    if not page.slots:
        turn.forget("booking_day", "booking_page")
        turn.set("requested_slot", "booking_day")
        await ask_day(turn)
        return
    days = {slot.start.astimezone(clock.BERLIN).date() for slot in page.slots}
    first = min(days)
    if turn.slots.get("booking_day") != first.isoformat():
        # A time typed now means the day that is shown.
        turn.set("booking_day", first.isoformat())
    buttons = [
        Button(
            label=_label(slot.start, turn.language, with_day=len(days) > 1),
            data=f'/choose{{"booking_time":"{stamp(slot.start)}"}}',
        )
        for slot in page.slots
    ]
    rows = in_rows(buttons, 1 if len(days) > 1 else TIMES_OFFERED)
    more = []
    if page.earlier:
        more.append(_more(turn, EARLIER, page.slots[0]))
    if page.later:
        more.append(_more(turn, LATER, page.slots[-1]))
    other = turn.button("book.other_day", f'/choose{{"booking_day":"{OTHER_DAY}"}}')
    rows = [row for row in (*rows, more, [other]) if row]
    if len(days) > 1:
        turn.say("book.ask_time_any", rows)
    else:
        turn.say("book.ask_time", rows, day=format.day(first, turn.language))


def _label(start: datetime, language: str, *, with_day: bool) -> str:
    shown = format.time(start, language)
    return format.row([format.day_short(start, language), shown], language) if with_day else shown


def _more(turn: Turn, direction: str, beside: Slot) -> Button:
    page = f"{direction}:{stamp(beside.start)}"
    return turn.button(f"book.{direction}", f'/choose{{"booking_time":"{page}"}}')


async def _page(turn: Turn) -> Page:
    wish = await wish_of(turn)
    direction, _, written = (turn.slots.get("booking_page") or "").partition(":")
    chosen = moment(written) or moment(f"{turn.slots['booking_day']}T00:00") or clock.now()
    if direction != EARLIER:
        after = chosen + MINUTE if direction == LATER else chosen
        found = await appointments.next_times(turn.session, wish, after, TIMES_OFFERED + 1)
        if found:
            before = await appointments.previous_times(turn.session, wish, found[0].start, 1)
            return Page(found[:TIMES_OFFERED], bool(before), len(found) > TIMES_OFFERED)
    found = await appointments.previous_times(turn.session, wish, chosen, TIMES_OFFERED + 1)
    if not found and direction == EARLIER:
        found = await appointments.next_times(turn.session, wish, clock.now(), TIMES_OFFERED)
        return Page(found, earlier=False, later=True)
    later = await appointments.next_times(turn.session, wish, chosen, 1)
    return Page(found[-TIMES_OFFERED:], len(found) > TIMES_OFFERED, bool(later))
