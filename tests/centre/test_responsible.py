"""My manager: the place decides, the caseload is shared, a move is handed over."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from sqlalchemy import select, text, update

from centre import appointments, county, format, privacy
from centre.appointments import (
    Appointment,
    ManagerSettings,
    PersonGone,
    Wish,
    moving,
    responsible,
)
from centre.appointments.responsible import Settled
from centre.appointments.tables import HandoverNote
from centre.county import OwnManagement, UnknownCentre
from centre.people import Person
from storage import clock
from storage.engine import Database
from tests.centre.conftest import Work, berlin, new_person, sent_to, who
from tests.centre.staff import data_of, write
from translations.catalogue import isolate, say

CROWD = 24
FIRST, SECOND = "m-reutlingen-1", "m-reutlingen-2"
TUESDAY = berlin(2026, 12, 1, 9, 0)
OWN = OwnManagement("Rathaus Musterstadt", "https://example.org/rathaus")


async def settle(
    db: Database, person: str, municipality: str | None, centre: str | None = None
) -> Settled:
    async with db.transaction() as session:
        return await responsible.settle(session, who(person), municipality, centre)


async def lives(db: Database, person: str) -> tuple[str | None, str | None, uuid.UUID | None]:
    async with db.transaction() as session:
        found = await session.get_one(Person, who(person))
        return found.municipality, found.centre, found.manager_id


async def newcomer(db: Database, label: str, **values: object) -> uuid.UUID:
    async with db.transaction() as session:
        return await new_person(session, "script", label, role="refugee", **values)


async def limit(db: Database, manager: str, most: int | None) -> None:
    async with db.transaction() as session:
        (await session.get_one(ManagerSettings, who(manager))).most_people = most


async def meet(db: Database, start: datetime = TUESDAY) -> Appointment:
    """Settle p1 in Reutlingen and book an appointment with their manager."""
    await settle(db, "p1", "reutlingen")
    async with db.transaction() as session:
        return await appointments.take(
            session,
            person_id=who("p1"),
            wish=Wish("reutlingen", managers=(who(FIRST),)),
            topic="ask_work",
            start=start,
            language="ar",
            request_key=None,
        )


async def met(db: Database) -> None:
    """The same, and it is over."""
    await meet(db)
    clock.set_now(TUESDAY + timedelta(hours=2))


async def nobody_names_a_place(db: Database) -> None:
    async with db.transaction() as session:
        await session.execute(update(ManagerSettings).values(municipalities=[]))


async def texts(db: Database, person: str) -> list[str]:
    async with db.transaction() as session:
        return [one.text for one in await sent_to(session, person)]


@pytest.fixture
def town_advises(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """In Metzingen the town advises people itself; made up, none is known."""
    raw = yaml.safe_load(Path(county.__file__).with_name("county.yml").read_text("utf-8"))
    source = "https://example.org"
    raw["municipalities"]["metzingen"]["own_management"] = {
        "name": OWN.name,
        "url": OWN.url,
        "source": source,
    }
    path = tmp_path / "county.yml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    monkeypatch.setenv("LOTSE_COUNTY", str(path))
    _read_anew()
    yield
    monkeypatch.undo()
    _read_anew()


def _read_anew() -> None:
    county.configuration.cache_clear()
    county.municipalities.cache_clear()


def test_every_municipality_has_the_centre_that_lists_it() -> None:
    listed = {name: one.id for one in county.centres().values() for name in one.places}
    assert {one.name: one.centre for one in county.municipalities().values()} == listed


def test_a_point_in_a_town_is_that_town_and_far_away_is_none() -> None:
    here = county.place_at(48.39, 9.291)
    assert here is not None
    assert (here.id, here.centre) == ("engstingen", "muensingen")
    assert county.place_at(48.78, 9.18) is None


@pytest.mark.parametrize(
    ("place", "centre", "manager"),
    [
        ("reutlingen", "reutlingen", FIRST),
        ("pfullingen", "reutlingen", SECOND),
        ("zwiefalten", "muensingen", "m-muensingen-2"),
        ("metzingen", "dettingen", "m-dettingen-2"),
    ],
)
async def test_the_place_decides_centre_and_manager(
    people: Database, place: str, centre: str, manager: str
) -> None:
    settled = await settle(people, "p1", place)
    assert settled == Settled(centre, who(manager))
    assert await lives(people, "p1") == (place, centre, who(manager))
    # A first manager is no move: nobody is told.
    assert await texts(people, manager) == []
    assert await texts(people, "p1") == []


async def test_asking_again_changes_nothing(people: Database) -> None:
    await settle(people, "p1", "pfullingen")
    await limit(people, SECOND, 0)
    for _ in range(2):
        assert (await settle(people, "p1", "pfullingen")).manager_id == who(SECOND)
        assert (await settle(people, "p1", None, "reutlingen")).manager_id == who(SECOND)
    assert await lives(people, "p1") == ("pfullingen", "reutlingen", who(SECOND))
    async with people.transaction() as session:
        assert list(await session.scalars(select(HandoverNote))) == []


async def test_who_looks_after_enough_people_gets_nobody_new(people: Database) -> None:
    await limit(people, SECOND, 1)
    assert (await settle(people, "p1", "pfullingen")).manager_id == who(SECOND)
    assert (await settle(people, "p4", "pfullingen")).manager_id == who(FIRST)
    await limit(people, FIRST, 1)
    assert await settle(people, "p7", "pfullingen") == Settled("reutlingen", None)


async def test_with_only_a_centre_the_smaller_share_decides(people: Database) -> None:
    await limit(people, FIRST, 10)
    await limit(people, SECOND, 2)
    chosen = []
    for number in range(6):
        label = f"new-{number}"
        person_id = await newcomer(people, label)
        async with people.transaction() as session:
            settled = await responsible.settle(session, person_id, None, "reutlingen")
        chosen.append(settled.manager_id)
    assert Counter(chosen) == {who(FIRST): 5, who(SECOND): 1}
    async with people.transaction() as session:
        found = {one.manager_id: one for one in await responsible.caseload(session, "reutlingen")}
    assert (found[who(FIRST)].people, found[who(FIRST)].most) == (5, 10)
    assert found[who(SECOND)].share == 0.5


@pytest_asyncio.fixture
async def crowd(people: Database, db_url: str) -> AsyncIterator[Database]:
    database = Database(db_url, pool=CROWD)
    yield database
    await database.close()


async def test_many_who_come_at_once_are_spread_evenly_and_within_the_limits(
    crowd: Database,
) -> None:
    await nobody_names_a_place(crowd)
    await limit(crowd, FIRST, 8)
    newcomers = [await newcomer(crowd, f"crowd-{number}") for number in range(CROWD)]

    async def one(person_id: uuid.UUID) -> uuid.UUID | None:
        async with crowd.transaction() as session:
            await session.execute(text("select 1"))
            return (await responsible.settle(session, person_id, "reutlingen")).manager_id

    # Whatever the order: 3 of at most 8, and 21 of the 80 that anybody else is compared by.
    chosen = Counter(await asyncio.gather(*map(one, newcomers)))
    assert chosen == {who(FIRST): 3, who(SECOND): 21}


async def test_a_move_tells_everybody_and_asks_for_a_note(people: Database) -> None:
    await met(people)
    moved = await settle(people, "p1", "zwiefalten")
    assert moved == Settled("muensingen", who("m-muensingen-2"))
    async with people.transaction() as session:
        [note] = await session.scalars(select(HandoverNote))
    assert (note.from_manager, note.to_manager) == (who(FIRST), who("m-muensingen-2"))
    assert (await texts(people, FIRST))[1:] == [
        say(
            "mine.gone",
            "de",
            language="Arabisch",
            place="Zwiefalten",
            manager="Probe, Paula",
            number=note.id,
        )
    ]
    assert await texts(people, "m-muensingen-2") == [
        say("mine.new", "de", language="Arabisch", place="Zwiefalten", manager="Muster, Erika")
    ]
    assert await texts(people, "p1") == [
        say("mine.now", "ar", manager="Probe, Paula", centre="Münsingen")
    ]


async def test_who_never_met_their_manager_leaves_nothing_to_hand_over(people: Database) -> None:
    await settle(people, "p1", "reutlingen")
    assert (await settle(people, "p1", "zwiefalten")).manager_id == who("m-muensingen-2")
    for person in ("p1", FIRST, "m-muensingen-2"):
        assert await texts(people, person) == []


async def test_within_a_centre_the_place_decides_too(people: Database) -> None:
    await settle(people, "p1", "reutlingen")
    assert (await settle(people, "p1", "pfullingen")).manager_id == who(SECOND)


async def test_the_note_reaches_the_new_manager_and_nobody_else_can_write_one(
    people: Database,
) -> None:
    await met(people)
    await settle(people, "p1", "zwiefalten")
    async with people.transaction() as session:
        number = await session.scalar(select(HandoverNote.id))
    unknown = say("mine.note_unknown", "de")
    for label, written in (
        ("m-dettingen-1", f"/note {number} not mine"),
        (FIRST, "/note"),
        (FIRST, f"/note {number}"),
        (FIRST, f"/note {number}   "),
        (FIRST, "/note 999999 nobody"),
        (FIRST, "/note abc def"),
    ):
        assert [one.text for one in await write(people, label, written)] == [unknown]
    [answer] = await write(people, FIRST, f"/note {number} Sucht einen\u202e Kurs")
    assert answer.text == say("mine.noted", "de", manager="Probe, Paula")
    assert (await texts(people, "m-muensingen-2"))[-1] == say(
        "mine.note",
        "de",
        language="Arabisch",
        place="Zwiefalten",
        manager="Muster, Erika",
        text=isolate("Sucht einen Kurs"),
    )
    # The person themselves types no commands of managers.
    assert await write(people, "p1", f"/note {number} hello") == []


async def test_a_note_waits_for_somebody_to_read_it(people: Database) -> None:
    for manager in ("m-muensingen-1", "m-muensingen-2"):
        await limit(people, manager, 0)
    await met(people)
    assert await settle(people, "p1", "zwiefalten") == Settled("muensingen", None)
    async with people.transaction() as session:
        number = await session.scalar(select(HandoverNote.id))
        assert number is not None
        await moving.write(session, number, who(FIRST), "Braucht Hilfe")
    await limit(people, "m-muensingen-1", 5)
    assert (await settle(people, "p1", "zwiefalten")).manager_id == who("m-muensingen-1")
    [told] = await texts(people, "m-muensingen-1")
    assert isolate("Braucht Hilfe") in told


async def test_appointments_with_the_old_manager_stay_and_the_person_is_asked(
    people: Database,
) -> None:
    start = berlin(2026, 12, 3, 9, 0)
    made = await meet(people, start)
    await settle(people, "p1", "zwiefalten")
    async with people.transaction() as session:
        asked = (await sent_to(session, "p1"))[-1]
        assert [one.id for one in await appointments.upcoming(session, who("p1"))] == [made.id]
    assert asked.text == say(
        "mine.appointment",
        "ar",
        day=format.day(start, "ar"),
        start="09:00",
        centre="Reutlingen/Pfullingen",
        manager="Muster, Erika",
    )
    assert data_of([asked]) == [
        f"a:cant:{made.id}",
        f'/reschedule_appointment{{"appointment":"{made.id}"}}',
    ]


@pytest.mark.usefixtures("town_advises")
async def test_a_town_that_advises_people_itself_is_named_and_nobody_assigned(
    people: Database,
) -> None:
    before = await lives(people, "p3")
    settled = await settle(people, "p3", "metzingen")
    assert settled.own == OWN
    assert await lives(people, "p3") == ("metzingen", *before[1:])
    # They would like to come to the county's centre all the same.
    settled = await settle(people, "p3", None, "dettingen")
    assert (settled.own, settled.manager_id) == (None, who("m-dettingen-2"))
    assert (await lives(people, "p3"))[0] == "metzingen"


async def test_a_manager_who_is_gone_is_followed_by_another(people: Database) -> None:
    await settle(people, "p1", "reutlingen")
    async with people.transaction() as session:
        await session.delete(await session.get_one(Person, who(FIRST)))
    assert (await settle(people, "p1", "reutlingen")).manager_id == who(SECOND)


async def test_the_people_of_an_erased_manager_are_shared_among_those_who_stay(
    people: Database, work: Work
) -> None:
    for person in ("p1", "p2"):
        await settle(people, person, "reutlingen")
    await settle(people, "p3", "metzingen")
    elsewhere = await lives(people, "p3")
    assert (await lives(people, "p1"))[2] == who(FIRST)
    async with people.transaction() as session:
        await privacy.erase(session, who(FIRST))
    assert (await lives(people, "p1"))[2] is None
    await work()
    for person in ("p1", "p2"):
        assert await lives(people, person) == ("reutlingen", "reutlingen", who(SECOND))
    assert await lives(people, "p3") == elsewhere


async def test_nobody_is_looked_for_when_somebody_was_found_or_the_person_is_gone(
    people: Database,
) -> None:
    await settle(people, "p1", "reutlingen")
    before = await lives(people, "p1")
    async with people.transaction() as session:
        await responsible.follow(session, who("p1"))
        await responsible.follow(session, uuid.uuid4())
    assert await lives(people, "p1") == before


async def test_staff_have_no_manager_and_nobody_is_counted_twice(people: Database) -> None:
    assert await settle(people, "v1", None, "muensingen") == Settled("muensingen", None)
    assert (await lives(people, "v1"))[2] is None


async def test_where_a_manager_works_is_not_changed_in_the_chat(people: Database) -> None:
    assert await settle(people, "m-reutlingen-1", None, "muensingen") == Settled("reutlingen", None)
    assert (await lives(people, "m-reutlingen-1"))[1] == "reutlingen"


async def test_bad_input_changes_nothing(people: Database) -> None:
    before = await lives(people, "p1")
    for municipality, centre in (("stuttgart", None), (None, None), ("reutlingen", "berlin")):
        with pytest.raises(UnknownCentre):
            await settle(people, "p1", municipality, centre)
    with pytest.raises(PersonGone):
        await settle(people, "nobody", "reutlingen")
    assert await lives(people, "p1") == before
