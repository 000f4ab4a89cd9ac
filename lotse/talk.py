"""``lotse chat``: a conversation in the terminal, and the scripted one with everybody."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from datetime import timedelta
from typing import Any, TextIO

from rich.console import Console
from sqlalchemy import select, text

from centre.people import Address
from lotse import ask
from lotse.settings import Settings
from lotse.stack import Stack, running
from storage import clock, queue
from storage.outbox import OutgoingMessage

SCRIPT_QUEUE = "lotse-script"
ANSWER_SECONDS = 60
SETTLE_SECONDS = 30
_DURATION = re.compile(
    r"^P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?$"
)


def duration(value: str) -> timedelta:
    """Return an ISO 8601 duration such as ``PT24H`` or ``P1DT30M``.

    Raises:
        ValueError: it is none, or has months or years (whose length is not fixed).
    """
    match = _DURATION.match(value)
    parts = {k: int(v) for k, v in match.groupdict().items() if v} if match else {}
    if not parts:
        raise ValueError(f"not a duration: {value!r}; write it like PT24H or P1D")
    return timedelta(**parts)


async def scripted(settings: Settings, url: str, lines: TextIO, out: TextIO) -> None:
    """Read JSON lines, write one JSON line for each (DESIGN section 8).

    A line that cannot be read gets ``{"error": …}`` and the script goes on.
    """
    async with running(settings, url, queue_name=f"{SCRIPT_QUEUE}-{time.time_ns()}") as stack:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, lines.readline):
            if not line.strip():
                continue
            answer = await _one_line(stack, line)
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
            out.flush()


async def _one_line(stack: Stack, line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
        if not isinstance(said, dict):
            raise ValueError("a line must be a JSON object")
        if "advance" in said:
            return await advance(stack, duration(str(said["advance"])))
        person = said.get("person")
        if not isinstance(person, str) or not person:
            raise ValueError('a line needs "person" or "advance"')
        content = {key: said[key] for key in ("text", "tap", "location") if key in said}
        if len(content) != 1:
            raise ValueError('a line needs exactly one of "text", "tap", "location"')
        content |= {key: said[key] for key in ("lang", "centre") if key in said}
        return await put(stack, person, content)
    except ValueError as error:
        return {"error": str(error)}
    except ask.NoAnswer as error:
        return {"error": "no answer", **error.data}


async def put(stack: Stack, person: str, content: dict[str, Any]) -> dict[str, Any]:
    """Have ``person`` do something and return what everybody got of it."""
    before = await ask.last_message(stack.database)
    started = time.perf_counter()
    number = await ask.put(stack.database, "script", person, content)
    await ask.answered(stack.database, number, ANSWER_SECONDS)
    took = (time.perf_counter() - started) * 1000
    # What follows for others (a freed time is offered on) belongs to this line too.
    await _settle(stack)
    mine, others = await _collect(stack, before, person)
    return {"person": person, "messages": mine, "others": others, "ms": round(took, 1)}


async def advance(stack: Stack, by: timedelta) -> dict[str, Any]:
    """Move the clock and wait until everything that fell due has run."""
    before = await ask.last_message(stack.database)
    started = time.perf_counter()
    clock.advance(by)
    async with stack.database.transaction() as session:
        await queue.bring_forward(session, by)
        await session.execute(
            text("select pg_notify('procrastinate_any_queue_v1', :what)"),
            {"what": json.dumps({"type": "job_inserted", "job_id": 0})},
        )
    await _settle(stack)
    took = (time.perf_counter() - started) * 1000
    _, others = await _collect(stack, before, None)
    return {"person": None, "messages": [], "others": others, "ms": round(took, 1)}


async def _settle(stack: Stack) -> None:
    due = text(
        "select count(*) from procrastinate_jobs where queue_name = :queue and"
        " (status = 'doing' or (status = 'todo' and coalesce(scheduled_at, now()) <= now()))"
    )
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            async with stack.database.transaction() as session:
                left = await session.scalar(due, {"queue": queue.queue_name()})
            if not left:
                return
            await asyncio.sleep(0.05)


async def _collect(
    stack: Stack, before: int, person: str | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what ``person`` got since ``before``, and what everybody else got."""
    rows = await ask.messages_after(stack.database, before)
    async with stack.database.transaction() as session:
        found = await session.execute(
            select(Address.person_id, Address.address).where(Address.channel == "script")
        )
        labels = {row.person_id: row.address for row in found}
    by_person: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        label = row.address if row.channel == "script" else labels.get(row.person_id)
        if label is not None:
            by_person.setdefault(label, []).append(shown(row))
    mine = by_person.pop(person, []) if person else []
    others = [{"person": label, "messages": got} for label, got in by_person.items()]
    return mine, others


def shown(row: OutgoingMessage) -> dict[str, Any]:
    """Return one message as the door promises it."""
    content = row.content
    buttons = [
        [{"label": one["label"], "data": one.get("data", ""), **_link(one)} for one in button_row]
        for button_row in content.get("buttons", [])
    ]
    message: dict[str, Any] = {"text": content["text"], "buttons": buttons}
    if content.get("document"):
        message["document"] = content["document"]
    return message


def _link(button: dict[str, Any]) -> dict[str, str]:
    return {"url": button["url"]} if button.get("url") else {}


async def terminal(settings: Settings, url: str, lang: str | None, centre: str | None) -> None:
    """Talk in the terminal: type words, or a button's number."""
    console = Console()
    console.print("[dim]starting Rasa …[/dim]")
    async with running(settings, url, queue_name=f"{SCRIPT_QUEUE}-{time.time_ns()}") as stack:
        person = f"terminal-{time.time_ns()}"
        content: dict[str, Any] = {"text": "/start"}
        buttons: list[str] = []
        hints = {"lang": lang} if lang else {}
        hints |= {"centre": centre} if centre else {}
        console.print("[dim]Ctrl-D ends. A number taps that button.[/dim]")
        while True:
            answer = await put(stack, person, {**content, **hints})
            buttons = _print(console, answer)
            line = await asyncio.get_running_loop().run_in_executor(None, _read)
            if line is None:
                return
            number = int(line) if line.isdecimal() else 0
            tapped = 0 < number <= len(buttons)
            content = {"tap": buttons[number - 1]} if tapped else {"text": line}


def _print(console: Console, answer: dict[str, Any]) -> list[str]:
    buttons: list[str] = []
    for message in answer["messages"]:
        console.print(f"\n[bold]Lotse[/bold] {message['text']}", markup=True, highlight=False)
        for row in message["buttons"]:
            labels = []
            for button in row:
                if button.get("url"):
                    labels.append(f"{button['label']}: {button['url']}")
                    continue
                buttons.append(button["data"])
                labels.append(f"[{len(buttons)}] {button['label']}")
            console.print("   " + "   ".join(labels), markup=False, style="cyan")
        if message.get("document"):
            console.print(f"   ({message['document']['name']})", style="dim")
    return buttons


def _read() -> str | None:
    sys.stdout.write("> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None
