"""Contacts from their file into the database and back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import offer_heads
from knowledge_base.check_offers import CONTACTS, read_contacts
from knowledge_base.offers import Contact


async def import_contacts(session: AsyncSession, folder: Path) -> set[str]:
    """Bring ``contacts.yml`` of ``folder`` into the database; what was edited there stays.

    Returns:
        The ids in the file.
    """
    listed, _ = read_contacts(folder)
    rows = {row.id: row for row in await session.scalars(select(Contact))}
    for contact_id, contact in listed.items():
        row = rows.get(contact_id)
        if row is None:
            row = Contact(id=contact_id)
            session.add(row)
        elif _hash(_head(row)) not in (row.imported_hash, _hash(contact)):
            continue
        for field in offer_heads.Contact.model_fields:
            setattr(row, field, getattr(contact, field))
        row.imported_hash = _hash(contact)
    await session.flush()
    return set(listed)


async def withdraw_contacts(session: AsyncSession, listed: set[str]) -> None:
    """Remove contacts that came from a file and are in none any more, unless edited."""
    for row in await session.scalars(select(Contact).where(Contact.imported_hash.is_not(None))):
        if row.id not in listed and _hash(_head(row)) == row.imported_hash:
            await session.delete(row)


async def export_contacts(session: AsyncSession, folder: Path) -> list[Path]:
    """Write all contacts into ``folder``; an import reads them back. Return the files written."""
    rows = list(await session.scalars(select(Contact).order_by(Contact.id)))
    if not rows:
        return []
    fields = {row.id: _head(row).model_dump(exclude_none=True) for row in rows}
    for row in rows:
        fields[row.id]["checked_on"] = row.checked_on
    path = folder / CONTACTS
    path.parent.mkdir(parents=True, exist_ok=True)
    dumped = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=10_000)
    path.write_text(dumped, "utf-8", newline="\n")
    return [path]


def _head(row: Contact) -> offer_heads.Contact:
    fields = offer_heads.Contact.model_fields
    return offer_heads.Contact.model_validate({field: getattr(row, field) for field in fields})


def _hash(contact: offer_heads.Contact) -> str:
    return hashlib.sha256(contact.model_dump_json().encode()).hexdigest()[:12]
