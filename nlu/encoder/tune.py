"""Tunes the encoder on the training examples and writes ``tuned.npz``.

Takes about an hour and a half on two cores, so it is run by hand after the examples have grown a
lot, not at every training: ``make tune``. Its packages are in ``requirements.txt`` beside this
file.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlu import check
from nlu.encoder.model_file import HEAD, HEAD_BIAS, HEAD_INTENTS, STOCK, TUNED, read_header
from nlu.encoder.network import Encoder
from nlu.encoder.slips import slip
from nlu.encoder.tokenizer import Tokenizer

BATCH = 32
RATE, HEAD_RATE = 3e-4, 2e-3
WARM_UP = 0.06
SMOOTHING = 0.1
SEED = 7


def padded(rows: list[list[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Return token numbers, texts × longest, and which of them are real."""
    longest = max(map(len, rows))
    tokens = torch.full((len(rows), longest), padding)
    real = torch.zeros(len(rows), longest, dtype=torch.bool)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = torch.tensor(row)
        real[index, : len(row)] = True
    return tokens, real


def batches(lengths: list[int], chance: random.Random) -> list[list[int]]:
    """Return batches of indices in random order, each of texts of about one length."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    made = []
    for start in range(0, len(order), BATCH * 50):
        chunk = sorted(order[start : start + BATCH * 50], key=lengths.__getitem__)
        made += [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
    chance.shuffle(made)
    return made


def load(path: Path, encoder: Encoder, head: nn.Linear) -> None:
    """Go on from an earlier checkpoint; the words of both are matched by token."""
    stored = torch.load(path, weights_only=True)
    rows = stored["encoder"].pop("words.correction.weight")
    encoder.load_state_dict(stored["encoder"], strict=False)
    head.load_state_dict(stored["head"])
    place = {token: index for index, token in enumerate(stored["used"], 1)}
    for index, token in enumerate(encoder.words.used, 1):
        if token in place:
            encoder.words.correction.weight.data[index] = rows[place[token]]


def save(path: Path, encoder: Encoder, head: nn.Linear) -> None:
    """Write a checkpoint to go on from."""
    state = {name: value for name, value in encoder.state_dict().items() if ".table." not in name}
    used = encoder.words.used
    torch.save({"encoder": state, "head": head.state_dict(), "used": used}, path)


def main() -> None:
    """Tune, with the loss printed after every epoch."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--epochs", type=int, default=5)
    arguments.add_argument("--start", type=Path, help="checkpoint to go on from")
    arguments.add_argument("--checkpoint", type=Path, default=Path("var/encoder.pt"))
    arguments.add_argument("--out", type=Path, default=TUNED)
    arguments.add_argument("--rate", type=float, default=RATE)
    given = arguments.parse_args()
    torch.manual_seed(SEED)
    chance = random.Random(SEED)

    content = STOCK.read_bytes()
    header = read_header(content)
    tokenizer = Tokenizer(header)
    intents = list(check.contract()["intents"])
    examples = [
        (text, intents.index(intent))
        for language in check.contract()["launch_languages"]
        for _, intent, text in check.examples(check.DATA / language)
    ]
    rows = [tokenizer.numbers(text) for text, _ in examples]
    meant = torch.tensor([intent for _, intent in examples])
    seen = Counter(token for row in rows for token in row)
    used = sorted(token for token, count in seen.items() if count > 1)
    encoder = Encoder(header, content, used)
    head = nn.Linear(header.hidden, len(intents))
    if given.start:
        load(given.start, encoder, head)
    learning = [value for value in encoder.parameters() if value.requires_grad]
    groups = [{"params": learning}, {"params": list(head.parameters())}]
    optimiser = torch.optim.AdamW(groups, lr=given.rate, weight_decay=0.01)
    lengths = [len(row) for row in rows]
    total = given.epochs * len(batches(lengths, random.Random(SEED)))
    step, started = 0, time.monotonic()
    print(f"{len(examples)} examples, {len(used)} words, {total} steps", flush=True)  # noqa: T201
    for epoch in range(given.epochs):
        encoder.train()
        losses = []
        for batch in batches(lengths, chance):
            pace = min(1.0, step / (WARM_UP * total)) * (1 - step / total)
            for group, rate in zip(optimiser.param_groups, (given.rate, HEAD_RATE), strict=True):
                group["lr"] = rate * pace
            texts = [tokenizer.numbers(slip(examples[index][0], chance)) for index in batch]
            loss = functional.cross_entropy(
                head(encoder(*padded(texts, header.padding))),
                meant[batch],
                label_smoothing=SMOOTHING,
            )
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learning, 1.0)
            optimiser.step()
            losses.append(loss.item())
            step += 1
        spent = time.monotonic() - started
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {spent:.0f} s", flush=True)  # noqa: T201
        encoder.eval()
        save(given.checkpoint, encoder, head)
    above = {
        HEAD: head.weight.detach().numpy(),
        HEAD_BIAS: head.bias.detach().numpy(),
        HEAD_INTENTS: np.array(intents),
    }
    np.savez(given.out, **encoder.packed(), **above)


if __name__ == "__main__":
    main()
