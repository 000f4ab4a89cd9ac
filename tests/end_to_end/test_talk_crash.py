"""A talk outlives the worker that carried it: nothing written is lost, doubled or out of order."""

from __future__ import annotations

import signal
from typing import Any

from centre import handoffs, people
from lotse.ask import answered, put
from storage.engine import Database
from storage.outbox import OutgoingMessage
from translations.catalogue import say

from .conftest import Home, kill
from .helpers import PATIENCE, all_answered, messages_to, settle, until_true

REFUGEE, MANAGER = "in-a-talk", "m-reutlingen-1"
EACH = 8


async def test_a_talk_goes_on_after_a_crash(home: Home) -> None:
    database = home.database
    await settle(database, "script", REFUGEE, "de")
    await home.start("web")
    doomed = await home.start("worker")
    await _put(home, REFUGEE, {"tap": "/talk_to_human"})
    (asked, *_) = await messages_to(database, MANAGER)
    await _put(home, MANAGER, {"tap": asked.content["buttons"][0][0]["data"]})

    said = [await _say(database, number) for number in range(EACH)]
    first = said[0][0]
    await until_true(lambda: all_answered(database, [first]))
    kill(doomed, signal.SIGSTOP)
    # People do not know, and write on.
    said += [await _say(database, number) for number in range(EACH, 2 * EACH)]
    kill(doomed)
    await doomed.process.wait()
    everything = [number for both in said for number in both]
    assert not await all_answered(database, everything)

    await home.start("worker")
    await until_true(lambda: all_answered(database, everything))
    for reader, key, writer in (
        (MANAGER, "relay.from_person", REFUGEE),
        (REFUGEE, "relay.from_staff", MANAGER),
    ):
        got = [one.content["text"] for one in await _of_the_talk(database, reader)]
        expected = [say(key, "de", text=_words(writer, number)) for number in range(2 * EACH)]
        assert got == expected

    # It also ends as it should, for both, and leaves nothing of what was said.
    await _put(home, REFUGEE, {"text": "/end"})
    assert await _of_the_talk(database, MANAGER) == []
    assert await _of_the_talk(database, REFUGEE) == []
    async with database.transaction() as session:
        manager = await people.find(session, "script", MANAGER)
        assert manager is not None
        assert await handoffs.current(session, manager.id) is None


def _words(writer: str, number: int) -> str:
    return f"Satz {number} von {'hier' if writer == REFUGEE else 'dort'}"


async def _put(home: Home, address: str, content: dict[str, Any]) -> None:
    update = await put(home.database, "script", address, content)
    await answered(home.database, update, PATIENCE)


async def _say(database: Database, number: int) -> tuple[int, int]:
    """Let both say their sentence of this number; return the updates."""
    refugee, manager = [
        await put(database, "script", writer, {"text": _words(writer, number)})
        for writer in (REFUGEE, MANAGER)
    ]
    return refugee, manager


async def _of_the_talk(database: Database, address: str) -> list[OutgoingMessage]:
    """What came through the talk, as long as it goes on."""
    return [one for one in await messages_to(database, address) if one.author_id is not None]
