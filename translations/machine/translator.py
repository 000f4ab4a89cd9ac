"""The one door to machine translation: protected, guarded, cached, and honest when it fails."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from translations.catalogue import isolate
from translations.languages import languages
from translations.machine import cache, engine, guards
from translations.machine.packages import Route, route
from translations.machine.protect import Damaged, Protected, protect, restore
from translations.machine.sentences import split

Reason = Literal[
    "machine",
    "same",
    "nothing",
    "no_route",
    "too_long",
    "damaged",
    "doubtful",
    "slow",
    "failed",
]
LONGEST = 12_000
"""Characters of one text; our longest article has about 3,000."""
# What reads from left to right even inside a right-to-left sentence, and would fall apart there.
_FALLS_APART = re.compile(r"[A-Za-z0-9].*[\s/@.:–-].*[A-Za-z0-9]")


@dataclass(frozen=True)
class Outcome:
    """What became of one text.

    ``text`` is there with the reason ``machine`` only; with every other reason the original is
    to be shown: it is in the reader's language already (``same``), holds no words (``nothing``),
    cannot be translated here (``no_route``, ``too_long``), or the result was thrown away
    (``damaged``: a number or link did not survive; ``doubtful``; ``slow``; ``failed``).
    """

    text: str | None
    reason: Reason
    as_persian: bool = False


async def translate(
    session: AsyncSession,
    texts: Sequence[str],
    source: str,
    target: str,
    *,
    keep: bool,
    names: Collection[str] = (),
    seconds: float = 8.0,
) -> list[Outcome]:
    """Translate texts from one launch language into another, as far as that can be trusted.

    Nothing is raised for what a model does: the reason says it.

    Args:
        session: reads and keeps results; the caller commits.
        texts: up to :data:`LONGEST` characters each.
        source: launch language of all of them.
        target: launch language of the reader.
        keep: whether results are read from and kept in the database; ``False`` for anything
            that a person wrote.
        names: further names that must come through unchanged.
        seconds: how long the models may take.

    Returns:
        One outcome per text, in order. What is not cached goes through the models in one batch.
    """
    if source == target or _alike(source, target):
        return [Outcome(None, "same") for _ in texts]
    way = route(source, target)
    outcomes = [_before(text, way) for text in texts]
    if way is None:
        return [one or Outcome(None, "no_route") for one in outcomes]
    keys = [cache.key(text, way.version, sorted(names)) for text in texts]
    open_ = [index for index, one in enumerate(outcomes) if one is None]
    found = await cache.known(session, [keys[index] for index in open_]) if keep else {}
    for index in open_:
        if keys[index] in found:
            reason, text = found[keys[index]]
            outcomes[index] = Outcome(text, reason, way.as_persian)  # type: ignore[arg-type]
    todo = [index for index in open_ if outcomes[index] is None]
    made = await _through_models([texts[index] for index in todo], target, way, names, seconds)
    for index, one in zip(todo, made, strict=True):
        outcomes[index] = one
    if keep:
        lasting = {keys[i]: one for i, one in zip(todo, made, strict=True) if _lasts(one)}
        await cache.remember(session, {key: (o.reason, o.text) for key, o in lasting.items()})
    return [one or Outcome(None, "failed") for one in outcomes]


def _alike(source: str, target: str) -> bool:
    """Tell whether two languages are one to the models, as Dari and Persian are."""
    code = languages()[source].argos
    return code is not None and code == languages()[target].argos


def _before(text: str, way: Route | None) -> Outcome | None:
    """Return the outcome of a text that never meets a model; ``None`` for the others."""
    if len(text) > LONGEST:
        return Outcome(None, "too_long")
    if not guards.translatable(text):
        return Outcome(None, "nothing")
    return None if way else Outcome(None, "no_route")


def _lasts(outcome: Outcome) -> bool:
    """Tell whether the same models would say the same again; not after an accident."""
    return outcome.reason not in ("slow", "failed")


async def _through_models(
    texts: list[str], target: str, way: Route, names: Collection[str], seconds: float
) -> list[Outcome]:
    parts = [split(text) for text in texts]
    flat = [sentence for one in parts for sentence, _ in one]
    try:
        done = await _sentences(flat, target, way, names, seconds)
    except engine.ModelSlow:
        return [Outcome(None, "slow") for _ in texts]
    except engine.ModelFailed:
        return [Outcome(None, "failed") for _ in texts]
    outcomes = []
    place = 0
    for text, one in zip(texts, parts, strict=True):
        pieces = done[place : place + len(one)]
        place += len(one)
        outcomes.append(_joined(text, one, pieces, target, way, names))
    return outcomes


def _joined(
    text: str,
    parts: list[tuple[str, str]],
    pieces: list[str | None],
    target: str,
    way: Route,
    names: Collection[str],
) -> Outcome:
    """Put the sentences of a text together again, if all of them came back whole."""
    whole = [piece for piece in pieces if piece is not None]
    if len(whole) < len(pieces):
        return Outcome(None, "damaged")
    made = "".join(piece + space for piece, (_, space) in zip(whole, parts, strict=True))
    if guards.doubt(text, made, target, names):
        return Outcome(None, "doubtful")
    return Outcome(made, "machine", way.as_persian)


async def _sentences(
    sentences: list[str], target: str, way: Route, names: Collection[str], seconds: float
) -> list[str | None]:
    """Return every sentence translated; ``None`` where a protected part was damaged twice.

    Models copy a number that stands for a link or a date more surely than the link itself. Where
    even that fails, the sentence is tried again with its own numbers left in their places.
    """
    done: dict[int, str | None] = {
        index: sentence
        for index, sentence in enumerate(sentences)
        if not guards.translatable(sentence)
    }
    for numbers in (True, False):
        left = [i for i in range(len(sentences)) if done.get(i) is None]
        if not left:
            break
        covered = [protect(sentences[i], names, numbers=numbers) for i in left]
        answers = await engine.run(way, [one.text for one in covered], seconds)
        for index, one, answer in zip(left, covered, answers, strict=True):
            done[index] = _restored(answer, one, target)
    return [done[index] for index in range(len(sentences))]


def _restored(answer: str, covered: Protected, target: str) -> str | None:
    if languages()[target].rtl:
        held = tuple(isolate(one) if _FALLS_APART.search(one) else one for one in covered.originals)
        covered = replace(covered, originals=held)
    try:
        return restore(answer, covered)
    except Damaged:
        return None
