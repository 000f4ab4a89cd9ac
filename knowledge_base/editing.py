"""Editing texts in the database: checked like the files, and never a review that did not happen."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from knowledge_base.content_files import ORIGINAL, content_languages, text_hash
from knowledge_base.embedding import embed_changed
from knowledge_base.entries import ORIGINAL_STATUS, Entry, EntryText
from knowledge_base.text_rules import Mistake, body_mistakes, title_mistakes
from storage.errors import LotseError

REVIEWED, UNREVIEWED = "reviewed", "unreviewed"


class TextInvalid(LotseError):
    """A text breaks the rules that files are checked by; ``mistakes`` says where and what to do."""

    code = "text_invalid"

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(count=len(mistakes))
        self.mistakes = mistakes


class UnknownText(LotseError):
    """There is no such entry (or it is withdrawn), or it has no text in that language."""

    code = "unknown_text"


class FromFeed(LotseError):
    """The entry comes from a feed, which alone changes it."""

    code = "from_feed"


class NothingToReview(LotseError):
    """The text is the original, or older than the original: it has to be edited first."""

    code = "nothing_to_review"


async def own_entry(session: AsyncSession, entry_id: str) -> Entry:
    """Return an entry of our own with its texts, locked for changing it.

    Raises:
        UnknownText: there is none, or it was withdrawn.
        FromFeed: it is not ours to change.
    """
    entry = await session.scalar(
        select(Entry)
        .where(Entry.id == entry_id, Entry.withdrawn_at.is_(None))
        .options(selectinload(Entry.texts))
        .with_for_update(of=Entry)
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise UnknownText(entry=entry_id)
    if entry.origin is not None:
        raise FromFeed(entry=entry_id)
    return entry


async def edit_text(
    session: AsyncSession, entry_id: str, language: str, title: str, body: str, by: str
) -> EntryText:
    """Write an entry's text in one language and make it findable.

    An edited German text makes its translations outdated; an edited translation is unreviewed and
    follows the German text of now.

    Args:
        session: the caller's open transaction.
        entry_id: which entry; it has to exist.
        language: launch language; a text that is missing is added.
        title: one line.
        body: Markdown.
        by: the editor's role and opaque id, such as ``curator:<id>``.

    Returns:
        The text as it is stored now.

    Raises:
        TextInvalid: the text breaks the rules of ``lotse kb check``; nothing was changed.
        UnknownText: there is no such entry, or no such launch language.
        FromFeed: the entry is not ours to change.
    """
    title, body = title.strip(), body.replace("\r\n", "\n").strip()
    if mistakes := [*title_mistakes(title), *body_mistakes(body)]:
        raise TextInvalid(mistakes)
    if language not in content_languages():
        raise UnknownText(entry=entry_id, language=language)
    entry = await own_entry(session, entry_id)
    text = _text(entry, language)
    if text is None:
        text = EntryText(entry_id=entry_id, language=language)
        entry.texts.append(text)
    status, made_from = ORIGINAL_STATUS, None
    if language != ORIGINAL:
        status, made_from = UNREVIEWED, _original_hash(entry)
    if (text.title, text.body, text.status, text.translated_from) != (
        title,
        body,
        status,
        made_from,
    ):
        text.change(title, body, status, made_from, by)
    await session.flush()
    await embed_changed(session)
    return text


async def mark_reviewed(session: AsyncSession, entry_id: str, language: str, by: str) -> EntryText:
    """Note that a native speaker has compared a translation with the German text.

    Raises:
        UnknownText: there is no such text.
        FromFeed: the entry is not ours to change.
        NothingToReview: it is the original, or older than the German text is now.
    """
    entry = await own_entry(session, entry_id)
    text = _text(entry, language)
    if text is None:
        raise UnknownText(entry=entry_id, language=language)
    if language == ORIGINAL or text.translated_from != _original_hash(entry):
        raise NothingToReview(entry=entry_id, language=language)
    if text.status != REVIEWED:
        text.change(text.title, text.body, REVIEWED, text.translated_from, by)
        await session.flush()
    return text


def _text(entry: Entry, language: str) -> EntryText | None:
    return next((text for text in entry.texts if text.language == language), None)


def _original_hash(entry: Entry) -> str | None:
    original = _text(entry, ORIGINAL)
    return text_hash(original.title, original.body) if original else None
