"""A time that is free again, as jobs carry it: its appointment goes when a person is erased."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from centre.appointments.tables import Appointment


@dataclass(frozen=True)
class Freed:
    """A manager's time (UTC) at a centre; it says nothing about whose it was."""

    manager_id: uuid.UUID
    centre: str
    start: datetime
    end: datetime

    @classmethod
    def by(cls, gone: Appointment) -> Freed:
        """Return the time that an appointment held."""
        return cls(gone.manager_id, gone.centre, gone.start, gone.end)

    @classmethod
    def read(cls, time: dict[str, str]) -> Freed:
        """Return what :meth:`written` wrote into a job."""
        start, end = (datetime.fromisoformat(time[name]) for name in ("start", "end"))
        return cls(uuid.UUID(time["manager"]), time["centre"], start, end)

    def written(self) -> dict[str, str]:
        """Return it as a job carries it."""
        start, end = self.start.isoformat(), self.end.isoformat()
        return {"manager": str(self.manager_id), "centre": self.centre, "start": start, "end": end}
