"""Compares the catalogue with the program, puts the template in order, and merges it everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from babel.messages.catalog import Message

from translations import po
from translations.catalogue import SOURCE_LANGUAGE, catalogue_path, forms, source_forms
from translations.conventions import plural_forms, plurals
from translations.languages import languages
from translations.usage import Usage, find


@dataclass(frozen=True)
class Comparison:
    """What the program uses beside what the template has.

    ``families`` are the keys that are put together while the program runs (``topic.*``), with the
    files that do it and the keys that are meant. ``moved`` are keys whose files the template names
    wrongly.
    """

    missing: dict[str, set[str]]
    unused: list[str]
    families: dict[str, tuple[set[str], list[str]]]
    moved: list[str]

    def problems(self, template: Path) -> list[str]:
        """Return what is wrong, worded with what to do."""
        name = f"translations/{template.name}"
        return [
            *(
                f"{name}: {key}: missing, but used in {', '.join(sorted(files))}; add it, with its"
                " English text and a comment"
                for key, files in sorted(self.missing.items())
            ),
            *(
                f"{name}: {key}: nothing uses it; delete it, then run lotse catalogues extract"
                for key in self.unused
            ),
            *(
                f"{', '.join(sorted(files))}: puts together keys {family}, and there is none; add"
                f" them to {name}"
                for family, (files, members) in sorted(self.families.items())
                if not members
            ),
            *(
                f"{name}: {key}: used in other files than it says; run lotse catalogues extract"
                for key in self.moved
            ),
        ]


@dataclass(frozen=True)
class Change:
    """What merging did to one catalogue: how many texts were added, marked fuzzy, put aside."""

    path: Path
    added: int
    fuzzy: int
    obsolete: int


def compare(root: Path) -> Comparison:
    """Return what the program below ``root`` uses beside what its template has.

    Raises:
        Unreadable: the template is damaged.
    """
    return _compare(po.read(_template(root)).messages, root)[0]


def refresh(root: Path) -> tuple[Comparison, list[Change]]:
    """Put the template in order and merge it into every catalogue; nothing written is lost.

    Texts stand by area, in the order in which they were added, with the files that use them. A
    text whose English has changed keeps its translation, marked fuzzy; one that is no longer in
    the template goes to the end of the catalogue, and comes back with its key. Everything is read
    before anything is written.

    Raises:
        Unreadable: one of the files is damaged.
    """
    path = _template(root)
    source = po.read(path)
    before, usage = _compare(source.messages, root)
    known = [one for one in languages() if one != SOURCE_LANGUAGE]
    paths = {one: root / catalogue_path(one).relative_to(_ROOT) for one in known}
    own = {one: po.read(at) for one, at in paths.items() if at.exists()}
    ordered = _in_order(source.messages)
    for message in ordered:
        message.locations = [(file, 0) for file in sorted(usage.files(str(message.context)))]
    po.write(path, source.head, ordered, plural_forms(SOURCE_LANGUAGE))
    comparison = replace(before, moved=[])
    return comparison, [_merge(paths[one], own[one], ordered, one) for one in own]


_ROOT = Path(__file__).parents[1]


def _template(root: Path) -> Path:
    return root / "translations" / "lotse.pot"


def _compare(messages: Sequence[Message], root: Path) -> tuple[Comparison, Usage]:
    keys = [str(message.context) for message in messages]
    usage = find(root, {key.partition(".")[0] for key in keys})
    families = {
        family: (files, [key for key in keys if usage.member(key, family)])
        for family, files in usage.families.items()
    }
    missing = {key: files for key, files in usage.keys.items() if key not in set(keys)}
    unused = [key for key in keys if not usage.files(key)]
    moved = [
        str(one.context)
        for one in messages
        if {file for file, _ in one.locations} != usage.files(str(one.context)) != set()
    ]
    return Comparison(missing, unused, families, moved), usage


def _in_order(messages: Iterable[Message]) -> list[Message]:
    areas: dict[str, list[Message]] = {}
    for message in messages:
        areas.setdefault(str(message.context).partition(".")[0], []).append(message)
    return [message for some in areas.values() for message in some]


def _merge(path: Path, own: po.Po, source: list[Message], language: str) -> Change:
    known = {str(one.context): one for one in (*own.obsolete, *own.messages)}
    made: list[Message] = []
    added = fuzzy = 0
    for wanted in source:
        found = known.pop(str(wanted.context), None)
        one = _merged(wanted, found, language)
        made.append(one)
        added += found is None
        fuzzy += one.fuzzy and not (found is not None and found.fuzzy)
    gone = [one for one in known.values() if any(forms(one))]
    put_aside = sum(one in own.messages for one in gone)
    po.write(path, own.head, [*made, *map(po.obsolete, gone)], plural_forms(language))
    return Change(path, added, fuzzy, put_aside)


def _merged(wanted: Message, found: Message | None, language: str) -> Message:
    """Return the entry for a catalogue: the template's English, the translation that is there."""
    made = Message(
        wanted.id,
        context=wanted.context,
        locations=wanted.locations,
        auto_comments=wanted.auto_comments,
        flags=wanted.flags - {"fuzzy"},
    )
    made.string = _fitted(forms(found) if found else ("",), wanted, language)
    if found is None:
        return made
    made.user_comments = found.user_comments
    changed = found.id != wanted.id and any(forms(found))
    if found.fuzzy or changed:
        made.flags |= {"fuzzy"}
        made.previous_id = list(source_forms(found)) if changed else found.previous_id
    return made


def _fitted(own: tuple[str, ...], wanted: Message, language: str) -> str | tuple[str, ...]:
    """Return a translation with as many forms as its English needs."""
    if isinstance(wanted.id, str):
        return own[-1]
    # A text that has begun to count offers translators its old words in every form.
    return own if len(own) == plurals(language) else (own[-1],) * plurals(language)
