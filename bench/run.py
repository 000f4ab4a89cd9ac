"""``make bench``: Lotse and stock Rasa, end to end through an emulated Telegram, in one run.

Writes ``bench/results.json``, prints a table, and with ``--docs`` puts the table into
``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from bench import machine, ours, report
from bench.load import THINKING, Dialect, Sample, ask, book, flat_out, once_each, paced, tap
from bench.processes import Failed
from bench.stock import peer as stock
from bench.telegram import BenchPeer, Chat, listening
from translations.languages import languages

PEOPLE = 60
RATE = 10.0  # messages a second
MESSAGES_PER_BOOKING = 5
WARM_SECONDS = 4.0
FLOOD = 6  # messages at once from everybody
FLOOD_SECONDS = 45.0
CROWD_SECONDS = 80.0
LONGEST_SECONDS = 300  # for one side; the measuring itself takes less than half of it
RESULTS = Path(__file__).parent / "results.json"

console = Console(stderr=True)


@dataclass
class Plan:
    """How long everything takes, in seconds."""

    paced: float = 20.0
    taps: float = 12.0
    flat_out: float = 15.0


@dataclass
class Subject:
    """One of the two systems while it runs."""

    name: str
    peer: BenchPeer
    people: list[Chat]
    questions: dict[str, list[str]]
    dialect: Dialect
    pids: list[int]
    postgres: Path
    clear: Callable[[], None]
    appointments: Callable[[], int]
    results: dict[str, Any]

    def processes(self) -> list[Any]:
        return machine.tree([*self.pids, *machine.postmaster(self.postgres)])

    async def question(self, chat: Chat) -> float | None:
        return await ask(self.peer, chat, random.choice(self.questions[chat.language]))

    async def button(self, chat: Chat) -> float | None:
        answer = await tap(self.peer, chat, self.dialect.tap, lambda _: True)
        return None if answer is None else answer[0]

    async def slow_booking(self, chat: Chat) -> float | None:
        return await book(self.peer, chat, self.dialect, THINKING)

    async def quick_booking(self, chat: Chat) -> float | None:
        return await book(self.peer, chat, self.dialect, 0.0)

    async def phase(self, name: str, work: Awaitable[Sample], per: str) -> Sample:
        """Measure one phase with what it took of the processors and the memory."""
        before, machine_before = machine.cpu(self.processes()), machine.total_cpu()
        own, started = time.process_time(), time.perf_counter()
        messages, failed = self.peer.messages, self.peer.failed_deliveries
        sample = await work
        took = time.perf_counter() - started
        used = machine.cpu(self.processes())
        spent = {kind: used[kind] - before.get(kind, 0.0) for kind in used}
        spent["bench"] = time.process_time() - own
        count = max(1, len(sample.latencies))
        busy, idle = (b - a for a, b in zip(machine_before, machine.total_cpu(), strict=True))
        result: dict[str, Any] = {**sample.summary()}
        result |= {
            "per_second": round(len(sample.latencies) / sample.seconds, 2),
            "messages_sent_per_second": round((self.peer.messages - messages) / took, 1),
            "failed_deliveries": self.peer.failed_deliveries - failed,
            "unit": per,
            "cpu_ms_each": {
                kind: round(one * 1000 / count, 1) for kind, one in sorted(spent.items())
            },
            "cpu_share": {kind: round(one / took, 3) for kind, one in sorted(spent.items())},
            "machine_busy": round(busy / max(busy + idle, 0.001), 2),
            "cpu_of_others": round(max(0.0, busy - sum(spent.values())) / took, 2),
        }
        self.results[name] = result
        memory = machine.memory(self.processes())
        total = round(sum(memory.values()), 1)
        if total > self.results.get("memory_mib", {}).get("total", 0.0):
            self.results["memory_mib"] = {**memory, "total": total}
        console.print(f"  {self.name} {name}: {result}")
        return sample


async def the_same_for_both(subject: Subject, plan: Plan) -> None:
    """Questions, taps and bookings: at a fixed rate, then as many as it can take."""
    everybody, each = subject.people, len(subject.people)
    # Every process has seen everything once before anything is measured.
    warm = await paced(everybody, subject.question, RATE / 2, 4.0)
    if not warm.latencies:
        raise Failed(f"{subject.name} answers nobody")
    await paced(everybody[:4], subject.quick_booking, 1.0, 4.0)
    await subject.phase("question", paced(everybody, subject.question, RATE, plan.paced), "answer")
    await subject.phase("tap", paced(everybody, subject.button, RATE, plan.taps), "answer")
    subject.clear()
    rate = RATE / MESSAGES_PER_BOOKING
    bookings = paced(everybody, subject.slow_booking, rate, min(plan.paced, each / rate))
    await subject.phase("booking", bookings, "booking")
    flat = flat_out(everybody, subject.question, plan.flat_out, WARM_SECONDS)
    await subject.phase("questions_flat_out", flat, "answer")
    subject.clear()
    crowd = once_each(everybody, subject.quick_booking, CROWD_SECONDS)
    await subject.phase("bookings_at_once", crowd, "booking")
    subject.results["bookings_in_database"] = subject.appointments()
    subject.clear()


async def measure_ours(plan: Plan, results: dict[str, Any]) -> None:
    var = Path(tempfile.mkdtemp(prefix="lotse-bench-"))
    var.chmod(0o755)  # PostgreSQL runs as somebody else when we are root
    peer = BenchPeer()
    spoken = list(languages())
    people = peer.people(PEOPLE, spoken)
    questions = ours.questions(spoken)
    try:
        results["model_fits_its_inputs"] = ours.prepare(var)
        async with listening(peer.app()) as telegram:
            console.print("Lotse: first start")
            async with ours.running(telegram, var, webhook=True) as lotse:
                results["first_start_s"] = round(lotse.seconds, 1)
                subject = _ours(peer, people, questions, lotse, results)
                centres = itertools.cycle(ours.centre_names())
                started = time.perf_counter()
                met = await asyncio.gather(
                    *(ours.first_contact(peer, chat, next(centres)) for chat in people)
                )
                results["first_contacts"] = {
                    "people": sum(met),
                    "of": len(met),
                    "seconds": round(time.perf_counter() - started, 1),
                }
                await _drained(lotse)
                await the_same_for_both(subject, plan)
                await _drained(lotse)
                await flood(subject, lotse)
                await _drained(lotse)
            console.print("Lotse: second start, now polling")
            ours.prepare(var)
            async with ours.running(telegram, var, webhook=False) as lotse:
                results["second_start_s"] = round(lotse.seconds, 1)
                subject = _ours(peer, people, questions, lotse, results)
                await paced(people, subject.question, RATE / 2, 4.0)
                work = paced(people, subject.question, RATE, plan.taps)
                await subject.phase("question_polling", work, "answer")
        results["refused_by_telegram"] = len(peer.calls)
    finally:
        await peer.close()
        _clean(var, results)


def _ours(
    peer: BenchPeer,
    people: list[Chat],
    questions: dict[str, list[str]],
    lotse: ours.Lotse,
    results: dict[str, Any],
) -> Subject:
    return Subject(
        "lotse",
        peer,
        people,
        questions,
        ours.DIALECT,
        lotse.pids,
        lotse.postgres,
        lotse.clear,
        lotse.appointments,
        results,
    )


async def flood(subject: Subject, lotse: ours.Lotse) -> None:
    """Everybody asks several things at once: how fast are they worked off, sending aside?

    The send budget (30 messages a second) is Telegram's limit, not ours, so what is counted here is
    updates answered in the database.
    """

    async def work() -> Sample:
        before, count = lotse.answered(), FLOOD * len(subject.people)
        started = time.perf_counter()
        for _ in range(FLOOD):
            for chat in subject.people:
                text = random.choice(subject.questions[chat.language])
                await subject.peer.say(chat.number, text, chat.language)
        done = 0
        while done < count and time.perf_counter() - started < FLOOD_SECONDS:
            await asyncio.sleep(0.1)
            done = await asyncio.to_thread(lotse.answered) - before
        seconds = time.perf_counter() - started
        return Sample(latencies=[0.0] * done, lost=count - done, seconds=seconds)

    await subject.phase("handled_flat_out", work(), "update")
    for name in ("p50_ms", "p95_ms", "max_ms", "lost_to_a_rival"):
        del subject.results["handled_flat_out"][name]


async def _drained(lotse: ours.Lotse) -> None:
    """Wait until nothing is left to be sent (bounded)."""
    for _ in range(120):
        if not await asyncio.to_thread(lotse.waiting):
            return
        await asyncio.sleep(0.5)


async def measure_stock(plan: Plan, results: dict[str, Any], trained: Path) -> None:
    var = Path(tempfile.mkdtemp(prefix="stock-bench-"))
    var.chmod(0o755)
    peer = BenchPeer()
    people = peer.people(PEOPLE, stock.LANGUAGES)
    try:
        async with listening(peer.app()) as telegram:
            console.print("Stock Rasa: start")
            async with stock.running(telegram, var, trained) as rasa:
                results["start_s"] = round(rasa.seconds, 1)
                subject = Subject(
                    "stock",
                    peer,
                    people,
                    ours.questions(stock.LANGUAGES),
                    stock.DIALECT,
                    rasa.pids,
                    rasa.postgres,
                    rasa.clear,
                    rasa.appointments,
                    results,
                )
                await the_same_for_both(subject, plan)
        results["refused_by_telegram"] = len(peer.calls)
    finally:
        await peer.close()
        _clean(var, results)


def _clean(var: Path, results: dict[str, Any]) -> None:
    if results.get("bookings_in_database") is None:
        console.print(f"[red]left for a look:[/red] {var}")
        return
    shutil.rmtree(var, ignore_errors=True)


async def main(options: argparse.Namespace) -> int:
    # Whoever ends us early ends what we have started, too.
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    plan = Plan(6.0, 5.0, 6.0) if options.quick else Plan()
    random.seed(1)
    results: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "command": "python -m " + " ".join(["bench.run", *sys.argv[1:]]),
        "machine": machine.describe(),
        "load_before": [round(one, 2) for one in os.getloadavg()],
        "people": PEOPLE,
        "rate": RATE,
        "lotse": {},
        "stock": {},
    }
    status = 0
    sides: dict[str, Callable[[], Awaitable[None]]] = {}
    if options.only != "stock":
        sides["lotse"] = lambda: measure_ours(plan, results["lotse"])
    if options.only != "lotse":
        trained = await stock.model(console.print)
        sides["stock"] = lambda: measure_stock(plan, results["stock"], trained)
    started = time.perf_counter()
    for name, measure in sides.items():
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await measure()
        except (Failed, TimeoutError) as error:
            reason = str(error) or f"not done after {LONGEST_SECONDS} s"
            console.print(f"{name} could not be measured: {reason}", markup=False)
            results[name]["failed"] = reason[:500]
            status = 1
    results["seconds"] = round(time.perf_counter() - started)
    results["load_after"] = [round(one, 2) for one in os.getloadavg()]
    options.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    table = report.table(results)
    print(table)
    if options.docs:
        report.write(table)
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["lotse", "stock"], help="measure one side")
    parser.add_argument("--quick", action="store_true", help="a few seconds each, for a try")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md, too")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(uvloop.run(main(_options())))
