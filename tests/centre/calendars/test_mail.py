"""Invitations by e-mail, through a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import icalendar
import pytest

from centre.appointments import mail
from centre.people import Person
from storage.engine import Database
from tests.centre.calendars.booked import (
    TUESDAY,
    cancel,
    connect,
    overdue,
    take,
)
from tests.centre.calendars.servers import (
    ADDRESS,
    SENDER,
    Postbox,
)
from tests.centre.conftest import Work, who
from translations.catalogue import say


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
