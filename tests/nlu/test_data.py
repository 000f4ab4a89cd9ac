"""The understanding data keeps the contract, and what is looked up is found."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

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
    monkeypatch.setattr(check, "MINIMUM", 5000)
    problems = check.check_language("de", list(check.contract()["intents"]))
    assert any("data/de: ask_work" in problem and "write 5000" in problem for problem in problems)


def broken(monkeypatch: pytest.MonkeyPatch, folder: Path, intent: str, *lines: str) -> list[str]:
    """What is said of a folder whose only training examples are these."""
    (folder / "ar").mkdir()
    examples = "".join(f"    - {line}\n" for line in lines)
    content = f'version: "3.1"\nnlu:\n- intent: {intent}\n  examples: |\n{examples}'
    (folder / "ar" / "topics.yml").write_text(content, "utf-8")
    monkeypatch.setattr(check, "DATA", folder)
    return check.check_language("ar", list(check.contract()["intents"]))


@pytest.mark.parametrize(
    ("intent", "lines", "problem"),
    [
        ("ask_weather", ["الطقس"], "not an intent of the contract"),
        ("ask_work", ["бажаю працювати"], "is in Cyrl script"),
        ("ask_work", ["شغل", "شغل!"], "is also in"),
        ("ask_work", ["/restart"], "starts with a slash"),
        ("ask_work", ["شغل"], "0 of 1 examples in Latin letters"),
    ],
)
def test_what_is_wrong_with_an_example_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, intent: str, lines: list[str], problem: str
) -> None:
    assert any(problem in one for one in broken(monkeypatch, tmp_path, intent, *lines))


def test_a_phrase_that_is_also_a_test_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, intent, phrase = next(check.examples(check.TESTS / "ar"))
    problems = broken(monkeypatch, tmp_path, intent, phrase)
    assert any(repr(phrase) in one and "is also in" in one for one in problems)


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
        ("B1 Kurs für Frauen", ("level", "B1")),
        ("курс В1", ("level", "B1")),
        ("B1 Kurs für Frauen", ("audience", "women")),
        ("Deutschkurs mit Kinderbetreuung", ("childcare", "wanted")),
        ("ich habe eine Duldung", ("status", "tolerated")),
        ("ich wohne in Bad Urach", ("place", "bad_urach")),
        ("أسكن في ميتسينغن", ("place", "metzingen")),
    ],
)
def test_listed_words_become_canonical_values(
    lookup: Lookup, text: str, entity: tuple[str, str]
) -> None:
    assert entity in lookup.find(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("um 10 Uhr 30", "10:30"),
        ("halb elf", "10:30"),
        ("halb 3", "02:30"),
        ("halb eins", "12:30"),
        ("3 pm", "15:00"),
        ("at 9:30 a.m. please", "09:30"),
        ("12 pm", "12:00"),
        ("à 10 h 30", "10:30"),
        ("vers 14 heures", "14:00"),
        ("в 10 часов", "10:00"),
        ("о 10 годині", "10:00"),
        ("الساعة ١٠", "10:00"),
        ("الساعة 10:30", "10:30"),
        ("ساعت ۳ بعد از ظهر", "03:00"),
        ("کاتژمێر ١٠", "10:00"),
        ("په ۱۰ بجو", "10:00"),
        ("saat 10'da", "10:00"),
        ("saet 10", "10:00"),
    ],
)
def test_a_time_is_understood_as_people_write_it(lookup: Lookup, text: str, time: str) -> None:
    assert [value for entity, value in lookup.find(text) if entity == "time"] == [time]


@pytest.mark.parametrize("text", ["በ4 ሰዓት", "saacadda 4", "4 ሰዓት", "halb voll"])
def test_hours_that_may_mean_another_time_are_not_guessed(lookup: Lookup, text: str) -> None:
    assert "time" not in [entity for entity, _ in lookup.find(text)]


def test_a_date_is_no_time(lookup: Lookup) -> None:
    assert lookup.find("am 3.12.") == [("date", "0000-12-03")]


def test_a_short_word_inside_another_is_not_an_entity(lookup: Lookup) -> None:
    assert lookup.find("Ich möchte gern modern wohnen") == []


def test_no_harmless_message_sounds_an_alarm() -> None:
    phrases = EmergencyPhrases(load_phrases())
    false_alarms = [
        (example, kind)
        for folder in (check.DATA, check.CALIBRATION)
        for language in check.contract()["launch_languages"]
        for _, intent, example in check.examples(folder / language)
        if intent != "emergency" and (kind := phrases.found(example))
    ]
    assert false_alarms == []


def test_every_kind_of_emergency_is_found_by_a_phrase_in_every_language() -> None:
    phrases = EmergencyPhrases(load_phrases())
    for language in check.contract()["launch_languages"]:
        for kind, words in yaml.safe_load(
            (check.HERE / "emergency" / f"{language}.yml").read_text("utf-8")
        ).items():
            # The same words may stand in another language's list, under the kind found there.
            assert phrases.found(f"... {words[0]}!") is not None, (language, kind)
