"""Whether this machine can speak; where it cannot, nobody can overlook what was left out."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from translations import speech

HOW_TO_GET_ESPEAK = (
    "READING ALOUD NOT TESTED WITH REAL VOICES: no espeak-ng found. Get it with"
    " `apt-get install espeak-ng lame`, then run the tests again."
)
_missing = False


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _missing:
        terminalreporter.write_line(HOW_TO_GET_ESPEAK, red=True, bold=True)


@pytest.fixture
def espeak_ng() -> str:
    """The real program."""
    global _missing
    found = shutil.which(speech.ESPEAK)
    if found is None:
        _missing = True
        pytest.skip(HOW_TO_GET_ESPEAK)
    return found
