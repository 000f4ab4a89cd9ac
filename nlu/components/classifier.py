"""Two logistic regressions, over meaning and over letters, mixed and calibrated.

Stored as plain arrays, so that it loads fast.
"""

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


def _letters(message: Message) -> sparse.csr_matrix:
    """Return the sentence's sparse features, dampened and of unit length."""
    feature = message.get_sparse_features(TEXT, [])[1]
    if feature is None:
        return sparse.csr_matrix((1, 1), dtype=np.float32)
    row = sparse.csr_matrix(feature.features, dtype=np.float32)
    row.data = np.log1p(row.data)
    length = np.sqrt(np.square(row.data).sum())
    row.data /= length or 1.0
    return row


def _meaning(message: Message) -> np.ndarray:
    """Return the sentence's dense features."""
    return np.asarray(message.get_dense_features(TEXT, [])[1].features[0], dtype=np.float32)


def _log_odds(scores: np.ndarray) -> np.ndarray:
    """Return log probabilities of ``scores``."""
    shifted = scores - scores.max()
    return shifted - np.log(np.exp(shifted).sum())


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MixedIntentClassifier(GraphComponent, IntentClassifier):
    """Multinomial logistic regressions over dense and sparse features, each fitted alone.

    ``share`` (0 to 1) is the weight of the meaning in the mixed log probabilities and
    ``temperature`` (above 0) scales how sure the mixture sounds; both are chosen on
    ``nlu/calibration`` (docs/understanding.md). Mixing beats one regression over both: there the
    dense features, which fit the examples almost perfectly, leave the letters nothing to say.
    """

    @staticmethod
    def required_packages() -> list[str]:
        """Return what must be importable."""
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {"C_meaning": 4.0, "C_letters": 10.0, "share": 0.5, "temperature": 1.0}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config, self._storage, self._resource = config, model_storage, resource
        self._names: list[str] = []
        self._arrays: dict[str, np.ndarray] = {}

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
        """Fit on every example that has an intent and store the arrays."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        intents = [one.get(INTENT) for one in examples]
        meaning = LogisticRegression(C=self._config["C_meaning"], max_iter=100)
        meaning.fit(np.stack([_meaning(one) for one in examples]), intents)
        letters = LogisticRegression(C=self._config["C_letters"], max_iter=50)
        letters.fit(sparse.vstack([_letters(one) for one in examples], format="csr"), intents)
        self._names = [str(name) for name in meaning.classes_]
        # One row per feature: predicting reads only the rows a message has.
        self._arrays = {
            "meaning": meaning.coef_.T.astype(np.float32),
            "meaning_bias": meaning.intercept_.astype(np.float32),
            "letters": np.ascontiguousarray(letters.coef_.T.astype(np.float16)),
            "letters_bias": letters.intercept_.astype(np.float32),
        }
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / "classifier.npz", names=np.array(self._names), **self._arrays)
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
            component._arrays = {name: stored[name] for name in stored.files}
        component._names = [str(name) for name in component._arrays.pop("names")]
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and the ranking of every message that has a text."""
        for message in messages:
            if not message.get(TEXT):
                continue
            odds = self._odds(message)
            best = np.argsort(-odds)[:RANKING_LENGTH]
            ranking = [
                {"name": self._names[index], "confidence": float(odds[index])} for index in best
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _odds(self, message: Message) -> np.ndarray:
        arrays, share = self._arrays, self._config["share"]
        row = _letters(message)
        weights = arrays["letters"][row.indices].astype(np.float32)
        letters = _log_odds(row.data @ weights + arrays["letters_bias"])
        meaning = _log_odds(_meaning(message) @ arrays["meaning"] + arrays["meaning_bias"])
        mixed = share * meaning + (1 - share) * letters
        return np.exp(_log_odds(mixed / self._config["temperature"]))
