"""The sentence encoder: multilingual-e5-small, tuned on our examples."""
