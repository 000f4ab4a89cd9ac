"""Rasa component: the first check for danger, before the model has its say."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.phrases import EmergencyPhrases, load_phrases

INTENT = "emergency"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergencyCheck(GraphComponent, IntentClassifier):
    """Overrides the classifier when a phrase is found or the model's share for danger is high.

    ``model_share`` is the confidence from which the model alone sounds the alarm, even where
    another intent is likelier or the fallback has set in: a false alarm costs a message, a miss may
    cost a life.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of ``config.yml``."""
        return {"model_share": 0.5}

    def __init__(self, config: dict[str, Any]) -> None:
        self._share = config["model_share"]
        self._phrases = EmergencyPhrases(load_phrases())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyCheck:
        """Build the component with the phrases as they are on disk."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put ``emergency`` first where there is danger."""
        for message in messages:
            ranking = message.get("intent_ranking") or []
            share = next((r["confidence"] for r in ranking if r["name"] == INTENT), 0.0)
            text = message.get(TEXT)
            if not text or not (share >= self._share or self._phrases.found(text)):
                continue
            first = {"name": INTENT, "confidence": max(share, 0.95)}
            rest = [one for one in ranking if one["name"] != INTENT]
            message.set("intent", first, add_to_output=True)
            message.set("intent_ranking", [first, *rest], add_to_output=True)
        return messages
