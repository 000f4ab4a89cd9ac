"""What must not change never reaches a model, and a result in which it changed is thrown away."""

from __future__ import annotations

import random

import pytest

from translations.machine.protect import Damaged, protect, restore

COVERED = [
    ("Schreiben Sie an hilfe@beispiel.de.", "hilfe@beispiel.de"),
    ("Mehr auf https://www.beispiel.de/a?b=1&c=2.", "https://www.beispiel.de/a?b=1&c=2"),
    ("Suchen Sie auf make-it-in-germany.com danach", "make-it-in-germany.com"),
    ("Rufen Sie 07121 480-1234 an.", "07121 480-1234"),
    ("Rufen Sie +49 7121 480 an.", "+49 7121 480"),
    ("Am 12.03.2026 ist Schluss.", "12.03.2026"),
    ("Um 9:30 beginnt es.", "9:30"),
    ("Es kostet 1.000 €.", "1.000 €"),
    ("Nach § 24 gilt das.", "§ 24"),
    ("ساعت ۹:۳۰ بیایید", "۹:۳۰"),
    ("Fragen Sie @lotse_bot danach.", "@lotse_bot"),
    ("Tippen Sie auf /privacy.", "/privacy"),
    ("Hallo {name}!", "{name}"),
    ("Gehen Sie zum Jobcenter.", "Jobcenter"),
    ("Das Büro des Jobcenters ist zu.", "Jobcenters"),
    ("Die Agentur für Arbeit prüft es.", "Agentur für Arbeit"),
    ("In Bad Urach ist ein Kurs.", "Bad Urach"),
]


@pytest.mark.parametrize(("text", "part"), COVERED)
def test_what_is_covered(text: str, part: str) -> None:
    covered = protect(text, ["Bad Urach", "Urach"])
    assert part in covered.originals
    assert part not in covered.text
    assert restore(covered.text, covered) == text


def test_words_are_left_to_the_model() -> None:
    text = "Die Jobcentermitarbeiterin kommt morgen und bringt ein Formular mit."
    assert protect(text).text == text


def test_telephone_numbers_stay_covered_where_quantities_are_left_open() -> None:
    covered = protect("Rufen Sie 07121 480-1234 an, um 9:30 Uhr.", numbers=False)
    assert covered.originals == ("07121 480-1234",)
    assert "9:30" in covered.text


def test_a_mark_is_a_number_that_does_not_stand_in_the_text() -> None:
    covered = protect("Zimmer 901 im Jobcenter", numbers=False)
    assert covered.text == "Zimmer 901 im 902"
    assert restore("اتاق ۹۰۱ در ۹۰۲", covered) == "اتاق 901 در Jobcenter"


@pytest.mark.parametrize(
    "answer",
    ["Come to 901.", "Come to 901 at 902 and 902.", "Come to 901 at 902, room 7.", "", "901902"],
)
def test_a_lost_doubled_or_invented_number_is_damage(answer: str) -> None:
    covered = protect("Kommen Sie am 3. Mai um 9:30.")
    assert len(covered.originals) == 2
    with pytest.raises(Damaged):
        restore(answer, covered)


def test_an_open_number_that_changed_is_damage() -> None:
    covered = protect("Sie haben 14 Tage Zeit.", numbers=False)
    assert restore("You have 14 days.", covered) == "You have 14 days."
    with pytest.raises(Damaged):
        restore("You have 40 days.", covered)


def test_the_parts_may_come_back_in_another_order() -> None:
    covered = protect("Am 3. Mai um 9:30 im Jobcenter.")
    assert covered.originals == ("3", "9:30", "Jobcenter")
    day, time, place = map(str, covered.marks)
    answer = restore(f"At {time} in {place} on May {day}", covered)
    assert answer == "At 9:30 in Jobcenter on May 3"


def test_any_text_comes_back_from_untouched_marks() -> None:
    chance = random.Random(9)
    pieces = [
        "Jobcenter",
        " ",
        "901",
        "07121 1234",
        "a@b.de",
        "https://x.de/y",
        "§ 5",
        "wort",
        "\n",
    ]
    pieces += [".", "{", "}", "@abc", "/hilfe", "\u2068", "\u2069", "\u200c", "سلام", "10 €", "€"]
    for _ in range(500):
        text = "".join(chance.choices(pieces, k=chance.randrange(25)))
        for numbers in (True, False):
            covered = protect(text, numbers=numbers)
            assert restore(covered.text, covered) == text


@pytest.mark.parametrize(
    "text", ["x" * 20_000, "1 " * 10_000, "a-" * 10_000, "a.b@" * 5_000, "{" * 20_000, "+" * 20_000]
)
def test_no_text_keeps_it_busy(text: str) -> None:
    covered = protect(text)
    assert restore(covered.text, covered) == text
