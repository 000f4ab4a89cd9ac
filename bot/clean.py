"""What may reach understanding: visible words of a sane length, buttons we could have made."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

CONTRACT = Path(__file__).parents[1] / "nlu" / "intents.yml"
BY_BUTTON_ONLY = frozenset({"start", "choose", "cancel"})
LONGEST_TEXT = 1000
LONGEST_DATA = 64

# Bidirectional controls and other invisible characters can disguise words; joiners stay, because
# Persian and Kurdish need them.
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_TAP = re.compile(r"^/(?P<intent>[a-z_]{2,40})(?P<entities>\{.*\})?$", re.S)
_VALUE = re.compile(r"^[\w:.\- ]{1,48}$")


def visible(text: str) -> str:
    """Return ``text`` without control and direction characters, spaces folded."""
    return " ".join(_INVISIBLE.sub("", text).split())


def lines(text: str) -> str:
    """Return ``text`` without control and direction characters; its lines stay lines."""
    return "\n".join(visible(line) for line in text.strip().splitlines())


def has_words(text: str) -> bool:
    """Return whether there is at least one letter or digit (else: emoji, punctuation)."""
    return any(unicodedata.category(sign)[0] in "LN" for sign in text)


@cache
def intents() -> frozenset[str]:
    """Return what a button or command may mean: the contract's intents and the three of ours."""
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))["intents"]
    return frozenset(contract) | BY_BUTTON_ONLY


def valid_tap(data: str) -> bool:
    """Return whether ``data`` has the form of one of our Rasa buttons and names a known intent.

    Whether the appointment is one's own and the time still free is checked where it is used,
    because a button can be old as well as forged.
    """
    if len(data.encode()) > LONGEST_DATA:
        return False
    match = _TAP.match(data)
    if match is None or match["intent"] not in intents():
        return False
    if match["entities"] is None:
        return True
    try:
        entities = json.loads(match["entities"])
    except ValueError:
        return False
    return isinstance(entities, dict) and all(
        isinstance(value, str) and _VALUE.match(value) for value in entities.values()
    )


def intent_of(data: str) -> str:
    """Return the intent a valid button names."""
    match = _TAP.match(data)
    return match["intent"] if match else ""
