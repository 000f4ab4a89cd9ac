"""Rasa's own Telegram channel, unchanged but for the address of the Bot API."""

from __future__ import annotations

import asyncio
import os

from aiogram.bot.api import TelegramAPIServer
from rasa.core.channels.telegram import TelegramInput, TelegramOutput


class TelegramAtHome(TelegramInput):
    """The channel that ``telegram:`` in credentials.yml names, towards STOCK_TELEGRAM_URL."""

    def get_output_channel(self) -> TelegramOutput:
        channel = TelegramOutput(self.access_token)
        channel.server = TelegramAPIServer.from_base(os.environ["STOCK_TELEGRAM_URL"])
        asyncio.run(channel.set_webhook(url=self.webhook_url))
        return channel
