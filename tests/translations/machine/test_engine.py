"""A model may crash, hang or be nonsense: the message still goes out, and the next one works."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from translations.machine import engine, packages
from translations.machine.engine import ModelFailed, ModelSlow
from translations.machine.packages import Package, Route

pytestmark = pytest.mark.usefixtures("argos_home")


def way(source: str = "de", target: str = "fa") -> Route:
    found = packages.route(source, target)
    assert found is not None
    return found


def children() -> list[psutil.Process]:
    """The processes of ours that hold models."""
    return [
        one
        for one in psutil.Process().children(recursive=True)
        if "spawn_main" in " ".join(one.cmdline())
    ]


async def test_sentences_go_through_both_models_in_one_batch() -> None:
    made = await engine.run(way(), ["Guten Tag.", "Ich brauche einen Termin."])
    assert made == ["روز بخیر.", "من به یک وقت ملاقات نیاز دارم."]
    assert await engine.run(way("de", "en"), ["Ich brauche einen Termin."]) == [
        "I need an appointment."
    ]
    assert await engine.run(way(), []) == []


async def test_the_event_loop_goes_on_meanwhile() -> None:
    engine.stop()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await engine.run(way(), ["Guten Tag."] * 200)
    ticking.cancel()
    # The start of the process and two hundred sentences take much longer than ten ticks.
    assert ticks >= 10


async def test_many_at_once_each_get_their_own() -> None:
    texts = ["Guten Tag.", "Hallo.", "Haben Sie Fragen?", "Ich komme heute."]
    alone = [(await engine.run(way(), [text]))[0] for text in texts]
    together = await asyncio.gather(*(engine.run(way(), [text]) for text in texts * 10))
    assert [one[0] for one in together] == alone * 10


async def test_more_than_one_batch_comes_back_in_order() -> None:
    texts = ["Guten Tag.", "Haben Sie Fragen?", "Ich brauche einen Termin.", "Ich komme heute."]
    alone = {text: (await engine.run(way(), [text]))[0] for text in texts}
    many = random.Random(1).choices(texts, k=3 * engine.BATCH * engine.THREADS)
    assert await engine.run(way(), many) == [alone[text] for text in many]


async def test_a_model_that_takes_too_long_is_ended_and_the_next_call_works() -> None:
    await engine.run(way(), ["Guten Tag."])
    first = children()
    with pytest.raises(ModelSlow):
        await engine.run(way(), ["Ich brauche einen Termin. " * 8] * 20_000, seconds=0.5)
    assert await engine.run(way(), ["Guten Tag."]) == ["روز بخیر."]
    assert not {one.pid for one in first} & {one.pid for one in children()}


async def test_a_process_that_dies_is_an_error_and_the_next_call_works() -> None:
    await engine.run(way(), ["Guten Tag."])
    for one in children():
        one.send_signal(signal.SIGSEGV)
    # It may notice only now, or the pool has begun anew: both are right, a hang is not.
    with contextlib.suppress(ModelFailed):
        await engine.run(way(), ["Guten Tag."])
    assert await engine.run(way(), ["Guten Tag."]) == ["روز بخیر."]


async def test_a_damaged_model_is_an_error_without_a_word_of_the_message(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "metadata.json").write_text('{"from_code": "de", "to_code": "en"}')
    route = Route((Package("de", "en", "1", broken),), as_persian=False)
    with pytest.raises(ModelFailed) as caught:
        await engine.run(route, ["Geheimes von Frau Muster"])
    assert "Muster" not in repr(caught.value.data)
    assert await engine.run(way(), ["Guten Tag."]) == ["روز بخیر."]


def test_nothing_is_left_behind_when_we_are_killed(argos_home: Path) -> None:
    script = """
        import asyncio, os, sys
        from translations.machine import engine, packages
        async def work():
            print(await engine.run(packages.route("de", "fa"), ["Guten Tag."]), flush=True)
            await asyncio.sleep(60)
        if __name__ == "__main__":
            asyncio.run(work())
    """
    file = argos_home / "parent.py"
    file.write_text(textwrap.dedent(script))
    root = str(Path(__file__).parents[3])
    parent = subprocess.Popen(
        [sys.executable, str(file)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert parent.stdout is not None
    assert "روز" in parent.stdout.readline().decode()
    held = psutil.Process(parent.pid).children(recursive=True)
    assert held
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 60
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in held):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.1)


async def test_argos_writes_nothing_into_anybodys_home(
    argos_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.stop()
    monkeypatch.setenv("HOME", str(tmp_path))
    await engine.run(way(), ["Guten Tag."])
    assert list(tmp_path.iterdir()) == []
