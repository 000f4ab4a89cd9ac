"""The booking as rasa-sdk projects do it: look what is free, then insert."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = timedelta(minutes=30)
NOTICE = timedelta(hours=1)
HORIZON_DAYS = 14
DAYS_OFFERED = 6
TIMES_OFFERED = 12

_connection: Any = None


def cursor() -> Any:
    """Actions run one at a time in this process, so one connection serves them all."""
    global _connection
    if _connection is None:
        _connection = psycopg2.connect(os.environ["STOCK_DATABASE_URL"])
        _connection.autocommit = True
    return _connection.cursor()


def free(days: list[date]) -> list[Any]:
    """Return (start, manager) of every free slot on ``days``."""
    with cursor() as found:
        found.execute("select manager, weekday, opens, closes from stock_hours order by 1, 2, 3")
        hours = found.fetchall()
        found.execute("select manager, starts_at from stock_appointments where starts_at > now()")
        taken = {(manager, start.astimezone(BERLIN)) for manager, start in found.fetchall()}
    earliest = datetime.now(BERLIN) + NOTICE
    slots = []
    for day in days:
        for manager, weekday, opens, closes in hours:
            if weekday != day.weekday():
                continue
            start = datetime.combine(day, opens, BERLIN)
            while start + SLOT <= datetime.combine(day, closes, BERLIN):
                if start >= earliest and (manager, start) not in taken:
                    slots.append((start, manager))
                start += SLOT
    return sorted(slots)


def starts_on(day: str) -> list[datetime]:
    return sorted({start for start, _ in free([date.fromisoformat(day)])})


def buttons(entity: str, values: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"title": title, "payload": f'/inform{{"{entity}":"{value}"}}'}
        for value, title in values.items()
    ]


class AskDay(Action):
    def name(self) -> str:
        return "action_ask_day"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        today = datetime.now(BERLIN).date()
        slots = free([today + timedelta(days=ahead) for ahead in range(HORIZON_DAYS + 1)])
        days = sorted({start.date() for start, _ in slots})[:DAYS_OFFERED]
        dispatcher.utter_message(
            text="Which day suits you?",
            buttons=buttons("day", {day.isoformat(): f"{day:%a %d %b}" for day in days}),
            button_type="vertical",
        )
        return []


class AskTime(Action):
    def name(self) -> str:
        return "action_ask_time"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        times = starts_on(tracker.get_slot("day"))[:TIMES_OFFERED]
        dispatcher.utter_message(
            text="At what time?",
            buttons=buttons("time", {f"{one:%H:%M}": f"{one:%H:%M}" for one in times}),
            button_type="vertical",
        )
        return []


class AskConfirm(Action):
    def name(self) -> str:
        return "action_ask_confirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        day, start, topic = (tracker.get_slot(name) for name in ("day", "time", "topic"))
        dispatcher.utter_message(
            text=f"Your appointment: {day} at {start}, 30 minutes, about {topic}. Shall I book it?",
            buttons=buttons("confirm", {"yes": "Book it", "no": "No"}),
            button_type="vertical",
        )
        return []


class ValidateBookingForm(FormValidationAction):
    def name(self) -> str:
        return "validate_booking_form"

    def validate_day(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        try:
            return {"day": value if starts_on(value) else None}
        except ValueError:
            return {"day": None}

    def validate_time(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        offered = [f"{one:%H:%M}" for one in starts_on(tracker.get_slot("day"))]
        return {"time": value if value in offered else None}

    def validate_confirm(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        return {"confirm": value if value in ("yes", "no") else None}


class Book(Action):
    def name(self) -> str:
        return "action_book"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        forget = [SlotSet(name, None) for name in ("topic", "day", "time", "confirm")]
        if tracker.get_slot("confirm") != "yes":
            dispatcher.utter_message(text="Nothing was booked.")
            return forget
        day = date.fromisoformat(tracker.get_slot("day"))
        hour, minute = map(int, tracker.get_slot("time").split(":"))
        wanted = datetime.combine(day, time(hour, minute), BERLIN)
        manager = next((who for start, who in free([day]) if start == wanted), None)
        if manager is None:
            dispatcher.utter_message(
                text="Somebody was faster, that time is taken.",
                buttons=[{"title": "Choose again", "payload": "/book_appointment"}],
            )
            return forget
        with cursor() as made:
            made.execute(
                "insert into stock_appointments (manager, person, topic, starts_at)"
                " values (%s, %s, %s, %s)",
                (manager, tracker.sender_id, tracker.get_slot("topic"), wanted),
            )
        dispatcher.utter_message(text="Your appointment is booked.")
        return forget
