"""Errors carry a code and data; the edge words them in the person's language."""

from __future__ import annotations

from typing import Any


class LotseError(Exception):
    """Base of every error a person may be told about.

    ``code`` names the text ``error.<code>`` of the catalogue; ``data`` fills its placeholders and
    never holds a person's name, number or message.
    """

    code = "internal"

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data = data
