"""Messages in and out: receiving, the worker, the conversation, rendering, Telegram."""
