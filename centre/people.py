"""The one table that knows who is who; everywhere else a person is an opaque id."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import clock
from storage.base import Base, MaybeMoment, Moment, OpaqueId

ROLES = ("refugee", "manager", "interpreter", "volunteer", "curator", "admin")
STAFF = ("manager", "curator", "admin")


class Person(Base):
    """Somebody who talks with the assistant.

    ``name`` is kept for staff and interpreters only; a refugee's name is never asked for.
    ``dialogue`` is the conversation's state (slots and active form, no texts).
    """

    __tablename__ = "people"

    id: Mapped[OpaqueId]
    role: Mapped[str] = mapped_column(Text, default="refugee")
    name: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    centre: Mapped[str | None] = mapped_column(Text)
    also_speaks: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default=text("'{}'")
    )
    """Further languages in which they can talk with an interpreter, as they said."""
    residence_status: Mapped[str | None] = mapped_column(Text)
    municipality: Mapped[str | None] = mapped_column(Text)
    """Where they live, an id of the county's configuration; it decides who is responsible."""
    manager_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    consented_at: Mapped[MaybeMoment]
    blocked_at: Mapped[MaybeMoment]
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    dialogue: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class Address(Base):
    """Where a person is reached: ``telegram`` chat, ``web`` page or ``script`` label."""

    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    last_used_at: Mapped[Moment] = mapped_column(default=clock.now)


async def find(session: AsyncSession, channel: str, address: str) -> Person | None:
    """Return the person behind an address, or ``None``."""
    return (
        await session.scalars(
            select(Person)
            .join(Address)
            .where(Address.channel == channel, Address.address == address)
        )
    ).one_or_none()


async def find_or_create(session: AsyncSession, channel: str, address: str) -> Person:
    """Return the person behind an address; a new address is a new refugee.

    Two first messages at once make one person: the address is unique, the loser reads again.
    """
    found = await find(session, channel, address)
    if found is not None:
        return found
    person = Person(id=uuid.uuid4())
    session.add(person)
    await session.flush()
    added = await session.scalar(
        insert(Address)
        .values(person_id=person.id, channel=channel, address=address, last_used_at=clock.now())
        .on_conflict_do_nothing()
        .returning(Address.id)
    )
    if added is None:
        await session.delete(person)
        await session.flush()
        person = (
            await session.scalars(
                select(Person)
                .join(Address)
                .where(Address.channel == channel, Address.address == address)
            )
        ).one()
    return person


async def move_address(
    session: AsyncSession, channel: str, address: str, person_id: uuid.UUID
) -> None:
    """Let an address stand for another person from now on (staff connect their account).

    Whoever it stood for is removed when nothing else leads to them.
    """
    row = (
        await session.scalars(
            select(Address).where(Address.channel == channel, Address.address == address)
        )
    ).one_or_none()
    if row is None:
        session.add(Address(person_id=person_id, channel=channel, address=address))
        return
    before = row.person_id
    row.person_id, row.last_used_at = person_id, clock.now()
    await session.flush()
    if before != person_id and await best_address(session, before) is None:
        person = await session.get(Person, before)
        if person is not None and person.role == "refugee":
            await session.delete(person)
            await session.flush()


async def get(session: AsyncSession, person_id: uuid.UUID) -> Person | None:
    """Return a person by opaque id, or ``None`` when erased."""
    return await session.get(Person, person_id)


async def lock(session: AsyncSession, person_id: uuid.UUID) -> Person | None:
    """Lock and return a person as they are now, or ``None`` when erased.

    Rows that refer to them can still be added meanwhile.
    """
    return await session.get(
        Person, person_id, with_for_update={"key_share": True}, populate_existing=True
    )


async def best_address(session: AsyncSession, person_id: uuid.UUID) -> Address | None:
    """Return where the person wrote last, or ``None`` when they have no address."""
    return (
        await session.scalars(
            select(Address)
            .where(Address.person_id == person_id)
            .order_by(Address.last_used_at.desc(), Address.id.desc())
            .limit(1)
        )
    ).one_or_none()


def consent(person: Person, moment: datetime | None = None) -> None:
    """Note that the person agreed to what the privacy notice says."""
    person.consented_at = moment or clock.now()
