"""Rasa component: the first check for danger, phrases and model together, and what kind it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from nlu.components.classifier import Letters
from nlu.components.e5 import embed_all
from nlu.components.phrases import DEADLY, EmergencyPhrases, load_phrases

NAME = "emergency"
# How sure a listed phrase is; a manager is told of danger to life only when it is likely enough.
PHRASE_CONFIDENCE = 0.99
# From so much on a kind is named; in cross-validation four of five are then right.
SURE = 0.8
_LETTERS = Letters(2**15)


def _features(texts: list[str]) -> sparse.csr_matrix:
    """Return untuned meaning and letters: tuning has made all emergencies look alike."""
    meaning = sparse.csr_matrix(embed_all(texts) * 20)
    return sparse.hstack([meaning, _LETTERS.rows(texts) * 3], format="csr")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EmergencyCheck(GraphComponent, IntentClassifier):
    """Overrides the classifier when a phrase is found or the model's share for danger is high.

    ``model_share`` is the confidence from which the model alone sounds the alarm, even where
    another intent is likelier or the fallback has set in: a false alarm costs a message, a miss may
    cost a life. The kind (violence, medical ...) comes from the phrase, else from a small model
    trained on the examples whose block says ``metadata: {kind: ...}``.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {"model_share": 0.4}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._share = config["model_share"]
        self._storage, self._resource = model_storage, resource
        self._phrases = EmergencyPhrases(load_phrases())
        self._kinds: list[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyCheck:
        """Build the component with the phrases as they are on disk."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the kinds on the emergency examples that name theirs."""
        texts, kinds = [], []
        for one in training_data.intent_examples:
            kind = ((one.get("metadata") or {}).get("intent") or {}).get("kind")
            if one.get(INTENT) == NAME and kind and one.get(TEXT):
                texts.append(one.get(TEXT))
                kinds.append(kind)
        if len(set(kinds)) > 1:
            model = LogisticRegression(C=2.0, max_iter=200).fit(_features(texts), kinds)
            self._kinds = [str(kind) for kind in model.classes_]
            self._weights = model.coef_.T.astype(np.float32)
            self._bias = model.intercept_.astype(np.float32)
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "emergency.npz",
                kinds=np.array(self._kinds, dtype=str),
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
    ) -> EmergencyCheck:
        """Load what :meth:`train` stored."""
        component = cls.create(config, model_storage, resource, execution_context)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / "emergency.npz") as stored,
        ):
            component._kinds = [str(kind) for kind in stored["kinds"]]
            component._weights = stored["weights"]
            component._bias = stored["bias"]
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Put ``emergency`` first where there is danger, and say which kind."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            ranking = message.get("intent_ranking") or []
            share = next((r["confidence"] for r in ranking if r["name"] == NAME), 0.0)
            kind = self._phrases.found(text)
            if kind:
                share = PHRASE_CONFIDENCE
            elif share < self._share:
                continue
            first = {"name": NAME, "confidence": share}
            rest = [one for one in ranking if one["name"] != NAME]
            message.set("intent", first, add_to_output=True)
            message.set("intent_ranking", [first, *rest], add_to_output=True)
            odds = {kind: 1.0} if kind else self._kinds_of(text)
            likeliest = max(odds, key=odds.__getitem__, default="")
            deadly = sum(value for name, value in odds.items() if name in DEADLY)
            entities = {
                "emergency_kind": likeliest if odds and odds[likeliest] >= SURE else None,
                "emergency_phrase": kind,
                "emergency_deadly": "yes" if deadly >= SURE else None,
            }
            found = [
                {"entity": name, "value": value, "start": 0, "end": len(text)}
                for name, value in entities.items()
                if value
            ]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    def _kinds_of(self, text: str) -> dict[str, float]:
        """Return how likely each kind is; empty without examples that name theirs."""
        if not self._kinds:
            return {}
        scores = _features([text]) @ self._weights + self._bias
        odds = np.exp(scores[0] - scores.max())
        return dict(zip(self._kinds, (odds / odds.sum()).tolist(), strict=True))
