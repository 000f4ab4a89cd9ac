"""Handing a person over to somebody human: an interpreter, or the staff of their centre.

Everybody who fits is asked at once and the first to accept wins. What makes the winner single is
the database: one ``UPDATE … WHERE status = 'open'`` per acceptance, and the partial unique
indexes ``one_active_handoff_per_person`` and ``one_match_per_helper``. Locks are taken in the
order of :mod:`centre.appointments`: the acting person, the handoff, messages last.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import BigInteger, ForeignKey, Index, Text, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from centre import county, format, notify, people
from centre.appointments import PersonGone
from centre.people import STAFF, Person
from storage import clock, queue
from storage.base import Base, MaybeMoment, Moment
from storage.errors import LotseError
from storage.outbox import Content
from translations.catalogue import say

DEADLINE_TASK = "handoff_deadline"
WAIT = timedelta(minutes=10)
ACTIVE = ("open", "matched")


class InterpreterLanguage(Base):
    """A language somebody interprets, into and out of German."""

    __tablename__ = "interpreter_languages"

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)


class Handoff(Base):
    """A person's wish for somebody human: ``open``, ``matched``, then ``ended`` or ``stopped``."""

    __tablename__ = "handoffs"
    __table_args__ = (
        Index(
            "one_active_handoff_per_person",
            "person_id",
            unique=True,
            postgresql_where=text("status in ('open', 'matched')"),
        ),
        Index(
            "one_match_per_helper",
            "helper_id",
            unique=True,
            postgresql_where=text("status = 'matched'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # interpreter, human
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    helper_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    centre: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="open")
    urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    matched_at: Mapped[MaybeMoment]
    ended_at: Mapped[MaybeMoment]
    escalated_at: Mapped[MaybeMoment]
    request_key: Mapped[str | None] = mapped_column(Text, unique=True)


class HandoffAsk(Base):
    """Somebody who was asked to take a handoff, and the message that asked."""

    __tablename__ = "handoff_asks"

    handoff_id: Mapped[int] = mapped_column(
        ForeignKey("handoffs.id", ondelete="CASCADE"), primary_key=True
    )
    helper_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    declined_at: Mapped[MaybeMoment]


class NotAsked(LotseError):
    """Nobody asked this helper to take the handoff."""

    code = "not_asked"


class Taken(LotseError):
    """Somebody else was faster."""

    code = "handoff_taken"


class Over(LotseError):
    """The request was stopped, has ended or never existed."""

    code = "handoff_over"


class Busy(LotseError):
    """The helper is in another talk."""

    code = "helper_busy"


@dataclass(frozen=True)
class Active:
    """A running talk as one side sees it: who the partner is, and on which side one stands."""

    handoff: Handoff
    partner_id: uuid.UUID
    side: Literal["person", "helper"]


async def request(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    kind: str,
    centre: str,
    language: str,
    request_key: str | None,
    urgent: bool = False,
) -> tuple[Handoff, int, bool]:
    """Ask all who fit to take a person over.

    An open or running handoff is not doubled: it is returned as it is. Only an emergency goes
    further: it replaces an open request, and is told to the staff even during a talk.

    Args:
        session: the caller's open transaction.
        person_id: who asks.
        kind: ``interpreter`` or ``human``.
        centre: id of the person's centre.
        language: language to interpret, or the person's.
        request_key: names this request; asking again with it changes nothing.
        urgent: an emergency; managers only.

    Returns:
        The handoff, how many people fitting ``kind`` could be asked, and whether this request
        made it. When nobody could be asked the handoff is ``open`` if the staff took it up
        instead of an interpreter, and ``stopped`` if nobody at all could be reached.

    Raises:
        PersonGone: there is no such person.
    """
    if await _lock(session, person_id) is None:
        raise PersonGone
    if known := await _of_request(session, person_id, request_key):
        return known, await _asked(session, known), True
    known = await _active(session, person_id)
    if known is not None and not (urgent and await _make_way(session, known)):
        return known, await _asked(session, known), False
    made = Handoff(
        kind=kind,
        person_id=person_id,
        centre=centre,
        language=language,
        request_key=request_key,
        urgent=urgent,
    )
    session.add(made)
    await session.flush()
    if kind == "human":
        key = "manager.emergency_request" if urgent else "manager.human_request"
        asked = reached = await _ask_managers(session, made, key)
    elif asked := await _ask_interpreters(session, made):
        reached = asked
        await queue.defer(session, DEADLINE_TASK, at=clock.now() + WAIT, handoff_id=made.id)
    else:
        made.escalated_at = clock.now()
        reached = await _ask_managers(session, made, "manager.no_interpreter", minutes=0)
    if not reached:
        made.status, made.ended_at = "stopped", clock.now()
    await session.flush()
    return made, asked, True


async def accept(session: AsyncSession, handoff_id: int, helper_id: uuid.UUID) -> Handoff:
    """Take a handoff for a helper who was asked; tell the person and everybody else asked.

    The helper's own answer is left to the caller. Accepting again what one has is no error.

    Raises:
        NotAsked: the helper was not asked.
        Taken: somebody else has it.
        Over: it was stopped, has ended or is unknown.
        Busy: the helper is in another talk.
    """
    helper = await _lock(session, helper_id)
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None:
        raise Over
    if helper is None or await session.get(HandoffAsk, (handoff_id, helper_id)) is None:
        raise NotAsked
    if found.status == "matched" and found.helper_id == helper_id:
        return found
    if found.status == "open" and await current(session, helper_id) is not None:
        raise Busy
    won = await session.scalar(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.status == "open")
        .values(status="matched", helper_id=helper_id, matched_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if won is None:
        status = await session.scalar(select(Handoff.status).where(Handoff.id == handoff_id))
        raise Taken if status == "matched" else Over
    await _tell_matched(session, won, helper)
    return won


async def decline(session: AsyncSession, handoff_id: int, helper_id: uuid.UUID) -> None:
    """Note that a helper can't; they may still accept while the request is open.

    Raises:
        NotAsked: the helper was not asked.
    """
    ask = await session.get(HandoffAsk, (handoff_id, helper_id))
    if ask is None:
        raise NotAsked
    ask.declined_at = clock.now()
    await session.flush()


async def expire(session: AsyncSession, handoff_id: int) -> None:
    """Bring in the managers when no interpreter has answered; nothing if it is not needed.

    The managers can take the request themselves, and it stays open for the interpreters.
    """
    found = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != "open" or found.escalated_at is not None:
        return
    found.escalated_at = clock.now()
    minutes = int(WAIT.total_seconds()) // 60
    reached = await _ask_managers(session, found, "manager.no_interpreter", minutes=minutes)
    await notify.tell(
        session,
        found.person_id,
        "interpreter.timeout_person" if reached else "human.nobody",
        [[("interpreter.stop", "h:stop")]],
    )


async def stop(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """Withdraw a person's open request; ``None`` when there is none (a talk goes on)."""
    return await session.scalar(
        update(Handoff)
        .where(Handoff.person_id == person_id, Handoff.status == "open")
        .values(status="stopped", ended_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )


async def end(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """End the talk somebody is in, from either side, and tell both; ``None`` when in none."""
    active = await current(session, person_id)
    if active is None:
        return None
    ended = await session.scalar(
        update(Handoff)
        .where(Handoff.id == active.handoff.id, Handoff.status == "matched")
        .values(status="ended", ended_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )
    if ended is not None:
        await notify.tell(session, person_id, "relay.ended")
        await notify.tell(session, active.partner_id, "relay.ended_other")
    return ended


async def current(session: AsyncSession, person_id: uuid.UUID) -> Active | None:
    """Return the talk somebody is in, as person or as helper, or ``None``."""
    found = await session.scalar(
        select(Handoff)
        .where(
            Handoff.status == "matched",
            or_(Handoff.person_id == person_id, Handoff.helper_id == person_id),
        )
        .order_by(Handoff.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if found is None or found.helper_id is None:
        return None
    if found.person_id == person_id:
        return Active(found, found.helper_id, "person")
    return Active(found, found.person_id, "helper")


async def relay(
    session: AsyncSession, active: Active, text: str, copy_from: dict[str, int] | None = None
) -> bool:
    """Pass words and a Telegram file on to the other side of a talk, without name or number.

    Args:
        session: the caller's open transaction.
        active: the talk as the writer sees it.
        text: what was written; may be empty beside a file.
        copy_from: a Telegram message to copy, ``{"chat": …, "message": …}``.

    Returns:
        Whether all of it goes out; not when the talk is over, the partner can't be reached, or
        there is a file and the partner is not on Telegram.
    """
    # The row is held against a simultaneous end(): nothing passes after "the talk is over".
    status = await session.scalar(
        select(Handoff.status).where(Handoff.id == active.handoff.id).with_for_update(read=True)
    )
    partner = await people.get(session, active.partner_id)
    if status != "matched" or partner is None:
        return False
    language = partner.language or notify.FALLBACK_LANGUAGE
    passed = True
    if text:
        words = say(await _prefix(session, active), language, text=text)
        passed = await notify.deliver(session, partner, Content(text=words)) is not None
    if copy_from is not None:
        address = await people.best_address(session, partner.id)
        if address is None or address.channel != "telegram":
            return False
        words = say("relay.file_from_other", language)
        content = Content(text=words, copy_from=copy_from)
        passed = await notify.deliver(session, partner, content) is not None and passed
    return passed


async def _prefix(session: AsyncSession, active: Active) -> str:
    if active.side == "person":
        return "relay.from_person"
    helper = await people.get(session, active.handoff.helper_id or active.partner_id)
    by_staff = helper is not None and helper.role in STAFF
    return "relay.from_staff" if by_staff else "relay.from_interpreter"


async def _lock(session: AsyncSession, person_id: uuid.UUID) -> Person | None:
    return await session.get(
        Person, person_id, with_for_update={"key_share": True}, populate_existing=True
    )


async def _of_request(
    session: AsyncSession, person_id: uuid.UUID, request_key: str | None
) -> Handoff | None:
    if request_key is None:
        return None
    return await session.scalar(
        select(Handoff).where(Handoff.person_id == person_id, Handoff.request_key == request_key)
    )


async def _active(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    return await session.scalar(
        select(Handoff)
        .where(Handoff.person_id == person_id, Handoff.status.in_(ACTIVE))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def _make_way(session: AsyncSession, known: Handoff) -> bool:
    """Clear the way for an emergency; ``False`` when ``known`` itself carries it."""
    if known.urgent:
        return False
    if known.status == "open":
        known.status, known.ended_at = "stopped", clock.now()
        await session.flush()
        return True
    known.urgent = True
    for manager in await _managers(session, known):
        await _tell_about(session, manager, known, "manager.emergency_request", [])
    return False


async def _asked(session: AsyncSession, handoff: Handoff) -> int:
    fitting = Person.role == "manager" if handoff.kind == "human" else Person.role != "manager"
    count = await session.scalar(
        select(func.count())
        .select_from(HandoffAsk)
        .join(Person, Person.id == HandoffAsk.helper_id)
        .where(HandoffAsk.handoff_id == handoff.id, fitting)
    )
    return count or 0


async def _managers(session: AsyncSession, handoff: Handoff) -> Sequence[Person]:
    rows = await session.scalars(
        select(Person)
        .where(
            Person.role == "manager",
            Person.centre == handoff.centre,
            Person.blocked_at.is_(None),
            Person.id != handoff.person_id,
        )
        .order_by(Person.created_at, Person.id)
    )
    return rows.all()


async def _ask_managers(session: AsyncSession, handoff: Handoff, key: str, **values: object) -> int:
    managers = await _managers(session, handoff)
    return await _ask(session, handoff, managers, key, ["human.accept"], **values)


async def _ask_interpreters(session: AsyncSession, handoff: Handoff) -> int:
    rows = await session.scalars(
        select(Person)
        .join(InterpreterLanguage, InterpreterLanguage.person_id == Person.id)
        .where(
            InterpreterLanguage.language == handoff.language,
            Person.blocked_at.is_(None),
            Person.id != handoff.person_id,
        )
        .order_by(Person.created_at, Person.id)
    )
    keys = ["interpreter.accept", "interpreter.decline"]
    return await _ask(session, handoff, rows.all(), "interpreter.offer", keys)


async def _ask(
    session: AsyncSession,
    handoff: Handoff,
    helpers: Sequence[Person],
    key: str,
    answers: list[str],
    **values: object,
) -> int:
    """Ask helpers with a button per answer; return how many could be reached."""
    buttons = [[(label, f"h:{label.split('.')[1]}:{handoff.id}")] for label in answers]
    reached = 0
    for helper in helpers:
        message = await _tell_about(session, helper, handoff, key, buttons, **values)
        if message is None:
            continue
        reached += 1
        # A manager who also interprets may have been asked before: the newer message counts.
        await session.merge(
            HandoffAsk(handoff_id=handoff.id, helper_id=helper.id, message_id=message)
        )
    await session.flush()
    return reached


async def _tell_about(
    session: AsyncSession,
    helper: Person,
    handoff: Handoff,
    key: str,
    buttons: list[list[tuple[str, str]]],
    **values: object,
) -> int | None:
    reader = helper.language or notify.FALLBACK_LANGUAGE
    language = format.language_name(handoff.language, reader)
    centre = county.centre(handoff.centre).name
    try:
        async with session.begin_nested():
            return await notify.tell(
                session, helper.id, key, buttons, None, language=language, centre=centre, **values
            )
    except IntegrityError:
        # Erased this very moment: an emergency must still reach the others.
        return None


async def _tell_matched(session: AsyncSession, won: Handoff, helper: Person) -> None:
    person = await people.get(session, won.person_id)
    reader = (person and person.language) or notify.FALLBACK_LANGUAGE
    await notify.tell(
        session,
        won.person_id,
        "human.matched_person" if helper.role in STAFF else "interpreter.matched_person",
        [[("relay.end", "/end")]],
        language=format.language_name(won.language, reader),
    )
    others = await session.scalars(
        select(HandoffAsk.helper_id)
        .where(
            HandoffAsk.handoff_id == won.id,
            HandoffAsk.helper_id != helper.id,
            HandoffAsk.declined_at.is_(None),
        )
        .order_by(HandoffAsk.message_id)
    )
    for other in others.all():
        await notify.tell(session, other, "interpreter.taken")
