"""Checks the catalogues against the template: missing, stale, broken, too long."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from translations import po
from translations.catalogue import (
    HERE,
    SOURCE_LANGUAGE,
    TEMPLATE,
    catalogue_path,
    forms,
)
from translations.check_text import check_source, check_text
from translations.conventions import plural_forms
from translations.languages import languages

ROOT = HERE.parent
KEY = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z][a-z0-9_]*$")
REVIEW = "X-Lotse-Review"
_REVIEWED = re.compile(r"unreviewed|reviewed \d{4}-(0[1-9]|1[0-2]) \(.+\)")
_CONTEXT = re.compile(r'^msgctxt "(.*)"$', re.M)
_PICTURE = re.compile(r"Screenshot: (\S+)")


def check() -> list[str]:
    """Return every problem in every catalogue, worded with what to do; empty when all is well."""
    problems = check_template()
    for language in languages():
        if language != SOURCE_LANGUAGE:
            problems += check_language(language)
    return problems


def check_template() -> list[str]:
    """Return the problems in the English source."""
    try:
        source = po.read(TEMPLATE)
    except po.Unreadable as error:
        return [_unreadable(TEMPLATE, error)]
    problems = _twice(TEMPLATE)
    for message in source.messages:
        where = f"{_name(TEMPLATE)}: {message.context}"
        problems += [f"{where}: {what}" for what in check_source(message)]
        if not KEY.match(str(message.context)):
            problems.append(f"{where}: is no key; name it <area>.<what> in small letters")
        for picture in _PICTURE.findall(" ".join(message.auto_comments)):
            if not (ROOT / picture).is_file():
                problems.append(f"{where}: there is no picture {picture}; correct the comment")
    return problems


def check_language(language: str) -> list[str]:
    """Return the problems in the catalogue of one language."""
    path = catalogue_path(language)
    if not path.exists():
        return [f"{_name(path)}: there is no catalogue; lotse language add {language} makes one"]
    try:
        own, source = po.read(path), po.read(TEMPLATE)
    except po.Unreadable as error:
        return [_unreadable(Path(str(error.data["file"])), error)]
    problems = [*_twice(path), *(f"{_name(path)}: {what}" for what in _head(own, language))]
    texts = {message.context: message for message in own.messages}
    for wanted in source.messages:
        found = texts.pop(wanted.context, None)
        where = f"{_name(path)}: {wanted.context}"
        if found is None or not any(forms(found)):
            problems.append(f"{where}: missing; translate it")
        elif found.fuzzy:
            problems.append(f"{where}: marked fuzzy; check it and remove the mark")
        elif found.id != wanted.id:
            problems.append(
                f"{where}: the English text has changed; run lotse catalogues extract, then"
                " translate it again"
            )
        else:
            problems += [f"{where}: {what}" for what in check_text(wanted, found, language)]
    return problems + [
        f"{_name(path)}: {key}: stale; run lotse catalogues extract, which puts it aside"
        for key in texts
    ]


def _head(own: po.Po, language: str) -> Iterator[str]:
    wanted = plural_forms(language)
    if own.plural_forms.replace(" ", "") != wanted.replace(" ", ""):
        yield f"the head must say Plural-Forms: {wanted}"
    if own.fields.get("Language") != language:
        yield f"the head must say Language: {language}"
    if not _REVIEWED.fullmatch(own.fields.get(REVIEW, "")):
        yield (
            f"the head must say {REVIEW}: unreviewed, or such as"
            " reviewed 2026-12 (native speaker, interpreter)"
        )


def _twice(path: Path) -> list[str]:
    counted = Counter(_CONTEXT.findall(path.read_text("utf-8")))
    return [
        f"{_name(path)}: {key}: the key is there {count} times; keep one"
        for key, count in counted.items()
        if count > 1
    ]


def _unreadable(path: Path, error: po.Unreadable) -> str:
    return (
        f"{_name(path)}: line {error.data['line']}: cannot be read ({error.data['reason']});"
        " mend that line, or take the last version that could be read"
    )


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
