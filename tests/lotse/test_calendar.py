"""``lotse calendar``: connecting managers' calendars, trying them, seeing what did not arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from sqlalchemy.dialects.postgresql import Range
from typer.testing import CliRunner

from centre import demo
from centre.appointments.calendar_tables import CalendarPush
from lotse.cli import app
from lotse.processes import free_port
from storage import clock
from storage.engine import Database

MANAGER = str(demo.person_id("m-reutlingen-1"))
NAME = "Muster, Erika"
Run = Callable[..., Result]


@pytest.fixture
def run(db_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run ``lotse calendar …`` on a database of its own with the demonstration's people."""
    monkeypatch.setenv("DATABASE_URL", db_url)
    monkeypatch.setenv("LOTSE_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("SMTP_URL", raising=False)

    async def load() -> None:
        database = Database(db_url)
        async with database.transaction() as session:
            await demo.load(session)
        await database.close()

    asyncio.run(load())
    return lambda *arguments, text="": CliRunner().invoke(app, ["calendar", *arguments], input=text)


def accounts(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        columns = "email, caldav_url, caldav_user, caldav_password"
        return connection.execute(f"select {columns} from calendar_accounts").fetchall()


def test_a_calendar_is_connected_listed_tried_and_disconnected(run: Run, db_url: str) -> None:
    url = f"http://127.0.0.1:{free_port()}/erika/one/"
    done = run(
        *("connect", NAME, "--email", "erika@example.org", "--caldav-url", url),
        *("--caldav-user", "erika"),
        text="geheim:ä\n",
    )
    assert done.exit_code == 0, done.output
    assert "SMTP_URL and MAIL_FROM are not set" in done.output
    assert "geheim" not in done.output
    assert accounts(db_url) == [("erika@example.org", url, "erika", "geheim:ä")]
    listed = run("list").output
    assert f"erika@example.org, {url}" in listed
    assert "geheim" not in listed
    tried = run("test", MANAGER)
    assert tried.exit_code == 1
    assert "e-mail: not_set_up" in tried.output
    assert "CalDAV: unreachable" in tried.output
    assert run("disconnect", MANAGER).exit_code == 0
    assert accounts(db_url) == []
    assert run("test", MANAGER).exit_code == 2


def test_what_did_not_arrive_is_listed(run: Run, db_url: str) -> None:
    async def add() -> None:
        database = Database(db_url)
        start = clock.now() + timedelta(days=1)
        async with database.transaction() as session:
            for number, status in enumerate(("waiting", "failed", "sent")):
                session.add(
                    CalendarPush(
                        appointment_id=number,
                        manager_id=demo.person_id("m-reutlingen-1"),
                        channel="caldav",
                        during=Range(start, start + timedelta(minutes=30)),
                        status=status,
                        failure=None if status == "sent" else "refused",
                    )
                )
        await database.close()

    asyncio.run(add())
    listed = run("list").output
    assert listed.count("caldav: refused") == 2
    assert "waiting: " in listed
    assert "given up: " in listed


@pytest.mark.parametrize(
    "arguments",
    [
        (NAME,),
        (NAME, "--email", "erika"),
        (NAME, "--email", "erika@example.org\nBcc: eve@example.org"),
        (NAME, "--caldav-url", "cloud.example.org"),
        (NAME, "--caldav-url", "https://erika:geheim@cloud.example.org/"),
        ("Niemand", "--email", "erika@example.org"),
    ],
)
def test_what_means_nothing_is_refused(run: Run, db_url: str, arguments: tuple[str, ...]) -> None:
    assert run("connect", *arguments).exit_code == 2
    assert accounts(db_url) == []
