"""Why a time is held, and why one was given back: codes in the database, never anybody's words."""

from __future__ import annotations

FOR_PERSON, FOR_PROPOSAL = "person", "proposal"
FOR_WAITING, FOR_INTERPRETER = "waiting", "interpreter"
MOVED, EXPIRED, RELEASED = "moved", "expired", "released"
ILL, ASKED = "ill", "asked"
"""Why a manager cancels: they are ill, or the person asked for it."""
