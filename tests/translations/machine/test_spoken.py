"""A message is taken for the language it is in, not only for the one its writer once chose."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from translations.machine.spoken import letters_of, script, spoken

MESSAGES = Path(__file__).parents[2] / "nlu"


def test_letters_are_counted_by_their_script() -> None:
    letters = "سلامHallöПриветሰላም"
    counted = {name: letters_of(letters, name) for name in ("Arab", "Latn", "Cyrl", "Ethi")}
    assert counted == {"Arab": 4, "Latn": 5, "Cyrl": 6, "Ethi": 3}
    assert all(sum(script(one) == name for one in letters) == n for name, n in counted.items())


@pytest.mark.parametrize(
    ("text", "chosen", "reader", "language"),
    [
        ("Guten Tag, wann haben Sie Zeit für mich?", "de", "ar", "de"),
        # Learned German is answered as German, whatever the menu's language.
        ("Ich brauche einen Termin für meine Tochter.", "ar", "de", "de"),
        ("Ich brauche einen Termin für meine Tochter.", "tr", "de", "de"),
        ("Bugün gelemiyorum, çocuğum hasta.", "tr", "de", "tr"),
        ("Can I come tomorrow morning with my husband?", "tr", "de", "en"),
        ("أحتاج إلى موعد غدا", "ar", "de", "ar"),
        ("سلام، کلاس کی شروع می‌شود؟", "prs", "de", "prs"),
        # An interpreter whose menu is German writes in the person's language.
        ("ሰላም፡ ጽባሕ ክትመጽእ ትኽእል ዲኻ?", "de", "ti", "ti"),
        ("Ez dixwazim bi we re biaxivim, kengî dem heye?", "de", "kmr", "kmr"),
        # Too short to tell, or no words at all: the chosen one.
        ("OK", "tr", "de", "tr"),
        ("👍", "ar", "de", "ar"),
        ("12:30", "fa", "de", "fa"),
    ],
)
async def test_the_language_of_a_message(
    text: str, chosen: str, reader: str, language: str
) -> None:
    assert await spoken(text, chosen, reader) == language


@pytest.mark.parametrize("text", ["ana bidi mawaad bokra", "man farda vaght mikham", "shukran"])
async def test_nothing_is_claimed_about_a_language_typed_in_foreign_letters(text: str) -> None:
    assert await spoken(text, "ar", "de") is None


@pytest.mark.parametrize("chosen", ["en", "tr", "fr", "so", "de"])
async def test_hardly_a_message_is_taken_for_the_readers_language(chosen: str) -> None:
    """The test messages of understanding, written to somebody who reads German or Turkish."""
    blocks = yaml.safe_load((MESSAGES / chosen / "plain.yml").read_text("utf-8"))["nlu"]
    texts = [line[2:] for block in blocks for line in block["examples"].splitlines()]
    reader = "tr" if chosen == "de" else "de"
    wrong = [text for text in texts if await spoken(text, chosen, reader) == reader]
    assert len(texts) > 100
    assert len(wrong) / len(texts) <= 0.02, wrong


@pytest.mark.parametrize(
    ("text", "code"),
    [("Grüß Gott", "Latn"), ("Привіт", "Cyrl"), ("سلام", "Arab"), ("ሰላም", "Ethi"), ("1 👍", None)],
)
def test_scripts(text: str, code: str | None) -> None:
    assert script(text) == code
