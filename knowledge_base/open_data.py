"""Articles and offers as open data: plain structures that JSON can hold, without anything inward.

Described in ``docs/open-data.md`` and, for programs, in ``docs/open-data.schema.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from knowledge_base import schedule
from knowledge_base.content_files import EVERYWHERE, ORIGINAL, text_hash
from knowledge_base.entries import MACHINE, ORIGINAL_STATUS, Entry, EntryText
from knowledge_base.offers import Contact
from storage import clock
from storage.clock import BERLIN

LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
OWN = "Lotse"
FEED = "integreat:"
AHEAD, NEXT = timedelta(days=180), 10
_CONTACT = (
    ["id", "name", "phone", "email", "url", "address"],
    ["source_title", "source_url", "checked_on"],
)


@dataclass(frozen=True)
class Page:
    """A part of all entries there are (``total``), in the order of their ids."""

    entries: list[dict[str, Any]]
    total: int


async def articles(
    session: AsyncSession, centre: str | None, language: str | None, limit: int, offset: int
) -> Page:
    """Return articles that may be shown today.

    Args:
        session: any session; only what is returned is read.
        centre: only of this centre and for all; ``None`` for every centre.
        language: only texts in this language, and entries that have one; ``None`` for all.
        limit: how many at most.
        offset: how many to skip.
    """
    chosen = _chosen("article", centre, language)
    total = await session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    page = chosen.order_by(Entry.id).limit(limit).offset(offset)
    rows = (await session.scalars(page.options(selectinload(Entry.texts)))).all()
    return Page([_entry(row, language) for row in rows], total)


async def offers(
    session: AsyncSession, centre: str | None, language: str | None, limit: int, offset: int
) -> Page:
    """Return offers that may be shown today and are not over (arguments as :func:`articles`)."""
    now = clock.now()
    # Whether a course is over is not known to the database; there are never many offers.
    rows = (await session.scalars(_chosen("offer", centre, language).order_by(Entry.id))).all()
    there = [row for row in rows if row.offer is not None and not _is_over(row, now)]
    ids = [row.id for row in there[offset : offset + limit]]
    full = select(Entry).where(Entry.id.in_(ids)).order_by(Entry.id)
    full = full.options(selectinload(Entry.texts)).execution_options(populate_existing=True)
    shown = (await session.scalars(full)).all()
    names = {row.offer.contact for row in shown if row.offer}
    contacts = {
        row.id: row for row in await session.scalars(select(Contact).where(Contact.id.in_(names)))
    }
    made = [_entry(row, language) | {"offer": _offer(row, contacts, now)} for row in shown]
    return Page(made, len(there))


def _chosen(kind: str, centre: str | None, language: str | None) -> Select[Entry]:
    newer = aliased(Entry)
    replaced = select(newer.id).where(newer.supersedes == Entry.id, *_in_force(newer))
    chosen = select(Entry).where(Entry.kind == kind, *_in_force(Entry), ~replaced.exists())
    if centre is not None:
        chosen = chosen.where(Entry.centre.in_((centre, EVERYWHERE)))
    texts = select(EntryText.id).where(EntryText.entry_id == Entry.id)
    if language is not None:
        texts = texts.where(EntryText.language == language)
    return chosen.where(texts.exists())


def _in_force(entry: type[Entry]) -> list[ColumnElement[bool]]:
    today = clock.today()
    return [
        entry.withdrawn_at.is_(None),
        or_(entry.valid_from.is_(None), entry.valid_from <= today),
        or_(entry.valid_until.is_(None), entry.valid_until >= today),
    ]


def _entry(row: Entry, language: str | None) -> dict[str, Any]:
    texts = {text.language: text for text in row.texts}
    shown = {key: text for key, text in sorted(texts.items()) if language in (None, key)}
    sources = [{"title": row.source_title, "url": row.source_url, "date": row.source_date}]
    more = [{key: one.get(key) for key in ("title", "url", "date")} for one in row.more_sources]
    return {
        "id": row.id,
        "kind": row.kind,
        "topic": row.topic,
        "also": list(row.also),
        "centre": row.centre,
        "statuses": list(row.statuses),
        "audience": list(row.audience),
        "texts": {key: _text(one, texts.get(ORIGINAL)) for key, one in shown.items()},
        "sources": sources + more,
        "checked_on": _day(row.checked_on),
        "valid_from": _day(row.valid_from),
        "valid_until": _day(row.valid_until),
        "volatile": row.volatile,
        "unconfirmed": row.unconfirmed,
        "updated_at": _moment(max(text.updated_at for text in shown.values())),
        "origin": row.origin,
        "licence": _licence(row),
    }


def _text(text: EntryText, original: EntryText | None) -> dict[str, Any]:
    status = text.status
    if status != ORIGINAL_STATUS and original is not None:
        current = text.translated_from == text_hash(original.title, original.body)
        status = status if current else "outdated"
    return {
        "title": text.title,
        "body": text.body,
        "status": status,
        "machine": text.status == MACHINE,
        "url": text.link,
        "updated_at": _moment(text.updated_at),
    }


def _licence(row: Entry) -> dict[str, str]:
    origin = row.origin or ""
    by = f"{origin.removeprefix(FEED)} (Integreat)" if origin.startswith(FEED) else OWN
    return {"id": LICENCE, "url": LICENCE_URL, "attribution": by}


def _offer(row: Entry, contacts: dict[str, Contact], now: datetime) -> dict[str, Any]:
    offer = row.offer
    assert offer is not None
    last = row.valid_until
    end = now + AHEAD
    if last is not None:
        end = min(end, datetime(last.year, last.month, last.day, tzinfo=BERLIN) + timedelta(days=1))
    upcoming = []
    if offer.starts is not None:
        upcoming = schedule.occurrences(
            offer.starts, offer.rrule, offer.except_on, _since(row, now), end, NEXT
        )
    contact = contacts.get(offer.contact or "")
    return {
        "type": offer.type,
        "place": offer.place,
        "address": offer.address,
        "municipality": offer.municipality,
        "starts": offer.starts.isoformat(timespec="minutes") if offer.starts else None,
        "minutes": offer.minutes,
        "rrule": offer.rrule,
        "except_on": [day.isoformat() for day in offer.except_on],
        "levels": list(offer.levels),
        "languages": list(offer.languages),
        "cost": offer.cost,
        "childcare": offer.childcare,
        "capacity": offer.capacity,
        "join": offer.join,
        "contact": _contact(contact) if contact else None,
        "next": [moment.isoformat(timespec="minutes") for moment in upcoming],
    }


def _is_over(row: Entry, now: datetime) -> bool:
    offer = row.offer
    if offer is None or offer.starts is None:
        return False
    since = _since(row, now)
    return schedule.following(offer.starts, offer.rrule, offer.except_on, since) is None


def _since(row: Entry, now: datetime) -> datetime:
    # What has begun is still going on for as long as it takes.
    return now - timedelta(minutes=(row.offer.minutes if row.offer else 0) or 0)


def _contact(contact: Contact) -> dict[str, str | None]:
    known, origin = _CONTACT
    plain = {field: getattr(contact, field) for field in known}
    source = {field: getattr(contact, field) for field in origin[:2]}
    return plain | source | {"checked_on": _day(contact.checked_on)}


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
