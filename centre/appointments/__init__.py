"""Appointments with integration managers: when, with whom, held, booked, moved, remembered.

``tables`` has the data, ``kinds`` the rules, ``availability`` the free times, ``booking`` the guard
and everything that writes a time (read its locking rule first), ``after`` what follows from it.
"""

from centre.appointments.availability import (
    Slot,
    Wish,
    free_days,
    free_times,
    next_times,
    previous_times,
)
from centre.appointments.booking import (
    Hold,
    Needs,
    agenda,
    book,
    cancel,
    confirm,
    get,
    held_by,
    hold_for_person,
    release,
    take,
    upcoming,
)
from centre.appointments.errors import (
    AlreadyBooked,
    AppointmentGone,
    HoldGone,
    NotYours,
    PersonGone,
    SlotInvalid,
    SlotTaken,
    TooManyAppointments,
)
from centre.appointments.kinds import Kind, kind, kinds, rules
from centre.appointments.tables import Absence, Appointment, ManagerSettings, Room, WorkingHours
from centre.appointments.words import kind_label, topic_label

__all__ = [
    "Absence",
    "AlreadyBooked",
    "Appointment",
    "AppointmentGone",
    "Hold",
    "HoldGone",
    "Kind",
    "ManagerSettings",
    "Needs",
    "NotYours",
    "PersonGone",
    "Room",
    "Slot",
    "SlotInvalid",
    "SlotTaken",
    "TooManyAppointments",
    "Wish",
    "WorkingHours",
    "agenda",
    "book",
    "cancel",
    "confirm",
    "free_days",
    "free_times",
    "get",
    "held_by",
    "hold_for_person",
    "kind",
    "kind_label",
    "kinds",
    "next_times",
    "previous_times",
    "release",
    "rules",
    "take",
    "topic_label",
    "upcoming",
]
