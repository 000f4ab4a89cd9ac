"""Offers: courses, groups and services with a place, times and a way to join."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import Date, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from knowledge_base.offer_heads import OfferHead
from storage.base import Base

Words = Annotated[list[str], mapped_column(ARRAY(Text))]


class Contact(Base):
    """How to reach somebody: edited by the staff or read from a source, never generated.

    ``imported_hash`` is the contact as the files last had it; where the row differs from it,
    somebody edited the row.
    """

    __tablename__ = "contacts"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    source_title: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text)
    checked_on: Mapped[date | None]
    imported_hash: Mapped[str | None] = mapped_column(Text)


class Offer(Base):
    """What an entry of kind ``offer`` has beside its texts; ``None`` means: not known.

    ``starts`` is Berlin's local time of the first meeting (no time zone: a course at 9:30 is at
    9:30 in summer and winter), ``minutes`` its length, ``rrule`` how it recurs (RFC 5545),
    ``except_on`` the days it does not take place.
    """

    __tablename__ = "offers"

    entry_id: Mapped[str] = mapped_column(
        ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True
    )
    type: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    municipality: Mapped[str | None] = mapped_column(Text)
    starts: Mapped[datetime | None]
    minutes: Mapped[int | None]
    rrule: Mapped[str | None] = mapped_column(Text)
    except_on: Mapped[list[date]] = mapped_column(ARRAY(Date))
    levels: Mapped[Words]
    languages: Mapped[Words]
    cost: Mapped[str | None] = mapped_column(Text)
    childcare: Mapped[bool | None]
    capacity: Mapped[int | None]
    join: Mapped[str | None] = mapped_column(Text)
    contact: Mapped[str | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))

    def head(self) -> OfferHead:
        """Return the block that a German file has for this offer."""
        return OfferHead(**{field: getattr(self, field) for field in OfferHead.model_fields})

    def take(self, head: OfferHead) -> None:
        """Set every field to what a file says."""
        for field in OfferHead.model_fields:
            setattr(self, field, getattr(head, field))
