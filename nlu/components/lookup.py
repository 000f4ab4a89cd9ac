"""Rasa component: entities from lists, with canonical values."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.lists import Lookup, load_lists


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityLookup(GraphComponent, EntityExtractorMixin):
    """Sets the entities of a message from the lists in ``nlu/entities``."""

    def __init__(self) -> None:
        self._lookup = Lookup(load_lists())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityLookup:
        """Build the component with the lists as they are on disk."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to every message that has a text."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            found = [
                {"entity": entity, "value": value, "start": 0, "end": len(text)}
                for entity, value in self._lookup.find(text)
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
