"""What must be said beside an offer: what to doubt, where it was read and how old that is."""

from __future__ import annotations

from centre import format
from centre.text_notes import reliability
from knowledge_base.offer_search import OfferHit
from translations.catalogue import say


def notes(hit: OfferHit, language: str) -> list[str]:
    """Return what a person has to know before relying on an offer."""
    said = []
    if hit.language != language:
        name = format.language_name(hit.language, language)
        said.append(say("answer.other_language", language, language=name))
    said += [words for _, words in reliability(hit, language)]
    if hit.unconfirmed:
        said.append(say("answer.unconfirmed", language))
    elif hit.volatile:
        said.append(say("answer.volatile", language))
    return said


def checked(hit: OfferHit, language: str) -> str:
    """Return when an offer was last checked."""
    if hit.checked_on is None:
        return say("answer.undated", language)
    return say("answer.checked", language, date=format.date(hit.checked_on, language))


def origin(hit: OfferHit, language: str) -> str:
    """Return the lines that say where an offer was read and how old that is."""
    source = say("answer.source", language, source=hit.source_title)
    return f"{source}\n{checked(hit, language)}"
