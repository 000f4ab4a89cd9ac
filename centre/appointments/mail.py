"""Invitations by e-mail: a message that calendars understand (iTIP in multipart, RFC 6047)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
import icalendar

from centre.appointments import calendar as ical
from centre.appointments.errors import NONSENSE, REFUSED, UNREACHABLE, NotDelivered
from storage import clock
from storage.errors import LotseError

PATIENCE = timedelta(seconds=10)
PORTS = {"smtp": 587, "smtps": 465}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
REQUEST, CANCEL = "REQUEST", "CANCEL"


class BadMailSettings(LotseError):
    """``SMTP_URL`` or ``MAIL_FROM`` is not what it should be; ``data`` has ``what``."""

    code = "bad_mail_settings"


@dataclass(frozen=True)
class Server:
    """Where e-mail is handed over.

    Attributes:
        host: name of the server.
        port: its port.
        tls: whether the connection is encrypted from the beginning (``smtps``).
        user, password: how to sign in; ``None`` for no signing in.
        sender: address the invitations come from.
    """

    host: str
    port: int
    tls: bool
    sender: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def server(url: str | None, sender: str | None) -> Server | None:
    """Read the settings; ``None`` when no e-mail server is named.

    Args:
        url: ``smtp://user:password@host:587`` or ``smtps://…``.
        sender: ``MAIL_FROM``.

    Raises:
        BadMailSettings: they can't be understood.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (KeyError, ValueError):
        raise BadMailSettings(what="SMTP_URL") from None
    if not parts.hostname:
        raise BadMailSettings(what="SMTP_URL")
    if not sender or not is_address(sender):
        raise BadMailSettings(what="MAIL_FROM")
    return Server(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "smtps",
        sender=sender,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def is_address(written: str) -> bool:
    """Return whether ``written`` is one plain e-mail address."""
    try:
        read = Address(addr_spec=written)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return written.isascii() and bool(read.username and read.domain)


def message(
    event: icalendar.Event, *, sender: str, recipient: str, subject: str, body: str, method: str
) -> EmailMessage:
    """Return an invitation, or its cancellation.

    Headers can't be added through a text: :class:`~email.message.EmailMessage` refuses line
    breaks in them, and the subject is made one line before.

    Args:
        event: what it is about; it gets organizer and attendee.
        sender: who invites, an address.
        recipient: the manager's address.
        subject: one line.
        body: for programs that do not read calendars.
        method: ``REQUEST`` or ``CANCEL``.
    """
    event.add("organizer", f"mailto:{sender}")
    # It is agreed on already: nobody is asked for an answer, and none would be read.
    partstat = {"PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    event.add("attendee", f"mailto:{recipient}", parameters=partstat)
    file = ical.written([event], method=method).decode("utf-8")
    made = EmailMessage(policy=SMTP_POLICY)
    made["Subject"] = ical.plain(subject)
    made["From"] = Address(display_name="Lotse", addr_spec=sender)
    made["To"] = Address(addr_spec=recipient)
    made["Date"] = format_datetime(clock.now())
    # The same event sent again is the same message: most mail programs then show it once.
    number = f"{str(event['UID']).partition('@')[0]}.{event.get('SEQUENCE', 0)}.{method.lower()}"
    made["Message-ID"] = f"<{number}@{sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body)
    made.add_alternative(file, subtype="calendar", params={"method": method})
    return made


async def send(server: Server, made: EmailMessage) -> None:
    """Hand a message over.

    Raises:
        NotDelivered: it was not taken; ``data`` has ``failure``.
    """
    with _failures():
        async with _client(server) as client:
            await client.send_message(made)


async def test(server: Server, recipient: str) -> None:
    """Find out whether the server would take a message for ``recipient``; none is sent.

    Raises:
        NotDelivered: it would not.
    """
    with _failures():
        async with _client(server) as client:
            await client.mail(server.sender)
            await client.rcpt(recipient)
            await client.rset()


def _client(server: Server) -> aiosmtplib.SMTP:
    # A password goes to another machine over an encrypted connection or not at all.
    must = bool(server.user) and server.host not in LOOPBACK
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        timeout=PATIENCE.total_seconds(),
        use_tls=server.tls,
        start_tls=None if server.tls or not must else True,
        tls_context=ssl.create_default_context(),
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what goes wrong into a code; the server's own words are dropped."""
    try:
        yield
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NotDelivered(failure=_code(error)) from None


def _code(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        # No server answers below 200; the library says -1 to what it can't read.
        return REFUSED if error.code >= 200 else NONSENSE
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return REFUSED
    return UNREACHABLE if isinstance(error, OSError) else NONSENSE
