"""Drafting: German knowledge texts through the machine, a few at a time, whole or not at all."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import drafts
from knowledge_base.content_files import ORIGINAL
from knowledge_base.drafts import German, Made, Wanted
from storage.engine import Database
from translations.languages import languages
from translations.machine.packages import route
from translations.machine.translator import Outcome, translate

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Texts of a transaction: so many are lost at most when drafting is stopped."""
LINES, SECONDS = 400, 300.0
"""Lines that go through the models together, and how long that may take."""
RENEWED, FEW_LINES, FEW_SECONDS = 20, 4, 30.0
"""In the background: texts at a time, and lines together, so that a live talk never waits long."""
NOT_VALID = "not_valid"
ACCIDENTS = {"slow", "failed"}
# What stands before the words of a line: a heading, a bullet, a number.
_MARK = re.compile(r"^\s*(?:(?:#{1,6}|[•*·–-]|\d{1,2}[.)])\s+)?")

T = TypeVar("T")
Progress = Callable[[int], None]


@dataclass
class Report:
    """What drafting did.

    ``drafted`` texts are written. ``refused`` ones were not good enough: each with the reason of
    the translator, or ``not_valid`` where the text would break our rules (such as its length).
    ``passed`` ones changed or were translated by somebody meanwhile.
    """

    drafted: list[Wanted] = field(default_factory=list)
    refused: list[tuple[Wanted, str]] = field(default_factory=list)
    passed: list[Wanted] = field(default_factory=list)

    def reasons(self) -> Counter[str]:
        """Return how many texts were refused for which reason, the most first."""
        return Counter(dict(Counter(reason for _, reason in self.refused).most_common()))


def targets() -> list[str]:
    """Return the languages into which German can be translated with what is installed."""
    return [one for one in languages() if route(ORIGINAL, one) is not None]


async def draft(
    database: Database,
    texts: Sequence[Wanted],
    *,
    at_once: int = AT_ONCE,
    lines: int = LINES,
    seconds: float = SECONDS,
    progress: Progress | None = None,
) -> Report:
    """Translate texts and store them, one transaction for every few.

    It can be stopped at any time: what is committed is whole, the rest is as it was.

    Args:
        database: where they are stored.
        texts: from :func:`knowledge_base.drafts.wanted`.
        at_once: texts of a transaction.
        lines: lines that go through the models together.
        seconds: how long those may take.
        progress: called after every transaction with the number of texts it was about.
    """
    report = Report()
    for language, same in groupby(texts, key=lambda one: one.language):
        for few in _batches(same, at_once):
            async with database.transaction() as session:
                await _draft(session, few, language, report, lines, seconds)
            if progress is not None:
                progress(len(few))
    return report


async def renew(database: Database) -> int:
    """Make outdated drafts anew, a few at most; return how many were written."""
    async with database.transaction() as session:
        texts = await drafts.wanted(session, targets(), only_outdated=True)
    written = 0
    for one in texts:
        done = await draft(database, [one], lines=FEW_LINES, seconds=FEW_SECONDS)
        written += len(done.drafted)
        # After an accident the next round tries again; what is refused for good costs little.
        if written >= RENEWED or ACCIDENTS & set(done.reasons()):
            break
    if written:
        log.info("%d outdated machine drafts renewed", written)
    return written


async def _draft(
    session: AsyncSession,
    texts: list[Wanted],
    language: str,
    report: Report,
    lines: int,
    seconds: float,
) -> None:
    """Do one batch; the report is written at its end, when nothing can fail any more."""
    sources = await drafts.originals(session, {one.entry_id for one in texts})
    known = await _translated(session, sources.values(), language, lines, seconds)
    made: list[Made] = []
    refused: dict[Wanted, str] = {}
    for one in texts:
        german = sources.get(one.entry_id)
        if german is None:
            continue
        title, body = (_joined(text, known[german.names]) for text in (german.title, german.body))
        whole = Made(one.entry_id, language, title.text, body.text, german.hash)
        if reason := title.reason or body.reason:
            refused[one] = reason
        elif not drafts.is_valid(whole):
            refused[one] = NOT_VALID
        else:
            made.append(whole)
    written = {one.entry_id for one in await drafts.store(session, made)}
    report.refused += refused.items()
    report.drafted += [one for one in texts if one.entry_id in written]
    report.passed += [one for one in texts if one.entry_id not in written and one not in refused]


Known = dict[str, Outcome]
"""What became of a line's words."""


async def _translated(
    session: AsyncSession,
    sources: Iterable[German],
    language: str,
    lines: int,
    seconds: float,
) -> dict[tuple[str, ...], Known]:
    """Return what became of every line of these texts, by the names that were protected in it."""
    wanted: dict[tuple[str, ...], dict[str, None]] = {}
    for german in sources:
        for text in (german.title, german.body):
            words = (said for _, said in _lines(text))
            wanted.setdefault(german.names, {}).update(dict.fromkeys(words))
    done: dict[tuple[str, ...], Known] = {}
    for names, said in wanted.items():
        known = done[names] = {}
        for few in _batches(said, lines):
            outcomes = await translate(
                session, few, ORIGINAL, language, keep=True, names=names, seconds=seconds
            )
            known.update(zip(few, outcomes, strict=True))
    return done


@dataclass(frozen=True)
class _Joined:
    text: str
    reason: str | None


def _joined(text: str, known: Known) -> _Joined:
    """Return a text in its lines' translations, or why one of them may not be shown."""
    made = []
    for mark, words in _lines(text):
        outcome = known[words]
        if outcome.text is None and outcome.reason != "nothing":
            return _Joined("", outcome.reason)
        # What holds no words, such as a phone number or nothing, stays as it is.
        made.append(mark + (words if outcome.text is None else outcome.text))
    return _Joined("\n".join(made), None)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before the words of every line, and its words."""
    for line in text.split("\n"):
        end = len(_MARK.match(line)[0])  # type: ignore[index]  # it matches nothing at least
        yield line[:end], line[end:]


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while few := list(islice(rest, size)):
        yield few
