"""Against abuse: how often somebody may ask, reports about a talk, and being kept from talks."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.handoffs import asking, ending
from centre.handoffs.errors import Banned, Over, TooMany
from centre.handoffs.rules import rules
from centre.handoffs.tables import Handoff, TalkBan, TalkReport
from centre.people import STAFF
from storage import clock

AN_HOUR = timedelta(hours=1)
BAN = timedelta(days=7)
REPORTABLE = timedelta(days=2)
"""So long after its end a talk can still be reported."""
BANNED, DISMISSED = "banned", "dismissed"


async def allowed(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Return if somebody may ask for a talk now.

    Raises:
        Banned: the staff keep them from talks for a while.
        TooMany: they have asked too often in the last hour.
    """
    now = clock.now()
    ban = await session.get(TalkBan, person_id)
    if ban is not None and ban.until > now:
        raise Banned(until=ban.until.isoformat())
    asked = await session.scalar(
        select(func.count())
        .select_from(Handoff)
        .where(
            Handoff.person_id == person_id,
            Handoff.created_at > now - AN_HOUR,
            Handoff.urgent.is_(False),
        )
    )
    if (asked or 0) >= rules().requests_per_hour:
        raise TooMany(limit=rules().requests_per_hour)


async def report(session: AsyncSession, handoff_id: int, by_id: uuid.UUID) -> None:
    """Report the other side of a talk: it ends at once, the two never meet again, staff are told.

    Nothing of what was written is passed on. Reporting twice is no error.

    Raises:
        Over: it was not their talk, or it was over too long ago.
    """
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.helper_id is None or by_id not in (found.person_id, found.helper_id):
        raise Over
    if found.ended_at is not None and found.ended_at < clock.now() - REPORTABLE:
        raise Over
    about = found.helper_id if by_id == found.person_id else found.person_id
    known = await session.scalar(
        select(TalkReport.id).where(
            TalkReport.by_id == by_id,
            TalkReport.about_id == about,
            TalkReport.created_at >= found.created_at,
        )
    )
    if known is not None:
        return
    made = TalkReport(by_id=by_id, about_id=about, centre=found.centre)
    session.add(made)
    await session.flush()
    if found.status == "matched":
        await ending.close(session, found)
        await notify.tell(session, about, "relay.ended_other")
    await _tell_staff(session, found, made)


async def _tell_staff(session: AsyncSession, talk: Handoff, made: TalkReport) -> None:
    about = await people.get(session, made.about_id)
    is_helper = about is not None and about.role != "refugee"
    buttons = [
        [("report.ban", f"h:ban:{made.id}")],
        [("report.dismiss", f"h:dismiss:{made.id}")],
    ]
    key = "report.about_interpreter" if is_helper else "report.about_person"
    name = (about and about.name) or ""
    for manager in await asking.managers(session, talk):
        if manager.id not in (made.by_id, made.about_id):
            await notify.tell(session, manager.id, key, buttons, name=name)


async def decide(session: AsyncSession, report_id: int, staff_id: uuid.UUID, decision: str) -> bool:
    """Keep the reported person from talks for a week, or not; whoever decides first decides.

    Args:
        session: the caller's open transaction.
        report_id: the report.
        staff_id: a manager of the centre.
        decision: :data:`BANNED` or :data:`DISMISSED`.

    Returns:
        Whether this decided it; not when it was decided before, or the reported one is gone.

    Raises:
        Over: it is not theirs to decide.
    """
    staff = await people.get(session, staff_id)
    found = await session.get(TalkReport, report_id, with_for_update=True, populate_existing=True)
    if found is None or staff is None or staff.role not in STAFF or staff.centre != found.centre:
        raise Over
    if found.decided_at is not None:
        return False
    found.decided_at, found.decision = clock.now(), decision
    if decision == BANNED:
        await session.merge(TalkBan(person_id=found.about_id, until=clock.now() + BAN))
        await notify.tell(session, found.about_id, "report.banned_told")
    await session.flush()
    return True
