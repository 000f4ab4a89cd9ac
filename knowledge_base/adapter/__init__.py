"""What search learned: two small matrices that bring questions and their answers nearer together.

Learned by :mod:`knowledge_base.adapter.tune`; without ``adapter.npz`` nothing is changed.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("adapter.npz")

Floats = npt.NDArray[np.float32]


@cache
def _matrices() -> tuple[Floats, Floats] | None:
    if not FILE.exists():
        return None
    with np.load(FILE, allow_pickle=False) as stored:
        return stored["asked"].astype(np.float32), stored["told"].astype(np.float32)


@cache
def digest() -> str:
    """Return what tells this state of learning from another."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:12] if FILE.exists() else ""


def asked(vector: Floats) -> Floats:
    """Return a question's vector (384 floats) as it is compared with passages."""
    learned = _matrices()
    return vector if learned is None else _moved(vector, learned[0])


def told(vector: Floats) -> Floats:
    """Return a passage's vector (384 floats) as it is compared with questions."""
    learned = _matrices()
    return vector if learned is None else _moved(vector, learned[1])


def _moved(vector: Floats, matrix: Floats) -> Floats:
    moved = vector + vector @ matrix
    found: Floats = moved / np.linalg.norm(moved)
    return found
