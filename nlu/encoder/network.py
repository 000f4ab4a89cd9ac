"""The encoder as a PyTorch network, read from and written to the packed form; for tuning only."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlu.encoder.model_file import ROW_BLOCKS, ROWS, SCALE, WORDS, Header, dequantise, quantise

DROPOUT = 0.1


class Words(nn.Module):
    """The word table: most of it fixed, a correction for the tokens our examples use."""

    def __init__(self, table: Tensor, used: list[int]) -> None:
        super().__init__()
        self.table = nn.Embedding.from_pretrained(table, freeze=True)
        self.used = used
        self.correction = nn.Embedding(len(used) + 1, table.shape[1])
        nn.init.zeros_(self.correction.weight)
        place = torch.zeros(table.shape[0], dtype=torch.long)
        place[torch.tensor(used)] = torch.arange(1, len(used) + 1)
        self.register_buffer("place", place, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return a row per token."""
        return self.table(tokens) + self.correction(self.place[tokens])


class Encoder(nn.Module):
    """BERT with 12 layers and 384 numbers per token.

    The mean over a text's tokens, of length :data:`SCALE`, is its meaning.
    """

    def __init__(self, header: Header, content: bytes, used: list[int]) -> None:
        super().__init__()
        self.header = header
        hidden, inner = header.hidden, header.inner

        def floats(name: str) -> Tensor:
            place = header.tensors[name]
            raw = np.frombuffer(content, "<f4", place.length // 4, place.offset)
            return torch.from_numpy(raw.copy())

        def weights(name: str, width: int) -> Tensor:
            place = header.tensors[name]
            raw = np.frombuffer(content, np.uint8, place.length, place.offset)
            return torch.from_numpy(dequantise(raw, width))

        def norm(name: str) -> nn.LayerNorm:
            made = nn.LayerNorm(hidden, header.epsilon)
            made.weight.data, made.bias.data = floats(f"{name}.w"), floats(f"{name}.b")
            return made

        self.words = Words(weights(WORDS, hidden), used)
        self.register_buffer("positions", floats("emb.pos").view(-1, hidden), persistent=False)
        self.register_buffer("kind", floats("emb.type")[:hidden], persistent=False)
        self.first_norm = norm("emb.ln").requires_grad_(False)
        self.layers = nn.ModuleList()
        sizes = {"fi": (inner, hidden), "fo": (hidden, inner)}
        for number in range(header.layers):
            layer = nn.ModuleDict()
            for part in ("q", "k", "v", "ao", "fi", "fo"):
                rows, width = sizes.get(part, (hidden, hidden))
                layer[part] = nn.Linear(width, rows)
                layer[part].weight.data = weights(f"l{number}.{part}.w", width)
                layer[part].bias.data = floats(f"l{number}.{part}.b")
            for part in ("aln", "oln"):
                layer[part] = norm(f"l{number}.{part}")
            self.layers.append(layer)

    def forward(self, tokens: Tensor, real: Tensor) -> Tensor:
        """Return the meaning of each text.

        Args:
            tokens: token numbers, texts × longest.
            real: which of them are tokens and not padding, of the same shape.
        """
        texts, longest = tokens.shape
        hidden, heads = self.header.hidden, self.header.heads

        def split(values: Tensor) -> Tensor:
            return values.view(texts, longest, heads, hidden // heads).transpose(1, 2)

        def drop(values: Tensor) -> Tensor:
            return functional.dropout(values, DROPOUT, self.training)

        state = self.first_norm(self.words(tokens) + self.positions[:longest] + self.kind)
        for layer in self.layers:
            seen = functional.scaled_dot_product_attention(
                *(split(layer[part](state)) for part in ("q", "k", "v")),
                attn_mask=real[:, None, None, :],
            )
            seen = seen.transpose(1, 2).reshape(texts, longest, hidden)
            state = layer["aln"](state + drop(layer["ao"](seen)))
            state = layer["oln"](state + drop(layer["fo"](functional.gelu(layer["fi"](state)))))
        weight = real[:, :, None].float()
        meaning = (state * weight).sum(1) / weight.sum(1)
        # The engine gives unit length, so the head must learn on that.
        return functional.normalize(meaning) * SCALE

    def packed(self) -> dict[str, np.ndarray]:
        """Return the tuned tensors as ``model_file.merged`` takes them."""
        made: dict[str, np.ndarray] = {}
        for number, layer in enumerate(self.layers):
            for part, module in layer.items():
                weight = module.weight.detach().numpy()
                linear = isinstance(module, nn.Linear)
                made[f"l{number}.{part}.w"] = quantise(weight) if linear else weight
                made[f"l{number}.{part}.b"] = module.bias.detach().numpy()
        rows = torch.tensor(self.words.used)
        tuned = self.words.table(rows) + self.words.correction.weight[1:]
        made[ROWS] = rows.numpy().astype(np.int32)
        made[ROW_BLOCKS] = quantise(tuned.detach().numpy())
        return made
