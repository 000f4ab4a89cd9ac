"""The bot towards Telegram, and what keeps its token out of the logs."""

from __future__ import annotations

import logging

from telegram import Bot
from telegram.error import InvalidToken

from bot.telegram.request import AiohttpRequest

TELEGRAM = "https://api.telegram.org"
# These name the token: python-telegram-bot in its URLs, httpx with every request.
TALKATIVE = ("httpx", "httpcore", "telegram", "telegram.Bot", "telegram.request")


class QuietBot(Bot):
    """A bot whose errors do not name its token."""

    async def initialize(self) -> None:
        """Open the connections and ask Telegram who we are.

        Raises:
            InvalidToken: Telegram does not know the token.
            NetworkError: Telegram could not be reached.
        """
        try:
            await super().initialize()
        except InvalidToken:
            raise InvalidToken("Telegram does not know the token") from None


def build(token: str, api: str | None = None) -> Bot:
    """Return a bot that is not yet connected: ``await bot.initialize()``, later ``shutdown()``.

    Args:
        token: what BotFather gave.
        api: address of a Bot API server (``TELEGRAM_API_URL``), Telegram's own when ``None``.
    """
    silence()
    server = (api or TELEGRAM).rstrip("/")
    return QuietBot(
        token,
        base_url=f"{server}/bot",
        base_file_url=f"{server}/file/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(connections=1),
    )


def silence() -> None:
    """Quieten the loggers that print the token."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
