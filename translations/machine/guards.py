"""Whether a translation can be shown: models invent, repeat themselves, or give nothing back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from translations.languages import languages
from translations.machine.protect import protect
from translations.machine.spoken import letters_of

SHORT, SHORT_RATIO = 20, 6.0
"""A text of up to so many letters may become so many times longer, but for a few letters."""
LONG_RATIO = 3.0
LEAST_RATIO = 0.25
OWN_SCRIPT = 0.5
SAME_WORDS = 0.7
REPEATED = 4
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_BRACKETS = re.compile(r"\([^()]*\)")


def translatable(text: str) -> bool:
    """Tell whether words are left beside what is protected, emoji, digits and punctuation."""
    return any(len(word) > 1 for word in _WORD.findall(protect(text).text))


def doubt(original: str, translated: str, target: str, names: Collection[str] = ()) -> str | None:
    """Return why a translation must not be shown, ``None`` where nothing speaks against it.

    Args:
        original: what was translated.
        translated: what came back, protected parts restored.
        target: launch language that it should be in.
        names: further names that stay as they are.

    Returns:
        ``empty``, ``too_short``, ``too_long``, ``repetition``, ``wrong_script`` or
        ``untranslated``.
    """
    before, after = len(_LETTER.findall(original)), len(_LETTER.findall(translated))
    if not after:
        return "empty"
    if after < before * LEAST_RATIO and before > SHORT:
        return "too_short"
    if after > before * (SHORT_RATIO if before <= SHORT else LONG_RATIO) + 5:
        return "too_long"
    if _repeats(translated) > max(REPEATED - 1, _repeats(original)):
        return "repetition"
    if not _in_script(translated, target, names):
        return "wrong_script"
    return "untranslated" if _is_copy(original, translated, names) else None


def _repeats(text: str) -> int:
    """Return how often in a row the same one to four words come."""
    words = [word.casefold() for word in _WORD.findall(text)]
    most = 1
    for length in range(1, 5):
        run = 1
        for at in range(length, len(words) - length + 1, 1):
            if at % length == 0 and words[at : at + length] == words[at - length : at]:
                run += 1
                most = max(most, run)
            elif at % length == 0:
                run = 1
    return most


def _in_script(text: str, target: str, names: Collection[str]) -> bool:
    """Tell whether most letters are the target's; names in brackets do not count."""
    wanted = languages()[target].script
    words = protect(_BRACKETS.sub(" ", text), names).text
    letters = "".join(_LETTER.findall(words))
    return not letters or letters_of(letters, wanted) / len(letters) >= OWN_SCRIPT


def _is_copy(original: str, translated: str, names: Collection[str]) -> bool:
    """Tell whether a text came back as it was, or nearly so; single words may."""
    before = [word.casefold() for word in _WORD.findall(protect(original, names).text)]
    after = [word.casefold() for word in _WORD.findall(protect(translated, names).text)]
    if len(before) < 2:
        return False
    if before == after:
        return True
    long_before = Counter(word for word in before if len(word) > 3)
    kept = sum((long_before & Counter(after)).values())
    return len(before) > 2 and bool(long_before) and kept / long_before.total() > SAME_WORDS
