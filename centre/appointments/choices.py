"""Who may take an appointment: what a person can choose, and what that means for the search."""

from __future__ import annotations

import uuid
from dataclasses import replace

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre.appointments.availability import Wish
from centre.appointments.tables import ExtraHours, ManagerSettings, WorkingHours
from centre.people import Person
from storage import clock

MINE, ANYBODY, WOMAN, MAN, SPEAKS = "mine", "any", "woman", "man", "speaks"
SAME = "same"
"""Whoever has the appointment that is moved; never on a button."""
# Everybody of the staff speaks it.
STAFF_LANGUAGE = "de"


async def choices(session: AsyncSession, person: Person, centre: str, language: str) -> list[str]:
    """Return who a person can ask for: what somebody of the centre fulfils, their own first.

    Args:
        session: the caller's open transaction.
        person: who books.
        centre: id of the centre.
        language: in which they would like to be spoken to.

    Returns:
        Some of :data:`MINE`, :data:`ANYBODY`, :data:`WOMAN`, :data:`MAN`, :data:`SPEAKS`;
        :data:`ANYBODY` is always one of them, and alone where there is nothing to choose.
    """
    rows = list(
        await session.execute(
            select(Person.id, ManagerSettings.gender, ManagerSettings.languages)
            .outerjoin(ManagerSettings, ManagerSettings.manager_id == Person.id)
            .where(Person.role == "manager", _works_at(centre))
        )
    )
    genders = {gender for _, gender, _ in rows}
    spoken = {one for _, _, languages in rows for one in languages or ()}
    fulfilled = {
        MINE: person.manager_id in {manager for manager, _, _ in rows},
        ANYBODY: True,
        WOMAN: "f" in genders,
        MAN: "m" in genders,
        SPEAKS: language != STAFF_LANGUAGE and language in spoken,
    }
    found = [name for name, fits in fulfilled.items() if fits]
    # One adviser is whoever one asks for.
    return found if len(rows) > 1 else [ANYBODY]


def chosen(
    wish: Wish, who: str, person: Person, language: str, same: uuid.UUID | None = None
) -> Wish:
    """Return ``wish`` narrowed to whom the person asked for.

    Args:
        wish: where and what.
        who: one of this module's choices.
        person: who books; between advisers who are free at once, their own is taken.
        language: in which they would like to be spoken to.
        same: the adviser of an appointment that is moved.
    """
    mine = person.manager_id
    if who == SAME and same is not None:
        return replace(wish, managers=(same,))
    if who == MINE and mine is not None:
        return replace(wish, managers=(mine,))
    return replace(
        wish,
        prefer=same or mine,
        gender={WOMAN: "f", MAN: "m"}.get(who),
        speaks=language if who == SPEAKS else None,
    )


def _works_at(centre: str) -> ColumnElement[bool]:
    now = clock.now()
    today = now.astimezone(clock.BERLIN).date()
    weekly = select(WorkingHours.manager_id).where(
        WorkingHours.centre == centre,
        WorkingHours.open_consultation.is_(False),
        or_(WorkingHours.valid_until.is_(None), WorkingHours.valid_until >= today),
    )
    once = select(ExtraHours.manager_id).where(
        ExtraHours.centre == centre, func.upper(ExtraHours.during) > now
    )
    return or_(Person.id.in_(weekly), Person.id.in_(once))
