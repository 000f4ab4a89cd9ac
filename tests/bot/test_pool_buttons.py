"""``/invite`` and ``/pool``: interpreters join and set everything by buttons."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from bot import pool_buttons, pool_menus
from bot.clean import LONGEST_DATA
from centre import format
from centre import people as everybody
from centre.county import centres
from centre.people import Person
from centre.pool import dialects, joining, profile
from centre.pool.changes import interpreted
from centre.pool.profile import FOR_GOOD, PARTS, Profile, Spoken
from centre.pool.tables import WAYS
from centre.pool.topics import inside
from storage import clock
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import people, who
from translations.catalogue import say
from translations.languages import languages

__all__ = ["people"]

HOUR = timedelta(hours=1)
STAFF, LINK = "m-reutlingen-1", "https://t.me/lotse_bot?start="


def linked(token: str) -> str:
    return LINK + token


def labels(content: Content) -> dict[str, str]:
    return {button.label: button.data for row in content.buttons for button in row}


class Volunteer:
    """Somebody who sees one message at a time and taps only what stands under it."""

    def __init__(self, db: Database, label: str = "p1", language: str = "de") -> None:
        self.db, self.label, self.language = db, label, language
        self.seen: list[Content] = []

    async def open(self) -> Volunteer:
        async with self.db.transaction() as session:
            person = await session.get_one(Person, who(self.label))
            self.seen = await pool_buttons.command(session, person, self.language) or []
        return self

    async def tap(self, *wanted: str) -> Volunteer:
        for label in wanted:
            offered = labels(self.seen[-1])
            data = offered.get(label) or offered[f"{pool_menus.CHOSEN} {label}"]
            self.seen = await forged(self.db, data, self.label, self.language) or []
        return self

    def chosen(self) -> list[str]:
        mark = f"{pool_menus.CHOSEN} "
        return [one.removeprefix(mark) for one in labels(self.seen[-1]) if one.startswith(mark)]

    def back(self) -> str:
        return say("pool.back", self.language)


async def forged(
    db: Database, data: str, label: str = "p1", language: str = "de"
) -> list[Content] | None:
    async with db.transaction() as session:
        person = await session.get_one(Person, who(label))
        return await pool_buttons.tap(session, person, data, language)


async def read(db: Database, label: str = "p1") -> Profile:
    async with db.transaction() as session:
        found = await profile.read(session, who(label))
    assert found is not None
    return found


async def volunteer(db: Database) -> Volunteer:
    async with db.transaction() as session:
        staff = await session.get_one(Person, who(STAFF))
        token = await joining.invite(session, staff, "Amina Muster")
        person = await session.get_one(Person, who("p1"))
        assert await pool_buttons.joined(session, token, person, "de")
    return await Volunteer(db).open()


async def invite(db: Database, label: str, link: bool = True, language: str = "de") -> str | None:
    async with db.transaction() as session:
        person = await session.get_one(Person, who(label))
        answer = await pool_buttons.invite_command(
            session, person, "Amina", language, linked if link else None
        )
    return answer[0].text if answer else None


async def test_a_manager_gets_a_link_that_makes_an_interpreter(people: Database) -> None:
    told = await invite(people, STAFF)
    assert told is not None
    address = told.split("\n")[-1]
    assert address.startswith(LINK)
    async with people.transaction() as session:
        person = await everybody.find_or_create(session, "telegram", "4711")
        token = address.removeprefix(LINK)
        answer = await pool_buttons.joined(session, token, person, "de")
        assert answer is not None
        assert [one.text.split("\n")[0] for one in answer] == [
            say("pool.joined", "de"),
            say("pool.title", "de"),
        ]
        assert (person.role, person.name) == ("interpreter", "Amina")
        assert await pool_buttons.joined(session, token, person, "de") is None


@pytest.mark.parametrize("language", list(languages()))
async def test_what_is_copied_has_nothing_invisible_around_it(
    people: Database, language: str
) -> None:
    here, link = [await invite(people, "a1", one, language) or "" for one in (False, True)]
    assert here.split("\n")[-1].startswith("/start ")
    assert len(here.split("\n")[-1]) == len("/start ") + 43
    assert len(link.split("\n")[-1]) == len(LINK) + 43


@pytest.mark.parametrize("label", ["p1", "i-ar-1", "v1", "c1"])
async def test_nobody_else_can_invite(people: Database, label: str) -> None:
    assert await invite(people, label) is None


async def test_the_profile_is_for_interpreters_only(people: Database) -> None:
    assert (await Volunteer(people).open()).seen == []
    assert await forged(people, "i:menu") is None
    assert await forged(people, "i:lang:ar") is None
    assert await forged(people, "i:leave:yes") is None
    async with people.transaction() as session:
        assert await profile.read(session, who("p1")) is None


async def test_a_new_interpreter_reads_what_is_missing(people: Database) -> None:
    me = await volunteer(people)
    missing = [say(f"pool.{one}", "de") for one in ("no_language", "not_promised")]
    assert me.seen[0].text.split("\n")[-2:] == missing
    await me.tap(say("pool.languages", "de"), "Arabisch", me.back())
    await me.tap(say("pool.promise", "de"), say("pool.promise_yes", "de"), me.back())
    assert me.seen[0].text.split("\n")[-1] == say("pool.promised", "de", day="30. November 2026")
    assert (await read(people)).asked


async def test_languages_levels_and_dialects(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.languages", "de"), "Arabisch")
    assert me.chosen() == [say("pool.level_fluent", "de")]
    await me.tap(say("pool.level_native", "de"), "Levantinisch", "Irakisch")
    assert me.chosen() == [say("pool.level_native", "de"), "Levantinisch", "Irakisch"]
    await me.tap("Irakisch", say("pool.languages", "de"))
    assert me.chosen() == ["Arabisch"]
    await me.tap("Tigrinya", say("pool.level_basic", "de"))
    assert (await read(people)).languages == (
        Spoken("ar", "native", ("levantine",)),
        Spoken("ti", "basic"),
    )
    await me.tap(me.back())
    assert "Arabisch (Muttersprache, Levantinisch)" in me.seen[0].text
    await me.tap(say("pool.languages", "de"), "Tigrinya", say("pool.drop", "de"))
    assert me.chosen() == ["Arabisch"]


async def test_an_old_button_of_a_removed_language_changes_nothing(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.languages", "de"), "Arabisch")
    old = labels(me.seen[0])
    await me.tap(say("pool.drop", "de"))
    for label in (say("pool.level_native", "de"), "Golf-Arabisch"):
        assert await forged(people, old[label]) is None
    assert (await read(people)).languages == ()


async def test_german_and_gender(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.german", "de"), "B2", "C1")
    assert me.chosen() == ["C1"]
    await me.tap(me.back(), say("pool.gender", "de"))
    assert me.chosen() == [say("pool.gender_none", "de")]
    await me.tap(say("pool.gender_m", "de"))
    assert me.chosen() == [say("pool.gender_m", "de")]
    found = await read(people)
    assert (found.german, found.gender) == ("C1", "m")
    await me.tap(say("pool.gender_none", "de"))
    assert (await read(people)).gender is None


async def test_places_and_ways_of_which_one_stays(people: Database) -> None:
    me = await volunteer(people)
    chat, on_site = say("pool.way_chat", "de"), say("pool.way_on_site", "de")
    await me.tap(say("pool.ways", "de"), chat)
    assert me.chosen() == [chat]
    await me.tap(on_site, chat)
    assert me.chosen() == [on_site]
    places = say("pool.line", "de", what=say("pool.places", "de"), value=say("pool.all", "de"))
    await me.tap(me.back())
    assert places in me.seen[0].text
    await me.tap(say("pool.places", "de"), "Münsingen")
    assert me.chosen() == ["Münsingen"]
    found = await read(people)
    assert (found.ways, found.centres) == (("on_site",), ("muensingen",))
    await me.tap("Münsingen")
    assert (await read(people)).centres == ()


async def test_the_week_and_its_parts(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.week", "de"), "Mo. 8–12", "So. 17–21", "Mi. 12–17", "Mi. 12–17")
    assert me.chosen() == ["Mo. 8–12", "So. 17–21"]
    assert (await read(people)).parts == {(0, "morning"), (6, "evening")}
    await me.tap(me.back())
    assert "Mo. 8–12 und So. 17–21" in me.seen[0].text


async def test_topics_not_done_without_those_nobody_does(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.topics", "de"))
    assert say("interpreting.health", "de") in me.seen[0].text
    assert say("interpreting.health", "de") not in labels(me.seen[0])
    await me.tap(say("interpreting.money", "de"), say("interpreting.work", "de"))
    assert (await read(people)).without == ("work", "money")
    await me.tap(say("interpreting.money", "de"))
    assert me.chosen() == [say("interpreting.work", "de")]


async def test_a_break_and_the_way_back(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.pause", "de"), say("pool.pause_tomorrow", "de"))
    day = "Dienstag, 1. Dezember 2026"
    assert me.seen[0].text == say("pool.paused_until", "de", day=day, start="08:00")
    await me.tap(me.back())
    assert say("pool.pause", "de") not in labels(me.seen[0])
    clock.advance(timedelta(days=1))
    await me.open()
    assert me.seen[0].text.split("\n")[-1] == say("pool.not_promised", "de")
    await me.tap(say("pool.pause", "de"), say("pool.pause_back", "de"))
    assert me.seen[0].text == say("pool.paused", "de")
    await me.tap(say("pool.resume", "de"))
    assert not (await read(people)).paused


async def test_leaving_takes_one_tap_after_reading_what_it_means(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.leave", "de"))
    assert me.seen[0].text == say("pool.ask_leave", "de")
    assert (await read(people)).told
    await me.tap(say("pool.leave_yes", "de"))
    assert [one.text for one in me.seen] == [say("pool.left", "de")]
    assert await forged(people, "i:leave:yes") is None
    assert (await me.open()).seen == []


@pytest.mark.parametrize(
    "data",
    [
        "i:",
        "i:nothing",
        "i:menu\n",
        "i:menu:on",
        "i:lang",
        "i:lang:de",
        "i:lang:xx",
        "i:drop:de",
        "i:level:ar:native",
        "i:level:ar",
        "i:dial:ar:gulf:on",
        "i:german:A1",
        "i:german:none",
        "i:gender:x",
        "i:places:berlin:on",
        "i:places:reutlingen:maybe",
        "i:ways:pigeon:on",
        "i:week:7:morning:on",
        "i:week:-1:morning:on",
        "i:week:٣:morning:on",
        "i:week:0:night:on",
        "i:topics:court:on",
        "i:topics:health:off",
        "i:pause:never",
        "i:promise:no",
        "i:leave:no",
        "i:ways:chat:on:on:on",
        "i:lang:" + "x" * 60,
    ],
)
async def test_forged_buttons_change_nothing(people: Database, data: str) -> None:
    # Somebody without a profile: not even an empty one is made.
    before = await read(people, "i-ti-1")
    assert await forged(people, data, "i-ti-1") is None
    assert await read(people, "i-ti-1") == before


async def test_a_refused_last_way_makes_no_profile(people: Database) -> None:
    before = await read(people, "i-ti-1")
    assert await forged(people, "i:ways:chat:off", "i-ti-1")
    assert await read(people, "i-ti-1") == before


def full(paused: bool) -> Profile:
    return Profile(
        person_id=uuid.uuid4(),
        languages=tuple(Spoken(one, "native", (*dialects.dialects(one),)) for one in interpreted()),
        told=True,
        german="C2",
        gender="d",
        centres=tuple(centres()),
        ways=WAYS,
        parts=frozenset((day, part) for day in range(7) for part in PARTS),
        without=tuple(inside()),
        paused_until=FOR_GOOD if paused else None,
        declared_on=None if paused else date(2026, 11, 30),
        minutes=12_345,
    )


@pytest.mark.parametrize("language", list(languages()))
def test_every_page_fits_in_every_language(language: str) -> None:
    pages = [
        page(full(paused), language)
        for page in pool_menus.PAGES.values()
        for paused in (False, True)
    ]
    pages += [pool_menus.one_language(full(False), one, language) for one in full(False).languages]
    for page in pages:
        assert 0 < len(page.text) < 4096
        # Two buttons that read the same could not be told apart.
        assert len(labels(page)) == sum(len(row) for row in page.buttons)
        for label, data in labels(page).items():
            assert len(data.encode()) <= LONGEST_DATA
            assert pool_buttons._BUTTON.fullmatch(data)
            assert 0 < len(label) <= 64


async def test_a_duty_begins_and_ends_with_a_tap(people: Database) -> None:
    me = await volunteer(people)
    await me.tap(say("pool.duty", "de"))
    assert me.seen[0].text == say("pool.ask_duty", "de")
    await me.tap(say("pool.duty_hours", "de", count=2))
    on_duty = say("pool.on_duty_until", "de", start=format.time(clock.now() + 2 * HOUR, "de"))
    assert me.seen[0].text == on_duty
    await me.tap(me.back())
    assert me.seen[0].text.split("\n")[-1] == on_duty
    await me.tap(say("pool.duty", "de"), say("pool.off_duty", "de"))
    assert me.seen[0].text == say("pool.ask_duty", "de")
    assert not (await read(people)).on_duty
    for unknown in ("i:duty:3", "i:duty:x", "i:duty:24"):
        assert await forged(people, unknown) is None
