"""A CalDAV server and a mail server on loopback."""

from __future__ import annotations

import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import icalendar
import radicale
import radicale.config
from caldav.davclient import DAVClient

USER, PASSWORD = "erika", "geheim:ä"
ADDRESS, SENDER = "erika@example.org", "lotse@example.org"


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
