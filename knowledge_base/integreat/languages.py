"""Integreat's names of languages and ours."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge_base.content_files import content_languages

# Codes that differ from ours; Integreat's regions choose them themselves.
_OTHER_CODES = {
    "ua": "uk",
    "ku": "kmr",
    "ku-latn": "kmr",
    "kmr-latn": "kmr",
    "ku-arab": "ckb",
    "pes": "fa",
    "fa-ir": "fa",
    "fa-af": "prs",
    "fa-prs": "prs",
    "dari": "prs",
    "ps-af": "ps",
    "pbt": "ps",
}


def our_language(code: str) -> str | None:
    """Return our code of an Integreat language, ``None`` where we do not speak it.

    Varieties such as ``en-us`` count as their language, but not easy German (``de-si``), whose
    pages are beside those in German.
    """
    plain = code.strip().lower().replace("_", "-")
    if plain in _OTHER_CODES:
        return _OTHER_CODES[plain]
    language, _, variety = plain.partition("-")
    if language not in content_languages() or (language == "de" and variety):
        return None
    return language


def chosen(codes: Iterable[str]) -> dict[str, str]:
    """Return which Integreat language serves each of ours, the plainest code first."""
    found: dict[str, str] = {}
    for code in sorted(codes, key=lambda code: (our_language(code) != code, code)):
        ours = our_language(code)
        if ours is not None:
            found.setdefault(ours, code)
    return found
