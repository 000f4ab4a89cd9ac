"""Logistic regression over all sentence features, stored as plain arrays so that it loads fast."""

from __future__ import annotations

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
from sklearn.linear_model import LogisticRegression

RANKING_LENGTH = 5


def _features(message: Message) -> sparse.csr_matrix:
    """Return the sentence's sparse (L2-normalised) and dense features side by side."""
    sparse_part, _ = _sentence(message.get_sparse_features(TEXT, []))
    _, dense_part = _sentence(message.get_dense_features(TEXT, []))
    parts = []
    if sparse_part is not None:
        row = sparse.csr_matrix(sparse_part, dtype=np.float32)
        row.data = np.log1p(row.data)
        length = sparse.linalg.norm(row)
        parts.append(row / length if length else row)
    if dense_part is not None:
        parts.append(sparse.csr_matrix(dense_part))
    return sparse.hstack(parts, format="csr")


def _sentence(pair: Any) -> tuple[Any, Any]:
    feature = pair[1]
    if feature is None:
        return None, None
    return (feature.features, None) if feature.is_sparse() else (None, feature.features)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LogisticIntentClassifier(GraphComponent, IntentClassifier):
    """Multinomial logistic regression; ``temperature`` (>0) scales how sure it sounds."""

    @staticmethod
    def required_packages() -> list[str]:
        """Return what must be importable."""
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {"C": 4.0, "max_iter": 100, "temperature": 1.0}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config, self._storage, self._resource = config, model_storage, resource
        self._names: list[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LogisticIntentClassifier:
        """Build an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on every example that has an intent and store the arrays."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        rows = sparse.vstack([_features(one) for one in examples], format="csr")
        model = LogisticRegression(C=self._config["C"], max_iter=self._config["max_iter"])
        model.fit(rows, [one.get(INTENT) for one in examples])
        self._names = [str(name) for name in model.classes_]
        # One row per feature: predicting reads only the rows a message has.
        self._weights = np.ascontiguousarray(model.coef_.T.astype(np.float32))
        self._bias = model.intercept_.astype(np.float32)
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "classifier.npz",
                names=np.array(self._names),
                weights=self._weights,
                bias=self._bias,
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
    ) -> LogisticIntentClassifier:
        """Load what :meth:`train` stored."""
        component = cls.create(config, model_storage, resource, execution_context)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / "classifier.npz") as stored,
        ):
            component._names = [str(name) for name in stored["names"]]
            component._weights = stored["weights"]
            component._bias = stored["bias"]
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and the ranking of every message that has a text."""
        for message in messages:
            if not message.get(TEXT):
                continue
            row = _features(message)
            scores = row.data @ self._weights[row.indices] + self._bias
            scores = scores / self._config["temperature"]
            odds = np.exp(scores - scores.max())
            odds /= odds.sum()
            best = np.argsort(-odds)[:RANKING_LENGTH]
            ranking = [
                {"name": self._names[index], "confidence": float(odds[index])} for index in best
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
