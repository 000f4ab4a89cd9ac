"""Messages from the centre to a person, worded in that person's language."""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from centre import people
from storage import outbox
from storage.outbox import Button, Content, Document
from translations.catalogue import say

FALLBACK_LANGUAGE = "de"


def button(language: str, key: str, data: str, /, **values: object) -> Button:
    """Return a button labelled with the catalogue text ``key``."""
    return Button(label=say(key, language, **values), data=data)


async def tell(
    session: AsyncSession,
    person_id: uuid.UUID,
    key: str,
    buttons: list[list[tuple[str, str]]] | None = None,
    document: Document | None = None,
    *,
    silent: bool = False,
    **values: object,
) -> int | None:
    """Send the catalogue text ``key`` to a person, within the caller's transaction.

    Args:
        session: the caller's open transaction.
        person_id: who gets it.
        key: catalogue key of the text.
        buttons: rows of (catalogue key of the label, data that comes back).
        document: a file to attach.
        silent: whether it comes without a sound.
        values: placeholders of the text.

    Returns:
        The number of the outgoing message; ``None`` when the person has no address, was erased
        or has blocked the bot.
    """
    person = await people.get(session, person_id)
    if person is None:
        return None
    language = person.language or FALLBACK_LANGUAGE
    content = Content(
        text=say(key, language, **values),
        buttons=[[button(language, label, data) for label, data in row] for row in buttons or []],
        document=document,
        silent=silent,
    )
    return await deliver(session, person, content)


async def deliver(
    session: AsyncSession,
    person: people.Person,
    content: Content,
    *,
    thread: str | None = None,
    author_id: uuid.UUID | None = None,
    origin: int | None = None,
) -> int | None:
    """Send worded ``content`` to where the person wrote last; ``None`` if they can't be reached.

    ``thread``, ``author_id`` and ``origin`` are those of :func:`storage.outbox.enqueue`.
    """
    if person.blocked_at is not None:
        return None
    address = await people.best_address(session, person.id)
    if address is None:
        return None
    return await outbox.enqueue(
        session,
        person.id,
        address.channel,
        address.address,
        content,
        thread=thread,
        author_id=author_id,
        origin=origin,
    )
