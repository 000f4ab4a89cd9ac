"""Handing a person over to somebody human: an interpreter, or the staff of their centre.

``tables`` has the data, ``requests`` how a request begins and who gets it (read its locking rule
first), ``waves`` who is asked next, ``relay`` the talk itself, ``ending`` how it ends, ``lost`` and
``mending`` what is done when somebody or something is gone.
"""

from centre.handoffs.ending import end
from centre.handoffs.errors import Banned, Busy, NotAsked, Over, Taken, TooMany
from centre.handoffs.relay import Active, Passed, Said, current, relay
from centre.handoffs.requests import accept, decline, request, stop, waiting, withdraw
from centre.handoffs.tables import Handoff, HandoffAsk
from centre.handoffs.waves import DEADLINE_TASK

__all__ = [
    "DEADLINE_TASK",
    "Active",
    "Banned",
    "Busy",
    "Handoff",
    "HandoffAsk",
    "NotAsked",
    "Over",
    "Passed",
    "Said",
    "Taken",
    "TooMany",
    "accept",
    "current",
    "decline",
    "end",
    "relay",
    "request",
    "stop",
    "waiting",
    "withdraw",
]
