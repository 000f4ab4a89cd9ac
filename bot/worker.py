"""The worker: takes stored updates from the queue and answers them, one chat at a time."""

from __future__ import annotations

import asyncio
import logging
import traceback
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import procrastinate
from procrastinate.jobs import Job
from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import links, talk
from bot.conversation import Outcome, converse, without_rasa
from bot.inbox import Update, finish
from bot.incoming import Incoming, language_of
from bot.rasa import Rasa, RasaUnavailable
from bot.restore import restore
from centre import county, notify, people
from centre.handoffs import lost
from centre.people import Person
from storage import clock, outbox, queue
from storage.engine import Database
from storage.outbox import Content
from translations.catalogue import say

log = logging.getLogger(__name__)

HANDLE_TASK = "handle_update"
WAIT_TASK = "handle_waiting"
# How long a message waits for Rasa before the next try (seconds), and when we give up.
RETRY_SECONDS = (1, 2, 4, 8, 15)
GIVE_UP_AFTER = timedelta(hours=24)
# Rasa answers, but not to this: one message that it cannot digest must not hold up the others.
GIVE_UP_ANSWERING = timedelta(minutes=10)
# How often an update may break us before it is given up.
MOST_ATTEMPTS = 6
WAITING = "waiting_since"
LONGEST_DELAY = 60.0

Acknowledge = Callable[[str], Awaitable[None]]


class Later(Exception):
    """The job is to be run again in ``seconds``; not an error."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


class Again(procrastinate.BaseRetryStrategy):
    """A job stays in the queue, at its place in the line, until it has ended well.

    Without this, one that is cut off when its worker stops, or whose failure could not be written
    down because the database was away, would be gone.
    """

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> procrastinate.RetryDecision:
        """Return when ``job`` runs again."""
        if isinstance(exception, Later):
            wait = exception.seconds
        elif isinstance(exception, asyncio.CancelledError):
            wait = 0.0
        else:
            wait = min(2.0 ** min(job.attempts, 10), LONGEST_DELAY)
        return procrastinate.RetryDecision(retry_in={"seconds": int(wait)})


class Worker:
    """Answers updates with what it is given: a database, Rasa, and how to acknowledge a tap."""

    def __init__(
        self,
        database: Database,
        rasa: Rasa,
        acknowledge: Acknowledge | None = None,
        username: str | None = None,
        typing: Acknowledge | None = None,
    ) -> None:
        self._database = database
        self._rasa = rasa
        self._acknowledge = acknowledge
        self._username = username
        self._typing = typing
        self._link = partial("https://t.me/{}?start={}".format, username) if username else None

    def register(self) -> None:
        """Make the tasks known to the queue; once per process."""
        again = Again()
        queue.app.task(name=HANDLE_TASK, retry=again)(self.handle)
        queue.app.task(name=WAIT_TASK, retry=again)(self.handle_waiting)

    async def handle(self, update_id: int) -> None:
        """Answer one stored update, exactly once however often this is called.

        Whatever goes wrong, the update stays stored and is tried again; an update that breaks us
        every time is given up after a few tries, and the person is told.
        """
        await self._attempt(update_id, waiting=False)

    async def handle_waiting(self, update_id: int) -> None:
        """Try an update again that had to wait.

        Raises:
            Later: it has to wait on; its job stays before those of later messages.
        """
        delay = await self._attempt(update_id, waiting=True)
        if delay is not None:
            raise Later(delay)

    async def _attempt(self, update_id: int, waiting: bool) -> float | None:
        """Return in how many seconds to try again, ``None`` when the update is answered."""
        try:
            return await self._handle(update_id, waiting)
        except Exception as error:
            # Frames, not messages: an exception's words may quote what the person wrote.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("update %d failed: %s\n%s", update_id, type(error).__name__, where)
            return await self._try_again(update_id, waiting)

    async def _try_again(self, update_id: int, waiting: bool) -> float | None:
        async with self._database.transaction() as session:
            update = await session.get(Update, update_id)
            if update is None or update.answered_at is not None:
                return None
            update.attempts += 1
            last = update.attempts >= MOST_ATTEMPTS
            if update.attempts == 1 or last:
                person = await people.find_or_create(session, update.channel, update.address)
                language = person.language or notify.FALLBACK_LANGUAGE
                words = say("talk.not_understood" if last else "error.internal", language)
                await outbox.enqueue(
                    session, person.id, update.channel, update.address, Content(text=words)
                )
            if last:
                await finish(session, update)
                return None
            return await self._defer(session, update, waiting)

    async def _defer(self, session: AsyncSession, update: Update, waiting: bool) -> float:
        """Have an update tried again on a lock of its own; return in how many seconds.

        The menu and the hand-off must not queue up behind a message that has to wait. What waits
        already keeps its job, and with it its place before what came later.
        """
        delay = RETRY_SECONDS[min(update.attempts, len(RETRY_SECONDS)) - 1]
        if not waiting:
            await queue.defer(
                session,
                WAIT_TASK,
                lock=f"wait:{update.channel}:{update.address}",
                at=clock.now() + timedelta(seconds=delay),
                update_id=update.id,
            )
        return delay

    async def _handle(self, update_id: int, waiting: bool) -> float | None:
        async with self._database.transaction() as session:
            update = await session.get(Update, update_id)
            if update is None or update.answered_at is not None:
                return None
            incoming = restore(update.channel, update.content, self._username)
            if incoming.kind == "ignored" or await links.opened(session, update, incoming):
                await finish(session, update)
                return None
            person_id = await self._who(session, update, incoming)
            if self._typing is not None:
                writer = await session.get_one(Person, person_id)
                for chat in await talk.listeners(session, writer, incoming):
                    await self._typing(chat)
        if incoming.callback and self._acknowledge:
            await self._acknowledge(incoming.callback)
        async with self._database.transaction() as session:
            # A message that waited for Rasa and a fresh one of the same person never overlap.
            await session.execute(
                text("select pg_advisory_xact_lock(hashtextextended(:person, 0))"),
                {"person": str(person_id)},
            )
            update = await session.get(Update, update_id, populate_existing=True)
            person = await people.get(session, person_id)
            if update is None or update.answered_at is not None or person is None:
                return None
            return await self._answer(session, update, person, incoming, waiting)

    async def _who(self, session: AsyncSession, update: Update, incoming: Incoming) -> uuid.UUID:
        person = await people.find_or_create(session, update.channel, update.address)
        address = await people.best_address(session, person.id)
        if address is not None:
            address.last_used_at = clock.now()
        person.blocked_at = clock.now() if incoming.kind == "blocked" else None
        if update.channel == "script":
            _introduce(person, incoming)
        return person.id

    async def _answer(
        self,
        session: AsyncSession,
        update: Update,
        person: Person,
        incoming: Incoming,
        waiting: bool,
    ) -> float | None:
        key = f"u{update.id}"
        delay = None
        # While earlier messages of this person wait, a fresh one must not overtake them.
        in_line = not waiting and WAITING in person.dialogue
        if incoming.kind in ("blocked", "unblocked"):
            if incoming.kind == "blocked":
                await lost.gone(session, person.id)
            outcome = Outcome()
        else:
            try:
                rasa = None if in_line else self._rasa
                outcome = await converse(session, rasa, person, incoming, key, self._link)
            except RasaUnavailable as error:
                log.warning("rasa unavailable: %s", error.data)
                limit = GIVE_UP_ANSWERING if error.answered else GIVE_UP_AFTER
                outcome, delay = await self._wait(session, update, person, incoming, waiting, limit)
        channel, address = update.channel, update.address
        after = await session.get(Person, person.id, populate_existing=True)
        if after is None:
            # Erased by this very update: the last word goes to whoever the address is from now on.
            after = await people.find_or_create(session, channel, address)
        elif outcome.state is not None:
            after.dialogue = outcome.state
            if waiting and await _others_wait(session, update):
                after.dialogue = _marked(outcome.state)
        for content in outcome.messages:
            await outbox.enqueue(session, after.id, channel, address, content)
        if delay is None:
            await finish(session, update)
        return delay

    async def _wait(
        self,
        session: AsyncSession,
        update: Update,
        person: Person,
        incoming: Incoming,
        waiting: bool,
        limit: timedelta,
    ) -> tuple[Outcome, float | None]:
        """Answer what needs no Rasa; keep the rest and try again, telling the person once."""
        outcome, done = await without_rasa(session, person, incoming, f"u{update.id}")
        if done:
            return outcome, None
        if clock.now() - update.received_at > limit:
            language = language_of(person, incoming)
            state = {key: value for key, value in person.dialogue.items() if key != WAITING}
            return Outcome([Content(text=say("talk.not_understood", language))], state), None
        told = WAITING in person.dialogue
        # Waiting is no failure: it must not use up the tries that MOST_ATTEMPTS allows.
        update.attempts = min(update.attempts + 1, MOST_ATTEMPTS // 2)
        delay = await self._defer(session, update, waiting)
        return Outcome([] if told else outcome.messages, _marked(person.dialogue)), delay


def _marked(state: dict[str, Any]) -> dict[str, Any]:
    """Return a conversation's state with the note that messages wait for Rasa."""
    return {**state, WAITING: state.get(WAITING) or clock.now().isoformat()}


async def _others_wait(session: AsyncSession, update: Update) -> bool:
    """Return whether more of this chat is unanswered than ``update``."""
    same = (Update.channel == update.channel) & (Update.address == update.address)
    query = select(exists().where(same, Update.answered_at.is_(None), Update.id != update.id))
    return bool(await session.scalar(query))


def _introduce(person: Person, incoming: Incoming) -> None:
    """Take over language and centre that a script names for one of its people."""
    if incoming.language:
        person.language = incoming.language
    if incoming.centre in county.centres():
        person.centre = incoming.centre
