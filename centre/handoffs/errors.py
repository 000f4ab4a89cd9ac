"""What can stand against a request or a talk."""

from __future__ import annotations

from storage.errors import LotseError


class NotAsked(LotseError):
    """Nobody asked this helper to take the handoff."""

    code = "not_asked"


class Taken(LotseError):
    """Somebody else was faster."""

    code = "handoff_taken"


class Over(LotseError):
    """The request was stopped, has ended or never existed."""

    code = "handoff_over"


class Busy(LotseError):
    """The helper is in another talk, or has asked for help themselves."""

    code = "helper_busy"
    key = "interpreter.busy"


class TooMany(LotseError):
    """The person has asked too often in the last hour; ``data``: limit."""

    code = "too_many_requests"
    key = "interpreter.too_many"


class Banned(LotseError):
    """The staff have kept this person from talks for a while; ``data``: until."""

    code = "banned_from_talks"
    key = "report.banned_told"


class BannedForGood(Banned):
    """The staff have kept this person from talks until they lift it."""

    key = "report.blocked_told"


REFUSALS = (Busy, TooMany, Banned)
"""Why a request is not made; each carries the catalogue key that says so."""
