"""The intent: meaning and letters, mixed and calibrated; plain arrays, so that it loads fast."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from nlu.components.e5 import embed
from nlu.components.folding import fold
from nlu.encoder.model_file import Head, head

RANKING_LENGTH = 5


def _log_odds(scores: np.ndarray) -> np.ndarray:
    """Return log probabilities of ``scores``."""
    shifted = scores - scores.max()
    return shifted - np.log(np.exp(shifted).sum())


class Letters:
    """Pieces of 2 to 4 letters of the folded words, dampened and of unit length."""

    def __init__(self, buckets: int) -> None:
        self._pieces = HashingVectorizer(
            analyzer="char_wb",
            ngram_range=(2, 4),
            n_features=buckets,
            alternate_sign=False,
            norm=None,
            preprocessor=fold,
            dtype=np.float32,
        )

    def rows(self, texts: list[str]) -> sparse.csr_matrix:
        """Return a row per text."""
        rows = self._pieces.transform(texts)
        rows.data = np.log1p(rows.data)
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        lengths[lengths == 0] = 1.0
        return sparse.diags(1 / lengths).dot(rows).astype(np.float32).tocsr()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MixedIntentClassifier(GraphComponent, IntentClassifier):
    """What the meaning says and what the letters say, mixed.

    The layer over the meaning was tuned together with the encoder (``nlu/encoder``); the letters
    are fitted here, on the examples as they are today, so a new example counts at once.

    ``share`` (0 to 1) is the weight of the meaning in the mixed log probabilities and
    ``temperature`` (above 0) scales how sure the mixture sounds; both are chosen on
    ``nlu/calibration`` (docs/understanding.md).
    """

    @staticmethod
    def required_packages() -> list[str]:
        """Return what must be importable."""
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {
            **{"alpha": 1.5e-6, "epochs": 12, "buckets": 2**17},
            **{"share": 0.6, "temperature": 0.7},
        }

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config, self._storage, self._resource = config, model_storage, resource
        self._pieces = Letters(config["buckets"])
        self._names: list[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float16)
        self._bias = np.zeros(0, dtype=np.float32)
        self._head = Head([], self._weights, self._bias)
        self._order: list[int] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MixedIntentClassifier:
        """Build an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the letters on every example that has an intent and store the arrays."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        model = SGDClassifier(
            loss="log_loss",
            alpha=self._config["alpha"],
            max_iter=self._config["epochs"],
            tol=None,
            random_state=0,
            n_jobs=os.cpu_count(),
        )
        rows = self._pieces.rows([one.get(TEXT) for one in examples])
        model.fit(rows, [one.get(INTENT) for one in examples])
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "classifier.npz",
                names=np.array([str(name) for name in model.classes_]),
                # One row per bucket: predicting reads only the rows a message has.
                weights=np.ascontiguousarray(model.coef_.T.astype(np.float16)),
                bias=model.intercept_.astype(np.float32),
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
    ) -> MixedIntentClassifier:
        """Load what :meth:`train` stored."""
        component = cls.create(config, model_storage, resource, execution_context)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / "classifier.npz") as stored,
        ):
            component._names = [str(name) for name in stored["names"]]
            component._weights = stored["weights"]
            component._bias = stored["bias"]
        component._head = head()
        # Both halves name the intents in one order; an intent the encoder was never tuned on has
        # the letters alone.
        known = component._head.intents
        component._order = [known.index(one) if one in known else -1 for one in component._names]
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and the ranking of every message that has a text."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            odds = self.odds(text)
            best = np.argsort(-odds)[:RANKING_LENGTH]
            ranking = [
                {"name": self._names[index], "confidence": float(odds[index])} for index in best
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def odds(self, text: str) -> np.ndarray:
        """Return how likely each intent is."""
        share, row = self._config["share"], self._pieces.rows([text])
        found = row.data @ self._weights[row.indices].astype(np.float32) + self._bias
        # One classifier per intent, each with its own yes and no, made to sum up to one.
        letters = _log_odds(-np.logaddexp(0.0, -found))
        scores = _log_odds(embed(text) @ self._head.weights + self._head.bias)
        meaning = np.append(scores, scores.min())[self._order]
        mixed = share * meaning + (1 - share) * letters
        return np.exp(_log_odds(mixed / self._config["temperature"]))
