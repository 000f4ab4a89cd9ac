"""Danger gets the right numbers at once, and the staff hear of danger to life."""

from __future__ import annotations

import uuid

import pytest

from centre import emergencies
from centre import people as everybody
from storage.engine import Database
from tests.centre.conftest import new_person, sent_to, who
from translations.catalogue import say
from translations.languages import languages

NUMBERS = {
    "medical": ["112", "116117"],
    "fire": ["112"],
    "violence": ["110", "116 016"],
    "threat": ["110"],
    "suicide": ["112", "0800 1110111", "116 111"],
    "child": ["110", "116 111"],
    None: ["110", "112", "116117", "116 016", "0800 1110111", "116 111"],
}


async def alert(
    db: Database, person: str | uuid.UUID, kind: str | None, sure: float = 0.99
) -> bool:
    async with db.transaction() as session:
        found = await everybody.get(session, who(person) if isinstance(person, str) else person)
        assert found is not None
        return await emergencies.alert(
            session,
            found,
            deadly=kind in emergencies.LIFE_IN_DANGER,
            confidence=sure,
            language="ar",
            request_key=f"{person}-{kind}",
        )


async def alerts(db: Database, manager: str) -> int:
    start = say("manager.emergency_alert", "de", language="", centre="").split("\n")[0]
    async with db.transaction() as session:
        return sum(start in one.text for one in await sent_to(session, manager))


@pytest.mark.parametrize("language", list(languages()))
@pytest.mark.parametrize("kind", list(NUMBERS))
def test_every_kind_has_its_numbers_in_every_language(kind: str | None, language: str) -> None:
    text = emergencies.advice(kind, language)
    assert [number for number in NUMBERS[kind] if number not in text] == []


def test_a_guessed_kind_keeps_all_numbers_below() -> None:
    text = emergencies.advice("fire", "de", certain=False)
    assert text.startswith(say("emergency.fire", "de"))
    assert text.endswith(say("emergency.text", "de"))


def test_an_unknown_kind_gets_all_numbers() -> None:
    assert emergencies.advice("earthquake", "de") == say("emergency.text", "de")


@pytest.mark.parametrize("kind", sorted(emergencies.LIFE_IN_DANGER))
async def test_danger_to_life_is_told_to_the_managers(people: Database, kind: str) -> None:
    assert await alert(people, "p1", kind)
    assert await alerts(people, "m-reutlingen-1") == 1
    assert await alerts(people, "m-dettingen-1") == 0


async def test_the_same_message_alerts_once(people: Database) -> None:
    assert await alert(people, "p1", "fire")
    assert await alert(people, "p1", "fire")
    assert await alerts(people, "m-reutlingen-1") == 1


@pytest.mark.parametrize("kind", ["violence", "child", None])
async def test_elsewhere_the_person_decides(people: Database, kind: str | None) -> None:
    assert not await alert(people, "p1", kind)
    assert await alerts(people, "m-reutlingen-1") == 0


async def test_a_mere_suspicion_calls_nobody_out(people: Database) -> None:
    assert not await alert(people, "p1", "medical", sure=emergencies.SURE_ENOUGH - 0.01)
    assert await alerts(people, "m-reutlingen-1") == 0


async def test_somebody_without_a_centre_has_nobody_to_tell_yet(people: Database) -> None:
    async with people.transaction() as session:
        newcomer = await new_person(session, "telegram", "77", role="refugee")
    assert not await alert(people, newcomer, "medical")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mein mann atmet nicht mehr", "medical"),
        ("ES BRENNT IM HAUS", "fire"),
        ("Wo ist das nächste Café?", None),
    ],
)
def test_fixed_phrases_need_no_model(text: str, kind: str | None) -> None:
    assert emergencies.heard(text) == kind
