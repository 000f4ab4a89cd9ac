"""The demonstration's people for the tests of actions."""

from __future__ import annotations

from tests.centre.conftest import people

__all__ = ["people"]
