"""Right-to-left messages with German in them look right, and stay as somebody has looked at them.

``golden/<language>/<message>.txt`` holds what a reader sees: every line from the left of the screen
to the right, behind the side from which it is laid out (see ``reader.py``). After a change that is
wanted, write them anew and look at the difference before it is committed::

    LOTSE_UPDATE_GOLDENS=1 .venv/bin/python -m pytest tests/rtl/test_messages.py
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from storage.engine import Database
from tests.rtl.messages import LANGUAGES, every
from tests.rtl.reader import FROM_LEFT, FROM_RIGHT, plain, reads_right_to_left, seen
from translations.languages import languages

GOLDEN = Path(__file__).with_name("golden")
UPDATE = bool(os.environ.get("LOTSE_UPDATE_GOLDENS"))
MESSAGES = (
    "answer",
    "appointments",
    "booked",
    "confirmation",
    "digest",
    "emergencies",
    "offer",
    "offers",
    "questions",
    "relay",
    "told_to_manager",
)
# What must never be turned round, wherever it stands.
WHOLE = re.compile(
    r"https?://\S+[\w/]"
    r"|[\w.]+@[\w.]+\w"
    r"|(?<!\w)/(?:end|find|privacy|agenda|knowledge|block|unblock|extra|ill|propose)\b"
    r"|\.ics\b"
    r"|§ ?\d+"
    r"|(?<![A-Za-z0-9+])\+?\d+(?:[-/.:]\d+|(?: ?[–-] ?| )\d+)+(?!\w)"
)
IN_BRACKETS = re.compile(r"\([A-Za-z0-9ÄÖÜäöüß .–-]+\)")
BULLET = re.compile(r"^\W*?(•|\d+\.)\s")

Rendered = dict[str, str]


@pytest_asyncio.fixture(params=LANGUAGES)
async def messages(
    request: pytest.FixtureRequest,
    people: Database,
    monday_morning: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, Rendered]:
    """Every message in one language, on Monday 30 November 2026; no machine translates."""
    monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path))
    async with people.transaction() as session:
        return request.param, await every(session, request.param)


def test_all_right_to_left_languages_are_looked_at() -> None:
    assert [one.code for one in languages().values() if one.rtl] == list(LANGUAGES)


async def test_messages_look_as_they_did_when_somebody_looked(
    messages: tuple[str, Rendered],
) -> None:
    language, made = messages
    assert sorted(made) == list(MESSAGES)
    for name, text in made.items():
        path = GOLDEN / language / f"{name}.txt"
        shown = "\n".join(seen(text)) + "\n"
        if UPDATE:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shown, "utf-8")
        assert shown == path.read_text("utf-8"), f"{path.name}: see the docstring of this file"


async def test_numbers_times_dates_and_addresses_keep_their_order(
    messages: tuple[str, Rendered],
) -> None:
    _, made = messages
    found = set()
    for name, text in made.items():
        for line, shown in zip(text.split("\n"), seen(text), strict=True):
            for whole in WHOLE.findall(plain(line)):
                found.add(whole)
                assert whole in shown, f"{name}: {shown}"
    assert found >= {
        "09:00–12:00",
        "14:00 - 16:30",
        "18-27",
        "09:30–12:00",
        "07121 000-0",
        "+49 7121 000000",
        "07123 000-0",
        "0800 1110111",
        "2026-12-01",
        "1.12.2026",
        "§ 24",
        "beispiel@example.org",
        "https://example.org/a/b/",
        "9–10",
    }


async def test_brackets_stand_around_what_they_enclose(messages: tuple[str, Rendered]) -> None:
    _, made = messages
    found = set()
    for name, text in made.items():
        for line, shown in zip(text.split("\n"), seen(text), strict=True):
            for whole in IN_BRACKETS.findall(plain(line)):
                found.add(whole)
                assert whole in shown, f"{name}: {shown}"
    assert found >= {"(Vertretung)", "(Raum 5)", "(Bundesamt für Migration und Flüchtlinge)"}


async def test_what_is_for_the_reader_begins_at_the_right(messages: tuple[str, Rendered]) -> None:
    _, made = messages
    for name, text in made.items():
        for line, shown in zip(text.split("\n"), seen(text), strict=True):
            if reads_right_to_left(line):
                assert shown.startswith(FROM_RIGHT), f"{name}: {shown}"
    # Words that are German alone stay German.
    assert any(line.startswith(FROM_LEFT) for line in seen(made["answer"]))


async def test_bullets_and_numbers_of_a_list_stand_at_the_right(
    messages: tuple[str, Rendered],
) -> None:
    _, made = messages
    listed = set()
    for name in ("answer", "offers", "digest", "questions"):
        for line, shown in zip(made[name].split("\n"), seen(made[name]), strict=True):
            item = BULLET.match(plain(line))
            if item:
                listed.add(name)
                mark = item[1] if item[1] == "•" else "." + item[1][:-1]
                assert shown.startswith(FROM_RIGHT), f"{name}: {shown}"
                assert shown.endswith(mark), f"{name}: {shown}"
    assert listed == {"answer", "offers", "digest", "questions"}


async def test_a_german_sentence_is_passed_on_in_one_piece(messages: tuple[str, Rendered]) -> None:
    _, made = messages
    [line] = seen(made["relay"])
    assert "Ich habe am 3.12. von 9–10 Uhr Zeit (Raum 5). Rufen Sie 07121 000-0 an!" in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("موعد 09:00–10:00", "← 10:00–09:00 دعوم"),
        ("موعد \u206809:00–10:00\u2069", "← 09:00–10:00 دعوم"),
        ("هاتف 0800 111 0 111", "← 111 0 111 0800 فتاه"),
        ("ملف (.ics)", "← (ics.) فلم"),
        ("ملف (\u2068.ics\u2069)", "← (.ics) فلم"),
        ("• Kurs (A1) للنساء", "→ • Kurs (A1) ءاسنلل"),
        ("\u200f• \u2068Kurs (A1)\u2069 للنساء", "← ءاسنلل Kurs (A1) •"),
        ("Wort (كلمة)", "→ Wort (ةملك)"),
    ],
)
def test_a_wrong_rendering_would_be_seen(text: str, shown: str) -> None:
    assert seen(text) == [shown]
