"""Slips that a phone keyboard makes, so that the encoder learns to look past them."""

from __future__ import annotations

import random

from nlu.components.folding import fold

_PUNCTUATION = {ord(sign): None for sign in ".,!?؟،;:'\"-።፣"}
FOLDED, BARE, SLIPPED = 0.15, 0.10, 0.25
SHORTEST = 7


def slip(text: str, chance: random.Random) -> str:
    """Return ``text`` as somebody in a hurry might type it; half of the time unchanged."""
    draw = chance.random()
    if draw < FOLDED:
        return fold(text)
    if draw < FOLDED + BARE:
        return text.lower().translate(_PUNCTUATION)
    if draw < FOLDED + BARE + SLIPPED and len(text) >= SHORTEST:
        return _slipped(text, chance)
    return text


def _slipped(text: str, chance: random.Random) -> str:
    signs = list(text)
    for _ in range(1 + len(text) // 25):
        at = chance.randrange(len(signs) - 1)
        if signs[at] == " " and chance.random() > 0.15:
            continue
        draw = chance.random()
        if draw < 0.35:
            del signs[at]
        elif draw < 0.6:
            signs[at], signs[at + 1] = signs[at + 1], signs[at]
        elif draw < 0.8:
            signs.insert(at, signs[at])
        else:
            signs[at] = chance.choice(text.replace(" ", ""))
    return "".join(signs)
