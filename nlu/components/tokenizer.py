"""Tokens that carry their folded spelling, so that n-grams see one spelling of a word."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.components.folding import fold


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class FoldingTokenizer(WhitespaceTokenizer):
    """Rasa's whitespace tokenizer; offsets and text stay, ``lemma`` is the folded word."""

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the tokens of ``attribute`` of ``message``."""
        tokens = super().tokenize(message, attribute)
        for token in tokens:
            token.lemma = fold(token.text) or token.text
        return tokens
