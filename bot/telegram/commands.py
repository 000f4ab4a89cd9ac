"""The commands in Telegram's menu, in the languages that Telegram tells apart."""

from __future__ import annotations

import asyncio
import logging

from telegram import Bot, BotCommand, MenuButtonCommands
from telegram.constants import MenuButtonType
from telegram.error import TelegramError

from translations.catalogue import say
from translations.languages import languages

log = logging.getLogger(__name__)

COMMANDS = (
    "start",
    "help",
    "find",
    "language",
    "book",
    "appointments",
    "interpreter",
    "human",
    "privacy",
    "cancel",
    "end",
)
DEFAULT_LANGUAGE = "en"
# Telegram takes two-letter codes only and calls Kurmanji "ku"; Dari and Sorani have none.
OTHER_CODES = {"kmr": "ku"}


async def publish(bot: Bot) -> None:
    """Set the commands of every language and the menu button, where they have changed.

    What goes wrong is logged: without a menu the bot still works.
    """
    jobs = [_menu_button(bot), _set(bot, DEFAULT_LANGUAGE, None)]
    for language in languages():
        code = OTHER_CODES.get(language, language)
        if len(code) == 2:
            jobs.append(_set(bot, language, code))
    for outcome in await asyncio.gather(*jobs, return_exceptions=True):
        if isinstance(outcome, TelegramError):
            log.warning("commands not published: %s", type(outcome).__name__)
        elif isinstance(outcome, BaseException):
            log.error("commands not published", exc_info=outcome)


async def _set(bot: Bot, language: str, code: str | None) -> None:
    wanted = tuple(BotCommand(name, say(f"command.{name}", language)) for name in COMMANDS)
    if await bot.get_my_commands(language_code=code) != wanted:
        await bot.set_my_commands(wanted, language_code=code)


async def _menu_button(bot: Bot) -> None:
    if (await bot.get_chat_menu_button()).type != MenuButtonType.COMMANDS:
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
