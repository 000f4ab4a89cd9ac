"""Which topic of ours a page is about: the nearest by meaning.

A page speaks of its matter in other words than our topics' descriptions, so the German questions
that teach the assistant its topics (``nlu/data/de``) say, beside description and name, what
belongs to a topic. A linear map (ridge regression) from a vector to the topics is fitted to
them: on a county's pages it chose better than the nearest description did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml

from knowledge_base.content_files import CONTRACT, topic_about, topics
from knowledge_base.embedding import Floats, Progress, question_vectors

QUESTIONS = CONTRACT.parent / "data" / "de"
PER_TOPIC = 24
"""Questions of a topic; more change the choice for hardly a page and take longer."""
DESCRIPTION_WEIGHT = 3
RIDGE = 1.0
FIRST_LINES = 200
"""Characters of a page's text that count."""

_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_ADDRESS = re.compile(r" \((?:https?|mailto|tel):[^)]*\)|^## ", re.M)


def words_of(crumbs: Sequence[str], title: str, body: str) -> str:
    """Return what a page is judged by: the titles above it, its own, and its first lines."""
    return " > ".join((*crumbs, title)) + "\n" + _ADDRESS.sub("", body)[:FIRST_LINES]


async def nearest_topics(
    pages: Sequence[str],
    names: Mapping[str, str],
    cache_file: Path | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Return the topic of each page.

    Args:
        pages: what each is judged by, see :func:`words_of`.
        names: the topics' German names.
        cache_file: where vectors are kept, see :func:`knowledge_base.embedding.embed_changed`.
        progress: called with how many vectors are computed and how many there are to compute.
    """
    if not pages:
        return []
    said = [(topic, words, weight) for topic in topics() for words, weight in _said(topic, names)]
    texts = [*(words for _, words, _ in said), *pages]
    vectors = await question_vectors(texts, cache_file, progress)
    weights = np.array([weight for *_, weight in said], dtype=np.float32)
    wanted = np.array([[topic == one for one in topics()] for topic, *_ in said], dtype=np.float32)
    scores = _ridge(vectors[: len(said)], wanted, weights, vectors[len(said) :])
    return [topics()[best] for best in scores.argmax(axis=1)]


def _ridge(known: Floats, wanted: Floats, weights: Floats, asked: Floats) -> Floats:
    """Fit a linear map from ``known`` to ``wanted`` and apply it to ``asked``."""
    middle = np.average(known, axis=0, weights=weights)
    centred = known - middle
    weighted = centred * weights[:, None]
    square = weighted.T @ centred + RIDGE * np.eye(known.shape[1], dtype=np.float32)
    mean = np.average(wanted, axis=0, weights=weights)
    scores: Floats = (asked - middle) @ np.linalg.solve(square, weighted.T @ (wanted - mean))
    return scores


def _said(topic: str, names: Mapping[str, str]) -> list[tuple[str, float]]:
    """Return what is said of a topic, and how much each counts."""
    descriptions = [topic_about(topic), *([names[topic]] if topic in names else [])]
    return [
        *((words, DESCRIPTION_WEIGHT) for words in descriptions),
        *((words, 1.0) for words in _questions().get(topic, [])[:PER_TOPIC]),
    ]


def _questions() -> dict[str, list[str]]:
    """Return the German questions by topic; none where the files are not there."""
    found: dict[str, list[str]] = {}
    for path in sorted(QUESTIONS.glob("*.yml")):
        for block in (yaml.safe_load(path.read_text("utf-8")) or {}).get("nlu") or []:
            lines = str(block.get("examples") or "").splitlines()
            words = [line.strip()[2:] for line in lines if line.strip().startswith("- ")]
            found.setdefault(str(block.get("intent")), []).extend(
                _MARKED.sub(r"\1", one) for one in words
            )
    return found
