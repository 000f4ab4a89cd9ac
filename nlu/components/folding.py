"""One spelling for what people type in many: letters, digits, diacritics, case."""

from __future__ import annotations

import unicodedata

# Arabic, Persian, Kurdish and Pashto keyboards write the same letter in several ways; informal
# writers drop hamza, dots and diacritics. Dotless i and yo are the Turkish and Russian cases.
_LETTERS = {
    **dict.fromkeys("يىئېۍ", "ی"),
    "ك": "ک",
    **dict.fromkeys("أإآٱ", "ا"),
    "ؤ": "و",
    **dict.fromkeys("ةۀ", "ه"),
    **dict.fromkeys("ـ\u200c\u200d\u2066\u2067\u2068\u2069\u200e\u200f", ""),
    "ё": "е",
    "ı": "i",
    "ß": "ss",
    **{chr(0x660 + digit): str(digit) for digit in range(10)},
    **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
}
_TABLE = str.maketrans(_LETTERS)


def fold(text: str) -> str:
    """Return ``text`` in its folded spelling; the length may change."""
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_TABLE)
    return "".join(
        sign for sign in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(sign)
    )
