"""A running talk: who is in it, passing words and files on, ending it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import machine_words, notify, people
from centre.handoff_tables import Handoff, InterpreterLanguage
from centre.people import STAFF
from storage import clock
from storage.outbox import Content
from translations.catalogue import say


@dataclass(frozen=True)
class Active:
    """A running talk as one side sees it: who the partner is, and on which side one stands."""

    handoff: Handoff
    partner_id: uuid.UUID
    side: Literal["person", "helper"]


async def end(session: AsyncSession, person_id: uuid.UUID) -> Handoff | None:
    """End the talk somebody is in, from either side, and tell both; ``None`` when in none."""
    active = await current(session, person_id)
    if active is None:
        return None
    ended = await close(session, active)
    if ended is not None:
        await notify.tell(session, person_id, "relay.ended")
        await notify.tell(session, active.partner_id, "relay.ended_other")
    return ended


async def close(session: AsyncSession, active: Active) -> Handoff | None:
    """End a talk without a word; ``None`` when somebody else has ended it already."""
    return await session.scalar(
        update(Handoff)
        .where(Handoff.id == active.handoff.id, Handoff.status == "matched")
        .values(status="ended", ended_at=clock.now())
        .returning(Handoff)
        .execution_options(populate_existing=True)
    )


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
    partner = await people.get(session, active.partner_id)
    if partner is None:
        return False
    language = partner.language or notify.FALLBACK_LANGUAGE
    # The models may take seconds: before the row is held, not while.
    beside = await _beside(session, active, text, language) if text else None
    # The row is held against a simultaneous end(): nothing passes after "the talk is over".
    status = await session.scalar(
        select(Handoff.status).where(Handoff.id == active.handoff.id).with_for_update(read=True)
    )
    if status != "matched":
        return False
    passed = True
    if text:
        words = say(await _prefix(session, active), language, text=text)
        content = beside.under(words) if beside else Content(text=words)
        passed = await notify.deliver(session, partner, content) is not None
    if copy_from is not None:
        address = await people.best_address(session, partner.id)
        if address is None or address.channel != "telegram":
            return False
        words = say("relay.file_from_other", language)
        content = Content(text=words, copy_from=copy_from)
        passed = await notify.deliver(session, partner, content) is not None and passed
    return passed


async def _beside(
    session: AsyncSession, active: Active, text: str, reader: str
) -> machine_words.Beside | None:
    """Return what stands under a message for its reader: the machine's words, or why not."""
    handoff = active.handoff
    writer_id = handoff.person_id if active.side == "person" else handoff.helper_id
    writer = await people.get(session, writer_id) if writer_id else None
    chosen = (writer and writer.language) or notify.FALLBACK_LANGUAGE
    helper_speaks = await session.scalars(
        select(InterpreterLanguage.language).where(
            InterpreterLanguage.person_id == handoff.helper_id
        )
    )
    by_interpreter = handoff.kind == "interpreter" and handoff.language in set(helper_speaks)
    return await machine_words.beside(
        session, text, chosen, reader, with_interpreter=by_interpreter
    )


async def _prefix(session: AsyncSession, active: Active) -> str:
    if active.side == "person":
        return "relay.from_person"
    helper = await people.get(session, active.handoff.helper_id or active.partner_id)
    by_staff = helper is not None and helper.role in STAFF
    return "relay.from_staff" if by_staff else "relay.from_interpreter"
