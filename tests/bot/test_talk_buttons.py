"""What people tap around a request and a talk does what the button says, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import helpers, links
from bot.inbox import Update
from bot.incoming import Incoming
from centre import handoffs
from centre.handoffs import Handoff
from centre.handoffs.tables import HandoffAsk, TalkReport
from centre.people import Person
from centre.pool import joining
from centre.pool.tables import InterpreterLanguage, InterpreterProfile, InterpreterService
from storage import clock
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import berlin, new_person, people, sent_to, who
from tests.centre.test_handoffs import MANAGERS, accept, ask, matched
from tests.centre.test_waves import asked, interpreter, pool
from translations.catalogue import say

__all__ = ["people"]


async def taps(db: Database, person: str, data: str) -> list[Content] | None:
    async with db.transaction() as session:
        one = await session.get_one(Person, who(person))
        return await helpers.handle(session, one, Incoming("tap", data=data))


async def says(db: Database, person: str, text: str, *, bot: bool = False) -> list[Content] | None:
    link = "https://t.me/lotse_test_bot?start={}".format if bot else None
    async with db.transaction() as session:
        one = await session.get_one(Person, who(person))
        return await helpers.handle(session, one, Incoming("text", text=text), link)


def words(contents: list[Content] | None) -> list[str]:
    assert contents is not None
    return [one.text for one in contents]


async def test_urgent_asks_more_people_at_once(people: Database) -> None:
    await pool(people, 8)
    made, _, _ = await ask(people, language="so")
    got = await taps(people, "p1", "h:high")
    assert words(got) == [say("interpreter.next_wave", "ar", count=5)]
    assert len(await asked(people, made.id)) == 8
    assert words(await taps(people, "p1", "h:high")) == [say("interpreter.hurried", "ar")]
    assert words(await taps(people, "p1", "h:low")) == [say("interpreter.patient", "ar")]


async def test_one_more_language_asks_those_who_speak_it(people: Database) -> None:
    await ask(people)
    got = await taps(people, "p1", "h:also:tr")
    assert words(got) == [say("interpreter.other_languages", "ar", count=1)]
    again = words(await taps(people, "p1", "h:also:tr"))
    assert again == [say("interpreter.nobody_either", "ar", language="التركية")]


@pytest.mark.parametrize(
    "data", ["h:high", "h:low", "h:also:tr", "h:onsite", "h:adviser", "h:take:1", "h:join:1"]
)
async def test_without_a_request_or_a_talk_these_buttons_are_over(
    people: Database, data: str
) -> None:
    assert words(await taps(people, "p3", data))[0].startswith(
        say("interpreter.over", await language(people, "p3"))
    )


async def language(db: Database, person: str) -> str:
    async with db.transaction() as session:
        return (await session.get_one(Person, who(person))).language or "de"


@pytest.mark.parametrize(
    "data", ["h:", "h:accept", "h:accept:x", "h:also:xxxx", "h:also:AR", "h:ban:1:2", "h:good:-1"]
)
async def test_what_we_never_made_is_left_to_the_conversation(people: Database, data: str) -> None:
    await ask(people)
    assert await taps(people, "p1", data) is None


async def test_somebody_who_should_come_along_is_the_staffs_to_order(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    await ask(people, topic="school")
    assert words(await taps(people, "p1", "h:onsite")) == [say("interpreter.on_site", "ar")]
    async with people.transaction() as session:
        [told] = await sent_to(session, MANAGERS[0])
    assert not told.silent
    assert told.buttons[0][0].data.startswith("h:accept:")


async def test_after_a_talk_one_says_how_it_was_or_that_something_was_wrong(
    people: Database,
) -> None:
    made = await matched(people)
    await taps(people, "p1", "/end")
    assert words(await taps(people, "p1", f"h:good:{made.id}")) == [say("relay.thanks", "ar")]
    assert words(await taps(people, "i-ar-1", f"h:report:{made.id}")) == [
        say("report.thanks", "ar")
    ]
    async with people.transaction() as session:
        report = (await session.scalars(select(TalkReport))).one()
        told = [one.text for one in await sent_to(session, MANAGERS[1])]
    assert told == [say("report.about_person", "de")]
    got = await taps(people, MANAGERS[0], f"h:dismiss:{report.id}")
    assert words(got) == [say("report.dismissed", "de")]
    got = await taps(people, MANAGERS[1], f"h:ban:{report.id}")
    assert words(got) == [say("report.decided", "de")]
    assert words(await taps(people, "p2", f"h:ban:{report.id}"))[0]
    assert (await ask(people))[0].status == "open"


async def test_a_manager_joins_and_notes_and_the_note_stays_among_colleagues(
    people: Database,
) -> None:
    made = await matched(people)
    assert words(await taps(people, "p1", "h:adviser")) == [say("relay.adviser_asked", "ar")]
    assert words(await taps(people, MANAGERS[0], f"h:join:{made.id}")) == [
        say("relay.joined", "de")
    ]
    assert words(await says(people, MANAGERS[0], "/colleagues Bitte übernehmen")) == [
        say("human.noted", "de")
    ]
    assert words(await says(people, MANAGERS[1], "/colleagues Was?")) == [
        say("human.note_how", "de")
    ]
    async with people.transaction() as session:
        for one in ("p1", "i-ar-1"):
            assert "übernehmen" not in str(await sent_to(session, one))
        assert "übernehmen" in str(await sent_to(session, MANAGERS[1]))


async def test_an_invited_person_becomes_an_interpreter_and_is_asked_after_the_promise(
    people: Database,
) -> None:
    [told] = words(await says(people, MANAGERS[0], "/invite Probe, Petra", bot=True))
    found = re.search(r"https://t\.me/lotse_test_bot\?start=([A-Za-z0-9_-]{43})", told)
    assert found is not None
    async with people.transaction() as session:
        helper = await new_person(session, "script", "new-one", language="de")
        update_ = Update(channel="script", address="new-one", external_id="x", content={})
        opened = Incoming("text", text=f"/start {found[1]}")
        assert await links.opened(session, update_, opened)
    async with people.transaction() as session:
        one = await session.get_one(Person, helper)
        assert (one.role, one.name) == ("interpreter", "Probe, Petra")
        welcome = [content.text for content in await sent_to(session, helper)]
        assert welcome[0] == say("pool.joined", "de")
        for data in ("i:lang:so", "i:topics:letter:on"):
            assert await helpers.handle(session, one, Incoming("tap", data=data)) is not None
    made, _, _ = await ask(people, language="so", topic="school")
    assert helper not in await asked(people, made.id)
    async with people.transaction() as session:
        one = await session.get_one(Person, helper)
        await helpers.handle(session, one, Incoming("tap", data="i:promise:yes"))
    made, _, _ = await ask(people, "p2", language="so", topic="school")
    assert helper in await asked(people, made.id)
    async with people.transaction() as session:
        again = await new_person(session, "script", "second", language="de")
        assert await links.opened(
            session, Update(channel="script", address="second", external_id="y", content={}), opened
        )
        assert [one.text for one in await sent_to(session, again)] == [
            say("staff.connect_failed", "de")
        ]


async def test_one_tap_leaves_the_pool_and_the_talk(people: Database) -> None:
    async with people.transaction() as session:
        session.add(InterpreterProfile(person_id=who("i-ar-1"), declared_on=clock.now().date()))
    waits, _, _ = await ask(people, "p2")
    made, _, _ = await ask(people)
    await accept(people, made.id, "i-ar-1")
    assert words(await taps(people, "i-ar-1", "i:leave:yes")) == [say("pool.left", "ar")]
    async with people.transaction() as session:
        assert (await session.get_one(Handoff, made.id)).status == "ended"
        assert await session.get(HandoffAsk, (waits.id, who("i-ar-1"))) is None
        speaks = select(InterpreterLanguage).where(InterpreterLanguage.person_id == who("i-ar-1"))
        assert (await session.scalars(speaks)).all() == []
    with pytest.raises(handoffs.NotAsked):
        await accept(people, waits.id, "i-ar-1")


async def test_the_time_given_outlives_leaving_for_a_year(people: Database) -> None:
    await matched(people)
    async with people.transaction() as session:
        await handoffs.end(session, who("p1"))
        await joining.leave(session, who("i-ar-1"))
    for age, left in ((300, 1), (370, 0)):
        async with people.transaction() as session:
            then = clock.now() - age * (berlin(2026, 1, 2) - berlin(2026, 1, 1))
            await session.execute(update(InterpreterService).values(started_at=then, ended_at=then))
            await joining.forget_old(session)
            rows = (await session.scalars(select(InterpreterService))).all()
        assert len(rows) == left, age


async def test_wishes_are_offered_and_heard_by_buttons(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    others = await pool(people, 2)
    made, _, _ = await ask(people, language="so")
    [none] = await taps(people, "p1", "h:wish") or []
    assert data(none) == [["h:stop"]]
    woman = await interpreter(people, "woman", gender="f")
    async with people.transaction() as session:
        spoken = await session.get_one(InterpreterLanguage, (woman, "so"))
        spoken.dialects = ["maay"]
    [offered] = await taps(people, "p1", "h:wish") or []
    assert offered.text == say("interpreter.ask_wishes", "ar")
    assert data(offered) == [["h:wish:f"], ["h:dialect:maay"], ["h:stop"]]
    [told] = await taps(people, "p1", "h:wish:f") or []
    assert told.text == say("interpreter.next_wave", "ar", count=1)
    assert set(await asked(people, made.id)) == {woman}
    assert data((await taps(people, "p1", "h:wish") or [])[0])[-2:] == [["h:wish:any"], ["h:stop"]]
    [told] = await taps(people, "p1", "h:dialect:maay") or []
    assert told.text == say("interpreter.wished", "ar")
    async with people.transaction() as session:
        await handoffs.decline(session, made.id, woman)
    [told] = await taps(people, "p1", "h:wish:m") or []
    assert told.text == say("interpreter.nobody_fits", "ar")
    [told] = await taps(people, "p1", "h:wish:any") or []
    assert told.text == say("interpreter.next_wave", "ar", count=3)
    assert set(others) <= set(await asked(people, made.id))


def data(content: Content) -> list[list[str]]:
    return [[button.data for button in row] for row in content.buttons]


async def test_a_manager_finds_who_waits_and_who_has_whom(people: Database) -> None:
    clock.set_now(berlin(2026, 11, 30, 10, 0))
    assert words(await says(people, MANAGERS[0], "/talks")) == [say("talks.none", "de")]
    made, _, _ = await ask(people, "p1", kind="human")
    clock.advance(timedelta(minutes=3))
    [waits] = await says(people, MANAGERS[0], "/talks") or []
    topic = say("interpreting.other", "de")
    assert waits.text == say("talks.waiting", "de", language="Arabisch", topic=topic, minutes=3)
    assert data(waits) == [[f"h:accept:{made.id}"]]
    await taps(people, MANAGERS[1], f"h:accept:{made.id}")
    [runs] = await says(people, MANAGERS[0], "/talks") or []
    assert runs.text == say("talks.running", "de", language="Arabisch", name="Beispiel, Max")
    assert data(runs) == [[f"h:take:{made.id}"]]
    [mine] = await says(people, MANAGERS[1], "/talks") or []
    assert mine.buttons == []
    # Neither another centre's managers nor anybody else see it; who is in it is not said.
    assert words(await says(people, "m-dettingen-1", "/talks")) == [say("talks.none", "de")]
    assert await says(people, "i-ar-1", "/talks") is None
    assert await says(people, "p3", "/talks") is None


async def test_a_talk_with_an_interpreter_is_not_in_the_staffs_list(people: Database) -> None:
    await matched(people)
    assert words(await says(people, MANAGERS[0], "/talks")) == [say("talks.none", "de")]


async def test_the_staff_see_whom_they_keep_from_talks_and_let_them_back(
    people: Database,
) -> None:
    assert words(await says(people, MANAGERS[0], "/blocked")) == [say("blocked.none", "de")]
    made = await matched(people)
    await taps(people, "p1", f"h:report:{made.id}")
    async with people.transaction() as session:
        report = (await session.scalars(select(TalkReport))).one()
    told = words(await taps(people, MANAGERS[0], f"h:block:{report.id}"))
    assert told == [say("report.blocked", "de")]
    [one] = await says(people, MANAGERS[1], "/blocked") or []
    assert one.text == say(
        "blocked.for_good", "de", name="Dolmetsch-Muster Zwei", day="30. November 2026"
    )
    assert data(one) == [[f"h:lift:{report.id}"]]
    assert words(await taps(people, "m-dettingen-1", f"h:lift:{report.id}")) == [
        say("interpreter.over", "de")
    ]
    assert words(await taps(people, MANAGERS[1], f"h:lift:{report.id}")) == [
        say("blocked.lifted", "de")
    ]
    assert words(await says(people, MANAGERS[0], "/blocked")) == [say("blocked.none", "de")]


async def test_a_flood_ends_the_talk_for_both(people: Database) -> None:
    await matched(people)
    for number in range(59):
        await says(people, "p1", f"Wort {number}")
    assert words(await says(people, "p1", "Und noch eins")) == [say("relay.ended_flood", "ar")]
    assert await says(people, "p1", "Und jetzt?") is None  # the bot answers again
