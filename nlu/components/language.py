"""Rasa component: which language a message is written in, Latin-typed ones included.

Naive Bayes over the pieces of the words, one class per language and way of writing ("ar",
"ar-Latn"), trained on the examples of ``nlu/data``: no ready-made detector knows Arabic or Persian
typed in Latin letters (docs/decisions/0005).
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

DATA = Path(__file__).parents[1] / "data"
KEY = "language_guess"
SCRIPTS = {
    "Arab": re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "Cyrl": re.compile("[\u0400-\u052f]"),
    "Ethi": re.compile("[\u1200-\u139f]"),
}
_LETTER = re.compile(r"[^\W\d_]")


def script(text: str) -> str:
    """Return the ISO 15924 code of the script of most letters; ``Latn`` where there is doubt."""
    letters = len(_LETTER.findall(text))
    for name, pattern in SCRIPTS.items():
        if len(pattern.findall(text)) * 2 > letters:
            return name
    return "Latn"


def _examples() -> list[tuple[str, str]]:
    """Return (language, text) of all training examples."""
    found = []
    for path in sorted(DATA.glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"] or []:
            for line in block["examples"].splitlines():
                if line.strip():
                    found.append((path.parent.name, line.strip().removeprefix("- ")))
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageGuess(GraphComponent):
    """Adds ``language_guess`` (language, confidence from 0 to 1, letters) to what is understood."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {"buckets": 2**16, "smoothing": 0.02}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config, self._storage, self._resource = config, model_storage, resource
        self._pieces = HashingVectorizer(
            analyzer="char_wb",
            ngram_range=(1, 4),
            n_features=config["buckets"],
            alternate_sign=False,
            norm=None,
            preprocessor=str.casefold,
        )
        self._classes: list[str] = []
        self._scripts: list[str] = []
        self._logs = np.zeros((0, 0), dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageGuess:
        """Build an untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Count the pieces of every language's examples."""
        examples = _examples()
        names = [f"{language}-{script(text)}" for language, text in examples]
        classes = sorted(set(names))
        rows = self._pieces.transform([text for _, text in examples])
        place = {name: index for index, name in enumerate(classes)}
        chosen = [place[name] for name in names]
        one_hot = sparse.csr_matrix((np.ones(len(names)), (chosen, range(len(names)))))
        counts = (one_hot @ rows).toarray() + self._config["smoothing"]
        logs = np.log(counts / counts.sum(axis=1, keepdims=True)).T
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "language.npz", classes=np.array(classes), logs=logs.astype(np.float16)
            )
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageGuess:
        """Load what :meth:`train` stored."""
        component = cls.create(config, model_storage, resource, execution_context)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / "language.npz") as stored,
        ):
            names = [str(name) for name in stored["classes"]]
            component._classes = [name.split("-")[0] for name in names]
            component._scripts = [name.split("-")[1] for name in names]
            component._logs = stored["logs"]
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the examples as they are."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the guess to every message that has letters."""
        for message in messages:
            text = message.get(TEXT) or ""
            letters = len(_LETTER.findall(text))
            if letters and self._classes:
                language, confidence = self.guess(text)
                guess = {"language": language, "confidence": confidence, "letters": letters}
                message.set(KEY, guess, add_to_output=True)
        return messages

    def guess(self, text: str) -> tuple[str, float]:
        """Return the likeliest language and how likely it is."""
        row = self._pieces.transform([text])
        scores = row.data.astype(np.float32) @ self._logs[row.indices].astype(np.float32)
        written = script(text)
        scores[[one != written for one in self._scripts]] = -math.inf
        odds = np.exp(scores - scores.max())
        best = int(np.argmax(odds))
        return self._classes[best], float(odds[best] / odds.sum())
