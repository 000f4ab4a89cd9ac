"""The menu speaks everybody's language and is published only when it changed."""

import pytest
from telegram import Bot

from bot.telegram import commands
from translations.catalogue import say

from .peer import Peer

KNOWN_TO_TELEGRAM = {
    "",
    "de",
    "en",
    "ar",
    "fa",
    "ps",
    "ku",
    "tr",
    "uk",
    "ru",
    "fr",
    "ti",
    "so",
    "am",
}


async def test_the_commands_are_there_in_every_language_telegram_knows(bot: Bot, peer: Peer):
    await commands.publish(bot)
    assert set(peer.commands) == KNOWN_TO_TELEGRAM
    assert peer.commands[""] == peer.commands["en"]
    assert peer.commands["uk"][4] == {"command": "book", "description": say("command.book", "uk")}
    assert [one["command"] for one in peer.commands["ar"]] == list(commands.COMMANDS)
    (menu,) = peer.done("setChatMenuButton")
    assert menu.fields["menu_button"] == {"type": "commands"}


async def test_what_is_published_already_is_left_alone(bot: Bot, peer: Peer):
    await commands.publish(bot)
    before = len(peer.done("setMyCommands"))
    peer.commands["fr"] = []
    await commands.publish(bot)
    changed = peer.done("setMyCommands")[before:]
    assert [call.fields["language_code"] for call in changed] == ["fr"]
    assert len(peer.done("setChatMenuButton")) == 1


async def test_without_a_menu_the_bot_still_works(
    bot: Bot, peer: Peer, caplog: pytest.LogCaptureFixture
):
    peer.fail("getMyCommands", 502, times=3)
    peer.fail("getChatMenuButton", 400)
    await commands.publish(bot)
    assert len(peer.commands) == len(KNOWN_TO_TELEGRAM) - 3
    assert "not published" in caplog.text
