"""Inline mode: ``@bot course women dettingen`` in any chat finds an offer to share there.

These queries are answered where they arrive and stored nowhere: whoever types them is nobody we
know, and nothing is lost when one gets no answer, because every next letter asks again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
)

from bot import clean
from bot.telegram.render import shorten
from centre import offers
from centre.notify import FALLBACK_LANGUAGE
from storage.engine import Database
from translations.catalogue import say
from translations.languages import from_telegram

log = logging.getLogger(__name__)

KIND = "inline_query"
CACHE_SECONDS = 60
AT_ONCE = 4
MOST_WAITING = 100
LONGEST_DESCRIPTION = 300

_running: set[asyncio.Task[None]] = set()
_turn = asyncio.Semaphore(AT_ONCE)


def is_query(raw: object) -> bool:
    """Return whether a raw update is an inline query."""
    return isinstance(raw, dict) and KIND in raw


def answer_later(bot: Bot, database: Database, raw: dict[str, Any]) -> None:
    """Answer an inline query in the background; one too many is left out."""
    if len(_running) >= MOST_WAITING:
        return
    task = asyncio.create_task(_answer(bot, database, raw[KIND]))
    _running.add(task)  # the loop itself keeps no hold on its tasks
    task.add_done_callback(_running.discard)


async def _answer(bot: Bot, database: Database, query: object) -> None:
    try:
        if not isinstance(query, dict):
            return
        sender = query.get("from")
        code = sender.get("language_code") if isinstance(sender, dict) else None
        language = from_telegram(code if isinstance(code, str) else None) or FALLBACK_LANGUAGE
        words = clean.visible(str(query.get("query") or ""))
        async with _turn, database.transaction() as session:
            cards, note = await offers.shared(session, words, language)
        await bot.answer_inline_query(
            str(query.get("id")),
            [_article(card, note, language) for card in cards],
            cache_time=CACHE_SECONDS,
            # The same words are answered in the language of each who types them.
            is_personal=True,
        )
    except Exception as error:  # such as: too old to be answered. The next letter asks again.
        log.info("inline query not answered: %s", type(error).__name__)


def _article(card: offers.Card, note: str, language: str) -> InlineQueryResultArticle:
    link = InlineKeyboardButton(shorten(say("answer.link", language)), url=card.url)
    return InlineQueryResultArticle(
        card.id,
        card.title,
        InputTextMessageContent(
            card.text, link_preview_options=LinkPreviewOptions(is_disabled=True)
        ),
        reply_markup=InlineKeyboardMarkup([[link]]),
        # What was left out is told to the one who looks, not to those it is shared with.
        description="\n".join(part for part in (note, card.summary) if part)[:LONGEST_DESCRIPTION],
    )
