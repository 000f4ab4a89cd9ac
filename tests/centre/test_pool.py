"""Volunteers join the pool by an invitation, tell what they can do, take breaks, and leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from centre import appointments, logins
from centre.appointments import Wish
from centre.people import Person
from centre.pool import changes, dialects, joining, profile
from centre.pool.profile import Profile
from centre.pool.tables import (
    InterpreterHours,
    InterpreterLanguage,
    InterpreterProfile,
    InterpreterService,
)
from centre.pool.topics import outside
from storage import clock
from storage.engine import Database
from tests.centre.conftest import berlin, who
from tests.centre.three import THURSDAY, accept, asked, first_asked, hold
from translations.languages import languages

STAFF = "m-reutlingen-1"


async def invited(db: Database, label: str = STAFF, name: str | None = None) -> str:
    async with db.transaction() as session:
        return await joining.invite(session, await session.get_one(Person, who(label)), name)


async def join(db: Database, token: str, label: str = "p1") -> bool:
    async with db.transaction() as session:
        return await joining.join(session, token, await session.get_one(Person, who(label)))


async def leave(db: Database, label: str = "p1") -> bool:
    async with db.transaction() as session:
        return await joining.leave(session, who(label))


async def person(db: Database, label: str) -> Person:
    async with db.transaction() as session:
        return await session.get_one(Person, who(label))


async def read(db: Database, label: str = "p1") -> Profile:
    async with db.transaction() as session:
        found = await profile.read(session, who(label))
    assert found is not None
    return found


async def change(
    db: Database, how: Callable[..., Awaitable[None]], *values: object, label: str = "p1"
) -> Profile:
    async with db.transaction() as session:
        await how(session, who(label), *values)
    return await read(db, label)


async def rows(db: Database, table: Any, label: str) -> int:
    owner = table.helper_id if table is InterpreterService else table.person_id
    async with db.transaction() as session:
        return await session.scalar(
            select(func.count()).select_from(table).where(owner == who(label))
        )


async def test_an_invitation_makes_a_newcomer_an_interpreter_with_the_name_in_it(
    people: Database,
) -> None:
    token = await invited(people, name="  Amina \n Muster ")
    assert len(token) == 43
    assert await join(people, token)
    made = await person(people, "p1")
    assert (made.role, made.name) == ("interpreter", "Amina Muster")
    found = await read(people)
    assert (found.told, found.ways, found.asked) == (True, ("chat",), False)


async def test_an_invitation_works_once_and_forgets_the_name_it_had(people: Database) -> None:
    token = await invited(people, name="Amina Muster")
    assert await join(people, token)
    assert not await join(people, token, "p2")
    assert (await person(people, "p2")).role == "refugee"
    async with people.transaction() as session:
        assert await session.scalar(select(logins.Login.name)) is None


async def test_an_invitation_ends_after_seven_days(people: Database) -> None:
    first, second = await invited(people), await invited(people)
    clock.advance(timedelta(days=7) - timedelta(minutes=1))
    assert await join(people, first)
    clock.advance(timedelta(minutes=2))
    assert not await join(people, second, "p2")


async def test_admins_may_invite_too(people: Database) -> None:
    assert await join(people, await invited(people, "a1"))


@pytest.mark.parametrize("label", ["p1", "i-ar-1", "v1", "c1"])
async def test_nobody_else_may_invite(people: Database, label: str) -> None:
    with pytest.raises(joining.MayNotInvite):
        await invited(people, label)


async def test_an_invitation_ends_with_the_role_of_whoever_gave_it(people: Database) -> None:
    token = await invited(people)
    async with people.transaction() as session:
        (await session.get_one(Person, who(STAFF))).role = "refugee"
    assert not await join(people, token)


async def test_other_links_are_no_invitations_and_the_other_way_round(people: Database) -> None:
    token = await invited(people)
    async with people.transaction() as session:
        connecting = await logins.create(session, who("i-ar-1"), "connect", timedelta(hours=1))
        assert await logins.redeem(session, token, "connect") is None
    assert not await join(people, connecting)
    assert await join(people, token)


async def test_a_client_who_joins_keeps_appointments_and_consent(people: Database) -> None:
    async with people.transaction() as session:
        before = await session.get_one(Person, who("p1"))
        kept = (before.consented_at, before.language, before.centre)
        await appointments.take(
            session,
            person_id=who("p1"),
            wish=Wish("reutlingen", managers=(who(STAFF),)),
            topic="ask_work",
            start=THURSDAY,
            language="ar",
            request_key=None,
        )
    assert await join(people, await invited(people))
    after = await person(people, "p1")
    assert (after.consented_at, after.language, after.centre) == kept
    assert await leave(people)
    async with people.transaction() as session:
        assert len(await appointments.upcoming(session, who("p1"))) == 1


async def test_staff_who_join_and_leave_keep_role_and_name(people: Database) -> None:
    before = await person(people, "m-muensingen-1")
    assert await join(people, await invited(people, name="Somebody"), "m-muensingen-1")
    assert await read(people, "m-muensingen-1")
    assert await leave(people, "m-muensingen-1")
    after = await person(people, "m-muensingen-1")
    assert (after.role, after.name) == (before.role, before.name)
    assert not await leave(people, "m-muensingen-1")


async def test_joining_again_changes_nothing_but_the_name(people: Database) -> None:
    assert await join(people, await invited(people, name="Amina"))
    before = await change(people, changes.set_german, "C1")
    assert await join(people, await invited(people))
    assert (await read(people), (await person(people, "p1")).name) == (before, "Amina")


async def test_leaving_deletes_what_was_told_and_keeps_the_hours_served(people: Database) -> None:
    assert await join(people, await invited(people, name="Amina"))
    await change(people, changes.set_language, "ar", True)
    await change(people, changes.set_part, 0, "evening", True)
    await served(people, "p1", 30)
    assert await leave(people)
    for table in (InterpreterLanguage, InterpreterProfile, InterpreterHours):
        assert await rows(people, table, "p1") == 0
    assert await rows(people, InterpreterService, "p1") == 1
    gone = await person(people, "p1")
    assert (gone.role, gone.name) == ("refugee", None)
    async with people.transaction() as session:
        assert await profile.read(session, who("p1")) is None
    assert not await leave(people)


async def test_appointments_of_whoever_leaves_look_for_somebody_else(people: Database) -> None:
    held = await hold(people)
    first = await first_asked(people, held)
    await accept(people, held.id, first)
    label = "i-ti-1" if first == who("i-ti-1") else "i-ti-2"
    assert await leave(people, label)
    assert await asked(people, held.id) not in (None, first)


async def test_all_that_is_told_is_read_in_one_go(people: Database) -> None:
    assert await join(people, await invited(people))
    await change(people, changes.set_language, "ti", True)
    await change(people, changes.set_language, "ar", True)
    await change(people, changes.set_level, "ar", "native")
    await change(people, changes.set_dialect, "ar", "iraqi", True)
    await change(people, changes.set_dialect, "ar", "levantine", True)
    await change(people, changes.set_german, "B2")
    await change(people, changes.set_gender, "f")
    await change(people, changes.set_centre, "dettingen", True)
    await change(people, changes.set_way, "on_site", True)
    await change(people, changes.set_part, 6, "morning", True)
    await change(people, changes.set_without, "money", True)
    found = await change(people, changes.declare)
    assert found == Profile(
        person_id=who("p1"),
        languages=(
            profile.Spoken("ar", "native", ("levantine", "iraqi")),
            profile.Spoken("ti", "fluent"),
        ),
        told=True,
        german="B2",
        gender="f",
        centres=("dettingen",),
        ways=("chat", "on_site"),
        parts=frozenset({(6, "morning")}),
        without=("money",),
        paused_until=None,
        declared_on=clock.today(),
        minutes=0,
    )
    assert found.asked


async def test_every_choice_can_be_taken_back(people: Database) -> None:
    assert await join(people, await invited(people))
    before = await change(people, changes.set_language, "ar", True)
    for how, values in (
        (changes.set_dialect, ("ar", "gulf")),
        (changes.set_centre, ("reutlingen",)),
        (changes.set_way, ("phone",)),
        (changes.set_part, (3, "afternoon")),
        (changes.set_without, ("work",)),
    ):
        # Twice the same is once: a second tap on the same button changes nothing.
        on = await change(people, how, *values, True)
        assert on == await change(people, how, *values, True) != before
        assert await change(people, how, *values, False) == before
        assert await change(people, how, *values, False) == before
    assert (await change(people, changes.set_language, "ar", False)).languages == ()


@pytest.mark.parametrize(
    ("how", "values"),
    [
        (changes.set_language, ("de", True)),
        (changes.set_language, ("xx", True)),
        (changes.set_level, ("ar", "perfect")),
        (changes.set_level, ("ti", "native")),  # not chosen
        (changes.set_dialect, ("ar", "hazaragi", True)),
        (changes.set_dialect, ("ti", "eritrean", True)),
        (changes.set_german, ("A1",)),
        (changes.set_gender, ("x",)),
        (changes.set_centre, ("berlin", True)),
        (changes.set_way, ("pigeon", True)),
        (changes.set_part, (7, "morning", True)),
        (changes.set_part, (0, "night", True)),
        (changes.set_without, ("health", True)),
        (changes.set_without, ("court", False)),
        (changes.pause, ("never",)),
    ],
)
async def test_what_no_button_offers_is_refused(
    people: Database, how: Callable[..., Awaitable[None]], values: tuple[object, ...]
) -> None:
    assert await join(people, await invited(people))
    before = await change(people, changes.set_language, "ar", True)
    with pytest.raises(changes.NotOffered):
        await change(people, how, *values)
    assert await read(people) == before


async def test_one_way_to_help_always_stays(people: Database) -> None:
    assert await join(people, await invited(people))
    with pytest.raises(changes.LastWay):
        await change(people, changes.set_way, "chat", False)
    await change(people, changes.set_way, "phone", True)
    assert (await change(people, changes.set_way, "chat", False)).ways == ("phone",)


async def test_a_break_ends_by_itself(people: Database) -> None:
    await join(people, await invited(people))
    until = (await change(people, changes.pause, "tomorrow")).paused_until
    assert until == berlin(2026, 12, 1, 8)
    clock.advance(timedelta(hours=23))
    assert (await read(people)).paused
    clock.advance(timedelta(hours=1, minutes=1))
    assert not (await read(people)).paused


async def test_a_break_of_a_week_and_one_without_end(people: Database) -> None:
    await join(people, await invited(people))
    assert (await change(people, changes.pause, "week")).paused_until == berlin(2026, 12, 7, 8)
    assert (await change(people, changes.pause, "back")).paused_until == profile.FOR_GOOD
    clock.advance(timedelta(days=4000))
    assert (await read(people)).paused
    assert not (await change(people, changes.resume)).paused


async def test_the_promise_keeps_its_first_day(people: Database) -> None:
    await join(people, await invited(people))
    first = (await change(people, changes.declare)).declared_on
    clock.advance(timedelta(days=3))
    assert (await change(people, changes.declare)).declared_on == first


async def test_who_has_told_nothing_can_be_asked(people: Database) -> None:
    found = await read(people, "i-ar-1")
    assert (found.told, found.declared_on, found.asked) == (False, None, True)


async def served(db: Database, label: str, minutes: int, ago: timedelta = timedelta()) -> None:
    async with db.transaction() as session:
        end = clock.now() - ago
        session.add(
            InterpreterService(
                helper_id=who(label),
                language="ar",
                centre="reutlingen",
                started_at=end - timedelta(minutes=minutes),
                ended_at=end,
            )
        )


async def test_minutes_are_those_of_this_year(people: Database) -> None:
    await served(people, "i-ar-1", 30)
    await served(people, "i-ar-1", 12, timedelta(days=100))
    await served(people, "i-ar-1", 7, timedelta(days=400))
    assert (await read(people, "i-ar-1")).minutes == 42


def test_every_dialect_belongs_to_a_launch_language_and_has_two_names() -> None:
    assert set(dialects.all_dialects()) <= set(languages()) - {"de"}
    for code, some in dialects.all_dialects().items():
        for one in some.values():
            assert dialects.label(code, one.id, "de") == one.german
            assert dialects.label(code, one.id, code) == one.name
    assert dialects.dialects("uk") == {}


def test_health_and_court_are_outside_the_pool() -> None:
    assert set(outside()) == {"health", "court"}
