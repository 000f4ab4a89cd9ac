"""Nothing invisible, endless or forged reaches understanding."""

from __future__ import annotations

import pytest

from bot import clean


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("  Wo   ist\nder Kurs? ", "Wo ist der Kurs?"),
        ("\u202egnp.eicon\u202c", "gnp.eicon"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u2068\u2069\ufeff", ""),
        ("a\x00b", "ab"),
    ],
)
def test_only_what_can_be_seen_is_left(typed: str, seen: str) -> None:
    assert clean.visible(typed) == seen


@pytest.mark.parametrize(
    ("text", "has"), [("😀👍", False), ("?!…", False), ("ok", True), ("أ", True)]
)
def test_emoji_and_signs_are_no_words(text: str, has: bool) -> None:
    assert clean.has_words(text) is has


@pytest.mark.parametrize(
    "data",
    [
        "/help",
        '/choose{"booking_day":"2026-12-01"}',
        '/choose{"confirm_booking":"2026-12-01T09:00"}',
        '/ask_work{"page":"work_asylum"}',
    ],
)
def test_our_own_buttons_are_valid(data: str) -> None:
    assert clean.valid_tap(data)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "help",
        "/",
        "/HELP",
        "/choose{",
        '/choose{"a":1}',
        '/choose["a"]',
        '/choose{"a":{"b":"c"}}',
        '/choose{"a":"<script>"}',
        '/choose{"a":"' + "x" * 60 + '"}',
        "s:cancel:1",
        "/restart",
        '/action_delete_data{"x":"1"}',
    ],
)
def test_what_we_never_made_is_not(data: str) -> None:
    assert not clean.valid_tap(data)


def test_the_intent_of_a_button_is_read() -> None:
    assert clean.intent_of('/choose{"language":"de"}') == "choose"
