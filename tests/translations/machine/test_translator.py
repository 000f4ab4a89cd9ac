"""The door to machine translation: what can be trusted comes through, for the rest it says why."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from storage.engine import Database
from translations.machine import engine, guards, packages
from translations.machine.cache import MachineTranslation
from translations.machine.translator import LONGEST, Outcome, translate

pytestmark = pytest.mark.usefixtures("argos_home")

NONSENSE = "ei " * 30
PERSIAN = "من به یک وقت ملاقات نیاز دارم."


async def one(db: Database, text: str, target: str = "fa", *, keep: bool = True) -> Outcome:
    async with db.transaction() as session:
        (made,) = await translate(session, [text], "de", target, keep=keep)
    return made


async def kept(db: Database) -> int:
    async with db.transaction() as session:
        count = await session.scalar(select(func.count()).select_from(MachineTranslation))
    return count or 0


@pytest.mark.parametrize(
    ("text", "target", "outcome"),
    [
        ("Ich brauche einen Termin.", "fa", Outcome(PERSIAN, "machine")),
        ("Ich brauche einen Termin.", "prs", Outcome(PERSIAN, "machine", as_persian=True)),
        ("Ich brauche einen Termin.", "en", Outcome("I need an appointment.", "machine")),
        ("Ich brauche einen Termin.", "de", Outcome(None, "same")),
        ("Ich brauche einen Termin.", "ti", Outcome(None, "no_route")),
        ("Ich brauche einen Termin.", "ar", Outcome(None, "no_route")),
        ("", "fa", Outcome(None, "nothing")),
        ("  \n ", "fa", Outcome(None, "nothing")),
        ("👍 12:30", "fa", Outcome(None, "nothing")),
        ("https://beispiel.de/brief?nummer=4", "fa", Outcome(None, "nothing")),
        ("x" * 20_000, "fa", Outcome(None, "too_long")),
        ("wort " * 4_000, "fa", Outcome(None, "too_long")),
    ],
)
async def test_what_becomes_of_a_text(
    db: Database, text: str, target: str, outcome: Outcome
) -> None:
    assert await one(db, text, target) == outcome


async def test_an_unknown_language_is_a_mistake_of_ours(db: Database) -> None:
    with pytest.raises(KeyError):
        await one(db, "Guten Tag.", "xx")


async def test_texts_come_back_in_order_whatever_became_of_each(db: Database) -> None:
    texts = ["Guten Tag.", "👍", "Haben Sie Fragen?", "", "Ich brauche einen Termin."]
    async with db.transaction() as session:
        made = await translate(session, texts, "de", "fa", keep=True)
    reasons = [outcome.reason for outcome in made]
    assert reasons == ["machine", "nothing", "machine", "nothing", "machine"]
    assert made[4].text == PERSIAN


async def test_paragraphs_and_lists_keep_their_lines(db: Database) -> None:
    made = await one(db, "Guten Tag.\n\n• Ich brauche einen Termin.\n• 👍\n")
    assert made.text is not None
    lines = made.text.split("\n")
    assert (lines[0], lines[1], lines[4]) == ("روز بخیر.", "", "")
    assert lines[3] == "• 👍"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Der Termin ist am 12. um 9:30 Uhr.", "9:30"),
        ("Rufen Sie 07121 480-1234 an.", "07121 480-1234"),
        ("Schreiben Sie an hilfe@beispiel.de.", "hilfe@beispiel.de"),
        ("Mehr steht auf https://www.beispiel.de/a?b=1.", "https://www.beispiel.de/a?b=1"),
        ("Gehen Sie zum Jobcenter in Reutlingen.", "Jobcenter"),
        ("Das kostet 20 Euro.", "20"),
    ],
)
async def test_what_must_not_change_comes_through_in_one_piece(
    db: Database, text: str, part: str
) -> None:
    async with db.transaction() as session:
        (made,) = await translate(session, [text], "de", "fa", keep=False, names=["Reutlingen"])
    assert made.text is not None
    assert part in made.text
    assert not any("901" <= number <= "912" for number in made.text.split())


async def test_left_to_right_parts_are_held_together_in_right_to_left_text(db: Database) -> None:
    made = await one(db, "Rufen Sie 07121 480-1234 an.")
    assert made.text is not None
    assert "\u206807121 480-1234\u2069" in made.text
    english = await one(db, "Rufen Sie 07121 480-1234 an.", "en")
    assert english.text == "Call 07121 480-1234."


async def test_a_number_that_a_model_invents_is_refused_and_the_whole_text_with_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = engine.run

    async def wrong(route: packages.Route, sentences: list[str], seconds: float) -> list[str]:
        made = await real(route, sentences, seconds)
        return [one.replace("901", "911").replace("14", "40") for one in made]

    monkeypatch.setattr(engine, "run", wrong)
    made = await one(db, "Guten Tag. Sie haben 14 Tage Zeit.")
    assert made == Outcome(None, "damaged")


async def test_fluent_nonsense_is_refused(db: Database) -> None:
    """The tiny model knows no eggs; what it makes of ninety letters of them is not shown."""
    made = await one(db, NONSENSE)
    assert made.reason in ("doubtful", "damaged")
    assert made.text is None


async def test_what_a_text_became_is_kept_once_and_found_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await one(db, "Ich brauche einen Termin.")
    refused = await one(db, NONSENSE)
    assert await kept(db) == 2

    async def never(*arguments: object) -> list[str]:
        raise AssertionError("a model was asked again")

    monkeypatch.setattr(engine, "run", never)
    assert await one(db, "Ich brauche einen Termin.") == first
    assert await one(db, NONSENSE) == refused
    # Dari is the same model's work.
    dari = await one(db, "Ich brauche einen Termin.", "prs")
    assert dari == Outcome(first.text, "machine", as_persian=True)


async def test_what_people_write_is_neither_kept_nor_looked_up(db: Database) -> None:
    await one(db, "Ich brauche einen Termin.", keep=False)
    assert await kept(db) == 0


async def test_another_version_of_a_model_is_asked_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one(db, "Guten Tag.", "en")
    monkeypatch.setattr(packages.Route, "version", "another")
    await one(db, "Guten Tag.", "en")
    assert await kept(db) == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [(engine.ModelSlow(seconds=1), "slow"), (engine.ModelFailed(reason="x"), "failed")],
)
async def test_an_accident_shows_the_original_and_is_forgotten(
    db: Database, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    async def fails(*arguments: object) -> list[str]:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(engine, "run", fails)
        assert await one(db, "Guten Tag.") == Outcome(None, reason)  # type: ignore[arg-type]
    assert await kept(db) == 0
    assert (await one(db, "Guten Tag.")).reason == "machine"


async def test_a_model_that_really_takes_too_long_holds_nobody_up(db: Database) -> None:
    texts = ["Ich brauche einen Termin. " * 400] * 40
    async with db.transaction() as session:
        made = await translate(session, texts, "de", "fa", keep=False, seconds=0.3)
    assert {outcome.reason for outcome in made} == {"slow"}
    assert (await one(db, "Guten Tag.")).text == "روز بخیر."


def test_the_longest_text_is_longer_than_any_of_ours() -> None:
    assert LONGEST > 10_000
    assert guards.translatable("x" * LONGEST)
