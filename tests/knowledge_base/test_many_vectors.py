"""Many vectors are computed on several cores, in order, and are the same as one by one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.embedding import compute_all, question_vectors

TEXTS = [f"Wo ist Zimmer {number}?" for number in range(24)]


async def test_vectors_come_in_order_and_are_the_same_as_one_by_one(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    cache = tmp_path / "vectors.npz"
    many = await question_vectors(TEXTS, cache, lambda done, whole: seen.append((done, whole)))
    alone = await question_vectors(TEXTS[3:4])
    again = await question_vectors(TEXTS, cache, lambda done, whole: seen.append((0, 0)))
    assert seen == [(number, len(TEXTS)) for number in range(1, len(TEXTS) + 1)]
    assert np.allclose(many[3], alone[0], atol=1e-6)
    assert np.allclose(many, again, atol=1e-3)


async def test_two_imports_at_once_keep_each_others_vectors(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.npz"
    await asyncio.gather(question_vectors(TEXTS[:1], cache), question_vectors(TEXTS[1:9], cache))
    computed: list[int] = []
    await question_vectors(TEXTS[:9], cache, lambda done, whole: computed.append(done))
    assert computed == []


async def test_one_that_fails_is_not_swallowed() -> None:
    def fails() -> np.ndarray:
        raise ValueError("no vector")

    with pytest.raises(ValueError, match="no vector"):
        await compute_all([fails] * 40)
