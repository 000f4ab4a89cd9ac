"""Who abuses talks is kept out of them: a flood ends its talk, and the staff keep the list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from centre import handoffs
from centre.handoffs import Said, safety
from centre.handoffs.tables import TalkBan, TalkReport
from storage import clock
from storage.engine import Database
from tests.centre.conftest import people, who
from tests.centre.test_handoffs import MANAGERS, accept, ask, buttons, matched, texts
from translations.catalogue import say

__all__ = ["people"]

DAYS = timedelta(days=1)


async def reported(db: Database, by: str = "i-ar-1", decision: str = safety.BLOCKED) -> TalkReport:
    """Let one side of a talk report the other, and a manager decide."""
    made = await matched(db)
    async with db.transaction() as session:
        await safety.report(session, made.id, who(by))
    async with db.transaction() as session:
        report = (await session.scalars(select(TalkReport))).one()
        assert await safety.decide(session, report.id, who(MANAGERS[0]), decision)
    return report


async def flood(db: Database, messages: int, person: str = "p1") -> list[handoffs.Passed]:
    got = []
    for number in range(messages):
        async with db.transaction() as session:
            active = await handoffs.current(session, who(person))
            assert active is not None, f"over at message {number}"
            got.append(await handoffs.relay(session, active, Said(f"Geschwätz {number}")))
    return got


async def test_a_flood_that_goes_on_ends_the_talk_and_the_managers_decide(
    people: Database,
) -> None:
    made = await matched(people)
    got = await flood(people, 60)
    assert [one.too_fast for one in got] == [False] * 30 + [True] * 30
    assert [one.ended for one in got] == [False] * 59 + [True]
    async with people.transaction() as session:
        assert await handoffs.current(session, who("p1")) is None
        report = (await session.scalars(select(TalkReport))).one()
        assert (report.by_id, report.about_id) == (who("i-ar-1"), who("p1"))
        stored = await session.get_one(handoffs.Handoff, made.id)
        assert stored.status == "ended"
    assert (await texts(people, "i-ar-1"))[-1] == say("relay.ended_flood", "ar")
    for manager in MANAGERS:
        assert await texts(people, manager) == [say("report.flood", "de")]
        assert await buttons(people, manager) == [
            f"h:ban:{report.id}",
            f"h:block:{report.id}",
            f"h:dismiss:{report.id}",
        ]
    assert "Geschwätz" not in " ".join(await texts(people, MANAGERS[0]))


async def test_who_was_warned_once_and_writes_slower_keeps_the_talk(people: Database) -> None:
    await matched(people)
    await flood(people, 40)
    clock.advance(timedelta(minutes=1))
    assert not (await flood(people, 1))[0].too_fast


async def test_somebody_blocked_for_good_is_told_so_and_heard_in_an_emergency(
    people: Database,
) -> None:
    await reported(people)
    assert (await texts(people, "p1"))[-1] == say("report.blocked_told", "ar")
    clock.advance(400 * DAYS)
    with pytest.raises(handoffs.Banned) as refused:
        await ask(people)
    assert refused.value.key == "report.blocked_told"
    assert (await ask(people, kind="human", urgent=True))[0].status == "open"


async def test_the_list_says_who_and_until_when_and_lifting_opens_the_way(
    people: Database,
) -> None:
    report = await reported(people)
    async with people.transaction() as session:
        [one] = await safety.blocked(session, "reutlingen")
        assert (one.report_id, one.name, one.until) == (report.id, None, None)
        assert await safety.blocked(session, "muensingen") == []
        for stranger in ("m-dettingen-1", "p1", "i-ar-1"):
            with pytest.raises(handoffs.Over):
                await safety.lift(session, report.id, who(stranger))
        await safety.lift(session, report.id, who(MANAGERS[1]))
        assert await safety.blocked(session, "reutlingen") == []
    assert (await ask(people))[0].status == "open"


async def test_an_interpreter_stands_in_the_list_by_name_and_takes_nothing_more(
    people: Database,
) -> None:
    made = await matched(people)
    other, _, _ = await ask(people, person="p3")
    async with people.transaction() as session:
        await safety.report(session, made.id, who("p1"))
    async with people.transaction() as session:
        report = (await session.scalars(select(TalkReport))).one()
        await safety.decide(session, report.id, who(MANAGERS[0]), safety.BANNED)
        [one] = await safety.blocked(session, "reutlingen")
        assert one.name == "Dolmetsch-Muster Zwei"
        assert one.until is not None
        assert abs(one.until - clock.now() - safety.BAN) < timedelta(minutes=1)
        asked = await session.get(handoffs.HandoffAsk, (other.id, who("i-ar-1")))
        if asked is None:
            session.add(
                handoffs.HandoffAsk(handoff_id=other.id, helper_id=who("i-ar-1"), language="ar")
            )
    with pytest.raises(handoffs.Banned):
        await accept(people, other.id, "i-ar-1")


async def test_a_manager_who_reports_decides_as_well(people: Database) -> None:
    made, _, _ = await ask(people, kind="human")
    await accept(people, made.id, MANAGERS[0])
    async with people.transaction() as session:
        await safety.report(session, made.id, who(MANAGERS[0]))
    for manager in MANAGERS:
        assert (await texts(people, manager))[-1] == say("report.about_person", "de")


async def test_what_is_over_is_forgotten_and_what_holds_is_kept(people: Database) -> None:
    report = await reported(people, decision=safety.BANNED)
    clock.advance(8 * DAYS)
    async with people.transaction() as session:
        await safety.forget_old(session)
        assert await session.scalar(select(func.count()).select_from(TalkBan)) == 0
        assert await session.get(TalkReport, report.id) is not None
    clock.advance(365 * DAYS)
    async with people.transaction() as session:
        await safety.forget_old(session)
        assert await session.scalar(select(func.count()).select_from(TalkReport)) == 0


async def test_a_block_for_good_outlives_the_year(people: Database) -> None:
    await reported(people)
    clock.advance(500 * DAYS)
    async with people.transaction() as session:
        await safety.forget_old(session)
        assert len(await safety.blocked(session, "reutlingen")) == 1
