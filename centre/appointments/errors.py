"""What can stand in the way of an appointment; each is worded where the person is answered."""

from __future__ import annotations

from storage.errors import LotseError


class SlotTaken(LotseError):
    """Nobody who fits is free at that time any more."""

    code = "slot_taken"


class AlreadyBooked(LotseError):
    """The person has another appointment at that time."""

    code = "already_booked"


class TooManyAppointments(LotseError):
    """The person holds the most appointments allowed; ``data`` has ``count``."""

    code = "too_many_appointments"


class SlotInvalid(LotseError):
    """No slot begins at that time: past, too soon, too far ahead or outside the hours."""

    code = "slot_invalid"


class AppointmentGone(LotseError):
    """The appointment does not exist, was cancelled or has begun."""

    code = "appointment_gone"


class HoldGone(LotseError):
    """The time was held for too short a while: it is free for others again."""

    code = "hold_gone"


class NotYours(LotseError):
    """The appointment belongs to other people."""

    code = "not_yours"


class PersonGone(LotseError):
    """The person was erased meanwhile."""

    code = "person_gone"
