"""A text is cut where its sentences end, and put together again to the letter."""

from __future__ import annotations

import random

import pytest

from translations.machine.sentences import LONGEST, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("Guten Tag.", ["Guten Tag."]),
        ("Guten Tag. Wie geht es? Gut!", ["Guten Tag.", "Wie geht es?", "Gut!"]),
        ("متى الدورة؟ غدا۔ شكرا.", ["متى الدورة؟", "غدا۔", "شكرا."]),
        ("ሰላም። ከመይ ኣለኻ፧ ጽቡቕ።", ["ሰላም።", "ከመይ ኣለኻ፧", "ጽቡቕ።"]),
        (
            "Sie können z. B. am 12. März kommen. Ja.",
            ["Sie können z. B. am 12. März kommen.", "Ja."],
        ),
        ("Fragen Sie Dr. Muster, Tel. 07121 1.", ["Fragen Sie Dr. Muster, Tel. 07121 1."]),
        ("• eins\n• zwei\n\nDrei", ["• eins", "• zwei", "Drei"]),
        ("Siehe www.beispiel.de/a.b jetzt.", ["Siehe www.beispiel.de/a.b jetzt."]),
        ("Er sagt: „Nein.“ Dann geht er.", ["Er sagt: „Nein.“", "Dann geht er."]),
        ("Ohne Punkt", ["Ohne Punkt"]),
    ],
)
def test_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert [sentence for sentence, _ in split(text)] == sentences


def test_nothing_is_lost_whatever_the_text() -> None:
    chance = random.Random(4)
    signs = "ab .!?؟۔።\n\t•1.2.\u2068\u2069\u200c(„“)"
    for _ in range(500):
        text = "".join(chance.choices(signs, k=chance.randrange(80)))
        assert "".join(sentence + space for sentence, space in split(text)) == text


@pytest.mark.parametrize("text", ["wort " * 4000, "x" * 20_000, "a, b " * 4000, "ا" * 20_000])
def test_an_endless_sentence_is_cut(text: str) -> None:
    parts = split(text)
    assert "".join(sentence + space for sentence, space in parts) == text
    assert max(len(sentence) for sentence, _ in parts) <= LONGEST
