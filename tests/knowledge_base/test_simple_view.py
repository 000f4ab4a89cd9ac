"""Texts for people who read little: short paragraphs, lists kept, signs that need no reading."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from knowledge_base.content_files import CONTENT, parse
from knowledge_base.simple_view import (
    LONGEST_PARAGRAPH,
    PICTOGRAMS,
    beginning,
    pictogram,
    sign,
    signed,
    simple,
)

CONTRACT = Path(__file__).parents[2] / "nlu" / "intents.yml"
ARTICLES = sorted(CONTENT.glob("*/*.md"))


def words(text: str) -> list[str]:
    return [word for word in text.split() if any(sign.isalnum() for sign in word)]


def test_every_topic_has_a_sign_of_its_own() -> None:
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))["intents"]
    topics = [name for name, about in contract.items() if about["kind"] == "topic"]
    signs = yaml.safe_load(PICTOGRAMS.read_text("utf-8"))["topics"]
    assert set(signs) == set(topics)
    assert len(set(signs.values())) == len(topics)


def test_every_launch_language_has_its_word_for_important() -> None:
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))
    marked = yaml.safe_load(PICTOGRAMS.read_text("utf-8"))["important"]
    assert set(marked) == set(contract["launch_languages"])
    for some in marked.values():
        for word in some:
            assert simple(f"{word}: x") == f"{sign('important')} {word}: x"


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_no_word_of_our_articles_is_lost_and_none_is_added(path: Path) -> None:
    _, body = parse(path.read_text("utf-8"))
    assert words(simple(body)) == words(body)


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_our_articles_are_shown_in_short_paragraphs(path: Path) -> None:
    _, body = parse(path.read_text("utf-8"))
    paragraphs = [one for one in simple(body).split("\n\n") if "\n" not in one]
    assert all(len(one) <= 1.5 * LONGEST_PARAGRAPH for one in paragraphs)


def test_each_line_becomes_a_paragraph() -> None:
    assert simple("Eins.\nZwei.\n\n\nDrei.") == "Eins.\n\nZwei.\n\nDrei."


def test_a_list_stays_together_under_the_line_that_announces_it() -> None:
    body = "Bringen Sie mit:\n- Ausweis\n* Brief\n• Foto\nFertig."
    assert simple(body) == "Bringen Sie mit:\n• Ausweis\n• Brief\n• Foto\n\nFertig."


def test_a_list_after_a_sentence_stands_apart_from_it() -> None:
    assert simple("Das ist so.\n1. Eins\n2. Zwei") == "Das ist so.\n\n1. Eins\n2. Zwei"


def test_a_long_paragraph_is_cut_between_sentences_only() -> None:
    sentence = (
        "Gehen Sie mit dem Brief Nr. 5 z. B. ins Rathaus, Marktstr. 22, und fragen Sie dort. "
    )
    shown = simple(sentence * 6).split("\n\n")
    assert len(shown) > 1
    assert all(one.endswith("fragen Sie dort.") for one in shown)
    assert all(len(one) <= LONGEST_PARAGRAPH for one in shown)


@pytest.mark.parametrize("end", ["؟", "።", "!"])
def test_other_scripts_end_their_sentences_with_other_signs(end: str) -> None:
    assert "\n\n" in simple(f"{'أ' * 200}{end} {'ب' * 200}{end}")


def test_one_endless_sentence_is_left_alone() -> None:
    assert simple("wort " * 200) == ("wort " * 200).strip()


@pytest.mark.parametrize(
    "line",
    ["Rufen Sie an: 07121 480-0", "Hilfetelefon: 116 016", "+49 7121 4800", "Notruf 112, sofort."],
)
def test_a_phone_number_has_a_sign(line: str) -> None:
    assert simple(line) == f"{sign('phone')} {line}"


@pytest.mark.parametrize("line", ["Das kostet 110 Euro.", "Seit 01.10.2025.", "1.603 Euro", "§ 24"])
def test_other_numbers_have_none(line: str) -> None:
    assert simple(line) == line


def test_a_heading_has_a_sign_instead_of_marks() -> None:
    assert simple("## Wo?\nHier.") == f"{sign('section')} Wo?\n\nHier."


def test_what_has_no_sign_stands_alone() -> None:
    assert pictogram("talk_to_human") == ""
    assert signed(pictogram("talk_to_human"), "Mensch") == "Mensch"


def test_the_beginning_of_a_text_ends_with_a_paragraph() -> None:
    assert beginning("Eins.\n\nZwei.", 100) == ("Eins.\n\nZwei.", True)
    assert beginning("Eins.\n\nZwei.", 9) == ("Eins.", False)
    assert beginning("x" * 10, 5) == ("xxxxx", False)
