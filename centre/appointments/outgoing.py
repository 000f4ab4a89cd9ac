"""What leaves for managers' own calendars: invitations by e-mail, events by CalDAV.

Every change of an appointment makes a row in ``calendar_pushes`` and a durable job per calendar
that has to hear of it. The job reads what is true when it runs, sends that outside of every
transaction, and notes how it went; so a job that comes late, twice or after a crash does no harm.
Jobs of one appointment and one manager share a lock: a calendar never sees an older state after a
newer one. What can't be delivered is tried again with growing waits for a day, is visible all the
while (staff page, ``lotse calendar list``), and is then given up, of which the manager is told.
"""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncSession

from centre import notify
from centre.appointments import caldav_push, mail, parcel, words
from centre.appointments.calendar_tables import CalendarAccount, CalendarPush
from centre.appointments.errors import NONSENSE, NOT_SET_UP, NotDelivered
from centre.appointments.parcel import CALDAV, MAIL, Parcel, same
from centre.appointments.tables import Appointment
from storage import clock, queue
from storage.engine import Database
from translations.catalogue import say

PUSH_TASK = "appointment_push"
"""Argument ``push_id``: one calendar is told about one appointment."""
WAITING, SENT, FAILED = "waiting", "sent", "failed"
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(hours=24)

log = logging.getLogger(__name__)


async def changed(session: AsyncSession, appointment_id: int) -> None:
    """Have the calendars of everybody concerned told what an appointment is now.

    Its manager's calendars get it, if it is agreed on and not over; whoever's calendar had it and
    should not have it any more gets the cancellation. Calling this again changes nothing.
    """
    found = await session.get(Appointment, appointment_id, populate_existing=True)
    told = await _told(session, appointment_id)
    if found is not None and parcel.agreed(found) and found.end > clock.now():
        for channel in await _channels(session, found.manager_id):
            before = told.get((found.manager_id, channel))
            if before is None or before.gone or before.sequence < found.sequence:
                await _push(
                    session, found.id, found.manager_id, channel, found.sequence, found.during
                )
    for (manager_id, channel), before in told.items():
        if before.gone or parcel.concerns(found, manager_id):
            continue
        sequence = max(before.sequence + 1, found.sequence if found else 0)
        await _push(
            session, appointment_id, manager_id, channel, sequence, before.during, gone=True
        )


async def deliver(database: Database, push_id: int, server: mail.Server | None) -> float | None:
    """Send what a push is about, as it is now.

    Args:
        database: where it is.
        push_id: which one; nothing happens when it was delivered, given up or is gone.
        server: where e-mail is handed over, if that is set up.

    Returns:
        In how many seconds to try again; ``None`` when there is nothing more to do.
    """
    async with database.transaction() as session:
        ready = await _ready(session, push_id)
    if ready is None:
        return None
    failure = None
    try:
        await _send(ready, server)
    except NotDelivered as error:
        failure = str(error.data["failure"])
    except Exception as error:
        # Frames, not messages: an exception's words may quote what is in the calendar.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("calendar push %d: %s\n%s", push_id, type(error).__name__, where)
        failure = NONSENSE
    async with database.transaction() as session:
        return await _note(session, push_id, ready.sequence, failure)


async def defer(
    session: AsyncSession, push_id: int, appointment_id: int, manager_id: uuid.UUID
) -> None:
    """Have a push delivered at once, and before it what waits to tell of the same appointment."""
    lock = f"calendar:{manager_id}:{appointment_id}"
    # What waits for its next try would hold this one up; it sends what is true now anyway.
    await queue.hurry(session, lock)
    await queue.defer(session, PUSH_TASK, lock=lock, push_id=push_id)


async def _told(
    session: AsyncSession, appointment_id: int
) -> dict[tuple[uuid.UUID, str], CalendarPush]:
    """Return the last push of an appointment to each calendar."""
    rows = await session.scalars(
        select(CalendarPush)
        .where(CalendarPush.appointment_id == appointment_id)
        .order_by(CalendarPush.sequence)
        .execution_options(populate_existing=True)
    )
    return {(one.manager_id, one.channel): one for one in rows}


async def _channels(session: AsyncSession, manager_id: uuid.UUID) -> list[str]:
    account = await session.get(CalendarAccount, manager_id, populate_existing=True)
    if account is None:
        return []
    known = ((MAIL, account.email), (CALDAV, account.caldav_url))
    return [channel for channel, address in known if address]


async def _push(
    session: AsyncSession,
    appointment_id: int,
    manager_id: uuid.UUID,
    channel: str,
    sequence: int,
    during: Range[datetime],
    *,
    gone: bool = False,
) -> None:
    made = await session.scalar(
        insert(CalendarPush)
        .values(
            appointment_id=appointment_id,
            manager_id=manager_id,
            channel=channel,
            sequence=sequence,
            during=during,
            gone=gone,
        )
        .on_conflict_do_nothing()
        .returning(CalendarPush.id)
    )
    if made is not None:
        await defer(session, made, appointment_id, manager_id)


async def _ready(session: AsyncSession, push_id: int) -> Parcel | None:
    """Return what is to be sent; note what needs no sending."""
    push = await session.get(CalendarPush, push_id)
    if push is None or push.status != WAITING:
        return None
    found = await session.get(Appointment, push.appointment_id)
    others: Sequence[CalendarPush] = (
        await session.scalars(select(CalendarPush).where(same(push), CalendarPush.id != push.id))
    ).all()
    ready = await parcel.pack(session, push, found)
    if ready is None:
        await session.delete(push)
        return None
    if any(one.status == SENT and one.sequence >= ready.sequence for one in others):
        push.status, push.failure, push.done_at = SENT, None, clock.now()
        return None
    tried = any(one.status != WAITING or one.attempts for one in (push, *others))
    if ready.gone and not tried:
        # It was over before any calendar heard of it.
        await session.execute(delete(CalendarPush).where(same(push)))
        return None
    return ready


async def _send(ready: Parcel, server: mail.Server | None) -> None:
    if ready.account is not None:
        if ready.gone:
            await caldav_push.remove(ready.account, ready.appointment_id)
        else:
            await caldav_push.put(ready.account, ready.appointment_id, ready.event)
        return
    if server is None:
        raise NotDelivered(failure=NOT_SET_UP)
    message = mail.message(
        ready.event,
        sender=server.sender,
        recipient=ready.recipient,
        subject=ready.subject,
        body=ready.body,
        method=mail.CANCEL if ready.gone else mail.REQUEST,
    )
    await mail.send(server, message)


async def _note(
    session: AsyncSession, push_id: int, sequence: int, failure: str | None
) -> float | None:
    push = await session.get(CalendarPush, push_id, with_for_update=True)
    if push is None or push.status != WAITING:
        return None
    if failure is None:
        # The newest state went out: what waited to tell an older one has nothing to say.
        await session.execute(
            update(CalendarPush)
            .where(same(push), CalendarPush.status == WAITING, CalendarPush.sequence <= sequence)
            .values(status=SENT, failure=None, done_at=clock.now())
        )
        return None
    push.attempts += 1
    push.failure = failure
    if clock.now() - push.created_at < GIVE_UP_AFTER:
        return min(FIRST_WAIT * 2.0 ** (push.attempts - 1), LONGEST_WAIT).total_seconds()
    push.status, push.done_at = FAILED, clock.now()
    log.error("calendar push %d given up: %s", push_id, failure)
    await _tell(session, push, failure)
    return None


async def _tell(session: AsyncSession, push: CalendarPush, failure: str) -> None:
    language = await words.language_of(session, push.manager_id)
    problem = say(f"calendar.failure_{failure}", language)
    when = parcel.moment(clock.utc(push.during.lower), language)
    await notify.tell(session, push.manager_id, "calendar.gave_up", **when, problem=problem)
