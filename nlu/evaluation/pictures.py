"""Pictures of the card; runs in Rasa's environment, which has matplotlib.

``python -m nlu.evaluation.pictures FOLDER`` reads JSON from standard input:
``{"languages": {code: accuracy}, "aim": 0.92, "intents": [...], "confusions": [[m, u, n], ...]}``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import numpy as np

# The same input gives the same file.
plt.rcParams["svg.hashsalt"] = "lotse"
METADATA = {"Date": None, "Creator": None}


def bars(found: dict[str, Any], path: Path) -> None:
    """Draw accuracy per language, best first, with the aim as a line."""
    pairs = sorted(found["languages"].items(), key=lambda one: one[1])
    figure, axes = plt.subplots(figsize=(7, 0.3 * len(pairs) + 1))
    axes.barh([code for code, _ in pairs], [value for _, value in pairs], color="#2f6f73")
    axes.axvline(found["aim"], color="#b3541e", linestyle="--", label=f"aim {found['aim']:.2f}")
    for row, (_, value) in enumerate(pairs):
        axes.text(value - 0.01, row, f"{value:.2f}", va="center", ha="right", color="white")
    axes.set_xlim(0, 1)
    axes.set_xlabel("messages understood")
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(path, metadata=METADATA)


def confusion(found: dict[str, Any], path: Path) -> None:
    """Draw what is meant (rows) against what is understood (columns), without the right ones."""
    names = found["intents"]
    place = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for meant, understood, count in found["confusions"]:
        if meant in place and understood in place:
            matrix[place[meant], place[understood]] = count
    figure, axes = plt.subplots(figsize=(11, 10))
    image = axes.imshow(matrix, cmap="Oranges")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    figure.colorbar(image, shrink=0.6, label="messages misunderstood")
    figure.tight_layout()
    figure.savefig(path, metadata=METADATA)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    folder = Path(sys.argv[1])
    bars(given, folder / "language-quality.svg")
    confusion(given, folder / "confusion.svg")
