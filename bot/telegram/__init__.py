"""Telegram: receiving updates, sending messages, and the transport under both."""
