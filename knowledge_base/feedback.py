"""What people made of the answers: counted per day, never who; and what nothing answered."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import BigInteger, ForeignKey, Text, delete, exists, select
from sqlalchemy.dialects.postgresql import UUID, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from knowledge_base.entries import Entry
from storage import clock
from storage.base import Base, MaybeMoment, Moment

ANSWERS = {"yes": "helped", "no": "not_helped", "wrong": "wrong"}
"""What a person can say about an answer, and where it is counted."""
KEEP_QUESTIONS = timedelta(days=90)
LONGEST_QUESTION = 500


class EntryCount(Base):
    """What happened with an entry in one language on one day (Berlin's)."""

    __tablename__ = "entry_counts"

    entry_id: Mapped[str] = mapped_column(
        ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    shown: Mapped[int] = mapped_column(server_default="0")
    helped: Mapped[int] = mapped_column(server_default="0")
    not_helped: Mapped[int] = mapped_column(server_default="0")
    wrong: Mapped[int] = mapped_column(server_default="0")


class UnansweredQuestion(Base):
    """A question that no entry answered.

    ``text`` is there only when the person agreed to hand it on; ``person_id`` then only serves to
    erase it together with everything else of theirs.
    """

    __tablename__ = "unanswered_questions"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        UUID(as_uuid=True), ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    centre: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[Moment] = mapped_column(default=clock.now)
    settled_at: Mapped[MaybeMoment]


async def count_shown(session: AsyncSession, entry_id: str, language: str) -> None:
    """Count that an entry was shown in ``language``; nothing happens when it does not exist."""
    await _add(session, entry_id, language, "shown")


async def count(session: AsyncSession, entry_id: str, language: str, answer: str) -> bool:
    """Count what somebody said about an entry they read in ``language``.

    Args:
        session: the caller's open transaction; keep it short, it holds the day's row.
        entry_id: which entry.
        language: launch language.
        answer: one of :data:`ANSWERS`.

    Returns:
        Whether there is such an entry.
    """
    return await _add(session, entry_id, language, ANSWERS[answer])


async def _add(session: AsyncSession, entry_id: str, language: str, column: str) -> bool:
    # A button can be old or forged: whether the entry exists is part of the one statement.
    if not await session.scalar(select(exists().where(Entry.id == entry_id))):
        return False
    added = insert(EntryCount).values(
        entry_id=entry_id, language=language, day=clock.today(), **{column: 1}
    )
    await session.execute(
        added.on_conflict_do_update(
            index_elements=["entry_id", "language", "day"],
            set_={column: getattr(EntryCount, column) + 1},
        )
    )
    return True


async def store_unanswered(
    session: AsyncSession,
    centre: str | None,
    language: str,
    topic: str | None,
    text: str | None,
    person_id: uuid.UUID | None,
) -> int:
    """Store that a question had no answer; its words only with ``person_id``, who agreed.

    Returns:
        The question's number.
    """
    question = UnansweredQuestion(centre=centre, language=language, topic=topic)
    if text and person_id:
        question.text, question.person_id = text[:LONGEST_QUESTION], person_id
    session.add(question)
    await session.flush()
    return question.id


async def hand_on(session: AsyncSession, number: int, text: str, person_id: uuid.UUID) -> bool:
    """Add a question's words after the person has agreed; tell whether there was a place for them.

    A question that has its words already, or is settled, or of another day, is left as it is.
    """
    question = await session.get(UnansweredQuestion, number, with_for_update=True)
    if (
        question is None
        or question.text is not None
        or question.settled_at is not None
        or question.asked_at < clock.now() - timedelta(days=1)
    ):
        return False
    question.text, question.person_id = text[:LONGEST_QUESTION], person_id
    await session.flush()
    return True


async def handed_on(session: AsyncSession, person_id: uuid.UUID) -> Sequence[str]:
    """Return the words that a person handed on and that are still stored, the oldest first."""
    texts = await session.scalars(
        select(UnansweredQuestion.text)
        .where(UnansweredQuestion.person_id == person_id, UnansweredQuestion.text.is_not(None))
        .order_by(UnansweredQuestion.id)
    )
    return [text for text in texts if text]


async def settle(session: AsyncSession, number: int) -> bool:
    """Note that a question is dealt with and forget its words; ``False`` when there is none."""
    question = await session.get(UnansweredQuestion, number, with_for_update=True)
    if question is None:
        return False
    question.settled_at = question.settled_at or clock.now()
    question.text = question.person_id = None
    await session.flush()
    return True


async def forget_old(session: AsyncSession) -> None:
    """Delete the questions that are older than 90 days."""
    await session.execute(
        delete(UnansweredQuestion).where(UnansweredQuestion.asked_at < clock.now() - KEEP_QUESTIONS)
    )
