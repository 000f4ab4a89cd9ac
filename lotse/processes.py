"""Child processes: started with a log, waited for, stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from lotse.model import RASA, rasa_environment
from lotse.settings import ROOT, Settings
from storage.errors import LotseError

STOP_SECONDS = 15.0


class StartFailed(LotseError):
    """A process ended or was not ready in time; ``data`` names it and its log."""

    code = "start_failed"


class Child:
    """One child process in a group of its own, so that Ctrl-C reaches it through us only."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @classmethod
    async def start(
        cls, name: str, command: list[str], log: Path, environment: dict[str, str] | None = None
    ) -> Child:
        """Start ``command`` in the project's folder; what it prints goes to ``log``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env=environment or dict(os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        return cls(name, process, log)

    async def stop(self) -> None:
        """Ask the process to end, and make it after a while."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


def free_port(wanted: int = 0) -> int:
    """Return ``wanted`` if nobody listens there on loopback, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StartFailed(name="port", log="")


async def start_rasa(settings: Settings, port: int, actions_url: str) -> Child:
    """Start Rasa on loopback, calling back to ``actions_url``; wait for it separately."""
    command = [
        str(RASA),
        "run",
        "--interface",
        "127.0.0.1",
        "--port",
        str(port),
        "--model",
        str(settings.model),
        "--endpoints",
        "dialogues/endpoints.yml",
        "--credentials",
        "dialogues/credentials.yml",
    ]
    environment = rasa_environment(
        LOTSE_ACTIONS_URL=actions_url, LOTSE_RASA_SECRET=settings.secret("rasa")
    )
    return await Child.start("rasa", command, settings.var / "logs" / "rasa.log", environment)


async def until(
    ready: Callable[[], Awaitable[bool]], seconds: float, child: Child | None = None
) -> None:
    """Wait until ``ready`` says yes.

    Raises:
        StartFailed: it did not within ``seconds``, or ``child`` ended.
    """
    name = child.name if child else "service"
    log = str(child.log) if child else ""
    try:
        async with asyncio.timeout(seconds):
            while not await ready():
                if child and child.process.returncode is not None:
                    raise StartFailed(name=name, log=log)
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise StartFailed(name=name, log=log) from None
