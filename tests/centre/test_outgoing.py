"""Outgoing calendars against a real CalDAV server and a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import icalendar
import pytest
import radicale
import radicale.config
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from caldav.davclient import DAVClient
from sqlalchemy import select, text

from bot import appointment_jobs
from centre import appointments, privacy
from centre.appointments import Appointment, Wish, caldav_push, connected, mail, outgoing
from centre.appointments.calendar_tables import CalendarAccount, CalendarPush
from centre.appointments.connected import Overdue
from centre.people import Person
from lotse.processes import free_port
from storage import clock, queue
from storage.engine import Database
from tests.centre.conftest import berlin, sent_to, who
from translations.catalogue import say

FIRST, SECOND = "m-reutlingen-1", "m-reutlingen-2"
TUESDAY = berlin(2026, 12, 1, 10, 0)
THURSDAY = berlin(2026, 12, 3, 10, 0)
USER, PASSWORD = "erika", "geheim:ä"
ADDRESS, SENDER = "erika@example.org", "lotse@example.org"


DUE = text(
    "select count(*) from procrastinate_jobs where status = 'todo'"
    " and (scheduled_at is null or scheduled_at <= now())"
)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


class Calendars:
    """A Radicale that can be switched off and on again, at the same address."""

    def __init__(self, folder: Path) -> None:
        users = folder / "users"
        users.write_text(f"{USER}:{PASSWORD}\n", "utf-8")
        configuration = radicale.config.load()
        configuration.update(
            {
                "auth": {
                    "type": "htpasswd",
                    "htpasswd_filename": str(users),
                    "htpasswd_encryption": "plain",
                    "delay": "0",
                },
                "storage": {"filesystem_folder": str(folder / "store")},
                "logging": {"level": "critical"},
            },
            "test",
        )
        self._application = radicale.Application(configuration)
        self._port = 0
        self._server: WSGIServer | None = None
        self.on()
        with self.client() as client:
            for name in ("one", "two"):
                client.mkcalendar(self.url(name))

    def on(self) -> None:
        self._server = make_server("127.0.0.1", self._port, self._application, handler_class=Quiet)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def off(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, name: str = "one") -> str:
        return f"http://127.0.0.1:{self._port}/{USER}/{name}/"

    def client(self) -> DAVClient:
        return DAVClient(
            self.url(), username=USER, password=PASSWORD, enable_rfc6764=False, timeout=10
        )

    def events(self, name: str = "one") -> list[icalendar.Component]:
        """What somebody who opens the calendar sees."""
        with self.client() as client:
            found = client.calendar(url=self.url(name)).get_events()
            return [
                event
                for one in found
                for event in icalendar.Calendar.from_ical(one.data).walk("VEVENT")
            ]


@pytest.fixture
def calendars(tmp_path: Path) -> Iterator[Calendars]:
    running = Calendars(tmp_path)
    yield running
    running.off()


class Postbox:
    """Takes e-mail; whoever it is for can be refused."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refuse = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _: Any):
        if self.refuse:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, mail.Server]]:
    box = Postbox()

    def sign_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (b"lotse", b"p@ss")
        return AuthResult(success=known, handled=False)

    port = free_port()
    controller = Controller(
        box, hostname="127.0.0.1", port=port, authenticator=sign_in, auth_require_tls=False
    )
    controller.start()
    there = mail.server(f"smtp://lotse:p%40ss@127.0.0.1:{port}", SENDER)
    assert there is not None
    yield box, there
    controller.stop()


Work = Callable[..., Awaitable[None]]


@pytest.fixture
def work(people: Database) -> Iterator[Work]:
    """Do what is due, with a real worker; ``later`` passes the time that retries wait for."""
    tasks = dict(queue.app.tasks)
    periodic = dict(queue.app.periodic_registry.periodic_tasks)

    async def run(server: mail.Server | None = None, later: timedelta = timedelta()) -> None:
        queue.app.tasks.clear()
        queue.app.periodic_registry.periodic_tasks.clear()
        appointment_jobs.register(people, server)
        queue.app.periodic_registry.periodic_tasks.clear()
        clock.advance(later)
        async with people.transaction() as session:
            await queue.bring_forward(session, later)
        async with queue.opened(people.url) as app:
            # A job may leave another one behind.
            while await due():
                await app.run_worker_async(
                    queues=[queue.queue_name()],
                    concurrency=4,
                    wait=False,
                    install_signal_handlers=False,
                    delete_jobs="always",
                )

    async def due() -> int:
        async with people.transaction() as session:
            return await session.scalar(DUE) or 0

    yield run
    queue.app.tasks.clear()
    queue.app.tasks.update(tasks)
    queue.app.periodic_registry.periodic_tasks.clear()
    queue.app.periodic_registry.periodic_tasks.update(periodic)


async def connect(db: Database, manager: str = FIRST, **values: str | None) -> None:
    async with db.transaction() as session:
        await connected.connect(session, CalendarAccount(manager_id=who(manager), **values))


async def connect_caldav(db: Database, url: str, manager: str = FIRST) -> None:
    await connect(
        db, manager, caldav_url=url, caldav_user=USER, caldav_password=PASSWORD, email=None
    )


async def take(
    db: Database, start: datetime = TUESDAY, manager: str = FIRST, moves: int | None = None
) -> Appointment:
    async with db.transaction() as session:
        hold = appointments.hold_for_person(moves) if moves else None
        made = await appointments.take(
            session,
            person_id=who("p1"),
            wish=Wish("reutlingen", managers=(who(manager),)),
            topic="ask_childcare",
            start=start,
            language="ar",
            request_key=None,
            hold=hold,
        )
        if hold:
            made = await appointments.confirm(session, made.id, who("p1"))
        return made


async def cancel(db: Database, number: int) -> None:
    async with db.transaction() as session:
        await appointments.cancel(session, number, who("p1"))


async def pushes(db: Database) -> list[CalendarPush]:
    async with db.transaction() as session:
        return list(await session.scalars(select(CalendarPush).order_by(CalendarPush.id)))


async def overdue(db: Database, manager: str | None = None) -> list[Overdue]:
    async with db.transaction() as session:
        return await connected.overdue(session, who(manager) if manager else None)


async def test_a_calendar_gets_what_is_booked_and_loses_what_is_cancelled(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    await work()
    [event] = calendars.events()
    assert event["UID"] == f"appointment-{made.id}@lotse"
    assert event.decoded("DTSTART") == TUESDAY
    assert say("topic.ask_childcare", "de") in event["SUMMARY"]
    assert str(event["STATUS"]) == "CONFIRMED"
    assert [one.status for one in await pushes(people)] == ["sent"]
    await cancel(people, made.id)
    await work()
    assert calendars.events() == []
    assert [(one.status, one.gone) for one in await pushes(people)] == [
        ("sent", False),
        ("sent", True),
    ]
    assert await overdue(people) == []


async def test_what_moved_is_at_the_new_time_only(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    await work()
    await take(people, THURSDAY, moves=made.id)
    await work()
    assert [one.decoded("DTSTART") for one in calendars.events()] == [THURSDAY]


@pytest.mark.parametrize("how", ["another row", "the same row"])
async def test_what_goes_to_a_colleague_goes_to_their_calendar(
    people: Database, calendars: Calendars, work: Work, how: str
) -> None:
    await connect_caldav(people, calendars.url("one"))
    await connect_caldav(people, calendars.url("two"), SECOND)
    made = await take(people)
    await work()
    assert (len(calendars.events("one")), len(calendars.events("two"))) == (1, 0)
    if how == "another row":
        await take(people, TUESDAY + timedelta(hours=1), SECOND, moves=made.id)
    else:
        async with people.transaction() as session:
            found = await session.get_one(Appointment, made.id)
            found.manager_id = who(SECOND)
            await session.flush()
            await queue.defer(session, "appointment_booked", appointment_id=made.id)
    await work()
    assert (len(calendars.events("one")), len(calendars.events("two"))) == (0, 1)


async def test_doing_it_again_changes_nothing(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    await work()
    for _ in range(2):
        async with people.transaction() as session:
            await outgoing.changed(session, made.id)
    await work()
    [push] = await pushes(people)
    assert (push.status, push.attempts) == ("sent", 0)
    assert await outgoing.deliver(people, push.id, None) is None
    assert await outgoing.deliver(people, 999_999, None) is None
    assert len(calendars.events()) == 1


async def test_a_server_that_is_down_is_tried_again_and_seen_until_it_is_back(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    calendars.off()
    made = await take(people)
    await work()
    [late] = await overdue(people, FIRST)
    assert (late.failure, late.given_up, late.channel) == ("unreachable", False, "caldav")
    assert late.start == TUESDAY
    assert await overdue(people, SECOND) == []
    await work()  # nothing is due yet
    assert [one.attempts for one in await pushes(people)] == [1]
    await work(later=timedelta(minutes=1))
    await work(later=timedelta(minutes=2))
    assert [one.attempts for one in await pushes(people)] == [3]
    calendars.on()
    await work(later=timedelta(minutes=3))
    assert [one["UID"] for one in calendars.events()] == [f"appointment-{made.id}@lotse"]
    assert await overdue(people) == []


async def test_what_was_cancelled_while_the_server_was_down_never_appears(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    calendars.off()
    made = await take(people)
    await work()
    await cancel(people, made.id)
    calendars.on()
    # The new job brings the waiting one forward: no time has to pass.
    await work()
    assert calendars.events() == []
    assert {one.status for one in await pushes(people)} == {"sent"}


async def test_what_is_over_before_anybody_heard_of_it_is_not_told(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    made = await take(people)
    async with people.transaction() as session:
        await outgoing.changed(session, made.id)
    await cancel(people, made.id)
    await work()
    assert await pushes(people) == []
    assert calendars.events() == []


async def test_what_changes_while_it_is_being_sent_is_sent_as_well(
    people: Database, work: Work
) -> None:
    kept: dict[str, bytes] = {}
    seen: list[str] = []

    async def server(request: web.Request) -> web.Response:
        seen.append(request.method)
        if request.method == "PUT":
            if not kept:
                await cancel(people, made.id)
            kept[request.path] = await request.read()
            return web.Response(status=201)
        if request.path not in kept:
            return web.Response(status=404)
        if request.method == "DELETE":
            del kept[request.path]
            return web.Response(status=204)
        return web.Response(body=kept[request.path], content_type="text/calendar")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server)
    there = TestServer(application)
    await there.start_server()
    made = await take(people)
    await connect_caldav(people, str(there.make_url("/cal/")))
    await work()
    await there.close()
    assert seen[0] == "PUT"
    assert "DELETE" in seen
    assert kept == {}
    assert {one.status for one in await pushes(people)} == {"sent"}


async def nonsense(request: web.Request) -> web.Response:
    return web.Response(text="<html>Please sign in to the guest network", content_type="text/html")


async def broken_xml(request: web.Request) -> web.Response:
    return web.Response(status=207, text="<<<not xml", content_type="text/xml")


async def somebody_elses(request: web.Request) -> web.Response:
    event = icalendar.Event()
    event.add("uid", "other")
    event.add("dtstart", TUESDAY)
    body = icalendar.Calendar(VERSION="2.0")
    body.add_component(event)
    return web.Response(body=body.to_ical(), content_type="text/calendar")


async def in_trouble(request: web.Request) -> web.Response:
    return web.Response(status=503, headers={"Retry-After": "100000"})


async def forbidden(request: web.Request) -> web.Response:
    return web.Response(status=403)


async def asks_for_nothing_known(request: web.Request) -> web.Response:
    return web.Response(status=401, headers={"WWW-Authenticate": "Riddle"})


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (nonsense, "nonsense"),
        (broken_xml, "nonsense"),
        (somebody_elses, "nonsense"),
        (in_trouble, "unreachable"),
        (forbidden, "refused"),
        (asks_for_nothing_known, "nonsense"),
    ],
)
async def test_a_server_that_answers_nonsense_is_not_believed(
    people: Database, calendars: Calendars, work: Work, answer: Any, failure: str
) -> None:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    odd = TestServer(application)
    await odd.start_server()
    await connect_caldav(people, str(odd.make_url("/cal/")))
    await take(people)
    await work()
    [late] = await overdue(people, FIRST)
    assert (late.failure, late.given_up) == (failure, False)
    await odd.close()
    # The address was mistyped: the right one gets everything.
    await connect_caldav(people, calendars.url())
    await work()
    assert len(calendars.events()) == 1
    assert await overdue(people) == []


async def test_a_server_that_hangs_up_or_never_ends_is_unreachable(
    people: Database, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caldav_push, "PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr(caldav_push, "ALL_TOGETHER", timedelta(seconds=2))

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.2)
        except ConnectionError:
            writer.close()

    for behaviour in (hang_up, trickle):
        async with await asyncio.start_server(behaviour, "127.0.0.1", 0) as odd:
            port = odd.sockets[0].getsockname()[1]
            there = caldav_push.Account(f"http://127.0.0.1:{port}/", USER, PASSWORD)
            with pytest.raises(caldav_push.NotDelivered) as refused:
                await caldav_push.test(there, caldav_push.test_event())
            assert refused.value.data == {"failure": "unreachable"}


async def test_a_wrong_password_is_refused_and_the_right_one_delivers(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect(
        people, caldav_url=calendars.url(), caldav_user=USER, caldav_password="falsch", email=None
    )
    await take(people)
    await work()
    assert [one.failure for one in await overdue(people)] == ["refused"]
    await connect_caldav(people, calendars.url())
    await work()
    assert len(calendars.events()) == 1
    assert await overdue(people) == []


async def test_after_a_day_it_is_given_up_the_manager_is_told_and_it_can_be_tried_again(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    await take(people, THURSDAY)
    calendars.off()
    await work()
    await work(later=timedelta(hours=23))
    assert [one.given_up for one in await overdue(people)] == [False]
    await work(later=timedelta(hours=2))
    [late] = await overdue(people, FIRST)
    assert late.given_up
    async with people.transaction() as session:
        told = (await sent_to(session, FIRST))[-1]
        waiting = await session.scalar(
            text("select count(*) from procrastinate_jobs where task_name = 'appointment_push'")
        )
    assert waiting == 0
    assert told.text == say(
        "calendar.gave_up",
        "de",
        day="Donnerstag, 3. Dezember 2026",
        start="10:00",
        problem=say("calendar.failure_unreachable", "de"),
    )
    calendars.on()
    async with people.transaction() as session:
        await connected.everything(session, who(FIRST))
    await work()
    assert len(calendars.events()) == 1
    assert await overdue(people) == []


async def test_whoever_erases_themselves_also_leaves_the_managers_calendar(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    await take(people)
    await work()
    assert len(calendars.events()) == 1
    async with people.transaction() as session:
        await privacy.erase(session, who("p1"))
    await work()
    assert calendars.events() == []


async def test_a_calendar_connected_later_gets_what_is_ahead_and_nothing_once_disconnected(
    people: Database, calendars: Calendars, work: Work
) -> None:
    made = await take(people)
    await work()
    await connect_caldav(people, calendars.url())
    await work()
    assert len(calendars.events()) == 1
    await connect_caldav(people, calendars.url("two"))
    await work()
    assert len(calendars.events("two")) == 1
    await cancel(people, made.id)
    async with people.transaction() as session:
        await connected.disconnect(session, who(FIRST))
    await work()
    assert len(calendars.events("two")) == 1
    assert await pushes(people) == []


async def test_what_was_sent_is_forgotten_a_month_later(
    people: Database, calendars: Calendars, work: Work
) -> None:
    await connect_caldav(people, calendars.url())
    await take(people)
    await work()
    clock.advance(timedelta(days=20))
    for left in (1, 0):
        async with people.transaction() as session:
            await connected.forget_old(session)
        assert len(await pushes(people)) == left
        clock.advance(timedelta(days=20))


async def test_an_invitation_arrives_by_mail_and_its_cancellation(
    people: Database, postbox: tuple[Postbox, mail.Server], work: Work
) -> None:
    box, server = postbox
    async with people.transaction() as session:
        (await session.get_one(Person, who("p1"))).name = "Ratsuchende Person"
    await connect(people, email=ADDRESS)
    made = await take(people)
    await work(server)
    await cancel(people, made.id)
    await work(server)
    invited, cancelled = box.taken
    assert (invited["From"], invited["To"]) == (f"Lotse <{SENDER}>", ADDRESS)
    assert invited["Subject"] == "Termin: Dienstag, 1. Dezember 2026, 10:00"
    assert cancelled["Subject"] == "Abgesagt: Dienstag, 1. Dezember 2026, 10:00"
    assert invited.get_content_type() == "multipart/alternative"
    events = []
    for message, method in ((invited, "REQUEST"), (cancelled, "CANCEL")):
        words, file = message.iter_parts()
        assert words.get_content_type() == "text/plain"
        assert file.get_content_type() == "text/calendar"
        assert file["Content-Type"].params["method"] == method
        calendar = icalendar.Calendar.from_ical(file.get_payload(decode=True))
        assert calendar["METHOD"] == method
        [event] = calendar.walk("VEVENT")
        assert event["ORGANIZER"] == f"mailto:{SENDER}"
        assert event["ATTENDEE"] == f"mailto:{ADDRESS}"
        assert event.decoded("DTSTART") == TUESDAY
        events.append(event)
        assert "Ratsuchende" not in message.as_string()
    assert say("topic.ask_childcare", "de") in invited.get_body().get_content()
    assert events[0]["UID"] == events[1]["UID"]
    assert events[0]["SEQUENCE"] < events[1]["SEQUENCE"]
    assert [str(one["STATUS"]) for one in events] == ["CONFIRMED", "CANCELLED"]


async def test_without_a_mail_server_that_is_what_is_shown(people: Database, work: Work) -> None:
    await connect(people, email=ADDRESS)
    await take(people)
    await work()
    assert [one.failure for one in await overdue(people)] == ["not_set_up"]


async def test_a_mail_that_is_refused_is_tried_again(
    people: Database, postbox: tuple[Postbox, mail.Server], work: Work
) -> None:
    box, server = postbox
    box.refuse = True
    await connect(people, email=ADDRESS)
    await take(people)
    await work(server)
    assert [one.failure for one in await overdue(people)] == ["refused"]
    with pytest.raises(mail.NotDelivered):
        await mail.test(server, ADDRESS)
    box.refuse = False
    await mail.test(server, ADDRESS)
    assert box.taken == []
    await work(server, later=timedelta(minutes=1))
    assert len(box.taken) == 1
    assert await overdue(people) == []


@pytest.mark.parametrize(
    ("greeting", "failure"),
    [(b"", "unreachable"), (b"moin\r\n", "nonsense"), (b"554 go away\r\n", "refused")],
)
async def test_odd_mail_servers_have_a_name(greeting: bytes, failure: str) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as odd:
        port = odd.sockets[0].getsockname()[1]
        server = mail.server(f"smtp://127.0.0.1:{port}", SENDER)
        assert server is not None
        with pytest.raises(mail.NotDelivered) as refused:
            await mail.test(server, ADDRESS)
    assert refused.value.data == {"failure": failure}


async def test_a_wrong_password_for_the_mail_server_is_refused(
    postbox: tuple[Postbox, mail.Server],
) -> None:
    server = postbox[1]
    wrong = mail.server(f"smtp://lotse:wrong@127.0.0.1:{server.port}", SENDER)
    assert wrong is not None
    with pytest.raises(mail.NotDelivered) as refused:
        await mail.test(wrong, ADDRESS)
    assert refused.value.data == {"failure": "refused"}


def test_a_text_cannot_add_headers_to_a_mail() -> None:
    event = icalendar.Event()
    event.add("uid", "appointment-1@lotse")
    made = mail.message(
        event,
        sender=SENDER,
        recipient=ADDRESS,
        subject="Termin\r\nBcc: eve@example.org\u2028\x00!",
        body="Hallo\r\n.\r\nBcc: eve@example.org",
        method=mail.REQUEST,
    )
    read = message_from_bytes(made.as_bytes(), policy=default)
    assert set(read.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"),
        *("MIME-Version", "Content-Type"),
    }
    assert read["Subject"] == "Termin Bcc: eve@example.org !"
    assert not mail.is_address("erika@example.org\r\nBcc: eve@example.org")


@pytest.mark.parametrize(
    ("url", "sender", "what"),
    [
        ("http://mail.example.org", SENDER, "SMTP_URL"),
        ("smtp://", SENDER, "SMTP_URL"),
        ("smtp://mail.example.org:99999999", SENDER, "SMTP_URL"),
        ("smtp://mail.example.org", None, "MAIL_FROM"),
        ("smtp://mail.example.org", "Lotse <lotse@example.org>", "MAIL_FROM"),
        ("smtp://mail.example.org", "lotse@example.org\nBcc: x@example.org", "MAIL_FROM"),
    ],
)
def test_settings_that_mean_nothing_are_refused(url: str, sender: str | None, what: str) -> None:
    with pytest.raises(mail.BadMailSettings) as refused:
        mail.server(url, sender)
    assert refused.value.data == {"what": what}


def test_settings_are_read() -> None:
    assert mail.server(None, None) is None
    server = mail.server("smtps://a%40b:c%3Ad@mail.example.org", SENDER)
    assert server == mail.Server("mail.example.org", 465, True, SENDER, "a@b", "c:d")
    assert "c:d" not in repr(server)
    plain = mail.server("smtp://mail.example.org", SENDER)
    assert plain is not None
    assert (plain.port, plain.tls, plain.user) == (587, False, None)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://cloud.example.org/remote.php/dav/calendars/erika/personal/", True),
        ("http://127.0.0.1:5232/erika/one/", True),
        ("https://erika:geheim@cloud.example.org/", False),
        ("ftp://cloud.example.org/", False),
        ("https://", False),
        ("https://cloud.example.org:x/", False),
        ("https://cloud.example.org/\nHost: other", False),
    ],
)
def test_an_address_of_a_calendar_is_looked_at(url: str, fine: bool) -> None:
    assert caldav_push.is_url(url) is fine
