"""Which language somebody's words are in: the one they chose is only the likeliest."""

from __future__ import annotations

import asyncio
import math
import re
from functools import cache
from typing import Any

from translations.languages import languages

SURE = 0.9
"""Share of the probability from which another language than the chosen one is believed."""
LETTERS = 4
"""So short a word can be of any language: the chosen one counts."""
_LETTER = re.compile(r"[^\W\d_]")
_SCRIPTS = {
    "Arab": re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "Cyrl": re.compile("[\u0400-\u052f]"),
    "Ethi": re.compile("[\u1200-\u139f]"),
}
# py3langid's own names; Dari counts as Persian, which it cannot be told from.
_NAMES = {"prs": "fa", "kmr": "ku"}


def script(text: str) -> str | None:
    """Return the ISO 15924 code of the script of most letters; ``None`` without letters."""
    letters = len(_LETTER.findall(text))
    if not letters:
        return None
    for name, pattern in _SCRIPTS.items():
        if len(pattern.findall(text)) * 2 > letters:
            return name
    return "Latn"


def letters_of(letters: str, name: str) -> int:
    """Return how many of ``letters``, which must be nothing else, are of a script."""
    counts = {one: len(pattern.findall(letters)) for one, pattern in _SCRIPTS.items()}
    return counts[name] if name in counts else len(letters) - sum(counts.values())


async def spoken(text: str, chosen: str, reader: str) -> str | None:
    """Return the launch language that a message is written in.

    Args:
        text: the message.
        chosen: the language its writer talks with the bot in.
        reader: the language of whoever gets it.

    Returns:
        ``chosen``, unless the message clearly is in the reader's language or in another one of
        its script; ``None`` where it is typed in a script of which no language fits, such as
        Arabic in Latin letters: nothing must be claimed about it.
    """
    written = script(text)
    if written is None:
        return chosen
    fitting = [one for one in _candidates(chosen, reader) if languages()[one].script == written]
    if chosen in fitting and (len(fitting) == 1 or len(_LETTER.findall(text)) < LETTERS):
        return chosen
    if fitting == [reader] and written != "Latn":
        return reader
    likely = await asyncio.to_thread(_shares, text)
    if not fitting:
        return None
    best = max(fitting, key=lambda one: likely.get(_name(one), 0.0))
    total = sum(likely.get(_name(one), 0.0) for one in fitting)
    sure = total > 0 and likely[_name(best)] / total >= SURE
    if chosen in fitting:
        return best if sure else chosen
    # Typed in foreign letters: the best of the few is believed only if it beats all languages.
    top = max(likely, key=lambda one: likely[one])
    return best if sure and top == _name(best) else None


def _candidates(chosen: str, reader: str) -> list[str]:
    """Return what people write here: their language, the other's, and what many have learned."""
    return list(dict.fromkeys([chosen, reader, "de", "en"]))


def _name(language: str) -> str:
    return _NAMES.get(language, language)


def _shares(text: str) -> dict[str, float]:
    """Return how likely each language that py3langid knows is, as shares of one."""
    ranked = _identifier().rank(text)
    return {name: share if math.isfinite(share) else 0.0 for name, share in ranked}


@cache
def _identifier() -> Any:
    """Load the model: most of a second, once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
