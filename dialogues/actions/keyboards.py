"""The keyboards that stand under answers, as rows of buttons in the person's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from centre.county import centres
from knowledge_base.simple_view import pictogram, signed
from storage.outbox import Button
from translations.catalogue import say
from translations.languages import languages

INTENTS = Path(__file__).parents[2] / "nlu" / "intents.yml"
STATUSES = ("asylum_procedure", "tolerated", "recognised", "subsidiary", "section24")

# Keyboard -> rows of (catalogue key of the label, what the button sends).
KEYBOARDS: dict[str, list[list[tuple[str, str]]]] = {
    "menu": [
        [("menu.questions", '/help{"page":"topics"}'), ("menu.book", "/book_appointment")],
        [
            ("menu.appointments", "/show_appointments"),
            ("menu.interpreter", "/request_interpreter"),
        ],
        [("menu.human", "/talk_to_human"), ("menu.emergency", "/emergency")],
        [
            ("menu.language", "/change_language"),
            ("menu.centre", "/change_centre"),
            ("menu.privacy", "/show_privacy"),
        ],
    ],
    "human": [[("menu.human", "/talk_to_human"), ("menu.back", "/help")]],
    "emergency": [
        [("emergency.human", '/talk_to_human{"urgent":"yes"}')],
        [("menu.back", "/help")],
    ],
    "privacy": [[("privacy.delete", "/delete_my_data"), ("menu.back", "/help")]],
    "book": [[("menu.book", "/book_appointment"), ("menu.human", "/talk_to_human")]],
}


@cache
def topics() -> list[str]:
    """Return the topic intents in the order of the contract."""
    contract = yaml.safe_load(INTENTS.read_text("utf-8"))["intents"]
    return [name for name, about in contract.items() if about["kind"] == "topic"]


def keyboard(name: str, language: str) -> list[list[Button]]:
    """Return the named keyboard worded in ``language``."""
    return [
        [Button(label=say(key, language), data=data) for key, data in row]
        for row in KEYBOARDS[name]
    ]


def in_rows(buttons: list[Button], width: int = 2) -> list[list[Button]]:
    """Return ``buttons`` in rows of ``width``."""
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]


def topic_buttons(language: str, payload: str) -> list[list[Button]]:
    """Return a button per topic; ``payload`` has ``%s`` where the topic goes."""
    return in_rows(
        [
            Button(label=signed(pictogram(topic), say(f"topic.{topic}", language)), data=data)
            for topic in topics()
            for data in [payload % topic]
        ]
    )


def language_buttons(payload: str) -> list[list[Button]]:
    """Return a button per launch language under its own name."""
    return in_rows(
        [Button(label=one.name, data=payload % one.code) for one in languages().values()], 3
    )


def centre_buttons(payload: str) -> list[list[Button]]:
    """Return a button per centre."""
    return in_rows([Button(label=one.name, data=payload % one.id) for one in centres().values()], 1)


def intent_label(intent: str, language: str) -> str | None:
    """Return what a button for ``intent`` says, or ``None`` when it is not worth a button."""
    menu = {data.removeprefix("/"): key for row in KEYBOARDS["menu"] for key, data in row}
    for key in (f"topic.{intent}", f"intent.{intent}", menu.get(intent)):
        if key is None:
            continue
        try:
            return say(key, language)
        except KeyError:
            continue
    return None
