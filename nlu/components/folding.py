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
# Ethiopic letters that sound alike are swapped freely in Amharic and Tigrinya: each family of
# seven (first code point, the family it folds to).
_SAME_SOUND = [
    (0x1210, 0x1200),
    (0x1280, 0x1200),
    (0x1220, 0x1230),
    (0x12D0, 0x12A0),
    (0x1340, 0x1338),
]
for _from, _to in _SAME_SOUND:
    _LETTERS.update({chr(_from + order): chr(_to + order) for order in range(7)})
_LETTERS["\u12a3"] = _LETTERS["\u12d3"] = "\u12a0"
_TABLE = str.maketrans(_LETTERS)


def fold(text: str) -> str:
    """Return ``text`` in its folded spelling; the length may change."""
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_TABLE)
    return "".join(
        sign for sign in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(sign)
    )
