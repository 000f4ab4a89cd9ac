"""Runs translation models in a child process: one that crashes or never ends takes nobody along.

The child holds the models; it starts with the first sentence, so a machine without packages never
has one. It ends with its parent, however that ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from storage.errors import LotseError
from translations.machine.packages import Route, home

log = logging.getLogger(__name__)

BEAM, BATCH = 2, 32
KEPT_MODELS = 6
"""Each pair is 100 to 250 MB in memory; both ways of three languages through English are six."""
THREADS = min(os.cpu_count() or 1, 4)
"""Batches at once, over the same weights: drafting takes every core, a message one batch and one
core."""
OUTPUT_RATIO, OUTPUT_MORE = 2, 10
"""A translation has at most so many pieces more than its sentence: one that goes on is nonsense."""
PARENT_SECONDS = 1.0

_pool: ProcessPool | None = None
_lock = threading.Lock()


class ModelFailed(LotseError):
    """A model raised an error, or its process died."""

    code = "translation_failed"


class ModelSlow(LotseError):
    """A model took longer than it may; its process was ended."""

    code = "translation_slow"


async def run(route: Route, sentences: Sequence[str], seconds: float = 8.0) -> list[str]:
    """Translate sentences along a route, in one batch per model.

    Args:
        route: from :func:`translations.machine.packages.route`.
        sentences: without line breaks; may be empty.
        seconds: how long all of them together may take, the start of the process aside.

    Returns:
        One translation per sentence, in order.

    Raises:
        ModelFailed: the model is damaged, or its process died.
        ModelSlow: it took too long. The next call gets a new process.
    """
    if not sentences:
        return []
    folders = [str(one.folder) for one in route.packages]
    return await asyncio.to_thread(_run, folders, list(sentences), seconds)


def _run(folders: list[str], sentences: list[str], seconds: float) -> list[str]:
    try:
        future = _running().schedule(_translate, args=[folders, sentences], timeout=seconds)
        return list(future.result())
    except (FutureTimeout, TimeoutError):
        raise ModelSlow(seconds=seconds) from None
    except ProcessExpired as error:
        raise ModelFailed(reason="process ended", status=error.exitcode) from None
    except Exception as error:
        # Only the kind: an error's words may quote what somebody wrote.
        raise ModelFailed(reason=type(error).__name__) from None


def _running() -> ProcessPool:
    """Return the pool, started or started again."""
    global _pool
    with _lock:
        if _pool is None or not _pool.active:
            _pool = ProcessPool(
                max_workers=1,
                initializer=_begin,
                initargs=[str(home()), os.getpid()],
                context=get_context("spawn"),
            )
        return _pool


def stop() -> None:
    """End the child process, if there is one."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


# What follows runs in the child.

_models: OrderedDict[str, tuple[Any, Any]] = OrderedDict()


def _begin(folder: str, parent: int) -> None:
    """Set the child up: it dies with its parent, and Argos writes nowhere else."""
    threading.Thread(target=_end_with, args=[parent], daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settle(Path(folder))


def _end_with(parent: int) -> None:
    """End when the parent has gone: a killed one says no goodbye."""
    # Not Linux' PR_SET_PDEATHSIG: it follows the thread that started us, which ends much earlier.
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os._exit(0)


def settle(home: Path) -> None:
    """Have Argos Translate keep everything below ``home``; before it is imported."""
    os.environ["ARGOS_PACKAGES_DIR"] = str(home / "packages")
    for kind in ("DATA", "CONFIG", "CACHE"):
        os.environ[f"XDG_{kind}_HOME"] = str(home / kind.lower())


def _translate(folders: list[str], sentences: list[str]) -> list[str]:
    for folder in folders:
        sentences = _step(folder, sentences)
    return sentences


def _step(folder: str, sentences: list[str]) -> list[str]:
    package, translator = _model(folder)
    encoded = [package.tokenizer.encode(one) for one in sentences]
    prefix = [[package.target_prefix]] * len(encoded) if package.target_prefix else None
    answers = translator.translate_batch(
        encoded,
        target_prefix=prefix,
        replace_unknowns=True,
        max_batch_size=BATCH,
        beam_size=BEAM,
        max_decoding_length=OUTPUT_RATIO * max(map(len, encoded)) + OUTPUT_MORE,
    )
    made = [package.tokenizer.decode(one.hypotheses[0]).strip() for one in answers]
    if package.target_prefix:
        made = [one.removeprefix(package.target_prefix).strip() for one in made]
    return made


def _model(folder: str) -> tuple[Any, Any]:
    """Return a package and its loaded model; the one not used for longest makes room."""
    if folder in _models:
        _models.move_to_end(folder)
        return _models[folder]
    import ctranslate2
    from argostranslate.package import Package

    package = Package(Path(folder))
    translator = ctranslate2.Translator(
        str(Path(folder) / "model"), inter_threads=THREADS, intra_threads=1
    )
    while len(_models) >= KEPT_MODELS:
        _models.popitem(last=False)
    _models[folder] = (package, translator)
    return _models[folder]
