"""``lotse calendar …``: where managers' appointments are sent to, and what did not arrive."""

from __future__ import annotations

import getpass
import sys
import uuid
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lotse.cli_run import with_database

calendar = typer.Typer(
    no_args_is_help=True, help="Managers' own calendars: e-mail invitations and CalDAV."
)
Manager = Annotated[str, typer.Argument(help="the manager's id or name (lotse calendar list)")]


@calendar.command("list")
def list_accounts() -> None:
    """List the managers, where their appointments are sent to, and what did not arrive."""

    async def work(settings: Any, url: str) -> None:
        from centre import format
        from centre.appointments import connected
        from centre.appointments.calendar_tables import CalendarAccount, CalendarFeed
        from storage.engine import Database

        database = Database(url, pool=2)
        async with database.transaction() as session:
            feeds = set(await session.scalars(select(CalendarFeed.manager_id)))
            rows = await session.scalars(select(CalendarAccount))
            accounts = {one.manager_id: one for one in rows}
            for person in await _managers(session):
                account = accounts.get(person.id)
                ways = [
                    "private address" if person.id in feeds else None,
                    account and account.email,
                    account and account.caldav_url,
                ]
                typer.echo(f"{person.id}  {person.name or '–'}")
                typer.echo(f"    {', '.join(one for one in ways if one) or 'nothing'}")
                for late in await connected.overdue(session, person.id):
                    state = "given up" if late.given_up else "waiting"
                    when = f"{format.date(late.start, 'en')}, {format.time(late.start, 'en')}"
                    typer.echo(f"    {state}: {when}, {late.channel}: {late.failure}")
        await database.close()

    with_database(work)


@calendar.command()
def connect(
    manager: Manager,
    email: Annotated[str | None, typer.Option("--email", help="invitations go there")] = None,
    caldav_url: Annotated[
        str | None, typer.Option("--caldav-url", help="address of the one calendar")
    ] = None,
    caldav_user: Annotated[str | None, typer.Option("--caldav-user")] = None,
) -> None:
    """Send a manager's appointments by e-mail, to a CalDAV calendar, or both.

    It replaces what was connected before. The calendar's password is asked for, or read from
    standard input; it is kept in the database as it is. Everything ahead is sent at once.
    """
    from centre.appointments import caldav_push, connected, mail
    from centre.appointments.calendar_tables import CalendarAccount

    if email is None and caldav_url is None:
        _refuse("Name an --email, a --caldav-url, or both (lotse calendar disconnect ends it).")
    if email is not None and not mail.is_address(email):
        _refuse("This is no e-mail address.")
    if caldav_url is not None and not caldav_push.is_url(caldav_url):
        _refuse("This is no address of a calendar: https://…, without a password in it.")
    password = _password() if caldav_user else None

    async def work(session: AsyncSession, person: Any, settings: Any) -> None:
        account = CalendarAccount(
            manager_id=person.id,
            email=email,
            caldav_url=caldav_url,
            caldav_user=caldav_user if caldav_url else None,
            caldav_password=password if caldav_url else None,
        )
        await connected.connect(session, account)
        typer.echo("Connected. Find out whether it works: lotse calendar test")
        if email and not settings.smtp_url:
            typer.echo("No e-mail goes out yet: SMTP_URL and MAIL_FROM are not set.")

    _with_manager(manager, work)


@calendar.command()
def disconnect(manager: Manager) -> None:
    """Send nothing more to a manager's calendars, and forget the password."""
    from centre.appointments import connected

    async def work(session: AsyncSession, person: Any, settings: Any) -> None:
        await connected.disconnect(session, person.id)
        typer.echo("Disconnected. What is in the calendar stays there.")

    _with_manager(manager, work)


@calendar.command()
def test(manager: Manager) -> None:
    """Try what is connected: sign in, write an event and take it out again. No e-mail is sent."""
    from centre.appointments import caldav_push, mail
    from centre.appointments.calendar_tables import CalendarAccount
    from centre.appointments.errors import NOT_SET_UP, NotDelivered

    failed = []

    async def tried(name: str, work: Any) -> None:
        try:
            await work
            typer.echo(f"{name}: works")
        except NotDelivered as error:
            failed.append(name)
            typer.echo(f"{name}: {error.data['failure']}")

    async def work(session: AsyncSession, person: Any, settings: Any) -> None:
        account = await session.get(CalendarAccount, person.id)
        if account is None:
            _refuse("Nothing is connected for this manager.")
        if account.email:
            try:
                server = mail.server(settings.smtp_url, settings.mail_from)
            except mail.BadMailSettings as error:
                _refuse(f"{error.data['what']} can't be understood (docs/deploy.md).")
            if server is None:
                failed.append("e-mail")
                typer.echo(f"e-mail: {NOT_SET_UP}")
            else:
                await tried("e-mail", mail.test(server, account.email))
        if account.caldav_url:
            there = caldav_push.Account(
                account.caldav_url, account.caldav_user, account.caldav_password
            )
            await tried("CalDAV", caldav_push.test(there, caldav_push.test_event()))

    _with_manager(manager, work)
    if failed:
        raise typer.Exit(1)


def _with_manager(written: str, work: Any) -> None:
    """Run ``work(session, person, settings)`` for the one manager that is meant."""

    async def found(settings: Any, url: str) -> None:
        from storage.engine import Database

        database = Database(url, pool=2)
        try:
            async with database.transaction() as session:
                fitting = [
                    one
                    for one in await _managers(session)
                    if written in (str(one.id), one.name) or _as_uuid(written) == one.id
                ]
                if len(fitting) != 1:
                    known = "no manager" if not fitting else "several managers"
                    _refuse(f"There is {known} of that name: take the id (lotse calendar list).")
                await work(session, fitting[0], settings)
        finally:
            await database.close()

    with_database(found)


async def _managers(session: AsyncSession) -> Any:
    from centre.people import Person

    query = select(Person).where(Person.role == "manager").order_by(Person.centre, Person.name)
    return (await session.scalars(query)).all()


def _as_uuid(written: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(written)
    except ValueError:
        return None


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password of the calendar: ")
    return sys.stdin.readline().rstrip("\r\n")


def _refuse(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(2)
