"""The machine, and what a set of processes uses of it."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import psutil

MIB = 1024 * 1024


def describe() -> dict[str, object]:
    """Return what the numbers depend on."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def tree(roots: Iterable[int]) -> list[psutil.Process]:
    """Return the processes with these numbers and all their descendants."""
    found: dict[int, psutil.Process] = {}
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(root)
            for one in (process, *process.children(recursive=True)):
                found[one.pid] = one
    return list(found.values())


def postmaster(folder: Path) -> list[int]:
    """Return the number of the PostgreSQL server that runs in ``folder``, if one does."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return [int((folder / "postmaster.pid").read_text().splitlines()[0])]
    return []


def memory(processes: Iterable[psutil.Process]) -> dict[str, float]:
    """Return MiB by kind of process: shared pages are divided among those that share them."""
    used: dict[str, float] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            info = process.memory_full_info()
            share = getattr(info, "pss", 0) or info.uss
            kind = _kind(process)
            used[kind] = used.get(kind, 0.0) + share / MIB
    return {kind: round(size, 1) for kind, size in sorted(used.items())}


def cpu(processes: Iterable[psutil.Process]) -> dict[str, float]:
    """Return seconds of processor time so far, by kind of process."""
    used: dict[str, float] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            kind = _kind(process)
            used[kind] = used.get(kind, 0.0) + times.user + times.system
    return used


def _kind(process: psutil.Process) -> str:
    if process.pid == os.getpid():
        return "bench"
    words = process.cmdline()
    if not words or "postgres" in words[0]:
        return "postgres"
    if "rasa_sdk" in words:
        return "actions"
    if "multiprocessing" in " ".join(words):
        return "rasa"
    if any(word.endswith("/rasa") for word in words[:2]):
        return "rasa"
    return {"web": "web", "worker": "worker", "run": "supervisor"}.get(words[-1], "other")


def total_cpu() -> tuple[float, float]:
    """Return (busy, idle) processor seconds of the whole machine since it started."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return sum(times) - idle - guest, idle
