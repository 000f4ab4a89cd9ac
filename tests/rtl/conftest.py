"""What the tests of other folders set up, and whether this machine has the letters to print."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.centre.conftest import people
from tests.web.conftest import (
    HOW_TO_GET_CHROMIUM,
    application,
    browser,
    components,
    conversation,
    served,
)

__all__ = ["application", "browser", "components", "conversation", "people", "served"]

HOW_TO_GET_FONTS = (
    "POSTERS NOT PRINTED IN {}: no font on this machine has the letters. Get one with"
    " `apt-get install fonts-noto-core`, then run the tests again."
)
_missing: set[str] = set()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if any(HOW_TO_GET_CHROMIUM in str(one.longrepr) for one in skipped if "rtl" in one.nodeid):
        terminalreporter.write_line(HOW_TO_GET_CHROMIUM, red=True, bold=True)
    if _missing:
        words = HOW_TO_GET_FONTS.format(", ".join(sorted(_missing)))
        terminalreporter.write_line(words, red=True, bold=True)


@pytest.fixture
def letters() -> Callable[[str], None]:
    """Skip a test, so that nobody can overlook it, where no font has a language's letters."""

    def needed(language: str) -> None:
        program = shutil.which("fc-list")
        command = [program or "fc-list", f":lang={language}", "family"]
        if program and subprocess.run(command, capture_output=True, check=True).stdout.strip():
            return
        _missing.add(language)
        pytest.skip(HOW_TO_GET_FONTS.format(language))

    return needed
