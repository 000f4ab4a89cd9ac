"""``python -m bench.talks``: how fast words pass through a talk, and how fast helpers are asked.

The whole of Lotse runs towards the emulated Telegram (webhook): 50 talks go on and 100 requests are
open while 20 more are made, by buttons, one after the other. A relay's time runs from the emulated
Telegram having the message until it has the other side's; a request's from the last tap until the
first interpreter has it. Beside it, in the same run, the plainest relay there is: a bot that keeps
the pairs in memory and sends every message on, without a database, a queue or anything taken out.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import uvloop
from aiohttp import web
from rich.console import Console

from bench import ours
from bench.load import tap
from bench.telegram import TOKEN, BenchPeer, Chat, listening

TALKS, OPEN, REQUESTS, POOL = 50, 100, 20, 85
RATE, SECONDS = 5.0, 40.0
PATIENCE = 20.0
SEED = 7
IDS = uuid.uuid5(uuid.NAMESPACE_URL, "lotse:bench:talks")
LANGUAGES = ("so", "ti", "am", "ar", "fa")
PEOPLE, HELPERS, WAITING, ASKING, POOLED = 10_000, 20_000, 30_000, 40_000, 50_000

console = Console()

PERSON = """
insert into people (id, role, name, language, centre, consented_at, created_at, dialogue)
values (%s, %s, 'Muster', 'de', 'reutlingen', now(), now(), '{}')
"""
ADDRESS = """
insert into addresses (person_id, channel, address, last_used_at)
values (%s, 'telegram', %s, now())
"""
SPEAKS = "insert into interpreter_languages (person_id, language) values (%s, %s)"
# At any hour of any day: else a measurement at night would find nobody to ask.
FREE = """
insert into interpreter_hours (person_id, weekday, start, "end")
select %s, weekday, '00:00', '23:59:59' from generate_series(0, 6) weekday
"""
TALK = """
insert into handoffs (kind, person_id, helper_id, centre, language, spoken, status, urgent,
  created_at, matched_at, last_word_at)
values ('interpreter', %s, %s, 'reutlingen', 'ar', 'ar', 'matched', false, now(), now(), now())
"""
REQUEST = """
insert into handoffs (kind, person_id, centre, language, status, urgent, created_at, due_at, wave)
values ('interpreter', %s, 'reutlingen', %s, 'open', false, now(), now() + interval '1 hour', 1)
returning id
"""
ASK = """
insert into handoff_asks (handoff_id, helper_id, language, wave, asked_at)
values (%s, %s, %s, 1, now() - interval '2 days')
"""


def fill(url: str) -> None:
    """Make the people, their talks, their open requests and the pool."""

    def add(database: Any, chat: int, role: str) -> uuid.UUID:
        person = uuid.uuid5(IDS, str(chat))
        database.execute(PERSON, (person, role))
        database.execute(ADDRESS, (person, str(chat)))
        return person

    with psycopg.connect(url) as database:
        for number in range(TALKS):
            one = add(database, PEOPLE + number, "refugee")
            other = add(database, HELPERS + number, "interpreter")
            database.execute(TALK, (one, other))
        pool = [add(database, POOLED + number, "interpreter") for number in range(POOL)]
        for number, person in enumerate(pool):
            database.execute(SPEAKS, (person, LANGUAGES[number % len(LANGUAGES)]))
            database.execute(FREE, (person,))
        for number in range(OPEN):
            person = add(database, WAITING + number, "refugee")
            language = LANGUAGES[number % len(LANGUAGES)]
            (request,) = database.execute(REQUEST, (person, language)).fetchone() or (0,)
            for helper in pool[number % len(LANGUAGES) :: len(LANGUAGES)][:3]:
                database.execute(ASK, (request, helper, language))
        for number in range(REQUESTS):
            add(database, ASKING + number, "refugee")


def shown(name: str, seconds: list[float], lost: int) -> None:
    """Print one row: how many, and the waiting in milliseconds."""
    if not seconds:
        console.print(f"{name}: nothing arrived")
        return
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    console.print(
        f"{name}: {len(seconds)}, p50 {statistics.median(ordered) * 1000:.0f} ms,"
        f" p95 {p95 * 1000:.0f} ms, longest {ordered[-1] * 1000:.0f} ms, lost {lost}"
    )


async def relayed(peer: BenchPeer, pairs: list[tuple[Chat, Chat]]) -> tuple[list[float], int]:
    """Let people write at a fixed pace; return the seconds each message took, and the lost."""
    chance = random.Random(SEED)
    taken: list[float] = []
    lost = 0

    async def one(number: int) -> None:
        nonlocal lost
        writer, reader = random.sample(pairs[number % len(pairs)], 2)
        words = f"nachricht {chance.randrange(10**5)} ende"
        async with reader.busy:
            reader.forget()
            started = time.perf_counter()
            await peer.say(writer.number, words, "de")
            arrival = await reader.until(lambda got: words in got.call.text, PATIENCE)
        if arrival is None:
            lost += 1
        else:
            taken.append(arrival.at - started)

    running = []
    for number in range(int(RATE * SECONDS)):
        running.append(asyncio.create_task(one(number)))
        await asyncio.sleep(1 / RATE)
    await asyncio.gather(*running)
    return taken, lost


async def asked(peer: BenchPeer, people: list[Chat], pool: list[Chat]) -> tuple[list[float], int]:
    """Let people ask for an interpreter by buttons; return how long the first wave took."""
    taken: list[float] = []
    lost = 0
    for number, chat in enumerate(people):
        language = LANGUAGES[number % len(LANGUAGES)]
        await peer.say(chat.number, "/interpreter", "de")
        choice = f'/choose{{"language":"{language}"}}'
        if await chat.until(lambda got, data=choice: data in got.buttons, PATIENCE) is None:
            lost += 1
            continue
        topic = '/choose{"interpreter_topic":"letter"}'
        if await tap(peer, chat, choice, lambda got, data=topic: data in got.buttons) is None:
            lost += 1
            continue
        for one in pool:
            one.forget()
        waiting = [asyncio.create_task(one.until(_offered, PATIENCE)) for one in pool]
        started = time.perf_counter()
        await peer.tap(chat.number, topic, chat.last_message, "de")
        done, rest = await asyncio.wait(
            waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
        )
        first = next((one.result() for one in done if one.result() is not None), None)
        for one in rest:
            one.cancel()
        if first is None:
            lost += 1
        else:
            taken.append(first.at - started)
        await asyncio.sleep(0.5)
    return taken, lost


def _offered(got: Any) -> bool:
    return any(data.startswith("h:accept:") for data in got.buttons)


def plainest(telegram: str, partner: dict[int, int]) -> web.Application:
    """The peer: whoever writes, the other one gets it."""
    application = web.Application()

    async def update(request: web.Request) -> web.Response:
        message = (await request.json())["message"]
        session: aiohttp.ClientSession = application["session"]
        said = {"chat_id": partner[message["chat"]["id"]], "text": message["text"]}
        await session.post(f"{telegram}/bot{TOKEN}/sendMessage", json=said)
        return web.Response()

    async def opened(_: web.Application) -> Any:
        async with aiohttp.ClientSession() as session:
            application["session"] = session
            yield

    application.cleanup_ctx.append(opened)
    application.router.add_post("/hook", update)
    return application


def chats(peer: BenchPeer, first: int, count: int) -> list[Chat]:
    """Put people in front of their phones."""
    found = [Chat(first + number, "de") for number in range(count)]
    peer.chats.update({str(one.number): one for one in found})
    return found


async def measure(work: Callable[[BenchPeer, str], Awaitable[None]]) -> None:
    """Give ``work`` an emulated Telegram of its own."""
    peer = BenchPeer()
    async with listening(peer.app()) as telegram:
        try:
            await work(peer, telegram)
        finally:
            await peer.close()


async def lotse(peer: BenchPeer, telegram: str) -> None:
    """Measure Lotse."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as var:
        ours.prepare(Path(var))
        async with ours.running(telegram, Path(var), webhook=True) as running:
            fill(running.url)
            people, helpers = chats(peer, PEOPLE, TALKS), chats(peer, HELPERS, TALKS)
            pairs = list(zip(people, helpers, strict=True))
            await relayed(peer, pairs[:5])
            shown(f"relay, {TALKS} talks", *await relayed(peer, pairs))
            asking, pool = chats(peer, ASKING, REQUESTS), chats(peer, POOLED, POOL)
            chats(peer, WAITING, OPEN)
            shown(f"first wave, {OPEN} open requests", *await asked(peer, asking, pool))


async def plain(peer: BenchPeer, telegram: str) -> None:
    """Measure the plainest relay there is."""
    people, helpers = chats(peer, PEOPLE, TALKS), chats(peer, HELPERS, TALKS)
    pairs = list(zip(people, helpers, strict=True))
    partner = {one.number: other.number for one, other in pairs}
    partner |= {other: one for one, other in partner.items()}
    async with listening(plainest(telegram, partner)) as address, aiohttp.ClientSession() as own:
        await own.post(f"{telegram}/bot{TOKEN}/setWebhook", json={"url": f"{address}/hook"})
        shown("plain relay in memory", *await relayed(peer, pairs))


async def main() -> None:
    """Measure both, one after the other."""
    await measure(plain)
    await measure(lotse)


if __name__ == "__main__":
    uvloop.run(main())
