"""A running talk: who is in it, how it goes quiet, how it ends, and what is left of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text, update

from centre import handoffs
from centre.handoffs import Handoff, Said, adviser, ending, lost, mending, safety, staff
from centre.handoffs.tables import HandoffAsk, HandoffNote, TalkBan, TalkReport
from centre.people import Person
from centre.pool.tables import InterpreterLanguage, InterpreterService
from storage import clock
from storage.engine import Database
from storage.outbox import OutgoingMessage
from tests.centre.conftest import Work, new_person, sent_to, who
from tests.centre.test_handoffs import MANAGERS, accept, ask, block, buttons, matched, relay, texts
from translations.catalogue import say

MINUTES = timedelta(minutes=1)
CLIENTS = 200
CONNECTIONS = 60


async def talk_with_staff(db: Database, person: str = "p1") -> Handoff:
    made, _, _ = await ask(db, person, kind="human")
    return await accept(db, made.id, MANAGERS[0])


async def stored(db: Database, handoff_id: int) -> Handoff:
    async with db.transaction() as session:
        return await session.get_one(Handoff, handoff_id)


async def test_nothing_of_what_was_said_is_left_after_the_end(people: Database) -> None:
    made = await matched(people)
    await relay(people, "p1", "Das ist mein Geheimnis")
    await relay(people, "i-ar-1", "Ich verrate das Geheimnis nicht")
    async with people.transaction() as session:
        session.add(
            HandoffNote(handoff_id=made.id, author_id=who(MANAGERS[0]), text="Geheimnis auch hier")
        )
    assert await traces(people, "Geheimnis")
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
    assert await traces(people, "Geheimnis") == {}
    done = await stored(people, made.id)
    assert (done.status, done.language, done.spoken) == ("ended", "ar", "ar")
    assert done.matched_at is not None
    assert done.ended_at is not None


async def traces(db: Database, words: str) -> dict[str, int]:
    """Return in which tables something stands, as text of whole rows."""
    async with db.transaction() as session:
        tables = await session.scalars(
            text("select tablename from pg_tables where schemaname = 'public'")
        )
        found = {
            table: await session.scalar(
                text(f'select count(*) from "{table}" t where strpos(t::text, :words) > 0'),
                {"words": words},
            )
            for table in tables.all()
        }
    return {table: count for table, count in found.items() if count}


async def test_the_time_an_interpreter_gave_is_noted_without_whom_they_helped(
    people: Database,
) -> None:
    await matched(people)
    clock.advance(20 * MINUTES + timedelta(seconds=10))
    async with people.transaction() as session:
        await handoffs.end(session, who("i-ar-1"))
    async with people.transaction() as session:
        [service] = (await session.scalars(select(InterpreterService))).all()
    assert (service.helper_id, service.language, service.centre) == (
        who("i-ar-1"),
        "ar",
        "reutlingen",
    )
    assert service.minutes == 21
    assert not {"person_id", "handoff_id"} & set(InterpreterService.__table__.columns.keys())


async def test_a_talk_with_the_staff_is_nobodys_voluntary_work(people: Database) -> None:
    await talk_with_staff(people)
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
        assert await session.scalar(select(func.count()).select_from(InterpreterService)) == 0


async def test_both_sides_can_say_how_it_was_and_nobody_else(people: Database) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        assert not await ending.rate(session, made.id, who("p1"), "good")  # not yet
        await handoffs.end(session, who("p1"))
    assert await buttons(people, "p1") == [
        f"h:good:{made.id}",
        f"h:bad:{made.id}",
        f"h:report:{made.id}",
    ]
    async with people.transaction() as session:
        assert await ending.rate(session, made.id, who("p1"), "good")
        assert await ending.rate(session, made.id, who("i-ar-1"), "bad")
        assert not await ending.rate(session, made.id, who("i-ar-2"), "bad")
    done = await stored(people, made.id)
    assert (done.person_said, done.helper_said) == ("good", "bad")


async def test_a_silent_talk_is_warned_and_then_ends(people: Database, work: Work) -> None:
    made = await matched(people)
    await work(later=15 * MINUTES)
    await relay(people, "p1", "Hallo")
    await work(later=10 * MINUTES)
    assert say("relay.silent", "ar", minutes=10) not in await texts(people, "p1")
    await work(later=11 * MINUTES)
    for side in ("p1", "i-ar-1"):
        assert (await texts(people, side))[-1] == say("relay.silent", "ar", minutes=10)
    await work(later=10 * MINUTES)
    assert (await stored(people, made.id)).status == "ended"
    for side in ("p1", "i-ar-1"):
        assert (await texts(people, side))[-1] == say("relay.ended_silent", "ar")


async def test_a_word_after_the_warning_keeps_the_talk(people: Database, work: Work) -> None:
    made = await matched(people)
    await work(later=20 * MINUTES)
    assert await relay(people, "i-ar-1", "Ja, ich bin da")
    await work(later=15 * MINUTES)
    assert (await stored(people, made.id)).status == "matched"
    await work(later=6 * MINUTES)
    await work(later=11 * MINUTES)
    assert (await stored(people, made.id)).status == "ended"


async def test_a_silent_talk_whose_job_was_lost_is_found(people: Database) -> None:
    made = await matched(people)
    clock.advance(33 * MINUTES)
    await mending.mend(people)
    assert (await stored(people, made.id)).warned_at is not None
    clock.advance(33 * MINUTES)
    await mending.mend(people)
    assert (await stored(people, made.id)).status == "ended"


async def test_an_interpreter_who_blocks_the_bot_is_replaced_by_others(people: Database) -> None:
    made = await matched(people)
    await block(people, "i-ar-1")
    async with people.transaction() as session:
        await lost.gone(session, who("i-ar-1"))
    assert (await stored(people, made.id)).status == "ended"
    assert (await texts(people, "p1"))[-1] == say("relay.helper_gone", "ar")
    async with people.transaction() as session:
        waiting = await handoffs.waiting(session, who("p1"))
        assert waiting is not None
        assert (waiting.urgency, waiting.language) == ("high", "ar")
        assert await session.get(HandoffAsk, (waiting.id, who("i-ar-2"))) is not None


async def test_the_periodic_check_finds_a_talk_whose_helper_is_gone(people: Database) -> None:
    made = await matched(people)
    await block(people, "i-ar-1")
    assert await mending.mend(people) == 1
    assert (await stored(people, made.id)).status == "ended"
    assert await mending.mend(people) == 0


async def test_a_talk_whose_helper_was_erased_without_a_word_is_found_too(
    people: Database,
) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        await session.execute(update(Handoff).values(helper_id=None))
    assert await mending.mend(people) == 1
    assert (await stored(people, made.id)).status == "ended"
    assert (await texts(people, "p1"))[-1] == say("relay.helper_gone", "ar")


async def test_a_person_who_blocks_the_bot_frees_the_interpreter(people: Database) -> None:
    await matched(people)
    await block(people, "p1")
    async with people.transaction() as session:
        await lost.gone(session, who("p1"))
        assert await handoffs.current(session, who("i-ar-1")) is None
    assert (await texts(people, "i-ar-1"))[-1] == say("relay.ended_other", "ar")


async def test_who_leaves_the_pool_takes_no_request_any_more(people: Database) -> None:
    other, _, _ = await ask(people, "p2")
    talk = await matched(people)
    async with people.transaction() as session:
        await handoffs.withdraw(session, who("i-ar-1"))
    assert (await stored(people, talk.id)).status == "ended"
    with pytest.raises(handoffs.NotAsked):
        await accept(people, other.id, "i-ar-1")


async def test_colleagues_see_who_has_a_talk_and_can_take_it_over(people: Database) -> None:
    made = await talk_with_staff(people)
    assert (await texts(people, MANAGERS[1]))[-1] == say(
        "human.taken_by", "de", name="Muster, Erika"
    )
    assert await buttons(people, MANAGERS[1]) == [f"h:take:{made.id}"]
    async with people.transaction() as session:
        author = await session.get_one(Person, who(MANAGERS[0]))
        assert await staff.note(session, author, "Braucht den Antrag bis Freitag")
    noted = say(
        "human.note_from", "de", name="Muster, Erika", text="Braucht den Antrag bis Freitag"
    )
    assert (await texts(people, MANAGERS[1]))[-1] == noted
    async with people.transaction() as session:
        taken = await staff.take_over(session, made.id, who(MANAGERS[1]))
        assert taken.helper_id == who(MANAGERS[1])
    assert (await texts(people, MANAGERS[0]))[-1] == say(
        "human.taken_over", "de", name="Beispiel, Max"
    )
    assert (await texts(people, MANAGERS[1]))[-1] == noted
    assert (await texts(people, "p1"))[-1] == say("human.new_owner", "ar")
    assert "Antrag" not in " ".join(await texts(people, "p1"))
    assert await relay(people, MANAGERS[1], "Guten Tag")
    async with people.transaction() as session:
        assert await handoffs.current(session, who(MANAGERS[0])) is None


async def test_only_managers_of_the_centre_take_over_and_only_what_runs(people: Database) -> None:
    made = await talk_with_staff(people)
    for stranger in ("m-dettingen-1", "i-ar-1", "p2"):
        with pytest.raises(handoffs.NotAsked):
            async with people.transaction() as session:
                await staff.take_over(session, made.id, who(stranger))
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
    with pytest.raises(handoffs.Over):
        async with people.transaction() as session:
            await staff.take_over(session, made.id, who(MANAGERS[1]))


async def test_a_manager_comes_into_a_talk_and_leaves_it_again(people: Database) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        assert await adviser.ask(session, who("i-ar-1")) == 2
    assert await buttons(people, MANAGERS[0]) == [f"h:join:{made.id}"]
    async with people.transaction() as session:
        await adviser.come_in(session, made.id, who(MANAGERS[0]))
    with pytest.raises(handoffs.Over):
        async with people.transaction() as session:
            await adviser.come_in(session, made.id, who(MANAGERS[1]))
    await relay(people, "p1", "Guten Tag")
    for other in ("i-ar-1", MANAGERS[0]):
        language = "ar" if other == "i-ar-1" else "de"
        said = say("relay.from_person", language, text="Guten Tag")
        assert (await texts(people, other))[-1].startswith(said)
    await relay(people, MANAGERS[0], "Rufen Sie an: 07121 4800")
    for other in ("p1", "i-ar-1"):
        assert "07121 4800" in (await texts(people, other))[-1]  # an office's number may pass
    async with people.transaction() as session:
        await handoffs.end(session, who(MANAGERS[0]))
    assert (await stored(people, made.id)).status == "matched"
    assert (await texts(people, "p1"))[-1] == say("relay.adviser_left", "ar")
    assert await relay(people, "p1", "Und weiter?")
    assert (await texts(people, MANAGERS[0]))[-1] == say("relay.left", "de")


async def test_a_report_ends_the_talk_and_the_two_never_meet_again(people: Database) -> None:
    made = await matched(people)
    await relay(people, "i-ar-1", "Etwas Böses")
    async with people.transaction() as session:
        await safety.report(session, made.id, who("p1"))
        await safety.report(session, made.id, who("p1"))
    assert (await stored(people, made.id)).status == "ended"
    for manager in MANAGERS:
        [told] = await texts(people, manager)
        assert told == say("report.about_interpreter", "de", name="Dolmetsch-Muster Zwei")
    again, count, _ = await ask(people)
    assert count == 1
    async with people.transaction() as session:
        assert await session.get(HandoffAsk, (again.id, who("i-ar-1"))) is None


async def test_the_staff_keep_somebody_from_talks_for_a_week_but_not_from_help(
    people: Database,
) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        await safety.report(session, made.id, who("i-ar-1"))
        report = (await session.scalars(select(TalkReport))).one()
        with pytest.raises(handoffs.Over):
            await safety.decide(session, report.id, who("m-dettingen-1"), safety.BANNED)
    async with people.transaction() as session:
        assert await safety.decide(session, report.id, who(MANAGERS[0]), safety.BANNED)
        assert not await safety.decide(session, report.id, who(MANAGERS[1]), safety.DISMISSED)
    with pytest.raises(handoffs.Banned):
        await ask(people)
    assert (await ask(people, kind="human", urgent=True))[0].status == "open"
    async with people.transaction() as session:
        await handoffs.stop(session, who("p1"))
        await session.execute(update(TalkBan).values(until=clock.now()))
    assert (await ask(people))[0].status == "open"


@pytest.mark.parametrize("forger", ["p2", "i-ar-2", MANAGERS[0]])
async def test_only_the_two_of_a_talk_can_report_it(people: Database, forger: str) -> None:
    made = await matched(people)
    with pytest.raises(handoffs.Over):
        async with people.transaction() as session:
            await safety.report(session, made.id, who(forger))


async def test_a_flood_in_a_talk_is_stopped(people: Database) -> None:
    await matched(people)
    for number in range(30):
        assert await relay(people, "p1", f"Nachricht {number}")
    async with people.transaction() as session:
        active = await handoffs.current(session, who("p1"))
        assert active is not None
        assert (await handoffs.relay(session, active, Said("Noch eine"))).too_fast
    clock.advance(MINUTES)
    assert await relay(people, "p1", "Noch eine")


@pytest_asyncio.fixture
async def crowd(people: Database, db_url: str) -> AsyncIterator[Database]:
    database = Database(db_url, pool=CONNECTIONS)
    yield database
    await database.close()


async def everybody_accepts(crowd: Database) -> list[object]:
    async with crowd.transaction() as session:
        helpers = [
            await new_person(session, "script", f"helper-{number}", role="interpreter")
            for number in range(CLIENTS)
        ]
        session.add_all(InterpreterLanguage(person_id=one, language="am") for one in helpers)
        made = Handoff(kind="interpreter", person_id=who("p1"), centre="reutlingen", language="am")
        session.add(made)
        await session.flush()
        session.add_all(
            HandoffAsk(handoff_id=made.id, helper_id=one, language="am") for one in helpers
        )

    async def one(helper: uuid.UUID) -> Handoff:
        async with crowd.transaction() as session:
            return await handoffs.accept(session, made.id, helper)

    return await asyncio.gather(*map(one, helpers), return_exceptions=True)


async def test_of_two_hundred_who_say_yes_at_once_one_has_it(crowd: Database) -> None:
    results = await everybody_accepts(crowd)
    assert sum(isinstance(one, Handoff) for one in results) == 1
    assert sum(isinstance(one, handoffs.Taken) for one in results) == CLIENTS - 1
    async with crowd.transaction() as session:
        assert len(await sent_to(session, "p1")) == 1


async def test_without_the_guard_several_would_have_it(
    crowd: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same race where ``accept`` looks first and writes after, as programs often do."""
    barrier = asyncio.Barrier(20)

    async def careless(session: object, handoff_id: int, helper_id: uuid.UUID) -> Handoff:
        found = await session.get(Handoff, handoff_id)  # type: ignore[attr-defined]
        if barrier.n_waiting < barrier.parties and not barrier.broken and found.status == "open":
            async with asyncio.timeout(30):
                await barrier.wait()
        if found.status != "open":
            raise handoffs.Taken
        found.status, found.helper_id = "matched", helper_id
        return found

    monkeypatch.setattr(handoffs, "accept", careless)
    monkeypatch.setattr(f"{__name__}.CLIENTS", 20)
    results = await everybody_accepts(crowd)
    assert sum(isinstance(one, Handoff) for one in results) > 1


async def test_a_message_of_telegrams_full_length_goes_through_whole(people: Database) -> None:
    await matched(people)
    long = "\n".join(["ein Satz mit Wörtern"] * 195)
    assert 4_000 < len(long) <= 4_096
    assert await relay(people, "p1", long)
    assert long in (await texts(people, "i-ar-1"))[-1]


async def test_nothing_said_in_a_talk_outlives_it_even_if_it_was_never_sent(
    people: Database,
) -> None:
    made = await matched(people)
    async with people.transaction() as session:
        helper = await new_person(session, "telegram", "4711", role="interpreter", language="ar")
        await session.execute(update(Handoff).values(helper_id=helper))
    await relay(people, "p1", "wartet noch")
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
        row = (
            await session.scalars(
                select(OutgoingMessage).where(OutgoingMessage.status == "waiting")
            )
        ).first()
        # It is on its way and is forgotten with its sending; nothing ties it to the talk.
        assert row is not None
        assert (row.thread, row.author_id, row.origin) == (None, None, None)
    assert made.id
