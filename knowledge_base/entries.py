"""Tables of the knowledge base: entries, their texts per language, and what is off topic."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge_base.content_files import EntryHead, Source, TextHead
from knowledge_base.offers import Offer, Words
from knowledge_base.revisions import kept
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

ORIGINAL_STATUS, MACHINE = "original", "machine"
SECTION = "section"
"""Kind of a page that has no text of its own, only pages below it."""

# PostgreSQL hands a generated column's expression back in its own words. It is written here in
# exactly these words, so that Alembic compares equal and sees no change where there is none.
_WORDS = (
    "(setweight(to_tsvector('{config}'::regconfig, heading), 'A'::\"char\")"
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

Vector = Annotated[list[float] | None, mapped_column(HALFVEC(DIMENSIONS), deferred=True)]


class Entry(Base):
    """One thing the assistant can tell: an article or an offer, for one centre or for all.

    ``imported_hash`` is the front matter as the files last had it; where the row differs from
    it, somebody edited the row. ``None`` means the entry was never in a file.

    ``origin`` is ``None`` for the centre's own entries; ``integreat:<region>`` for pages that a
    feed brings and only that feed changes. Such pages keep their place: ``parent`` is the id of
    the page above, ``position`` the order below it. A page without text is of kind ``section``.
    """

    __tablename__ = "entries"
    __table_args__ = (Index("ix_entries_topic", "topic"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # article, offer, section
    topic: Mapped[str] = mapped_column(Text)
    also: Mapped[Words]
    centre: Mapped[str] = mapped_column(Text)
    statuses: Mapped[Words]
    audience: Mapped[Words]
    rank: Mapped[int] = mapped_column(SmallInteger)  # 1 first … 3 only when asked for
    source_title: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text)
    source_date: Mapped[str | None] = mapped_column(Text)
    more_sources: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    checked_on: Mapped[date | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    volatile: Mapped[bool]
    unconfirmed: Mapped[bool]
    supersedes: Mapped[str | None] = mapped_column(Text, index=True)
    note: Mapped[str | None] = mapped_column(Text)
    imported_hash: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[MaybeMoment]
    origin: Mapped[str | None] = mapped_column(Text, index=True)
    parent: Mapped[str | None] = mapped_column(Text, index=True)
    position: Mapped[int] = mapped_column(server_default="0")

    texts: Mapped[list[EntryText]] = relationship(
        back_populates="entry", cascade="all, delete-orphan", lazy="raise"
    )
    offer: Mapped[Offer | None] = relationship(
        cascade="all, delete-orphan", lazy="selectin", passive_deletes=True
    )

    def head(self, title: str) -> EntryHead:
        """Return what a German file with this ``title`` says about the entry."""
        return EntryHead.model_validate(
            {
                **{
                    field: getattr(self, field)
                    for field in EntryHead.model_fields
                    if field not in {"source", "offer", "title"}
                },
                "offer": self.offer.head() if self.offer else None,
                "source": Source(
                    title=self.source_title, url=self.source_url, date=self.source_date
                ),
                "title": title,
            }
        )

    def take(self, head: EntryHead) -> None:
        """Set every field to what a file's front matter says."""
        for field in EntryHead.model_fields:
            if field not in {"source", "more_sources", "offer", "title"}:
                setattr(self, field, getattr(head, field))
        if head.offer is None:
            self.offer = None
        else:
            self.offer = self.offer or Offer()
            self.offer.take(head.offer)
        self.more_sources = [source.model_dump() for source in head.more_sources]
        self.source_title = head.source.title
        self.source_url = head.source.url
        self.source_date = head.source.date


@kept
class EntryText(Base):
    """An entry's title and Markdown in one language.

    ``status`` is original, unreviewed, reviewed or machine; that a translation is outdated is
    not stored but follows from ``translated_from`` (hash of the original it was made from).
    ``updated_by`` says in which role it was last changed (see :class:`Revision`). ``link`` leads
    to this language's own page where the entry came from a feed.
    """

    __tablename__ = "entry_texts"
    __table_args__ = (
        UniqueConstraint("entry_id", "language"),
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
    updated_by: Mapped[str] = mapped_column(Text, server_default="files")
    imported_hash: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(Text)

    entry: Mapped[Entry] = relationship(back_populates="texts", lazy="raise")
    passages: Mapped[list[Passage]] = relationship(
        back_populates="text", cascade="all, delete-orphan", lazy="raise", passive_deletes=True
    )

    def change(
        self, title: str, body: str, status: str, translated_from: str | None, by: str = "files"
    ) -> None:
        """Set the text and count it as a new revision; ``embed_changed`` then sees it.

        Line ends and space around the text become what a file holds, so that it exports as is.
        """
        self.title, self.body = title.strip(), body.replace("\r\n", "\n").strip()
        self.status, self.translated_from = status, translated_from
        self.revision = (self.revision or 0) + 1
        self.updated_at, self.updated_by = clock.now(), by

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


class Passage(Base):
    """A part of a text that can answer alone; search finds these, best first.

    ``heading`` is the text's title and the headings above the part. ``embedding_of`` names the
    input of ``embedding``, so that a changed text is noticed.
    """

    __tablename__ = "passages"
    __table_args__ = (
        UniqueConstraint("text_id", "position"),
        Index("ix_passages_words", "words", postgresql_using="gin"),
        Index(
            "ix_passages_embedding",
            "embedding",
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "halfvec_ip_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("entry_texts.id", ondelete="CASCADE"))
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), index=True)
    language: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    heading: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    embedding: Mapped[Vector]
    embedding_of: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str] = mapped_column(TSVECTOR, Computed(WORDS_SQL, persisted=True), deferred=True)

    text: Mapped[EntryText] = relationship(back_populates="passages", lazy="raise")


class Lexeme(Base):
    """In how many passages of a language a word stands; the empty word counts all passages."""

    __tablename__ = "lexemes"

    language: Mapped[str] = mapped_column(Text, primary_key=True)
    lexeme: Mapped[str] = mapped_column(Text, primary_key=True)
    passages: Mapped[int]


class OffTopic(Base):
    """A sentence that no entry answers; search measures a question against these too."""

    __tablename__ = "off_topic"

    sentence: Mapped[str] = mapped_column(Text, primary_key=True)
    embedding: Mapped[Vector]
    embedding_of: Mapped[str | None] = mapped_column(Text)
