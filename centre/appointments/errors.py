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


class TooEarly(LotseError):
    """The appointment has not begun: nobody can have missed it."""

    code = "too_early"


class TimeUnreadable(LotseError):
    """A time written by hand can't be read."""

    code = "time_unreadable"


class TimePast(LotseError):
    """A time written by hand is over."""

    code = "time_past"


class TimeOrder(LotseError):
    """A time written by hand ends before it begins."""

    code = "time_order"


class TimeSkipped(LotseError):
    """A time written by hand lies in the hour that the change to summer time skips."""

    code = "time_skipped"


class NoteUnknown(LotseError):
    """There is no handover of that number to write a note to, or nothing was written."""

    code = "note_unknown"


UNREACHABLE, REFUSED, NONSENSE, NOT_SET_UP = "unreachable", "refused", "nonsense", "not_set_up"


class NotDelivered(LotseError):
    """Another server did not take what we sent; ``data`` has ``failure``, one of the above."""

    code = "not_delivered"
