"""Danger: what is said for each kind, when the staff are told, and the check without a model."""

from __future__ import annotations

from functools import cache

from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, handoffs
from centre.people import Person
from nlu.components.phrases import DEADLY as LIFE_IN_DANGER
from nlu.components.phrases import EmergencyPhrases, load_phrases
from translations.catalogue import say

__all__ = ["KINDS", "LIFE_IN_DANGER", "advice", "alert", "heard"]

KINDS = ("medical", "fire", "violence", "threat", "suicide", "child")
# From so much certainty (0 to 1) on: a false alarm may show numbers, but not call people out.
SURE_ENOUGH = 0.8


@cache
def _phrases() -> EmergencyPhrases:
    return EmergencyPhrases(load_phrases())


def heard(text: str) -> str | None:
    """Return the kind of emergency that fixed phrases find in ``text``; needs no model."""
    return _phrases().found(text)


def advice(kind: str | None, language: str, *, certain: bool = True) -> str:
    """Return whom to call for this kind of emergency.

    All numbers stand below where the kind is not certain, and alone where it is unknown.
    """
    if kind not in KINDS:
        return say("emergency.text", language)
    first = say(f"emergency.{kind}", language)
    return first if certain else first + "\n\n" + say("emergency.text", language)


async def alert(
    session: AsyncSession,
    person: Person,
    *,
    deadly: bool,
    confidence: float,
    language: str,
    request_key: str,
) -> bool:
    """Tell the centre's managers where life is in danger, so that one of them can step in.

    There they may be told without asking first: Art. 6(1)(d) and Art. 9(2)(c) GDPR, protection of
    vital interests. Otherwise the person decides, with a button.

    Args:
        session: the caller's open transaction.
        person: who wrote; somebody without a centre has no managers yet.
        deadly: whether it sounds like danger to life (:data:`LIFE_IN_DANGER`).
        confidence: how sure the understanding is, from 0 to 1.
        language: the person's.
        request_key: names the message; the same one alerts only once.

    Returns:
        Whether somebody was told. Nothing of what was written is passed on.
    """
    if not deadly or confidence < SURE_ENOUGH or person.centre is None:
        return False
    if person.role != "refugee":
        return False
    _, asked, _ = await handoffs.request(
        session,
        person_id=person.id,
        kind="human",
        centre=county.centre(person.centre).id,
        language=language,
        request_key=request_key,
        urgent=True,
        noticed=True,
    )
    return asked > 0
