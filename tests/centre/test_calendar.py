"""The calendar file says when and where, and nothing else."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from sqlalchemy.dialects.postgresql import Range

from centre.appointments import Appointment
from centre.appointments.calendar import invitation
from tests.centre.conftest import who
from translations.languages import languages

START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def appointment() -> Appointment:
    return Appointment(
        id=17,
        manager_id=who("m-reutlingen-1"),
        person_id=who("p1"),
        centre="reutlingen",
        topic="ask_women",
        language="ar",
        during=Range(START, START + timedelta(minutes=30)),
        created_at=datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
    )


def parsed(language: str, manager: str = "Muster, Erika") -> tuple[str, icalendar.Component]:
    document = invitation(appointment(), language, manager)
    assert document.name.endswith(".ics")
    assert document.media_type == "text/calendar"
    written = base64.b64decode(document.content).decode("utf-8")
    [event] = icalendar.Calendar.from_ical(written).walk("VEVENT")
    return written, event


@pytest.mark.parametrize("language", list(languages()))
def test_a_calendar_reads_back_what_was_booked(language: str) -> None:
    written, event = parsed(language)
    assert event["UID"] == "appointment-17@lotse"
    assert event.decoded("DTSTART") == START
    assert event.decoded("DTEND") == START + timedelta(minutes=30)
    assert event.decoded("DTSTAMP") == datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
    assert "DTSTART:20261201T080000Z" in written
    assert "Reutlingen" in str(event["SUMMARY"])


def test_nothing_about_the_person_is_in_the_file() -> None:
    written, event = parsed("en")
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CONTACT"}
    assert str(who("p1")) not in written
    assert "women" not in written.lower()


def test_a_name_cannot_add_lines_or_turn_the_text_round() -> None:
    written, event = parsed("ar", "Eve\r\nATTENDEE:mailto:eve@example.org\x00\u202e\u2028Muster")
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CONTACT"}
    assert event["CONTACT"] == "Eve ATTENDEE:mailto:eve@example.org Muster"
    assert not [one for one in written if ord(one) < 32 and one not in "\r\n"]
    assert not {*"\u2028\u202e\u2068\u2069"} & set(written)
    assert "CONTACT" not in parsed("ar", "")[1]
