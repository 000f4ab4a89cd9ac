"""How the people behave: questions, taps and bookings, at a fixed pace or as fast as it goes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bench.telegram import Arrival, BenchPeer, Chat

PATIENCE = 30.0  # seconds until a person gives up waiting for an answer
TRIES = 4  # how often a person tries again when others are faster
THINKING = 1.0  # seconds between reading and tapping, where a booking is timed

Act = Callable[[Chat], Awaitable[float | None]]


@dataclass
class Sample:
    """What was measured in one phase; times in seconds."""

    latencies: list[float] = field(default_factory=list)
    lost: int = 0
    rivals: int = 0
    seconds: float = 0.0

    def percentile(self, share: float) -> float | None:
        """Return the nearest-rank percentile in milliseconds, ``None`` without any."""
        if not self.latencies:
            return None
        ordered = sorted(self.latencies)
        rank = min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))
        return round(ordered[rank] * 1000, 1)

    def summary(self) -> dict[str, float | int | None]:
        return {
            "count": len(self.latencies),
            "p50_ms": self.percentile(0.50),
            "p95_ms": self.percentile(0.95),
            "max_ms": self.percentile(1.0),
            "unanswered": self.lost,
            "lost_to_a_rival": self.rivals,
        }


@dataclass(frozen=True)
class Dialect:
    """What the buttons of one system send, from the first step of a booking to the last."""

    tap: str
    booking: tuple[str | tuple[str, ...], ...]  # beginnings of the buttons' data, the first whole
    booked: Callable[[Arrival], bool]


class Rival(Exception):
    """The time was taken by somebody faster."""


async def ask(peer: BenchPeer, chat: Chat, text: str) -> float | None:
    """Type ``text``; return the seconds until the first answer."""
    chat.forget()
    started = time.perf_counter()
    await peer.say(chat.number, text, chat.language)
    arrival = await chat.until(lambda _: True, PATIENCE)
    return None if arrival is None else arrival.at - started


async def tap(
    peer: BenchPeer, chat: Chat, data: str, wanted: Callable[[Arrival], bool]
) -> tuple[float, Arrival] | None:
    """Tap a button; return the seconds until a ``wanted`` answer, and that answer."""
    chat.forget()
    started = time.perf_counter()
    await peer.tap(chat.number, data, chat.last_message, chat.language)
    arrival = await chat.until(wanted, PATIENCE)
    return None if arrival is None else (arrival.at - started, arrival)


async def book(peer: BenchPeer, chat: Chat, dialect: Dialect, thinking: float) -> float | None:
    """Book an appointment by buttons, any free time; return the seconds spent waiting.

    Raises:
        Rival: somebody else took the time between looking and booking.
    """
    waited = 0.0
    data = str(dialect.booking[0])
    for _ in range(3 * len(dialect.booking)):
        answer = await tap(peer, chat, data, lambda one: _leads_on(one, dialect))
        if answer is None:
            return None
        waited += answer[0]
        if dialect.booked(answer[1]):
            return waited
        step, choices = _choices(answer[1], dialect)
        if step == 0:
            raise Rival
        data = random.choice(choices)
        await asyncio.sleep(thinking)
    return None


def _choices(arrival: Arrival, dialect: Dialect) -> tuple[int, list[str]]:
    """Return the furthest step that the buttons offer, and the buttons of that step."""
    for step in reversed(range(len(dialect.booking))):
        fitting = [one for one in arrival.buttons if one.startswith(dialect.booking[step])]
        if fitting:
            return step, fitting
    return -1, []


def _leads_on(arrival: Arrival, dialect: Dialect) -> bool:
    return dialect.booked(arrival) or _choices(arrival, dialect)[0] >= 0


async def paced(chats: Sequence[Chat], act: Act, rate: float, seconds: float) -> Sample:
    """Begin ``rate`` acts a second, whether or not the earlier ones are done."""
    sample = Sample()
    started = time.perf_counter()

    async def one(chat: Chat, due: float) -> None:
        async with chat.busy:
            late = time.perf_counter() - due
            await _note(sample, act, chat, late if late > 0.005 else 0.0)

    running = []
    for number in range(int(rate * seconds)):
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        running.append(asyncio.create_task(one(chats[number % len(chats)], due)))
    await asyncio.gather(*running)
    sample.seconds = time.perf_counter() - started
    return sample


async def flat_out(chats: Sequence[Chat], act: Act, seconds: float, warm: float) -> Sample:
    """Everybody acts again as soon as they are answered; what ends after ``warm`` s counts."""
    sample = Sample(seconds=seconds)
    started = time.perf_counter()
    begin, end = started + warm, started + warm + seconds

    async def person(chat: Chat) -> None:
        while time.perf_counter() < end:
            mine = Sample()
            await _note(mine, act, chat, 0.0)
            if begin <= time.perf_counter() < end:
                sample.latencies += mine.latencies
                sample.lost += mine.lost
                sample.rivals += mine.rivals

    await asyncio.gather(*(person(chat) for chat in chats))
    return sample


async def once_each(chats: Sequence[Chat], act: Act, seconds: float) -> Sample:
    """Everybody at the same moment, until each has succeeded or ``seconds`` are over."""
    sample = Sample()
    started = time.perf_counter()

    async def person(chat: Chat) -> None:
        for _ in range(TRIES):
            mine = Sample()
            await _note(mine, act, chat, 0.0)
            sample.latencies += mine.latencies
            sample.rivals += mine.rivals
            if mine.latencies:
                sample.seconds = time.perf_counter() - started
                return

    work = asyncio.gather(*(person(chat) for chat in chats))
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        sample.seconds = seconds
    sample.lost = len(chats) - len(sample.latencies)
    return sample


async def _note(sample: Sample, act: Act, chat: Chat, late: float) -> None:
    try:
        took = await act(chat)
    except Rival:
        sample.rivals += 1
        return
    if took is None:
        sample.lost += 1
    else:
        sample.latencies.append(took + late)
