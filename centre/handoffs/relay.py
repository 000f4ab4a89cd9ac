"""A running talk: who is in it, and passing words and files on without a name or a number."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import machine_words, notify, people
from centre.handoffs import ending, leaks, pace, safety, threads
from centre.handoffs.tables import Handoff
from centre.people import STAFF, Person
from centre.pool.tables import InterpreterLanguage
from knowledge_base import hosts
from storage import clock
from storage.outbox import Content, NamedFile
from translations.catalogue import say

Side = Literal["person", "helper", "adviser"]
LARGEST_FILE = 20_000_000
"""Bytes: a bot can fetch no larger file from Telegram, to send it without its name."""
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True)
class Active:
    """A running talk as one of its sides sees it."""

    handoff: Handoff
    me: uuid.UUID
    side: Side

    @property
    def others(self) -> list[uuid.UUID]:
        """Everybody else in the talk."""
        return [one for one in ending.sides(self.handoff) if one != self.me]


@dataclass(frozen=True)
class Said:
    """What somebody wrote or sent in a talk.

    ``copy_from`` is a Telegram message to copy, ``{"chat": …, "message": …}``; ``reply_to`` the
    message of the writer's chat it answers; ``names`` what the writer is called there; ``file``
    what was sent where it has a name, which must not pass.
    """

    text: str
    copy_from: dict[str, int] | None = None
    origin: int | None = None
    reply_to: int | None = None
    names: tuple[str, ...] = field(default=())
    file: NamedFile | None = None


@dataclass(frozen=True)
class Passed:
    """What became of it: whether all of it goes out to all, and how much was taken out."""

    complete: bool
    removed: int = 0
    too_fast: bool = False
    too_big: bool = False
    ended: bool = False
    """Whether the talk was ended because of this: it was one message too many."""


async def current(session: AsyncSession, person_id: uuid.UUID) -> Active | None:
    """Return the talk somebody is in, in whatever part, or ``None``."""
    found = await ending.talk_of(session, person_id)
    if found is None or found.helper_id is None:
        return None
    side: Side = "adviser"
    if found.person_id == person_id:
        side = "person"
    elif found.helper_id == person_id:
        side = "helper"
    return Active(found, person_id, side)


async def relay(session: AsyncSession, active: Active, said: Said) -> Passed:
    """Pass words and a Telegram file on to everybody else in a talk.

    Names, numbers, links and whatever else leads to a person are taken out of the words
    (:mod:`centre.handoffs.leaks`); a file goes as a copy, without what was written under it.

    Args:
        session: the caller's open transaction.
        active: the talk as the writer sees it.
        said: what was written or sent.

    Returns:
        Whether all of it goes out; not when the talk is over, somebody can't be reached, or there
        is a file and they are not on Telegram.
    """
    thread = ending.thread(active.handoff.id)
    if await pace.too_fast(session, thread, active.me, len(active.others)):
        ended = await safety.refused(session, active.handoff.id, active.me)
        return Passed(False, too_fast=True, ended=ended)
    if said.file is not None and (said.file.size or 0) > LARGEST_FILE:
        return Passed(False, too_big=True)
    cleaned = await _cleaned(session, active, said)
    # The models may take seconds: before the row is held, not while.
    readers = [one for one in [await people.get(session, each) for each in active.others] if one]
    beside = {
        one.id: await _beside(session, active, cleaned.text, one.language)
        for one in readers
        if cleaned.text
    }
    # The row is held against a simultaneous end(): nothing passes after "the talk is over".
    status = await session.scalar(
        select(Handoff.status).where(Handoff.id == active.handoff.id).with_for_update()
    )
    if status != "matched" or not readers:
        return Passed(False)
    await session.execute(
        update(Handoff)
        .where(Handoff.id == active.handoff.id)
        .values(last_word_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    prefix = await _prefix(session, active)
    complete = True
    for reader in readers:
        words = _worded(prefix, cleaned.text, reader, beside.get(reader.id))
        complete = await _deliver(session, active, reader, said, words) and complete
    return Passed(complete, cleaned.removed)


async def _cleaned(session: AsyncSession, active: Active, said: Said) -> leaks.Clean:
    """Take out what leads to a person; what the staff write is their office's, and stays."""
    writer = await people.get(session, active.me)
    if writer is not None and writer.role in STAFF:
        return leaks.Clean(said.text, 0)
    known = await _names(session, active)
    # Whose links may pass: those our own articles name.
    linked = await hosts.known(session) if leaks.has_link(said.text) else ()
    return leaks.clean(said.text, {*known, *said.names}, linked)


def _worded(
    prefix: str, text: str, reader: Person, beside: machine_words.Beside | None
) -> Content | None:
    if not text:
        return None
    words = say(prefix, reader.language or notify.FALLBACK_LANGUAGE, text=text)
    return beside.under(words) if beside else Content(text=words)


async def _deliver(
    session: AsyncSession, active: Active, reader: Person, said: Said, words: Content | None
) -> bool:
    thread = ending.thread(active.handoff.id)
    answers = await threads.counterpart(session, thread, active.me, reader.id, said.reply_to)
    passed = True
    if words is not None:
        words.reply_to = answers
        number = await notify.deliver(
            session, reader, words, thread=thread, author_id=active.me, origin=said.origin
        )
        passed = number is not None
    if said.copy_from is None:
        return passed
    address = await people.best_address(session, reader.id)
    if address is None or address.channel != "telegram":
        return False
    language = reader.language or notify.FALLBACK_LANGUAGE
    content = Content(
        text=say("relay.file_from_other", language),
        copy_from=said.copy_from,
        file=_renamed(said.file, language) if said.file else None,
        reply_to=answers if words is None else None,
    )
    number = await notify.deliver(
        session, reader, content, thread=thread, author_id=active.me, origin=said.origin
    )
    return number is not None and passed


def _renamed(file: NamedFile, language: str) -> NamedFile:
    """Return a file under a name that says nothing: its own may be somebody's."""
    kind = _SUFFIX.search(file.name)
    suffix = kind[0].lower() if kind else ""
    return file.model_copy(update={"name": say("relay.file_name", language) + suffix})


async def _names(session: AsyncSession, active: Active) -> Collection[str]:
    """Return what the people of the talk are called; a manager's name is no secret to them."""
    known = [await people.get(session, one) for one in ending.sides(active.handoff)]
    return {one.name for one in known if one and one.name and one.role not in STAFF}


async def _beside(
    session: AsyncSession, active: Active, text: str, reader: str | None
) -> machine_words.Beside | None:
    """Return what stands under a message for its reader: the machine's words, or why not."""
    handoff = active.handoff
    writer = await people.get(session, active.me)
    chosen = (writer and writer.language) or notify.FALLBACK_LANGUAGE
    helper_speaks = await session.scalars(
        select(InterpreterLanguage.language).where(
            InterpreterLanguage.person_id == handoff.helper_id
        )
    )
    spoken = {handoff.language, handoff.spoken} & set(helper_speaks)
    by_interpreter = handoff.kind == "interpreter" and bool(spoken)
    return await machine_words.beside(
        session, text, chosen, reader or notify.FALLBACK_LANGUAGE, with_interpreter=by_interpreter
    )


async def _prefix(session: AsyncSession, active: Active) -> str:
    if active.side == "person":
        return "relay.from_person"
    if active.side == "adviser":
        return "relay.from_staff"
    if active.handoff.spoken is not None:
        return "relay.from_interpreter"
    helper = await people.get(session, active.me)
    by_staff = helper is not None and helper.role in STAFF
    return "relay.from_staff" if by_staff else "relay.from_volunteer"
