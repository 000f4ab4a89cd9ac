"""Checks the catalogues against the template: missing, stale, broken, too long."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from translations.catalogue import (
    FIRST_STRONG_ISOLATE,
    POP_ISOLATE,
    SOURCE_LANGUAGE,
    TEMPLATE,
    catalogue_path,
    placeholders,
)
from translations.languages import languages

# Telegram cuts longer button labels.
LONGEST_BUTTON = 64
_BUTTON = re.compile(r"^(Button|Short name of a topic)")
# Emergency and help numbers must come through untouched.
_NUMBER = re.compile(r"\d[\d ]{1,}\d")
# Old-style direction marks leak into the text that follows; a closed isolate (around a phone number
# in a right-to-left text) does not.
_FORBIDDEN = re.compile(r"[\u0000-\u0009\u000b-\u001f\u200e\u200f\u202a-\u202e\u2066\u2067]")


@cache
def _template() -> Catalog:
    with TEMPLATE.open("rb") as file:
        return read_po(file)


def check() -> list[str]:
    """Return every problem in every catalogue, worded with what to do; empty when all is well."""
    problems = [
        f"lotse.pot: {key}: the key is there {count} times; keep one"
        for key, count in Counter(m.context for m in _template() if m.context).items()
        if count > 1
    ]
    for language in languages():
        if language != SOURCE_LANGUAGE:
            problems += check_language(language)
    return problems


def check_language(language: str) -> list[str]:
    """Return the problems in the catalogue of one language."""
    path = catalogue_path(language)
    if not path.exists():
        return [f"{language}: there is no catalogue; create {path}"]
    with path.open("rb") as file:
        catalog = read_po(file)
    texts = {message.context: message for message in catalog if message.context}
    problems = []
    for source in _template():
        if not source.context:
            continue
        found = texts.pop(source.context, None)
        where = f"{language}: {source.context}"
        if found is None or not found.string:
            problems.append(f"{where}: missing; translate it")
        elif found.fuzzy:
            problems.append(f"{where}: marked fuzzy; check it and remove the mark")
        elif found.id != source.id:
            problems.append(f"{where}: the English text has changed; translate it again")
        else:
            problems += [f"{where}: {what}" for what in check_text(source, str(found.string))]
    return problems + [f"{language}: {key}: stale; delete it" for key in texts]


def check_text(source: Message, words: str) -> list[str]:
    """Return what is wrong with one translation of ``source``."""
    original = str(source.id)
    problems = []
    try:
        if placeholders(words) != placeholders(original):
            problems.append(f"must have exactly the placeholders {sorted(placeholders(original))}")
    except ValueError:
        problems.append("a brace { or } stands alone; close it")
    problems += [
        f"the number {number} is missing or changed; copy it"
        for number in _NUMBER.findall(original)
        if number not in words
    ]
    comment = " ".join(source.auto_comments)
    if _BUTTON.match(comment) and len(words) > LONGEST_BUTTON:
        problems.append(f"a button has room for {LONGEST_BUTTON} characters; shorten it")
    if words.count(FIRST_STRONG_ISOLATE) != words.count(POP_ISOLATE):
        problems.append("a direction isolate is not closed; close it")
    if _FORBIDDEN.search(words):
        problems.append("has an invisible control character; remove it")
    return problems
