"""Processes that the benchmark starts, and certainly stops."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import psutil

from lotse.settings import ROOT

STOP_SECONDS = 30.0


class Failed(Exception):
    """A process ended, or was not ready in time."""


class Started:
    """A process in a session of its own, with its output in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @classmethod
    async def start(
        cls, command: list[str], log: Path, environment: Mapping[str, str | None]
    ) -> Started:
        """Start ``command``; a variable that is ``None`` is taken away."""
        merged = {**os.environ, **environment}
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={name: value for name, value in merged.items() if value is not None},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    async def until_it_says(self, words: str, seconds: float) -> None:
        """Wait for ``words`` in its output.

        Raises:
            Failed: they did not come in time, or it ended.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while words not in self.said():
                    if not self.alive:
                        break
                    await asyncio.sleep(0.05)
                else:
                    return
        raise Failed(f"{self.log} has no {words!r}:\n{self.said()[-1500:]}")

    async def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End it and everything it started, gently at first."""
        family = []
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.pid).children(recursive=True)
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sign)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.alive:
            self._process.kill()
            await self._process.wait()
