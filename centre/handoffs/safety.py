"""Against abuse: how often somebody may ask, reports about a talk, and being kept from talks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify, people
from centre.handoffs import asking, ending
from centre.handoffs.errors import Banned, BannedForGood, Over, TooMany
from centre.handoffs.rules import rules
from centre.handoffs.tables import Handoff, TalkBan, TalkReport
from centre.people import STAFF, Person
from centre.pool.profile import FOR_GOOD
from storage import clock

AN_HOUR = timedelta(hours=1)
BAN = timedelta(days=7)
KEEP_REPORTS = timedelta(days=366)
REPORTABLE = timedelta(days=2)
"""So long after its end a talk can still be reported."""
BANNED, BLOCKED, DISMISSED = "banned", "blocked", "dismissed"


async def allowed(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Return if somebody may ask for a talk now.

    Raises:
        Banned: the staff keep them from talks for a while.
        TooMany: they have asked too often in the last hour.
    """
    now = clock.now()
    await not_banned(session, person_id)
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


async def not_banned(session: AsyncSession, person_id: uuid.UUID) -> None:
    """Return if somebody may take part in talks.

    Raises:
        Banned: the staff keep them from talks for a while, or for good.
    """
    ban = await session.get(TalkBan, person_id, populate_existing=True)
    if ban is not None and ban.until >= FOR_GOOD:
        raise BannedForGood
    if ban is not None and ban.until > clock.now():
        raise Banned(until=ban.until.isoformat())


async def refused(session: AsyncSession, handoff_id: int, author_id: uuid.UUID) -> bool:
    """Count a message that was not passed on because too many came; end the talk in the end.

    A flood that goes on although the writer was told is abuse: the talk ends, and the managers
    decide what follows, as after a report.

    Returns:
        Whether the talk has ended with it.
    """
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "matched":
        return False
    found.refused += 1
    await session.flush()
    if found.refused < rules().words_per_minute:
        return False
    sides = ending.sides(found)
    other = found.person_id if author_id == found.helper_id else found.helper_id
    if await ending.close(session, found) is None:
        return False
    for one in sides:
        if one != author_id:
            await notify.tell(session, one, "relay.ended_flood")
    if other is not None and author_id in (found.person_id, found.helper_id):
        made = TalkReport(by_id=other, about_id=author_id, centre=found.centre)
        session.add(made)
        await session.flush()
        await _tell_staff(session, found, made, "report.flood")
    return True


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
    whom = await people.get(session, about)
    is_helper = whom is not None and whom.role != "refugee"
    key = "report.about_interpreter" if is_helper else "report.about_person"
    await _tell_staff(session, found, made, key)


async def _tell_staff(session: AsyncSession, talk: Handoff, made: TalkReport, key: str) -> None:
    """Let the managers decide; one who reported something themselves decides as well."""
    buttons = [
        [("report.ban", f"h:ban:{made.id}"), ("report.block", f"h:block:{made.id}")],
        [("report.dismiss", f"h:dismiss:{made.id}")],
    ]
    name = await ending.name_of(session, made.about_id)
    for manager in await asking.managers(session, talk):
        if manager.id != made.about_id:
            await notify.tell(session, manager.id, key, buttons, name=name)


async def decide(session: AsyncSession, report_id: int, staff_id: uuid.UUID, decision: str) -> bool:
    """Keep the reported person from talks, or not; whoever decides first decides.

    Args:
        session: the caller's open transaction.
        report_id: the report.
        staff_id: a manager of the centre.
        decision: :data:`BANNED` (for a week), :data:`BLOCKED` (until it is lifted) or
            :data:`DISMISSED`.

    Returns:
        Whether this decided it; not when it was decided before, or the reported one is gone.

    Raises:
        Over: it is not theirs to decide.
    """
    found = await _to_decide(session, report_id, staff_id)
    if found.decided_at is not None:
        return False
    found.decided_at, found.decision = clock.now(), decision
    if decision != DISMISSED:
        until = FOR_GOOD if decision == BLOCKED else clock.now() + BAN
        known = await session.get(TalkBan, found.about_id, populate_existing=True)
        # Another centre's decision is not shortened.
        until = max(until, known.until) if known is not None else until
        await session.merge(TalkBan(person_id=found.about_id, until=until))
        key = "report.blocked_told" if decision == BLOCKED else "report.banned_told"
        await notify.tell(session, found.about_id, key)
    await session.flush()
    return True


@dataclass(frozen=True)
class Blocked:
    """Somebody who is kept from talks, as the staff of the centre see them."""

    report_id: int
    name: str | None
    """Of an interpreter or a colleague; what others are called nobody knows."""
    reported_at: datetime
    until: datetime | None
    """``None`` for until it is lifted."""


async def blocked(session: AsyncSession, centre: str) -> list[Blocked]:
    """Return whom the staff of a centre keep from talks now, the last decision first."""
    rows = await session.execute(
        select(TalkReport, TalkBan.until, Person)
        .distinct(TalkReport.about_id)
        .join(TalkBan, TalkBan.person_id == TalkReport.about_id)
        .join(Person, Person.id == TalkReport.about_id)
        .where(
            TalkReport.centre == centre,
            TalkReport.decision.in_((BANNED, BLOCKED)),
            TalkBan.until > clock.now(),
        )
        .order_by(TalkReport.about_id, TalkReport.id.desc())
    )
    found = [
        Blocked(one.id, whom.name, one.created_at, None if until >= FOR_GOOD else until)
        for one, until, whom in rows
    ]
    return sorted(found, key=lambda one: -one.report_id)


async def lift(session: AsyncSession, report_id: int, staff_id: uuid.UUID) -> None:
    """Let somebody take part in talks again whom a report had kept from them.

    Raises:
        Over: it is not theirs to decide.
    """
    found = await _to_decide(session, report_id, staff_id)
    await session.execute(delete(TalkBan).where(TalkBan.person_id == found.about_id))


async def forget_old(session: AsyncSession) -> None:
    """Delete bans that are over, and reports that were made over a year ago."""
    now = clock.now()
    await session.execute(delete(TalkBan).where(TalkBan.until < now))
    banned = select(TalkBan.person_id)
    await session.execute(
        delete(TalkReport).where(
            TalkReport.created_at < now - KEEP_REPORTS, TalkReport.about_id.not_in(banned)
        )
    )


async def _to_decide(session: AsyncSession, report_id: int, staff_id: uuid.UUID) -> TalkReport:
    staff = await people.get(session, staff_id)
    found = await session.get(TalkReport, report_id, with_for_update=True, populate_existing=True)
    if found is None or staff is None or staff.role not in STAFF or staff.centre != found.centre:
        raise Over
    return found
