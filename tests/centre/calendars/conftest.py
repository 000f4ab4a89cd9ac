"""The servers that managers' calendars and e-mail are on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from centre.appointments import mail
from lotse.processes import free_port
from tests.centre.calendars.servers import SENDER, Calendars, Postbox


@pytest.fixture
def calendars(tmp_path: Path) -> Iterator[Calendars]:
    running = Calendars(tmp_path)
    yield running
    running.off()


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
