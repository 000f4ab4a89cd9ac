"""Golden conversations: what people write and what must come of it, as data per language."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from centre import demo
from lotse.stack import Stack
from tests.conversations.player import Player

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_conversation(stack: Stack, path: Path) -> None:
    script = yaml.safe_load(path.read_text("utf-8"))
    if script.get("fresh"):
        # Days pass in it: nobody else's appointments may come due meanwhile.
        async with stack.database.transaction() as session:
            await demo.reset(session)
    player = Player(stack, dict(script["languages"]))
    for turn in script["turns"]:
        await player.turn({"person": script.get("person"), **turn})


def test_the_languages_asked_for_have_conversations() -> None:
    assert {"de", "en", "ar", "uk", "ti"} <= {path.parent.name for path in FILES}
