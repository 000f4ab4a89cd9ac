"""Who changed what and when: every text an entry ever had.

The rows are written by listeners of the session (see :func:`kept`), so that no way of changing a
text can forget them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import BigInteger, ForeignKey, Index, Text, event, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from storage import clock
from storage.base import Base, Moment

if TYPE_CHECKING:
    from knowledge_base.entries import EntryText

UNKNOWN = "unknown"
"""The author of a change that did not say whose it is (see ``EntryText.change``)."""
STILL_CORRECT = "still correct"
KEPT = ("title", "body", "status", "translated_from")
_NUMBER = ("revision",)

Texts = TypeVar("Texts", bound=type)


class Revision(Base):
    """A text as it was from ``at`` on.

    ``author`` is a role, never a name: ``files``, ``integreat``, ``machine``, or ``curator:`` and
    the opaque id of who edited. ``note`` says what happened where the text itself did not change.
    """

    __tablename__ = "revisions"
    __table_args__ = (Index("ix_revisions_entry", "entry_id", "language", "number"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    translated_from: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[Moment] = mapped_column(default=clock.now)


async def history(session: AsyncSession, entry_id: str, language: str) -> Sequence[Revision]:
    """Return what happened to a text, the latest first; empty when there is no such text."""
    rows = await session.scalars(
        select(Revision)
        .where(Revision.entry_id == entry_id, Revision.language == language)
        .order_by(Revision.id.desc())
    )
    return rows.all()


async def note(session: AsyncSession, text: EntryText, author: str, what: str) -> None:
    """Write down that ``author`` did something about ``text`` that leaves its words as they are."""
    await session.execute(insert(Revision).values(**_row(text), author=author, note=what))


def kept(texts: Texts) -> Texts:
    """Have a revision written for every change of a row of the class ``texts``.

    A change that bypasses ``change`` counts as a revision too, by an author that is not known.
    Statements that change many rows at once bypass the session and are not used on texts.
    """

    def mine(rows: Iterable[object]) -> list[EntryText]:
        return [cast("EntryText", row) for row in rows if isinstance(row, texts)]

    def count(session: Session, flush: UOWTransaction, instances: object) -> None:
        for text in mine(session.dirty):
            if _changed(text, KEPT) and not _changed(text, _NUMBER):
                text.revision += 1
                text.updated_at, text.updated_by = clock.now(), UNKNOWN

    # After the flush the rows exist (a new entry's too), and the session still knows what changed.
    def write(session: Session, flush: UOWTransaction) -> None:
        rows = [
            {**_row(text), "author": text.updated_by, "at": text.updated_at}
            for text in mine((*session.new, *session.dirty))
            if _changed(text, (*KEPT, *_NUMBER))
        ]
        if rows:
            session.execute(insert(Revision), rows)

    event.listen(Session, "before_flush", count)
    event.listen(Session, "after_flush", write)
    return texts


def _row(text: EntryText) -> dict[str, Any]:
    return {
        "entry_id": text.entry_id,
        "language": text.language,
        "number": text.revision,
        **{field: getattr(text, field) for field in KEPT},
    }


def _changed(text: object, fields: Iterable[str]) -> bool:
    state = inspect(text)
    return any(state.attrs[field].history.has_changes() for field in fields)
