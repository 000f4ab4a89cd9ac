"""Check a folder of content: every mistake with its file, its line and what to do about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from knowledge_base import check_offers, text_rules
from knowledge_base.content_files import (
    EVERYWHERE,
    ORIGINAL,
    TITLE_MAX,
    ContentFile,
    EntryHead,
    FrontMatterInvalid,
    TextHead,
    content_languages,
    parse,
    topics,
)
from knowledge_base.offer_heads import OfferHead

FILE_MAX = 20_000  # bytes; front matter and text of a valid file need less

_NAME = re.compile(r"^(?P<id>[^.]+)\.(?P<language>[^.]+)\.md$")
_TODO = {
    **check_offers.TODO,
    "id": "Write 2 to 40 of the letters a-z, digits and _, the same as in the file's name.",
    "kind": "Write article (how something works) or offer (a course, group or service).",
    "topic": "Write one of the topics of nlu/intents.yml (kind: topic).",
    "also": "Write a list of further topics, or [].",
    "statuses": "Write a list of residence statuses, or [any].",
    "audience": "Write a list of groups, or [everyone].",
    "rank": "Write 1 (shown first), 2 or 3 (shown only when asked for).",
    "source": "Write title, url and date (or null) below source.",
    "url": "Write an address that begins with http:// or https://.",
    "checked_on": "Write the day like 2026-11-30, or null when nobody has checked it.",
    "valid_from": "Write the first day like 2026-11-30, or null.",
    "valid_until": "Write the last day like 2026-11-30, or null.",
    "volatile": "Write true or false.",
    "unconfirmed": "Write true or false.",
    "supersedes": "Write the id of the entry that this one replaces, or null.",
    "note": "Write at most 500 characters, or leave the line out.",
    "title": f"Write a title of at most {TITLE_MAX} characters.",
    "status": "Write unreviewed, reviewed or machine; outdated follows by itself.",
    "translated_from": "Write the 12-character hash of the German text it was made from.",
}


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: which file (inside the folder), which line, what is wrong, what to do."""

    path: str
    line: int
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} → {self.todo}"


def check(
    folder: Path, centres: Iterable[str], municipalities: Iterable[str] | None = None
) -> list[Problem]:
    """Return every mistake in a folder of content, by file and line; none when it is clean.

    Args:
        folder: holds one folder per centre and one named ``all``, and ``contacts.yml``.
        centres: ids of the centres that exist.
        municipalities: ids that an offer's place may have; ``None`` for any.
    """
    return load(folder, centres, municipalities)[1]


def load(
    folder: Path, centres: Iterable[str], municipalities: Iterable[str] | None = None
) -> tuple[list[ContentFile], list[Problem]]:
    """Read a folder of content; return its valid files and every mistake."""
    allowed = {*centres, EVERYWHERE}
    files: list[ContentFile] = []
    contacts, wrong = check_offers.read_contacts(folder)
    problems = [Problem(check_offers.CONTACTS, *one) for one in wrong]
    # A contact that has a mistake is named once, not at every offer too.
    names = Names(allowed, None if wrong else set(contacts), _maybe_set(municipalities))
    listed = folder / check_offers.CONTACTS
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name[0] != "." and path != listed
    )
    if not paths:
        problems.append(Problem(".", 1, "there is no content", f"Put files into {folder}."))
    for path in paths:
        found = _File(path, path.relative_to(folder).as_posix())
        file = found.read(names)
        problems += found.problems
        if file is not None:
            files.append(file)
    problems += _across(folder, files, {problem.path for problem in problems})
    return files, sorted(problems)


def _maybe_set(names: Iterable[str] | None) -> set[str] | None:
    return None if names is None else set(names)


@dataclass(frozen=True)
class Names:
    """What a file may name outside itself; ``None`` where anything goes."""

    centres: set[str]
    contacts: set[str] | None
    municipalities: set[str] | None


class _File:
    """One file while it is read; collects what is wrong with it."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.lines: list[str] = []
        self.problems: list[Problem] = []

    def add(self, line: int, what: str, todo: str) -> None:
        self.problems.append(Problem(self.name, line, what, todo))

    def read(self, allowed: Names) -> ContentFile | None:
        named = _NAME.match(self.path.name)
        if named is None or self.name.count("/") != 1:
            self.add(1, "this is no content file", "Name it <centre or all>/<id>.<language>.md.")
            return None
        language = named["language"]
        if language not in content_languages():
            known = ", ".join(content_languages())
            self.add(1, f"unknown language {language!r}", f"Use one of {known}.")
            return None
        raw = self.path.read_bytes()
        if len(raw) > FILE_MAX:
            self.add(1, f"the file has {len(raw)} bytes", f"Shorten it to {FILE_MAX} or split it.")
            return None
        try:
            text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.add(line, "the file is not UTF-8", "Save it with the encoding UTF-8.")
            return None
        self.lines = text.split("\n")
        try:
            fields, body = parse(text)
        except FrontMatterInvalid as error:
            todo = "Write ---, one field per line, ---; put a value with a colon into quotes."
            self.add(error.line, error.what, todo)
            return None
        self._twice()
        head = self._head(fields, language)
        self._names(fields, named["id"], language, allowed.centres)
        if language == ORIGINAL:
            offers = check_offers.mistakes(fields, allowed.contacts, allowed.municipalities)
            for keys, what, todo in offers:
                self.add(self._line(keys), what, todo)
        self._body(body)
        if head is None or self.problems:
            return None
        return ContentFile(self.path, language, head, body)

    def _closing(self) -> int:
        """Return the number of the line that closes the front matter."""
        return next(n for n, line in enumerate(self.lines[1:], 2) if line.startswith("---"))

    def _twice(self) -> None:
        seen: set[str] = set()
        for number, line in enumerate(self.lines[: self._closing()], 1):
            key = re.match(r"^([a-z_]+)\s*:", line)
            if key and key[1] in seen:
                self.add(number, f"{key[1]} is there twice", "Keep one of the two lines.")
            if key:
                seen.add(key[1])

    def _head(self, fields: dict[str, object], language: str) -> EntryHead | TextHead | None:
        model = EntryHead if language == ORIGINAL else TextHead
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            for mistake in error.errors():
                self._field(mistake, model)
            return None

    def _field(self, mistake: ErrorDetails, model: type[EntryHead] | type[TextHead]) -> None:
        keys = [part for part in mistake["loc"] if isinstance(part, str)]
        name = ".".join(keys)
        todo = _TODO.get(keys[-1], _TODO.get(keys[0], "Correct the value."))
        if mistake["type"] == "extra_forbidden":
            known = OfferHead if keys[0] == "offer" and len(keys) > 1 else model
            near = get_close_matches(keys[-1], list(known.model_fields), 1)
            todo = f"Did you mean {near[0]}?" if near else "Remove the line."
            self.add(self._line(keys), f"there is no field {name}", todo)
        elif mistake["type"] == "missing":
            self.add(self._line(keys), f"{name} is missing", todo)
        else:
            self.add(self._line(keys), f"{name}: {mistake['msg']}", todo)

    def _line(self, keys: Sequence[str]) -> int:
        """Return the line of a field, or that of the nearest field around it that exists."""
        found = 1
        for depth, key in enumerate(keys):
            pattern = re.compile(rf"^{' ' * 2 * depth}{re.escape(key)}\s*:")
            for number, line in enumerate(self.lines[found - 1 :], found):
                if pattern.match(line):
                    found = number
                    break
        return found

    def _names(
        self, fields: dict[str, object], stem: str, language: str, centres: set[str]
    ) -> None:
        """Names that point outside the file: its own, its centre's, the topics'."""
        if isinstance(fields.get("id"), str) and fields["id"] != stem:
            what = f"id is {fields['id']!r} but the file is named {stem!r}"
            self.add(self._line(["id"]), what, "Make both the same.")
        home = self.name.split("/")[0]
        if home not in centres:
            self.add(1, f"unknown centre {home!r}", f"Use {_nearest(home, centres)}.")
        if language != ORIGINAL:
            return
        centre = fields.get("centre")
        if centre is not None and centre not in centres:
            what = f"unknown centre {centre!r}"
            self.add(self._line(["centre"]), what, f"Use {_nearest(str(centre), centres)}.")
        elif centre is not None and centre != home:
            what = f"centre is {centre!r} but the folder is {home!r}"
            self.add(self._line(["centre"]), what, "Move the files or change the centre.")
        also = fields.get("also")
        for key, values in (
            ("topic", [fields.get("topic")]),
            ("also", also if isinstance(also, list) else []),
        ):
            for value in values:
                if isinstance(value, str) and value not in topics():
                    todo = f"Use {_nearest(value, topics())}."
                    self.add(self._line([key]), f"unknown topic {value!r}", todo)
        first, last = fields.get("valid_from"), fields.get("valid_until")
        if first and last and str(last) < str(first):
            what = f"valid_until {last} is before valid_from {first}"
            self.add(self._line(["valid_until"]), what, "Correct one of the two days.")

    def _body(self, body: str) -> None:
        below = self._closing()
        blank = next((n for n, line in enumerate(self.lines[below:]) if line.strip()), 0)
        for one in text_rules.body_mistakes(body):
            self.add(below + (blank + one.line if one.line else 1), one.what, one.todo)


def _nearest(wrong: str, allowed: Iterable[str]) -> str:
    choices = sorted(allowed)
    near = get_close_matches(wrong, choices, 1)
    return f"{near[0]} (did you mean that?)" if near else "one of " + ", ".join(choices)


def _across(folder: Path, files: list[ContentFile], broken: set[str]) -> Iterator[Problem]:
    """Mistakes that show only when all files are seen together."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in files:
        name = file.path.relative_to(folder).as_posix()
        places[file.head.id, file.language].append(name)
    for (entry_id, _), names in places.items():
        for name in names[1:]:
            what = f"id {entry_id!r} is taken by {names[0]}"
            yield Problem(name, 2, what, "Give one of the two another id and file name.")
    for file in files:
        name = file.path.relative_to(folder).as_posix()
        original = file.path.with_name(f"{file.head.id}.{ORIGINAL}.md")
        original_name = original.relative_to(folder).as_posix()
        if file.language != ORIGINAL and not original.exists() and original_name not in broken:
            todo = f"Write {original_name} first, or move this file beside it."
            yield Problem(name, 1, "this translation has no German original", todo)
        older = file.head.supersedes if isinstance(file.head, EntryHead) else None
        if older is not None and (older == file.head.id or (older, ORIGINAL) not in places):
            what = f"supersedes {older!r}, which is no other entry"
            yield Problem(name, 1, what, _TODO["supersedes"])
