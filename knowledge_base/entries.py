"""Tables of the knowledge base: entries, their texts per language, and what is off topic."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge_base.content_files import EntryHead, Source, TextHead
from storage import clock
from storage.base import Base, MaybeMoment, Moment

DIMENSIONS = 384

SEARCH_CONFIGS = {
    "de": "german",
    "en": "english",
    "ar": "arabic",
    "tr": "turkish",
    "ru": "russian",
    "fr": "french",
}
"""PostgreSQL's text search configuration by language; every other language has ``simple``."""

ORIGINAL_STATUS = "original"

# PostgreSQL hands a generated column's expression back in its own words. It is written here in
# exactly these words, so that Alembic compares equal and sees no change where there is none.
_WORDS = (
    "(setweight(to_tsvector('{config}'::regconfig, title), 'A'::\"char\")"
    " || setweight(to_tsvector('{config}'::regconfig, body), 'B'::\"char\"))"
)
WORDS_SQL = (
    "CASE language"
    + "".join(
        f" WHEN '{language}'::text THEN {_WORDS.format(config=config)}"
        for language, config in SEARCH_CONFIGS.items()
    )
    + f" ELSE {_WORDS.format(config='simple')} END"
)

Words = Annotated[list[str], mapped_column(ARRAY(Text))]
Vector = Annotated[list[float] | None, mapped_column(VECTOR(DIMENSIONS), deferred=True)]


class Entry(Base):
    """One thing the assistant can tell: an article or an offer, for one centre or for all.

    ``imported_hash`` is the front matter as the files last had it; where the row differs from
    it, somebody edited the row. ``None`` means the entry was never in a file.
    """

    __tablename__ = "entries"
    __table_args__ = (Index("ix_entries_topic", "topic"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # article, offer
    topic: Mapped[str] = mapped_column(Text)
    also: Mapped[Words]
    centre: Mapped[str] = mapped_column(Text)
    statuses: Mapped[Words]
    audience: Mapped[Words]
    rank: Mapped[int] = mapped_column(SmallInteger)  # 1 first … 3 only when asked for
    source_title: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text)
    source_date: Mapped[str | None] = mapped_column(Text)
    checked_on: Mapped[date | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    volatile: Mapped[bool]
    unconfirmed: Mapped[bool]
    supersedes: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    imported_hash: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[MaybeMoment]

    texts: Mapped[list[EntryText]] = relationship(
        back_populates="entry", cascade="all, delete-orphan", lazy="raise"
    )

    def head(self, title: str) -> EntryHead:
        """Return what a German file with this ``title`` says about the entry."""
        return EntryHead.model_validate(
            {
                **{
                    field: getattr(self, field)
                    for field in EntryHead.model_fields
                    if field not in {"source", "title"}
                },
                "source": Source(
                    title=self.source_title, url=self.source_url, date=self.source_date
                ),
                "title": title,
            }
        )

    def take(self, head: EntryHead) -> None:
        """Set every field to what a file's front matter says."""
        for field in EntryHead.model_fields:
            if field not in {"source", "title"}:
                setattr(self, field, getattr(head, field))
        self.source_title = head.source.title
        self.source_url = head.source.url
        self.source_date = head.source.date


class EntryText(Base):
    """An entry's title and Markdown in one language.

    ``status`` is original, unreviewed, reviewed or machine; that a translation is outdated is
    not stored but follows from ``translated_from`` (hash of the original it was made from).
    ``embedding_of`` names the input of ``embedding``, so that a changed text is noticed.
    """

    __tablename__ = "entry_texts"
    __table_args__ = (
        UniqueConstraint("entry_id", "language"),
        Index("ix_entry_texts_words", "words", postgresql_using="gin"),
        Index(
            "ix_entry_texts_title_trigrams",
            "title",
            postgresql_using="gin",
            postgresql_ops={"title": "gin_trgm_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    translated_from: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[Moment] = mapped_column(default=clock.now)
    imported_hash: Mapped[str | None] = mapped_column(Text)
    embedding: Mapped[Vector]
    embedding_of: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str] = mapped_column(TSVECTOR, Computed(WORDS_SQL, persisted=True), deferred=True)

    entry: Mapped[Entry] = relationship(back_populates="texts", lazy="raise")

    def change(self, title: str, body: str, status: str, translated_from: str | None) -> None:
        """Set the text and count it as a new revision; ``embed_changed`` then sees it.

        Line ends and space around the text become what a file holds, so that it exports as is.
        """
        self.title, self.body = title.strip(), body.replace("\r\n", "\n").strip()
        self.status, self.translated_from = status, translated_from
        self.revision = (self.revision or 0) + 1
        self.updated_at = clock.now()

    def head(self) -> TextHead:
        """Return a translation's front matter; an original has an :class:`EntryHead` instead."""
        return TextHead.model_validate(
            {
                "id": self.entry_id,
                "title": self.title,
                "status": self.status,
                "translated_from": self.translated_from,
            }
        )


class OffTopic(Base):
    """A sentence that no entry answers; search measures a question against these too."""

    __tablename__ = "off_topic"

    sentence: Mapped[str] = mapped_column(Text, primary_key=True)
    embedding: Mapped[Vector]
    embedding_of: Mapped[str | None] = mapped_column(Text)
