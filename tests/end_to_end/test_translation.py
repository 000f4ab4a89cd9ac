"""A live talk through real models: adviser and refugee write in their own languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from centre import demo, logins, machine_words
from storage.embedded import EmbeddedServer
from tests.telegram import peer as telegram
from tests.telegram.peer import TOKEN, Peer, listening
from translations.catalogue import say
from translations.machine.cache import MachineTranslation

from .conftest import Home, SharedRasa, at_home
from .helpers import PATIENCE, Phone, settle

MANAGER, REFUGEE, INTERPRETER = 7001, 7002, 7003
GERMAN = "Bitte bringen Sie Ihren Ausweis mit."


@dataclass
class Talk:
    """A Lotse whose worker has the two tiny packages, and who talks with it."""

    home: Home
    peer: Peer

    async def staff(self, chat: int, label: str, language: str) -> Phone:
        async with self.home.database.transaction() as session:
            token = await logins.create(
                session, demo.person_id(label), "connect", timedelta(hours=1)
            )
        phone = Phone(self.peer, chat, language)
        await phone.says(f"/start {token}")
        await phone.gets("staff.connected")
        return phone


@pytest_asyncio.fixture
async def talk(
    server: EmbeddedServer, furnished: str, rasa: SharedRasa, tmp_path: Path, argos_home: Path
) -> AsyncIterator[Talk]:
    peer = Peer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telegram, "PATIENCE", PATIENCE)
        async with listening(peer.app()) as api, at_home(server, furnished, rasa, tmp_path) as home:
            environment = {
                "TELEGRAM_TOKEN": TOKEN,
                "TELEGRAM_API_URL": api,
                "LOTSE_TRANSLATION_MODELS": str(argos_home),
            }
            await home.start("web", **environment)
            await home.start("worker", **environment)
            yield Talk(home, peer)


async def test_an_adviser_and_a_refugee_understand_each_other_as_far_as_models_go(
    talk: Talk,
) -> None:
    manager = await talk.staff(MANAGER, "m-reutlingen-1", "de")
    interpreter = await talk.staff(INTERPRETER, "i-fa-1", "fa")
    await settle(talk.home.database, "telegram", str(REFUGEE), "fa")
    refugee = Phone(talk.peer, REFUGEE, "fa")
    await refugee.says("/human")
    await refugee.gets("human.closed")
    await manager.gets("manager.human_request")
    await manager.presses("h:accept:")
    await manager.gets("interpreter.matched_helper")
    await refugee.gets("human.matched_person")

    # German to Persian, through English: the original first, the machine's words under a label.
    await manager.says(GERMAN)
    (got,) = await refugee.gets("relay.from_staff")
    original, machine = got.text.split("\n\n")
    assert GERMAN in original
    assert machine.startswith(say("machine.translated", "fa", language="آلمانی", text="")[:20])
    assert "کارت شناسایی" in machine

    # Nothing is installed for Persian to German: that is said, and a human offered.
    await refugee.says("من آلمانی صحبت نمی‌کنم")
    (got,) = await manager.gets("relay.from_person")
    assert "من آلمانی صحبت نمی‌کنم" in got.text
    assert got.text.endswith(say("machine.none", "de", language="Persisch"))
    await manager.presses(machine_words.INTERPRETER)
    await refugee.gets("machine.interpreter_wanted", "interpreter.requested")
    await interpreter.gets("interpreter.offer")
    await manager.gets("machine.interpreter_third")

    # What people wrote was not kept for the machine.
    async with talk.home.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(MachineTranslation)) == 0
    log = (talk.home.logs / "worker.log").read_text("utf-8")
    assert "Ausweis" not in log
