"""The understanding data keeps the contract, and what is looked up is found."""

from __future__ import annotations

import pytest

from nlu import check
from nlu.components.folding import fold
from nlu.components.lists import Lookup, load_lists
from nlu.components.phrases import EmergencyPhrases, load_phrases


@pytest.fixture(scope="module")
def lookup() -> Lookup:
    return Lookup(load_lists())


def test_the_data_of_all_languages_keeps_the_contract() -> None:
    assert check.check() == []


def test_too_few_examples_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check.MINIMUM, "de", 500)
    problems = check.check_language("de", list(check.contract()["intents"]))
    assert any("data/de: ask_work" in problem and "write 500" in problem for problem in problems)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("كيف", "کیف"),
        ("أين", "این"),
        ("İş", "is"),
        ("Ёлка", "елка"),
        ("Straße", "strasse"),
        ("٣", "3"),
    ],
)
def test_spellings_of_one_word_fold_to_one(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("Termin am Dienstag um 10 Uhr", ("weekday", "tuesday")),
        ("Termin am Dienstag um 10 Uhr", ("time", "10:00")),
        ("ich wohne in Bad Urach", ("centre", "dettingen")),
        ("Münsingen", ("centre", "muensingen")),
        ("am 3.12. bitte", ("date", "0000-12-03")),
        ("morgen", ("day", "tomorrow")),
        ("übermorgen", ("day", "day_after_tomorrow")),
        ("العربية", ("language", "ar")),
        ("ትግርኛ", ("language", "ti")),
    ],
)
def test_listed_words_become_canonical_values(
    lookup: Lookup, text: str, entity: tuple[str, str]
) -> None:
    assert entity in lookup.find(text)


def test_a_date_is_no_time(lookup: Lookup) -> None:
    assert lookup.find("am 3.12.") == [("date", "0000-12-03")]


def test_a_short_word_inside_another_is_not_an_entity(lookup: Lookup) -> None:
    assert lookup.find("Ich möchte gern modern wohnen") == []


def test_no_harmless_training_example_sounds_an_alarm() -> None:
    phrases = EmergencyPhrases(load_phrases())
    false_alarms = [
        example
        for language in check.contract()["launch_languages"]
        for _, intent, example in check.examples(check.HERE / "data" / language)
        if intent != "emergency" and phrases.found(example)
    ]
    assert false_alarms == []
