"""The files of the knowledge base: one Markdown file with front matter per entry and language.

``content/<centre or "all">/<entry>.de.md`` is the original and holds what is known about the
entry; ``<entry>.<language>.md`` beside it is a translation. What is written here reads back
unchanged, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from frontmatter.default_handlers import YAMLHandler
from pydantic import BeforeValidator, Field

from knowledge_base.offer_heads import EntryId, Head, OfferHead, Url

CONTENT = Path(__file__).parent / "content"
# The contract of topics and languages; a data file, so that this layer imports no other.
CONTRACT = Path(__file__).parent.parent / "nlu" / "intents.yml"

ORIGINAL = "de"
EVERYWHERE = "all"
ANY_STATUS = "any"
TITLE_MAX = 120
BODY_MAX = 3000
"""Characters; with title, source and date it still fits into one Telegram message (4,096)."""

Kind = Literal["article", "offer"]
Residence = Literal["any", "asylum_procedure", "tolerated", "recognised", "subsidiary", "section24"]
Audience = Literal["everyone", "women", "parents", "young_people", "volunteers", "companies"]
TextStatus = Literal["unreviewed", "reviewed", "machine"]

Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX)]


# Fields of the front matter that not every file has.
LATER = ("more_sources", "offer")


def _as_text(value: Any) -> Any:
    """YAML reads an unquoted ``2023`` or ``2023-04-18`` as a number or date; we keep the text."""
    return str(value) if isinstance(value, int | date) and not isinstance(value, bool) else value


class Source(Head):
    """Where an entry's content comes from; ``date`` is as the source shows it, so free text."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    url: Url
    date: Annotated[str | None, BeforeValidator(_as_text)] = None


class EntryHead(Head):
    """Front matter of a German file: the entry itself and the German title."""

    id: EntryId
    kind: Kind
    topic: str
    also: list[str] = Field(default_factory=list)
    centre: str
    statuses: Annotated[list[Residence], Field(min_length=1)]
    audience: Annotated[list[Audience], Field(min_length=1)]
    rank: Annotated[int, Field(ge=1, le=3)]
    source: Source
    more_sources: list[Source] = Field(default_factory=list)
    checked_on: date | None
    valid_from: date | None
    valid_until: date | None
    volatile: bool
    unconfirmed: bool
    supersedes: EntryId | None = None
    note: Annotated[str, Field(max_length=500)] | None = None
    """For editors only, never shown to a person who asks."""
    offer: OfferHead | None = None
    title: Title


class TextHead(Head):
    """Front matter of a translation; ``translated_from`` tells which original it follows."""

    id: EntryId
    title: Title
    status: TextStatus
    translated_from: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]


@dataclass(frozen=True)
class ContentFile:
    """One valid file: what its front matter says and its Markdown."""

    path: Path
    language: str
    head: EntryHead | TextHead
    body: str


def text_hash(title: str, body: str) -> str:
    """Return the short hash by which translations name the original they follow."""
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()[:12]


def meta_hash(head: EntryHead) -> str:
    """Return a short hash of everything in an entry's front matter except its title."""
    # A field that came later and is empty does not count: older imports must not look edited.
    later = {name for name in LATER if not getattr(head, name)}
    said = head.model_dump_json(exclude={"title", *later})
    return hashlib.sha256(said.encode()).hexdigest()[:12]


@cache
def _contract() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(CONTRACT.read_text("utf-8"))
    return found


def topics() -> tuple[str, ...]:
    """Return the topics an entry may have: the intents answered from the knowledge base."""
    return tuple(k for k, value in _contract()["intents"].items() if value["kind"] == "topic")


def topic_about(topic: str) -> str:
    """Return in one English sentence what a topic is about."""
    return str(_contract()["intents"][topic]["about"])


def content_languages() -> tuple[str, ...]:
    """Return the languages a text may be in: the launch languages."""
    return tuple(_contract()["launch_languages"])


def file_path(centre: str, entry_id: str, language: str) -> Path:
    """Return a text's path inside the content folder."""
    return Path(centre) / f"{entry_id}.{language}.md"


def dump(head: EntryHead | TextHead, body: str) -> str:
    """Return a file's text: front matter in the fixed order of its fields, then Markdown."""
    fields = head.model_dump()
    for optional, empty in (("note", None), ("more_sources", []), ("offer", None)):
        if fields.get(optional, ...) == empty:
            del fields[optional]
    front = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{front}---\n\n{body.strip()}\n"


def write(folder: Path, centre: str, language: str, head: EntryHead | TextHead, body: str) -> Path:
    """Write one text below ``folder`` and return its path."""
    path = folder / file_path(centre, head.id, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(head, body), "utf-8", newline="\n")
    return path


class FrontMatterInvalid(ValueError):
    """A file's front matter cannot be read; ``line`` (from 1) and ``what`` say where and why."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def _no_such_day(line: str) -> bool:
    found = re.search(r":\s*(\d{4}-\d\d?-\d\d?)\b", line)
    try:
        return found is not None and not date.fromisoformat(found[1])
    except ValueError:
        return True


def not_yaml(text: str, error: Exception, first: int = 1) -> tuple[int, str]:
    """Return the line of ``text`` and the reason why YAML that begins at ``first`` is none."""
    if not isinstance(error, yaml.YAMLError):  # a day that no calendar has; YAML says not where
        lines = enumerate(text.split("\n"), 1)
        return next((number for number, row in lines if _no_such_day(row)), first), str(error)
    # An open bracket or quote is noticed only lines later: name where it was opened.
    opened = re.search("flow|quoted", getattr(error, "context", None) or "")
    mark = getattr(error, "context_mark" if opened else "problem_mark", None)
    reason = getattr(error, "problem", None) or "it cannot be read"
    return min(first + (mark.line if mark else 0), text.count("\n") + 1), reason


def parse(text: str) -> tuple[dict[str, Any], str]:
    """Split a file's text into the fields of its front matter and its Markdown.

    Raises:
        FrontMatterInvalid: there is none, it is not closed, or it is not YAML fields.
    """
    handler = YAMLHandler()
    if not handler.detect(text):
        raise FrontMatterInvalid(1, "the file does not begin with front matter")
    try:
        front, body = handler.split(text)
    except ValueError:
        raise FrontMatterInvalid(1, "the front matter is not closed") from None
    first = text[: text.index(front)].count("\n") + 1
    try:
        fields = handler.load(front)
    except (yaml.YAMLError, ValueError) as error:
        line, reason = not_yaml(text, error, first)
        raise FrontMatterInvalid(line, f"the front matter is not YAML: {reason}") from None
    if not isinstance(fields, dict):
        raise FrontMatterInvalid(first, "the front matter holds no fields")
    return fields, body.strip()
