"""Golden conversations: what people write and what must come of it, as data per language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from centre import demo
from lotse.stack import Stack
from storage import clock
from tests.conversations.player import Player

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_conversation(stack: Stack, path: Path) -> None:
    script = yaml.safe_load(path.read_text("utf-8"))
    player = Player(stack, dict(script["languages"]))
    apart = "at" in script or script.get("fresh")
    async with _apart(stack, script.get("at")) if apart else nullcontext():
        for turn in script["turns"]:
            await player.turn({"person": script.get("person"), **turn})


@asynccontextmanager
async def _apart(stack: Stack, at: str | None) -> AsyncIterator[None]:
    """Keep a conversation in which days pass from the others, whose weekdays it would move.

    With ``at`` (a time in Berlin) it begins at that moment.
    """
    before = clock.shift()
    if at is not None:
        clock.set_now(datetime.fromisoformat(at).replace(tzinfo=clock.BERLIN))
    await _begin_anew(stack)
    yield
    clock.advance(before - clock.shift())
    await _begin_anew(stack)


async def _begin_anew(stack: Stack) -> None:
    async with stack.database.transaction() as session:
        await demo.reset(session)


def test_the_languages_asked_for_have_conversations() -> None:
    assert {"de", "en", "ar", "uk", "ti"} <= {path.parent.name for path in FILES}
