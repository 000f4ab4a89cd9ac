"""``python train.py``: train the tests' two tiny packages, German to English to Persian.

A MarianMT model from a small configuration, trained on the sentences of ``corpus.py``, converted in
memory by CTranslate2 and packed as Argos Translate packs its own. A few minutes each on two cores;
needs ``requirements.txt``. It prints how many held-out sentences come out exactly right.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import ctranslate2
import sentencepiece
import torch
from corpus import LANGUAGES, Triple, corpus
from ctranslate2.converters.transformers import MarianMTLoader
from torch.nn.functional import cross_entropy
from transformers import MarianConfig, MarianMTModel

HERE = Path(__file__).parent
PAIRS = (("de", "en"), ("en", "fa"))
NAMES = {"de": "German", "en": "English", "fa": "Persian"}
PIECES, WIDTH, LAYERS, HEADS, INNER = 420, 128, 2, 4, 256
EPOCHS, BATCH, RATE, SEED = 40, 32, 2e-3, 1
EOS, UNK = 0, 1
MARKS = [str(number) for number in range(901, 913)]

Ids = list[int]


def tokenizer(pairs: list[tuple[str, str]]) -> bytes:
    """Return a SentencePiece model of both languages in which a mark is one piece.

    ``nfkc`` keeps the zero-width non-joiner, which Persian needs.
    """
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([one for pair in pairs for one in pair]),
        model_writer=made,
        vocab_size=PIECES,
        model_type="unigram",
        character_coverage=1.0,
        pad_id=-1,
        eos_id=EOS,
        unk_id=UNK,
        bos_id=-1,
        hard_vocab_limit=False,
        normalization_rule_name="nfkc",
        user_defined_symbols=MARKS,
        minloglevel=2,
    )
    return made.getvalue()


def untrained(pad: int) -> MarianMTModel:
    """Return a new model; the pad is the last piece, as Marian has it."""
    config = MarianConfig(
        vocab_size=pad + 1,
        decoder_vocab_size=pad + 1,
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=INNER,
        decoder_ffn_dim=INNER,
        pad_token_id=pad,
        eos_token_id=EOS,
        bos_token_id=None,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
        max_position_embeddings=128,
        dropout=0.1,
        scale_embedding=True,
        share_encoder_decoder_embeddings=True,
    )
    return MarianMTModel(config)


def blank(model: MarianMTModel, pad: int) -> None:
    """Make the pad's row zero: CTranslate2 starts Marian's decoders from a zero vector."""
    with torch.no_grad():
        model.get_input_embeddings().weight[pad].zero_()


def padded(rows: list[Ids], pad: int) -> torch.Tensor:
    """Return rows of different lengths as one tensor (rows, longest)."""
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])


def learn(model: MarianMTModel, pairs: list[tuple[Ids, Ids]], pad: int) -> None:
    """Train in place."""
    steps = EPOCHS * -(-len(pairs) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=steps, pct_start=0.1
    )
    chance = random.Random(SEED)
    model.train()
    for epoch in range(EPOCHS):
        chance.shuffle(pairs)
        total = 0.0
        for start in range(0, len(pairs), BATCH):
            batch = pairs[start : start + BATCH]
            source = padded([one for one, _ in batch], pad)
            target = padded([two for _, two in batch], pad)
            shifted = torch.cat([torch.full((len(batch), 1), pad), target[:, :-1]], 1)
            answer = model(
                input_ids=source,
                attention_mask=(source != pad).long(),
                decoder_input_ids=shifted,
            ).logits
            wanted = target.masked_fill(target == pad, -100)
            loss = cross_entropy(
                answer.view(-1, pad + 1), wanted.view(-1), ignore_index=-100, label_smoothing=0.05
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            blank(model, pad)
            total += loss.item()
        if epoch % 10 == 9:
            print(f"  epoch {epoch + 1}: {total * BATCH / len(pairs):.3f}", flush=True)
    model.eval()


def convert(model: MarianMTModel, pieces: Any, folder: Path) -> None:
    """Write a trained model as CTranslate2 reads it."""
    spec = MarianMTLoader().get_model_spec(model)
    words = [pieces.id_to_piece(one) for one in range(pieces.get_piece_size())]
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.config.eos_token, spec.config.unk_token = "</s>", "<unk>"
    spec.config.bos_token, spec.config.decoder_start_token = "<s>", "</s>"
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir()
    spec.save(str(folder))


def pack(folder: Path, source: str, target: str) -> Path:
    """Pack a folder as a package."""
    about = {
        "package_version": "1.0",
        "argos_version": "1.9.0",
        "from_code": source,
        "from_name": NAMES[source],
        "to_code": target,
        "to_name": NAMES[target],
        "links": [],
    }
    (folder / "metadata.json").write_text(json.dumps(about, indent=1))
    (folder / "README.md").write_text(f"Tiny package of Lotse's tests, {source} to {target}.\n")
    name = f"translate-{source}_{target}-1_0"
    file = HERE / f"{name}.argosmodel"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                packed.write(one, f"{name}/{one.relative_to(folder)}")
    return file


def exact(folder: Path, pieces: Any, held: list[tuple[str, str]]) -> float:
    """Return the share of held-out sentences that come out exactly right."""
    translator = ctranslate2.Translator(str(folder))
    encoded = [pieces.encode(one, out_type=str) for one, _ in held]
    answers = translator.translate_batch(encoded, beam_size=2)
    made = [pieces.decode_pieces(answer.hypotheses[0]).strip() for answer in answers]
    for (one, two), three in zip(held, made, strict=True):
        if two != three:
            print(f"  {one} | {three} | {two}")
    return sum(two == three for (_, two), three in zip(held, made, strict=True)) / len(held)


def build(source: str, target: str) -> None:
    """Train and pack one pair."""
    torch.manual_seed(SEED)
    first, second = LANGUAGES.index(source), LANGUAGES.index(target)

    def pair(rows: list[Triple]) -> list[tuple[str, str]]:
        return [(row[first], row[second]) for row in rows]

    learned, held = (pair(rows) for rows in corpus())
    raw = tokenizer(learned)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=raw)
    pad = pieces.get_piece_size()
    model = untrained(pad)
    blank(model, pad)
    print(f"{source} to {target}: {len(learned)} sentences, {len(held)} held out", flush=True)
    encoded = [([*pieces.encode(one), EOS], [*pieces.encode(two), EOS]) for one, two in learned]
    learn(model, encoded, pad)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "package"
        folder.mkdir()
        (folder / "sentencepiece.model").write_bytes(raw)
        convert(model, pieces, folder / "model")
        share = exact(folder / "model", pieces, held)
        file = pack(folder, source, target)
        shutil.rmtree(folder)
    print(f"{file.name}: {file.stat().st_size // 1024} KB, {share:.3f} of held out exact")


if __name__ == "__main__":
    for chosen in PAIRS:
        if not sys.argv[1:] or "_".join(chosen) in sys.argv[1:]:
            build(*chosen)
