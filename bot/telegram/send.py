"""Sending: one durable job per message, in order per chat, under the common budget.

The queue never hands out a job while an earlier one with the same lock waits, be it for a later
moment. So a job that is put back for later keeps its place, and holds up its own chat only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import procrastinate
from procrastinate.jobs import Job
from sqlalchemy import BigInteger, ForeignKey, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.telegram import budget
from bot.telegram.receive import CHANNEL, seconds_of
from bot.telegram.render import Part, Unsendable, render
from centre.handoffs import lost
from centre.notify import FALLBACK_LANGUAGE
from centre.people import Person
from storage import clock, queue
from storage.base import Base, MaybeMoment
from storage.engine import Database
from storage.outbox import SEND_TASK, Content, OutgoingMessage

log = logging.getLogger(__name__)

# A shorter wait is slept through; a longer one would keep a place of the worker from others.
LONGEST_SLEEP = 2.0
MOST_ATTEMPTS = 10
LONGEST_DELAY = 300.0


class Delivery(Base):
    """What a message waits for that could not be sent at once and as a whole."""

    __tablename__ = "deliveries"

    message_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("outgoing_messages.id", ondelete="CASCADE"), primary_key=True
    )
    attempts: Mapped[int] = mapped_column(default=0)
    turn_at: Mapped[MaybeMoment]


class Later(Exception):
    """The job is to be run again in ``seconds``; not an error."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.1f} s")
        self.seconds = seconds


class Again(procrastinate.BaseRetryStrategy):
    """When a job runs again: as it asked, or with growing delay after the unexpected."""

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> procrastinate.RetryDecision | None:
        """Return when ``job`` runs again, ``None`` for never."""
        if isinstance(exception, Later):
            wait = exception.seconds
        elif isinstance(exception, asyncio.CancelledError):
            wait = 0.0  # the worker stops; the next one goes on
        elif job.attempts >= MOST_ATTEMPTS:
            return None
        else:
            wait = _delay(job.attempts)
        return procrastinate.RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait))


@dataclass
class _Sending:
    """One message while it is being sent."""

    id: int
    chat: int
    parts: list[Part]
    sent_as: list[int]
    attempts: int = 0
    turn_at: datetime | None = None

    @property
    def group(self) -> bool:
        return self.chat < 0

    @property
    def next(self) -> Part | None:
        """The part that is to be sent now; ``None`` when all are there."""
        return self.parts[len(self.sent_as)] if len(self.sent_as) < len(self.parts) else None


def register(database: Database, bot: Bot) -> None:
    """Make sending known to the queue; once per process, before its worker starts.

    Args:
        database: where the messages are.
        bot: an initialized bot.
    """

    async def send_message(message_id: int) -> None:
        await send(database, bot, message_id)

    queue.app.task(name=SEND_TASK, retry=Again())(send_message)


async def send(database: Database, bot: Bot, message_id: int) -> None:
    """Send one stored message; nothing happens when it was sent, has failed or is gone.

    Raises:
        Later: it must wait; call again then. What was sent of it is not sent twice.
    """
    sending = await _load(database, message_id)
    while sending is not None and (part := sending.next) is not None:
        await _turn(database, sending)
        try:
            sending.sent_as.append(await part.send(bot, sending.chat))
        except TelegramError as error:
            await _failed(database, sending, error)
            return
        if sending.next is not None:
            async with database.transaction() as session:
                if not await _keep(session, sending):
                    return
    if sending is not None:
        async with database.transaction() as session:
            await _end(session, sending.id, "sent", sent_as=sending.sent_as)


async def _load(database: Database, message_id: int) -> _Sending | None:
    async with database.transaction() as session:
        message = await session.get(OutgoingMessage, message_id)
        if message is None or message.status != "waiting":
            return None
        person = await session.get(Person, message.person_id)
        language = (person.language if person else None) or FALLBACK_LANGUAGE
        try:
            parts = render(Content.model_validate(message.content), language)
            sending = _Sending(message_id, int(message.address), parts, list(message.sent_as))
        except (Unsendable, ValueError) as error:
            reason = error.data if isinstance(error, Unsendable) else type(error).__name__
            log.error("message %d can't be sent: %s", message_id, reason)
            await _end(session, message_id, "failed", Unsendable.code)
            return None
        progress = await session.get(Delivery, message_id)
        if progress is not None:
            sending.attempts, sending.turn_at = progress.attempts, progress.turn_at
        return sending


async def _turn(database: Database, sending: _Sending) -> None:
    """Wait until this message may send one part.

    Raises:
        Later: that takes long; a turn that is booked is kept.
    """
    while True:
        async with database.transaction() as session:
            if sending.turn_at is None:
                turn = await budget.reserve(session, str(sending.chat), sending.group)
                wait, sending.turn_at = turn.wait, turn.at
                if wait > LONGEST_SLEEP and turn.at is not None:
                    await _keep(session, sending)
            else:
                wait = await budget.until(session, sending.turn_at)
        if wait > LONGEST_SLEEP:
            raise Later(wait)
        await asyncio.sleep(wait)
        if sending.turn_at is not None:
            sending.turn_at = None
            return


async def _failed(database: Database, sending: _Sending, error: TelegramError) -> None:
    """Decide what becomes of a message that Telegram did not take.

    Raises:
        Later: it is to be tried again.
    """
    async with database.transaction() as session:
        if isinstance(error, RetryAfter):
            wait = seconds_of(error)
            await budget.pause(session, str(sending.chat), wait, sending.group)
            await _keep(session, sending)
        elif isinstance(error, Forbidden):
            await _blocked(session, sending.id)
            return
        elif isinstance(error, BadRequest | ChatMigrated):
            log.warning("message %d refused: %s", sending.id, error.message[:100])
            await _end(session, sending.id, "failed", "bad_request")
            return
        elif sending.attempts + 1 >= MOST_ATTEMPTS:
            log.error("message %d given up: %s", sending.id, type(error).__name__)
            await _end(session, sending.id, "failed", "unreachable")
            return
        else:
            wait = _delay(sending.attempts)
            sending.attempts += 1
            await _keep(session, sending)
    log.info("message %d again in %.0f s: %s", sending.id, wait, type(error).__name__)
    raise Later(wait)


def _delay(attempts: int) -> float:
    return min(2.0**attempts, LONGEST_DELAY)


async def _keep(session: AsyncSession, sending: _Sending) -> bool:
    """Remember how far it got; ``False`` when the message was erased in the meantime."""
    values = {"attempts": sending.attempts, "turn_at": sending.turn_at}
    message = await session.get(
        OutgoingMessage,
        sending.id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    if message is None:
        return False
    message.sent_as = list(sending.sent_as)
    row = insert(Delivery).values(message_id=sending.id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["message_id"], set_=values))
    return True


async def _end(
    session: AsyncSession,
    message_id: int,
    status: str,
    failure: str | None = None,
    sent_as: Sequence[int] | None = None,
) -> None:
    """Note how it ended and forget what it said."""
    sent_at = clock.now() if status == "sent" else None
    numbers = OutgoingMessage.sent_as if sent_as is None else list(sent_as)
    await session.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.id == message_id)
        .values(status=status, failure=failure, sent_at=sent_at, sent_as=numbers, content={})
        .execution_options(synchronize_session=False)
    )
    await session.execute(delete(Delivery).where(Delivery.message_id == message_id))


async def _blocked(session: AsyncSession, message_id: int) -> None:
    """The person wants to hear nothing more: note it, and end all that waits for them."""
    message = await session.get(OutgoingMessage, message_id)
    if message is None:
        return
    log.info("message %d refused: blocked", message_id)
    await session.execute(
        update(Person)
        .where(Person.id == message.person_id, Person.blocked_at.is_(None))
        .values(blocked_at=clock.now())
    )
    await session.execute(
        update(OutgoingMessage)
        .where(
            OutgoingMessage.person_id == message.person_id,
            OutgoingMessage.channel == CHANNEL,
            OutgoingMessage.status == "waiting",
        )
        .values(status="failed", failure="blocked", content={})
        .execution_options(synchronize_session=False)
    )
    # Whoever talks with them, or waits for them, must not be left waiting.
    await queue.defer(session, lost.GONE_TASK, person_id=str(message.person_id))


_acknowledging: set[asyncio.Task[None]] = set()


async def answer_callback(bot: Bot, callback_id: str) -> None:
    """Stop the clock on a tapped button, in the background; whether it worked matters to nobody."""
    task = asyncio.create_task(_acknowledge(bot, callback_id))
    _acknowledging.add(task)  # the loop itself keeps no hold on its tasks
    task.add_done_callback(_acknowledging.discard)


async def typing(bot: Bot, chat: str) -> None:
    """Show in a chat that somebody writes, in the background; whether it worked matters to nobody.

    A machine may take seconds to translate what they wrote.
    """
    task = asyncio.create_task(_type(bot, int(chat)))
    _acknowledging.add(task)
    task.add_done_callback(_acknowledging.discard)


async def _type(bot: Bot, chat: int) -> None:
    try:
        await bot.send_chat_action(chat, ChatAction.TYPING)
    except Exception as error:
        log.debug("typing not shown: %s", type(error).__name__)


async def _acknowledge(bot: Bot, callback_id: str) -> None:
    try:
        await bot.answer_callback_query(callback_id)
    except Exception as error:
        log.debug("tap not acknowledged: %s", type(error).__name__)
