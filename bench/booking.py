"""``python -m bench.booking``: how fast times are found and booked, and how often twice.

100 managers, 8 weeks, about half of it booked, and half a year behind it. First the search for free
times. Then 200 people in four processes book at once, most of them wanting the same few times:
through our transactions, and in the way of the peers, who look for a free manager and then insert
(``READ COMMITTED``, no guard in the database). Both tell the manager and leave the same job.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from rich.console import Console
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments import Appointment, Wish, after, book, free_days, free_times
from centre.appointments.availability import next_times
from storage import clock
from storage.embedded import EmbeddedServer
from storage.engine import Database, ensure_database
from storage.errors import LotseError
from storage.migrate import upgrade

MANAGERS, WEEKS, WEEKS_BEHIND = 100, 8, 26
SEARCHES, WARM, SEED = 220, 20, 6
PROCESSES, CLIENTS, ROUNDS, CONNECTIONS = 4, 200, 3, 5
NOW = datetime(2026, 11, 30, 8, 0, tzinfo=clock.BERLIN)
IDS = uuid.uuid5(uuid.NAMESPACE_URL, "lotse:bench")
KINDS = ("first", "follow_up", "documents", "phone")
TIMES = 160
TOLD_MS = ((50, "p50"), (95, "p95"), (99, "p99"))

console = Console()

PEOPLE = text("""
insert into people (id, role, name, centre, language, created_at, dialogue)
values (:id, :role, 'Muster', 'reutlingen', 'de', now(), '{}')
""")
ADDRESSES = text("""
insert into addresses (person_id, channel, address, last_used_at)
select id, 'telegram', row_number() over (), now() from people where role = 'manager'
""")
SETTINGS = text("""
insert into manager_settings (manager_id, gender, languages, buffer_minutes, municipalities)
select id, case when n % 2 = 0 then 'f' else 'm' end,
  case when n % 5 = 0 then '{de,ar}' else '{de,en}' end::text[], n % 3 * 5, '{}'
from (select id, row_number() over (order by id) as n from people where role = 'manager') one
""")
HOURS = text("""
insert into working_hours (manager_id, centre, weekday, start, "end", open_consultation)
select id, 'reutlingen', day, opens, closes, false
from people, generate_series(0, 4) day,
  (values (time '09:00', time '12:00'), (time '13:00', time '16:00')) as half (opens, closes)
where role = 'manager'
""")
# Every manager has one person who comes again and again, every second half hour.
BOOKED = text("""
insert into appointments (manager_id, person_id, centre, topic, kind, language, during, blocked,
  childcare, step_free, created_at, sequence, changed_at, cancelled_at)
select m.id, p.id, 'reutlingen', 'other', 'follow_up', 'de', during,
  tstzrange(lower(during), upper(during) + make_interval(mins => s.buffer_minutes)),
  false, false, now(), 0, now(), case when random() < 0.1 then now() end
from (select id, row_number() over (order by id) as n from people where role = 'manager') m
join (select id, row_number() over (order by id) as n from people where role = 'volunteer') p
  using (n)
join manager_settings s on s.manager_id = m.id,
generate_series(cast(:begin as timestamp), cast(:end as timestamp), interval '1 hour') hour,
lateral (select tstzrange(hour at time zone 'Europe/Berlin',
  (hour + interval '30 minutes') at time zone 'Europe/Berlin')) as at (during)
where extract(isodow from hour) < 6 and extract(hour from hour) in (9, 10, 11, 13, 14, 15)
""")
DOUBLE = text("""
select count(distinct b.id) from appointments a join appointments b
  on a.manager_id = b.manager_id and a.id < b.id and a.during && b.during
where a.cancelled_at is null and b.cancelled_at is null
""")
PEER_LOOKS = text("""
select p.id from people p
join working_hours w on w.manager_id = p.id and w.centre = 'reutlingen'
  and w.weekday = extract(isodow from cast(:start as timestamp)) - 1
  and w.start <= cast(cast(:start as timestamp) as time)
  and w."end" >= cast(cast(:end as timestamp) as time)
where p.role = 'manager' and not exists (select from appointments a
  where a.manager_id = p.id and a.cancelled_at is null and a.during && :during)
order by (select count(*) from appointments a
  where a.manager_id = p.id and a.cancelled_at is null and upper(a.during) > :now), p.id
limit 1
""").bindparams(bindparam("during", type_=TSTZRANGE))


async def fill(session: AsyncSession) -> int:
    """Make managers, their hours, people and appointments; return how many of these."""
    people = [
        {"id": uuid.uuid5(IDS, f"{role}-{n}"), "role": role}
        for role, count in (
            ("manager", MANAGERS),
            ("volunteer", MANAGERS),
            ("refugee", CLIENTS * ROUNDS),
        )
        for n in range(count)
    ]
    await session.execute(PEOPLE, people)
    for statement in (ADDRESSES, SETTINGS, HOURS):
        await session.execute(statement)
    await session.execute(text("select setseed(0.6)"))
    begin = (NOW - timedelta(weeks=WEEKS_BEHIND)).date()
    await session.execute(BOOKED, {"begin": begin, "end": (NOW + timedelta(weeks=WEEKS)).date()})
    return await session.scalar(text("select count(*) from appointments")) or 0


async def measure_search(database: Database) -> dict[str, list[float]]:
    """Return the seconds that each way of looking took."""
    chance = random.Random(SEED)

    def wish() -> Wish:
        return Wish(
            "reutlingen",
            chance.choice(KINDS),
            prefer=chance.choice((None, uuid.uuid5(IDS, "manager-7"))),
            gender=chance.choice((None, None, "f", "m")),
            speaks=chance.choice((None, None, "ar")),
        )

    def moment() -> datetime:
        return NOW + timedelta(hours=chance.randrange(24 * 7 * (WEEKS - 1)))

    ways: dict[str, Callable[[AsyncSession], Awaitable[object]]] = {
        "next three times": lambda session: next_times(session, wish(), moment()),
        "next six days": lambda session: free_days(session, wish(), after=moment().date()),
        "all times of a day": lambda session: free_times(session, wish(), moment().date()),
        "all days of 8 weeks": lambda session: free_days(session, wish(), limit=7 * WEEKS),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(SEARCHES):
        for name, way in ways.items():
            async with database.transaction() as session:
                started = time.perf_counter()
                await way(session)
                if number >= WARM:
                    spent[name].append(time.perf_counter() - started)
    return spent


async def ours(session: AsyncSession, person: uuid.UUID, start: datetime) -> Appointment:
    return await book(
        session, person_id=person, centre="reutlingen", topic="other", start=start,
        language="de", request_key=str(person),
    )  # fmt: skip


async def peers(session: AsyncSession, person: uuid.UUID, start: datetime) -> Appointment:
    """Look for a free manager, then insert: nothing keeps two from finding the same one."""
    local, length = start.astimezone(clock.BERLIN).replace(tzinfo=None), timedelta(minutes=30)
    during = Range(start, start + length)
    looked = {"start": local, "end": local + length, "during": during, "now": clock.now()}
    manager = await session.scalar(PEER_LOOKS, looked)
    if manager is None:
        raise LotseError
    made = Appointment(
        manager_id=manager, person_id=person, centre="reutlingen", topic="other", language="de",
        during=during, blocked=during, request_key=str(person),
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await after.booked(session, made)
    return made


WAYS = {"ours": ours, "peers": peers}


Spent = list[tuple[float, float]]


def clients(url: str, process: int, way: str, times: list[datetime], begin: float) -> Spent:
    """Be a process with its share of the clients.

    Returns:
        The seconds of each booking from the wish to the answer, and those of its transaction.
    """
    return asyncio.run(_clients(url, process, way, times, begin))


async def _clients(url: str, process: int, way: str, times: list[datetime], begin: float) -> Spent:
    clock.set_now(NOW)
    database = Database(url, pool=CONNECTIONS)
    turns = asyncio.Semaphore(CONNECTIONS)
    spent: Spent = []
    share = CLIENTS // PROCESSES

    async def one(client: int) -> None:
        chance = random.Random(SEED + client)
        for turn in range(ROUNDS):
            person = uuid.uuid5(IDS, f"refugee-{client * ROUNDS + turn}")
            started = time.perf_counter()
            for start in chance.sample(times, len(times)):
                async with turns:
                    begun = time.perf_counter()
                    try:
                        await database.run(partial(WAYS[way], person=person, start=start))
                    except LotseError:
                        continue
                    done = time.perf_counter()
                spent.append((done - started, done - begun))
                break

    connect = (database.run(lambda s: s.execute(text("select 1"))) for _ in range(CONNECTIONS))
    await asyncio.gather(*connect)
    await asyncio.sleep(max(0.0, begin - time.time()))
    await asyncio.gather(*(one(process * share + number) for number in range(share)))
    await database.close()
    return spent


async def measure_booking(url: str, way: str) -> tuple[Spent, float, int]:
    """Return the seconds of each booking and of everything, and the double bookings."""
    database = Database(url, pool=1)
    async with database.transaction() as session:
        if way == "peers":
            for whose in ("manager", "person", "room", "interpreter"):
                drop = f"alter table appointments drop constraint no_overlap_per_{whose}"
                await session.execute(text(drop))
            await session.execute(
                text("create index on appointments (manager_id) where cancelled_at is null")
            )
        slots = await next_times(session, Wish("reutlingen"), NOW + timedelta(days=2), limit=TIMES)
    times = [slot.start for slot in slots]
    loop = asyncio.get_running_loop()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        begin = time.time() + 10  # everybody has started by then
        shares = await asyncio.gather(
            *(
                loop.run_in_executor(pool, clients, url, number, way, times, begin)
                for number in range(PROCESSES)
            )
        )
        whole = time.time() - begin
    async with database.transaction() as session:
        double = await session.scalar(DOUBLE) or 0
    await database.close()
    return [one for share in shares for one in share], whole, double


def told(seconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    return " / ".join(f"{cuts[share - 1] * 1e3:.1f}" for share, _ in TOLD_MS)


async def main(folder: Path, only: str | None) -> None:
    """Fill a database of its own, look, book, print."""
    clock.set_now(NOW)
    names = " / ".join(name for _, name in TOLD_MS)
    console.print(f"load average before: {os.getloadavg()[0]:.1f}")
    server = EmbeddedServer(folder / "postgres")
    try:
        for way in WAYS:
            if only not in (None, way, "search"):
                continue
            url = server.url(f"bench_{way}")
            await ensure_database(url)
            await asyncio.to_thread(upgrade, url)
            database = Database(url, pool=2)
            async with database.transaction() as session:
                count = await fill(session)
            async with database.transaction() as session:
                await session.execute(text("analyze"))
            if way == "ours" and only != "ours":
                console.print(f"{MANAGERS} managers, {count} appointments; ms {names}:")
                for name, seconds in (await measure_search(database)).items():
                    console.print(f"  {name:20} {told(seconds)}")
            await database.close()
            if only == "search":
                break
            spent, whole, double = await measure_booking(url, way)
            waited, worked = zip(*spent, strict=True)
            console.print(f"{way}: {CLIENTS} clients, {len(spent)} bookings; ms {names}:")
            console.print(f"  a booking with waiting  {told(waited)}")
            console.print(f"  its transaction alone   {told(worked)}")
            console.print(f"  {len(spent) / whole:.0f} bookings/s, {double} double bookings")
    finally:
        server.stop()
    console.print(f"load average after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("search", *WAYS))
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(Path(place), parser.parse_args().only))
