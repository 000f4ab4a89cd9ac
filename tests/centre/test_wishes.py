"""Who waits may wish for a woman, a man or their dialect; nobody else is sent to them then."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update

from centre import handoffs
from centre.handoffs import Handoff, wishes
from centre.handoffs.wishes import Offers
from centre.pool.tables import InterpreterLanguage
from storage import clock
from storage.engine import Database
from tests.centre.conftest import Work, berlin, new_person, people, sent_to, who
from tests.centre.test_handoffs import MANAGERS, ask, texts
from tests.centre.test_waves import answered, asked, interpreter, pool, stored
from translations.catalogue import say

__all__ = ["people"]

MINUTES = timedelta(minutes=1)


async def waiting(db: Database, language: str = "so", topic: str | None = None) -> Handoff:
    made, _, _ = await ask(db, language=language, topic=topic)
    return made


async def wish(db: Database, gender: str | None) -> int | None:
    async with db.transaction() as session:
        found = await handoffs.waiting(session, who("p1"))
        assert found is not None
        return await wishes.wish_gender(session, found, gender)


async def speaks(db: Database, helper: uuid.UUID, dialect: str) -> None:
    async with db.transaction() as session:
        await session.execute(
            update(InterpreterLanguage)
            .where(InterpreterLanguage.person_id == helper)
            .values(dialects=[dialect])
        )


async def test_only_what_somebody_of_the_pool_is_or_speaks_is_offered(people: Database) -> None:
    await pool(people, 1)
    made = await waiting(people)
    async with people.transaction() as session:
        assert not await wishes.offers(session, made)
    await interpreter(people, "woman", gender="f")
    man = await interpreter(people, "man", gender="m")
    await speaks(people, man, "maay")
    away = await interpreter(people, "away", gender="d", paused_until=clock.now() + MINUTES)
    await speaks(people, away, "banaadiri")
    async with people.transaction() as session:
        assert await wishes.offers(session, made) == Offers(("f", "m"), ("maay",))


async def test_who_wishes_for_a_woman_gets_nobody_else(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    others = await pool(people, 3)
    made = await waiting(people)
    assert set(await asked(people, made.id)) == set(others)
    woman = await interpreter(people, "woman", gender="f")
    assert await wish(people, "f") == 1
    assert set(await asked(people, made.id)) == {woman}
    with pytest.raises(handoffs.NotAsked):
        await answered(people, others[0], made.id)
    assert (await answered(people, woman, made.id)).helper_id == woman


async def test_when_nobody_fits_the_search_goes_on_soon_and_anybody_can_be_asked_again(
    people: Database, work: Work
) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    others = await pool(people, 2)
    made = await waiting(people)
    assert await wish(people, "m") is None
    assert await asked(people, made.id) == {}
    due = (await stored(people, made.id)).due_at
    assert due is not None
    assert due - clock.now() <= 2 * MINUTES
    assert await wish(people, None) == 2
    assert set(await asked(people, made.id)) == set(others)
    await wish(people, "m")
    await work(later=3 * MINUTES)
    assert (await stored(people, made.id)).stage == "managers"
    # Whoever finds an interpreter now has to know it, too.
    for manager in MANAGERS:
        assert (await texts(people, manager))[-1].endswith(
            say("manager.wish", "de", wish="Ein Mann")
        )
    assert "Wunsch" not in "".join(await texts(people, others[0]))


async def test_a_wish_that_those_asked_already_fulfil_leaves_them_their_time(
    people: Database,
) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    await pool(people, 0)
    woman = await interpreter(people, "woman", gender="f")
    made = await waiting(people)
    assert await wish(people, "f") == 0
    assert set(await asked(people, made.id)) == {woman}
    due = (await stored(people, made.id)).due_at
    assert due is not None
    assert due - clock.now() > 4 * MINUTES


async def test_who_speaks_the_dialect_is_asked_first(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    helpers = await pool(people, 8)
    made = await waiting(people)
    first = set(await asked(people, made.id))
    left = [one for one in helpers if one not in first]
    await speaks(people, left[-1], "maay")
    async with people.transaction() as session:
        found = await handoffs.waiting(session, who("p1"))
        assert found is not None
        assert await wishes.wish_dialect(session, found, "maay") == 3
        assert found.dialect == "maay"
    assert left[-1] in await asked(people, made.id)
    async with people.transaction() as session:
        [offer] = await sent_to(session, left[-1])
    assert "Somali (Af-Maay)" in offer.text


async def test_of_many_it_is_the_one_who_speaks_the_dialect(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    helpers = await pool(people, 7)
    await speaks(people, helpers[5], "maay")
    async with people.transaction() as session:
        person = await new_person(session, "script", "wisher", language="so", centre="reutlingen")
        made, count, _ = await handoffs.request(
            session,
            person_id=person,
            kind="interpreter",
            centre="reutlingen",
            language="so",
            request_key=None,
            urgency="low",
        )
    assert count == 2
    before = set(await asked(people, made.id))
    async with people.transaction() as session:
        found = await handoffs.waiting(session, person)
        assert found is not None
        await wishes.wish_dialect(session, found, "maay")
    new = set(await asked(people, made.id)) - before
    assert helpers[5] in before | new
    assert len(new) == 2


async def test_what_is_no_dialect_of_the_language_is_no_wish(people: Database) -> None:
    await pool(people, 4)
    await waiting(people)
    async with people.transaction() as session:
        found = await handoffs.waiting(session, who("p1"))
        assert found is not None
        await wishes.wish_dialect(session, found, "levantine")
        assert found.dialect is None


async def test_a_wish_does_not_send_volunteers_to_the_doctor(people: Database) -> None:
    await pool(people, 2)
    await interpreter(people, "woman", gender="f")
    made = await waiting(people, topic="health")
    assert await wish(people, "f") == 0
    async with people.transaction() as session:
        assert (await session.get_one(Handoff, made.id)).stage == "managers"
    assert len(await asked(people, made.id)) == 2  # the managers
