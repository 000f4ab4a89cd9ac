"""The volunteer interpreters: who they are, what they speak, when and how they can help."""
