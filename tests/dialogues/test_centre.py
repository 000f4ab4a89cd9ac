"""The question for the centre: a town is an answer too, and decides who is responsible."""

from __future__ import annotations

from typing import Any

import pytest

from centre import county
from centre.county import OwnManagement
from centre.people import Person
from dialogues.actions import server  # noqa: F401 - registers the actions
from dialogues.actions.turn import Turn, actions
from storage.engine import Database
from storage.outbox import Content
from tests.centre.conftest import who
from translations.catalogue import say


async def act(
    db: Database,
    name: str,
    entities: list[tuple[str, str]],
    *,
    slots: dict[str, Any] | None = None,
    intent: str = "choose",
    place: str | None = None,
    form: str = "centre_form",
) -> tuple[list[str], dict[str, Any]]:
    """Run an action for p1 (centre Reutlingen); return what it said and which slots it set."""
    message = {
        "text": "/",
        "intent": {"name": intent},
        "entities": [{"entity": kind, "value": value} for kind, value in entities],
        "metadata": {"update": "1", **({"place": place} if place else {})},
    }
    async with db.transaction() as session:
        person = await session.get_one(Person, who("p1"))
        turn = Turn(session, person, dict(slots or {}), message, form)
        await actions[name](turn)
    said = [Content.model_validate(one["custom"]).text for one in turn.responses]
    changed = {one["name"]: one["value"] for one in turn.events if one["event"] == "slot"}
    return said, changed


async def lives(db: Database) -> tuple[str | None, str | None, object]:
    async with db.transaction() as session:
        found = await session.get_one(Person, who("p1"))
        return found.municipality, found.centre, found.manager_id


@pytest.mark.parametrize(
    "entities", [[("place", "engstingen")], [("centre", "reutlingen"), ("place", "engstingen")]]
)
async def test_a_town_answers_the_question_for_the_centre(
    people: Database, entities: list[tuple[str, str]]
) -> None:
    said, slots = await act(
        people, "validate_centre_form", entities, slots={"requested_slot": "chosen_centre"}
    )
    assert (said, slots) == ([], {"chosen_centre": "muensingen"})
    assert await lives(people) == ("engstingen", "muensingen", who("m-muensingen-2"))


async def test_a_town_in_the_first_sentence_is_enough(people: Database) -> None:
    _, slots = await act(
        people, "validate_centre_form", [("place", "metzingen")], intent="change_centre"
    )
    assert slots == {"chosen_centre": "dettingen"}


async def test_a_shared_location_is_a_town(people: Database) -> None:
    await act(
        people,
        "validate_centre_form",
        [("centre", "muensingen")],
        slots={"chosen_centre": "muensingen"},
        intent="change_centre",
        place="hayingen",
    )
    assert (await lives(people))[0] == "hayingen"


async def test_a_town_named_for_another_reason_moves_nobody(people: Database) -> None:
    before = await lives(people)
    said, slots = await act(
        people,
        "validate_booking_form",
        [("place", "metzingen")],
        slots={"requested_slot": "booking_day", "person_centre": "reutlingen"},
        form="booking_form",
    )
    assert said == []
    assert "person_centre" not in slots
    assert await lives(people) == before


async def test_two_towns_do_not_say_which_the_chosen_centre_does(people: Database) -> None:
    entities = [("place", "metzingen"), ("place", "engstingen"), ("centre", "dettingen")]
    await act(
        people,
        "validate_centre_form",
        entities,
        slots={"chosen_centre": "dettingen"},
        intent="change_centre",
    )
    municipality, centre, manager = await lives(people)
    assert (municipality, centre) == (None, "dettingen")
    assert manager in (who("m-dettingen-1"), who("m-dettingen-2"))


async def test_the_town_goes_with_a_no_to_storing(people: Database) -> None:
    slots = {"requested_slot": "person_centre", "person_language": "ar"}
    await act(
        people, "validate_start_form", [("place", "engstingen")], slots=slots, form="start_form"
    )
    said, _ = await act(people, "action_ask_consent", [], form="start_form")
    assert say("mine.stored", "ar") in said[0]
    answer = {"requested_slot": "consent", "consent": "no", "person_centre": "muensingen"}
    await act(people, "validate_start_form", [], slots=answer, form="start_form")
    assert await lives(people) == (None, "muensingen", None)


async def test_where_the_town_advises_itself_the_question_stays_open(
    people: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = OwnManagement("Rathaus Musterstadt", "https://example.org")
    town = county.Municipality("metzingen", "Metzingen", (48.54, 9.28), "dettingen", own)
    monkeypatch.setattr(county, "municipalities", lambda: {"metzingen": town})
    said, slots = await act(
        people, "validate_centre_form", [("place", "metzingen")], intent="change_centre"
    )
    assert said == [say("mine.own", "ar", place=town.name, name=own.name, url=own.url)]
    assert slots == {"chosen_centre": None}
    assert (await lives(people))[1:] == ("reutlingen", None)
