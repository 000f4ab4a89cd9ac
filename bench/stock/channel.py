"""Rasa's own Telegram channel, with the address of the Bot API and without one fault."""

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

        async def set_webhook() -> None:
            await channel.set_webhook(url=self.webhook_url)
            # Rasa 3.6.21 keeps these connections, and every later call fails with "Event loop is
            # closed": as it comes, its channel answers nothing.
            await channel.session.close()

        asyncio.run(set_webhook())
        return channel
