"""What must be said beside a knowledge text: who translated it, and whether it is up to date."""

from __future__ import annotations

from knowledge_base.offer_search import OfferHit
from knowledge_base.search import Hit
from knowledge_base.simple_view import sign, signed
from translations.catalogue import say

RELIABLE = ("original", "reviewed")
DARI = "prs"
MACHINE_SIGN = "machine"


def reliability(hit: Hit | OfferHit, language: str) -> list[tuple[str, str]]:
    """Return the notes about a text, each with the name of its sign (see ``pictograms.yml``).

    A machine's text that is outdated too gets both notes.
    """
    said = []
    if hit.machine:
        said += [(MACHINE_SIGN, words) for words in machine(hit, language)]
    if hit.text_status == "outdated":
        said.append(("caution", say("answer.outdated", language)))
    elif hit.text_status not in RELIABLE and not hit.machine:
        said.append(("note", say("answer.unreviewed", language)))
    return said


def machine(hit: Hit | OfferHit, language: str) -> list[str]:
    """Return the label of a text that a machine translated; nothing for any other."""
    if not hit.machine:
        return []
    persian = [say("machine.as_persian", language)] if hit.language == DARI else []
    return [say("answer.machine", language), *persian]


def marked(hit: Hit | OfferHit, words: str) -> str:
    """Return a text's title, behind the sign of machine translation if it is one.

    For places that show titles alone, such as buttons; the label explains the sign.
    """
    return signed(sign(MACHINE_SIGN), words) if hit.machine else words
