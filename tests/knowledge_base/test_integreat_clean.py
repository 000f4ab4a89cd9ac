"""A page's HTML becomes text that people can read, and nothing else comes through."""

from __future__ import annotations

import pytest

from knowledge_base.integreat.clean import plain_text
from knowledge_base.passages import split


def test_headings_lists_and_tables_keep_their_structure() -> None:
    text = plain_text(
        "<div><h3>Wann?</h3><p>Jeden <b>Montag</b>,<br>um acht.</p>"
        "<ul><li>Pass<ul><li>Foto</li></ul></li><li><p>Mietvertrag</p></li></ul>"
        "<ol><li>kommen</li><li>warten</li></ol>"
        "<table><tr><th>Tag</th><th>Zeit</th></tr>"
        "<tr><td><p>Mo</p></td><td>8<br>bis 12</td></tr></table></div>"
    )
    assert text == (
        "## Wann?\n\nJeden Montag,\num acht.\n\n• Pass\n• Foto\n• Mietvertrag\n1. kommen\n2. warten"
        "\n\nTag | Zeit\nMo | 8 bis 12"
    )


def test_a_bold_paragraph_is_a_heading_where_something_stands_below_it() -> None:
    text = plain_text(
        "<p><strong>Öffnungszeiten</strong></p><p>Montag</p>"
        "<p><strong>Bitte klingeln!</strong></p><p>Danke</p><p><b>Adresse</b></p>"
    )
    assert text == "## Öffnungszeiten\n\nMontag\n\nBitte klingeln!\n\nDanke\n\nAdresse"
    assert [part.section for part in split("Amt", text)] == ["Öffnungszeiten"]


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="https://example.org/a(b)">hier</a>', "hier (https://example.org/a%28b%29)"),
        ('<a href="mailto:amt@example.org">Amt</a>', "Amt (mailto:amt@example.org)"),
        ('<a href="tel:070001234">07000 1234</a>', "07000 1234"),
        ('<a href="https://www.example.org/">www.example.org</a>', "www.example.org"),
        ('<a href="javascript:alert(1)">böse</a>', "böse"),
        ('<a href="/beispielkreis/de/seite/">weiter</a>', "weiter"),
        ('<a href="https://example.org/bild.png"><img src="bild.png"></a>', ""),
    ],
)
def test_links_keep_their_text_and_an_address_that_can_be_opened(html: str, said: str) -> None:
    assert plain_text(f"<p>{html}</p>") == said


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert('böse')</script>",
        "<style>p {color: böse}</style>",
        '<iframe src="https://example.org">böse</iframe>',
        '<img src="x" alt="böse" onerror="alert(1)">',
        "<form><input value=böse><button>böse</button></form>",
        "<svg><script>böse</script></svg>",
        "<!-- böse -->",
        "<script>böse",
    ],
)
def test_what_is_no_text_is_dropped(html: str) -> None:
    assert plain_text(f"<p>Gut.</p>{html}") == "Gut."


def test_marks_written_by_hand_and_control_characters_do_no_harm() -> None:
    assert plain_text("<p>## Kein Titel</p><p>a\x00b\ud800c\u2028d&nbsp;e</p>") == (
        "Kein Titel\n\nabcd e"
    )


def test_a_page_that_nests_deep_is_read_all_the_same() -> None:
    assert plain_text("<div>" * 5000 + "tief") == "tief"
