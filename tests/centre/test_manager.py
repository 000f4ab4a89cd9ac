"""A manager accepts, proposes, declines, notes who did not come, and reads the agenda."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.dialects.postgresql import Range

from centre import appointments, format
from centre.appointments import (
    Appointment,
    AppointmentGone,
    NotYours,
    Wish,
    agenda_view,
    expiry,
    manager,
)
from centre.appointments.errors import TooEarly
from centre.appointments.tables import ExtraHours, WorkingHours
from storage import clock
from storage.engine import Database
from tests.centre import booked
from tests.centre.booked import ERIKA, MAX, TUESDAY, book
from tests.centre.conftest import berlin, sent_to, who
from tests.centre.staff import data_of, plain, press, write
from translations.catalogue import say


async def read(db: Database, number: int) -> Appointment:
    async with db.transaction() as session:
        return await session.get_one(Appointment, number)


async def state(db: Database) -> list[tuple[object, ...]]:
    async with db.transaction() as session:
        rows = await session.execute(
            appointments.Appointment.__table__.select().order_by(Appointment.id)
        )
        return [tuple(row) for row in rows]


async def test_accepting_is_noted_and_told_once(people: Database) -> None:
    made = await book(people)
    for _ in range(2):
        [answer] = await press(people, ERIKA, f"s:accept:{made.id}")
        assert answer.text == say(
            "manager.accepted", "de", day="Dienstag, 1. Dezember 2026", start="09:00"
        )
    assert (await read(people, made.id)).accepted_at is not None
    async with people.transaction() as session:
        [told] = await sent_to(session, "p1")
    assert told.text == say(
        "appointments.accepted", "ar", day=format.day(TUESDAY, "ar"), start="09:00"
    )


@pytest.mark.parametrize("verb", ["accept", "propose", "cancel", "cancelled", "missed"])
async def test_a_button_of_a_colleague_s_appointment_changes_nothing(
    people: Database, verb: str
) -> None:
    made = await book(people)
    before = await state(people)
    [foreign] = await press(people, MAX, f"s:{verb}:{made.id}")
    assert foreign.text == say("manager.not_yours", "de")
    [stranger] = await press(people, "p2", f"s:{verb}:{made.id}")
    assert stranger.text == say("appointments.gone", "fa")
    assert await state(people) == before


@pytest.mark.parametrize("verb", ["accept", "propose", "cancel", "cancelled", "missed"])
async def test_a_button_of_a_cancelled_or_missing_appointment_says_so(
    people: Database, verb: str
) -> None:
    made = await book(people)
    async with people.transaction() as session:
        await appointments.cancel(session, made.id, who("p1"))
    before = await state(people)
    for number in (made.id, 999_999):
        [answer] = await press(people, ERIKA, f"s:{verb}:{number}")
        assert answer.text == say("appointments.gone", "de")
    assert await state(people) == before


@pytest.mark.parametrize(
    "data", ["s:accept:x", "s:at:1:202612", "s:at:1:202613451200", "s:why:1:angry", "a:maybe:1"]
)
async def test_buttons_we_never_made_are_not_taken(people: Database, data: str) -> None:
    assert await press(people, ERIKA, data) == []


@pytest.mark.parametrize("reason", ["ill", "asked"])
async def test_declining_tells_the_person_why_and_how_to_book_again(
    people: Database, reason: str
) -> None:
    made = await book(people)
    [asked] = await press(people, ERIKA, f"s:cancel:{made.id}")
    assert data_of([asked]) == [
        f"s:why:{made.id}:ill",
        f"s:why:{made.id}:asked",
        f"s:cancelled:{made.id}",
    ]
    assert (await read(people, made.id)).cancelled_at is None
    await press(people, ERIKA, f"s:why:{made.id}:{reason}")
    [again] = await press(people, ERIKA, f"s:why:{made.id}:{reason}")
    assert again.text == say("appointments.gone", "de")
    gone = await read(people, made.id)
    assert (gone.cancelled_by, gone.cancel_reason) == (who(ERIKA), reason)
    async with people.transaction() as session:
        [told] = await sent_to(session, "p1")
    assert told.text.endswith(say(f"appointments.reason_{reason}", "ar"))
    assert data_of([told]) == ['/book_appointment{"topic":"ask_school"}']


async def test_proposing_offers_free_times_and_holds_the_chosen_one(people: Database) -> None:
    made = await book(people)
    [asked] = await press(people, ERIKA, f"s:propose:{made.id}")
    times = data_of([asked])
    assert len(times) == 6
    assert all(len(one) <= 64 for one in times)
    assert f"/propose {made.id} " in plain(asked.text)
    [answer] = await press(people, ERIKA, times[0])
    start = datetime.strptime(times[0].rsplit(":", 1)[1], "%Y%m%d%H%M").replace(tzinfo=UTC)
    assert format.time(start, "de") in answer.text
    async with people.transaction() as session:
        [question] = await sent_to(session, "p1")
        held = await session.get_one(Appointment, made.id + 1)
        assert (held.start, held.moves, held.hold_for) == (start, made.id, "proposal")
        assert held.held_until is not None
        free = await appointments.free_times(
            session,
            Wish("reutlingen", managers=(who(ERIKA),)),
            start.astimezone(clock.BERLIN).date(),
        )
        assert start not in {slot.start for slot in free}
    assert data_of([question]) == [f"a:yes:{held.id}", f"a:no:{held.id}"]
    assert (await read(people, made.id)).cancelled_at is None


async def proposed(db: Database, made: Appointment, written: str = "3.12. 10:00") -> int:
    before = len(await state(db))
    [answer] = await write(db, ERIKA, f"/propose {made.id} {written}")
    assert answer.text == say(
        "manager.proposed", "de", day="Donnerstag, 3. Dezember 2026", start="10:00"
    )
    rows = await state(db)
    assert len(rows) == before + 1
    return int(rows[-1][0])  # type: ignore[call-overload]


async def test_yes_moves_the_appointment_and_a_second_yes_changes_nothing(
    people: Database,
) -> None:
    made = await book(people)
    hold = await proposed(people, made)
    [answer] = await press(people, "p1", f"a:yes:{hold}")
    thursday = berlin(2026, 12, 3, 10, 0)
    assert answer.text == say(
        "propose.agreed",
        "ar",
        day=format.day(thursday, "ar"),
        start="10:00",
        end="10:30",
        centre="Reutlingen/Pfullingen",
    )
    before = await state(people)
    assert (await press(people, "p1", f"a:yes:{hold}"))[0].text == answer.text
    assert (await press(people, "p1", f"a:no:{hold}"))[0].text == say("propose.over", "ar")
    assert await state(people) == before
    async with people.transaction() as session:
        [mine] = await appointments.upcoming(session, who("p1"))
        assert (mine.start, mine.accepted_at is not None) == (thursday, True)
        told = await sent_to(session, ERIKA)
    assert any("Termin verschoben" in one.text for one in told)
    gone = await read(people, made.id)
    assert gone.cancel_reason == "moved"


async def test_no_frees_the_time_keeps_the_appointment_and_tells_the_manager(
    people: Database,
) -> None:
    made = await book(people)
    hold = await proposed(people, made)
    for stranger in ("p2", "p4"):
        for verb in ("yes", "no"):
            [refused] = await press(people, stranger, f"a:{verb}:{hold}")
            assert data_of([refused]) == ["/show_appointments"]
    [answer] = await press(people, "p1", f"a:no:{hold}")
    assert answer.text == say("appointments.kept", "ar")
    [late] = await press(people, "p1", f"a:yes:{hold}")
    assert late.text == say("propose.over", "ar")
    async with people.transaction() as session:
        assert [one.id for one in await appointments.upcoming(session, who("p1"))] == [made.id]
        told = (await sent_to(session, ERIKA))[-1]
    assert told.text == say(
        "manager.proposal_declined", "de", day="Donnerstag, 3. Dezember 2026", start="10:00"
    )


async def test_with_an_interpreter_yes_asks_one_for_the_new_time_first(people: Database) -> None:
    made = await book(people, start=berlin(2026, 12, 2, 9, 0))
    async with people.transaction() as session:
        found = await session.get_one(Appointment, made.id)
        found.interpreter_language, found.interpreter_id = "ar", who("i-ar-1")
    hold = await proposed(people, made)
    for _ in range(2):
        [answer] = await press(people, "p1", f"a:yes:{hold}")
        spoken = format.language_name("ar", "ar")
        assert answer.text == say("book.interpreter_asked", "ar", language=spoken)
    assert (await read(people, made.id)).cancelled_at is None
    asked = (await read(people, hold)).interpreter_id
    label = next(one for one in ("i-ar-1", "i-ar-2") if who(one) == asked)
    await press(people, label, f"t:yes:{hold}")
    assert (await read(people, made.id)).cancel_reason == "moved"
    async with people.transaction() as session:
        [mine] = await appointments.upcoming(session, who("p1"))
    assert (mine.id, mine.interpreter_id) == (hold, asked)


async def test_a_proposal_ends_at_its_deadline_and_the_appointment_stays(
    people: Database,
) -> None:
    made = await book(people, start=berlin(2026, 12, 2, 9, 0))
    hold = await proposed(people, made)
    until = (await read(people, hold)).held_until
    assert until is not None
    assert abs(until - clock.now() - timedelta(hours=24)) < timedelta(minutes=1)
    clock.set_now(until + timedelta(seconds=1))
    [late] = await press(people, "p1", f"a:yes:{hold}")
    assert late.text == say("propose.over", "ar")
    async with people.transaction() as session:
        await expiry.over(session, hold)
        assert [one.id for one in await appointments.upcoming(session, who("p1"))] == [made.id]
        told = (await sent_to(session, ERIKA))[-1]
    assert told.text == say(
        "manager.proposal_expired", "de", day="Donnerstag, 3. Dezember 2026", start="10:00"
    )


async def test_an_answer_is_due_two_hours_before_the_old_time(people: Database) -> None:
    made = await book(people, start=berlin(2026, 11, 30, 13, 0))
    hold = await proposed(people, made)
    assert (await read(people, hold)).held_until == berlin(2026, 11, 30, 11, 0)


async def test_a_second_proposal_replaces_the_first(people: Database) -> None:
    made = await book(people)
    first = await proposed(people, made)
    await write(people, ERIKA, f"/propose {made.id} 4.12. 9:00")
    assert (await read(people, first)).cancelled_at is not None
    [late] = await press(people, "p1", f"a:yes:{first}")
    assert late.text == say("propose.over", "ar")


@pytest.mark.parametrize(
    ("written", "key", "start"),
    [
        ("3.12. 12:30", "manager.propose_invalid", berlin(2026, 12, 3, 12, 30)),
        ("5.12. 10:00", "manager.propose_invalid", berlin(2026, 12, 5, 10, 0)),
        ("3.12. 10:07", "manager.propose_invalid", berlin(2026, 12, 3, 10, 7)),
        ("1.12. 10:00", "manager.propose_taken", berlin(2026, 12, 1, 10, 0)),
        ("1.12. 9:15", "manager.propose_taken", berlin(2026, 12, 1, 9, 15)),
        ("27.11. 10:00", "times.past", None),
        ("28.3.2027 2:30", "times.skipped", None),
        ("someday", "times.unreadable", None),
    ],
)
async def test_a_time_that_cannot_be_proposed_changes_nothing(
    people: Database, written: str, key: str, start: datetime | None
) -> None:
    made = await book(people)
    await book(people, "p2", berlin(2026, 12, 1, 10, 0))
    hold = await proposed(people, made)
    before = await state(people)
    [answer] = await write(people, ERIKA, f"/propose {made.id} {written}")
    shown = {"day": format.day(start, "de"), "start": format.time(start, "de")} if start else {}
    assert answer.text == say(key, "de", **shown)
    assert await state(people) == before
    assert (await read(people, hold)).cancelled_at is None


async def test_declining_withdraws_the_proposal(people: Database) -> None:
    made = await book(people)
    hold = await proposed(people, made)
    await press(people, ERIKA, f"s:cancelled:{made.id}")
    [late] = await press(people, "p1", f"a:yes:{hold}")
    assert late.text == say("propose.over", "ar")
    async with people.transaction() as session:
        assert await appointments.upcoming(session, who("p1")) == []


async def test_who_did_not_come_is_noted_for_managers_and_has_no_consequence(
    people: Database,
) -> None:
    made = await book(people)
    [early] = await press(people, ERIKA, f"s:missed:{made.id}")
    assert early.text == say(
        "manager.missed_early", "de", day="Dienstag, 1. Dezember 2026", start="09:00"
    )
    async with people.transaction() as session:
        with pytest.raises(TooEarly):
            await manager.missed(session, made.id, who(ERIKA))
    clock.set_now(TUESDAY + timedelta(minutes=20))
    shown = await write(people, ERIKA, "/agenda today")
    assert data_of(shown) == [f"s:missed:{made.id}"]
    for _ in range(2):
        [noted] = await press(people, ERIKA, f"s:missed:{made.id}")
        assert noted.text == say(
            "manager.missed_noted", "de", day="Dienstag, 1. Dezember 2026", start="09:00"
        )
    shown = await write(people, ERIKA, "/agenda heute")
    assert say("manager.missed_mark", "de") in shown[0].text
    assert data_of(shown) == []
    again = await book(people, start=berlin(2026, 12, 3, 9, 0), by=MAX)
    async with people.transaction() as session:
        assert await sent_to(session, "p1") == []
        told = (await sent_to(session, MAX))[-1]
    assert told.text.endswith(say("manager.missed_before", "de", count=1))
    assert again.cancelled_at is None


async def test_a_held_time_is_not_yet_the_manager_s(people: Database) -> None:
    held = await booked.held(people)
    async with people.transaction() as session:
        with pytest.raises(AppointmentGone):
            await manager.accept(session, held.id, who(ERIKA))
        with pytest.raises(AppointmentGone):
            await manager.mine(session, held.id, who(MAX))
    made = await book(people, "p2", berlin(2026, 12, 1, 10, 0))
    async with people.transaction() as session:
        with pytest.raises(NotYours):
            await manager.mine(session, made.id, who(MAX))


async def test_the_agenda_shows_days_kinds_needs_and_what_was_noted(people: Database) -> None:
    made = await book(people)
    await book(people, "p2", berlin(2026, 12, 3, 10, 0))
    await press(people, ERIKA, f"s:accept:{made.id}")
    async with people.transaction() as session:
        found = await session.get_one(Appointment, made.id)
        found.childcare, found.coming_at = True, clock.now()
    [shown] = await write(people, ERIKA, "/agenda")
    assert plain(shown.text).split("\n\n") == [
        say("manager.agenda", "de"),
        "Dienstag, 1. Dezember 2026\n✓ 09:00–09:30 Uhr: Schule · Folgetermin (30 Min.),"
        " Sprache: Arabisch, kommt\n   Kinderbetreuung während des Termins wird gebraucht",
        "Donnerstag, 3. Dezember 2026\n10:00–10:30 Uhr: Schule · Folgetermin (30 Min.),"
        " Sprache: Arabisch",
    ]
    [today] = await write(people, ERIKA, "/agenda today")
    assert today.text == say("manager.agenda_empty", "de")
    [week] = await write(people, ERIKA, "/agenda Woche")
    assert "3. Dezember" in week.text


async def test_open_hours_are_shown_as_such_but_not_on_holidays_or_when_blocked(
    people: Database,
) -> None:
    async with people.transaction() as session:
        for weekday in (3, 4):  # 24 December and Christmas are a Thursday and a Friday
            session.add(
                WorkingHours(
                    manager_id=who(ERIKA),
                    centre="reutlingen",
                    weekday=weekday,
                    start=datetime(2026, 1, 1, 16).time(),
                    end=datetime(2026, 1, 1, 17).time(),
                    open_consultation=True,
                )
            )
    clock.set_now(berlin(2026, 12, 21, 8, 0))
    line = say("manager.agenda_open", "de", start="16:00", end="17:00")
    [week] = await write(people, ERIKA, "/agenda week")
    assert week.text.count(line) == 1
    await write(people, ERIKA, "/block 24.12. 15-18")
    [blocked] = await write(people, ERIKA, "/agenda week")
    assert blocked.text == say("manager.agenda_empty", "de")


async def test_a_long_agenda_comes_in_several_messages(people: Database) -> None:
    async with people.transaction() as session:
        for number in range(13):
            for hour in range(8, 18):
                start = berlin(2026, 12, 1 + number, hour)
                during = Range(start, start + timedelta(minutes=30))
                session.add(
                    Appointment(
                        manager_id=who(ERIKA),
                        person_id=who("p1"),
                        centre="reutlingen",
                        topic="other",
                        kind="follow_up",
                        language="ar",
                        during=during,
                        blocked=during,
                    )
                )
    shown = await write(people, ERIKA, "/agenda")
    assert len(shown) > 1
    assert all(len(one.text) <= 4096 for one in shown)


@pytest.mark.parametrize(
    ("moment", "reached"),
    [
        (berlin(2026, 12, 1, 7, 30), 1),
        (berlin(2026, 12, 1, 6, 30), 0),
        (berlin(2026, 12, 1, 8, 30), 0),
        (berlin(2026, 12, 2, 7, 30), 0),  # nothing is booked
        (berlin(2026, 12, 5, 7, 30), 0),  # a Saturday
        (berlin(2026, 12, 25, 7, 30), 0),  # Christmas
    ],
)
async def test_the_morning_brings_the_agenda_on_working_days_with_appointments(
    people: Database, moment: datetime, reached: int
) -> None:
    await book(people)
    async with people.transaction() as session:
        during = Range(berlin(2026, 12, 5, 6, 0), berlin(2026, 12, 5, 18, 0))
        session.add(ExtraHours(manager_id=who(ERIKA), centre="reutlingen", during=during))
    await book(people, "p2", berlin(2026, 12, 5, 10, 0))
    clock.set_now(moment)
    async with people.transaction() as session:
        before = len(await sent_to(session, ERIKA))
        assert await agenda_view.morning(session, moment.astimezone(UTC)) == reached
        assert len(await sent_to(session, ERIKA)) == before + reached
        if reached:
            text = (await sent_to(session, ERIKA))[-1].text
            assert text.startswith(say("manager.good_morning", "de"))
            assert "09:00–09:30" in plain(text)


async def test_in_summer_half_past_seven_is_another_hour_of_utc(people: Database) -> None:
    clock.set_now(berlin(2027, 6, 28, 12, 0))
    await book(people, start=berlin(2027, 6, 29, 9, 0))
    moment = datetime(2027, 6, 29, 5, 30, tzinfo=UTC)
    clock.set_now(moment)
    async with people.transaction() as session:
        assert await agenda_view.morning(session, moment) == 1
