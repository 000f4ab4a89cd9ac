"""The demonstration is the same small, fictional county every time."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, demo, handoffs
from centre.appointments import WorkingHours
from centre.county import centres
from centre.people import Address, Person, find
from centre.pool.tables import InterpreterLanguage
from storage import queue
from storage.base import Base
from storage.engine import Database
from tests.centre.conftest import berlin, new_person, who
from translations.languages import languages


async def snapshot(session: AsyncSession) -> set[tuple[object, ...]]:
    rows = await session.execute(
        select(
            Address.channel,
            Address.address,
            Person.id,
            Person.role,
            Person.name,
            Person.language,
            Person.centre,
        ).join(Person)
    )
    return {tuple(row) for row in rows}


async def test_everybody_the_doors_name_is_there(people: Database) -> None:
    async with people.transaction() as session:
        for number, language in enumerate(
            ["ar", "fa", "uk", "ti", "tr", "de", "en", "ps", "so"], start=1
        ):
            person = await find(session, "script", f"p{number}")
            assert person is not None
            assert (person.role, person.language, person.name) == ("refugee", language, None)
            assert person.consented_at is not None
            assert person.residence_status is None
        for label, role in [("v1", "volunteer"), ("v2", "volunteer"), ("c1", "curator")]:
            found = await find(session, "script", label)
            assert found is not None
            assert found.role == role
        admin = await find(session, "script", "a1")
        assert admin is not None
        assert (admin.role, admin.language) == ("admin", "de")


async def test_every_centre_has_two_managers_with_hours_from_monday_to_friday(
    people: Database,
) -> None:
    async with people.transaction() as session:
        for centre in centres():
            for number in (1, 2):
                manager = await find(session, "script", f"m-{centre}-{number}")
                assert manager is not None
                assert (manager.role, manager.centre, manager.language) == (
                    "manager",
                    centre,
                    "de",
                )
                days = await session.scalars(
                    select(WorkingHours.weekday).where(WorkingHours.manager_id == manager.id)
                )
                assert set(days) == {0, 1, 2, 3, 4}
            assert len(await appointments.free_days(session, appointments.Wish(centre))) == 6


async def test_every_language_but_german_has_an_interpreter(people: Database) -> None:
    async with people.transaction() as session:
        rows = await session.execute(
            select(InterpreterLanguage.language, func.count()).group_by(
                InterpreterLanguage.language
            )
        )
        counts = {language: count for language, count in rows}
        assert set(counts) == set(languages()) - {"de"}
        assert {language for language, count in counts.items() if count == 2} == {
            *("ar", "uk", "fa", "ti")
        }
        assert await find(session, "script", "i-prs-1") is not None
        assert await find(session, "script", "i-ti-2") is not None


async def test_loading_again_changes_nothing(people: Database) -> None:
    async with people.transaction() as session:
        before = await snapshot(session)
        hours = await session.scalar(select(func.count()).select_from(WorkingHours))
        await demo.load(session)
        assert await snapshot(session) == before
        assert await session.scalar(select(func.count()).select_from(WorkingHours)) == hours


async def test_a_reset_returns_to_the_beginning(people: Database) -> None:
    async with people.transaction() as session:
        before = await snapshot(session)
    async with people.transaction() as session:
        await new_person(session, "telegram", "4711")
        await appointments.book(
            session,
            person_id=who("p1"),
            centre="reutlingen",
            topic="other",
            start=berlin(2026, 12, 1, 9, 0),
            language="ar",
            request_key=None,
        )
        await handoffs.request(
            session,
            person_id=who("p1"),
            kind="interpreter",
            centre="reutlingen",
            language="ar",
            request_key=None,
        )
        await queue.defer(session, "something", text="left over")
    async with people.transaction() as session:
        await demo.reset(session)
    async with people.transaction() as session:
        assert await snapshot(session) == before
        kept = {"people", "addresses", "working_hours", "interpreter_languages"}
        ours = {"appointments", "handoffs", "handoff_asks", "outgoing_messages"}
        assert ours | kept <= set(Base.metadata.tables)
        for table in (*ours, "procrastinate_jobs"):
            assert await session.scalar(text(f"select count(*) from {table}")) == 0


@pytest.mark.parametrize("label", ["p1", "m-reutlingen-1", "i-ar-1"])
async def test_ids_are_the_same_on_every_machine(people: Database, label: str) -> None:
    async with people.transaction() as session:
        found = await find(session, "script", label)
    assert found is not None
    assert found.id == who(label)
    assert who("p1") == uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "lotse:demo"), "p1")
