"""One-time links and what they open: a staff session on the web, or a Telegram account.

Only hashes are stored, so that a copy of the database opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ForeignKey, Text, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from centre.people import STAFF, Person
from storage import clock
from storage.base import Base, MaybeMoment, Moment

Purpose = Literal["staff", "connect", "invite"]

SESSION_TTL = timedelta(hours=12)


class Login(Base):
    """A link that works once.

    ``staff`` signs in, ``connect`` adds a Telegram account, ``invite`` makes an interpreter.
    """

    __tablename__ = "logins"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    """What the staff call whoever is invited."""
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    expires_at: Mapped[Moment]
    used_at: Mapped[MaybeMoment]


class StaffSession(Base):
    """Somebody of the staff who is signed in on the web."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    expires_at: Mapped[Moment]


def hashed(token: str) -> str:
    """Return what is stored of a token (SHA-256, 64 hexadecimal digits)."""
    return hashlib.sha256(token.encode()).hexdigest()


async def create(
    session: AsyncSession,
    person_id: uuid.UUID,
    purpose: Purpose,
    ttl: timedelta,
    name: str | None = None,
) -> str:
    """Return a fresh token that :func:`redeem` or :func:`redeem_invite` takes once.

    Args:
        session: the caller's open transaction.
        person_id: whom the token stands for.
        purpose: what it may be used for.
        ttl: how long it is valid.
        name: what the staff call whoever is invited.

    Returns:
        43 characters of ``A-Z a-z 0-9 - _``: fit for Telegram's ``start`` parameter.
    """
    token, expires_at = _fresh(ttl)
    session.add(
        Login(
            token_hash=hashed(token),
            person_id=person_id,
            purpose=purpose,
            name=name,
            expires_at=expires_at,
        )
    )
    await session.flush()
    return token


async def redeem(session: AsyncSession, token: str, purpose: Purpose) -> uuid.UUID | None:
    """Use a token up.

    Two attempts at once: the database lets one of them have it.

    Returns:
        Whom it stands for; ``None`` when it is unknown, used, expired or for something else.
    """
    return await session.scalar(
        update(Login)
        .where(
            Login.token_hash == hashed(token),
            Login.purpose == purpose,
            Login.used_at.is_(None),
            Login.expires_at > clock.now(),
        )
        .values(used_at=clock.now())
        .returning(Login.person_id)
    )


async def redeem_invite(session: AsyncSession, token: str) -> tuple[uuid.UUID, str | None] | None:
    """Use an invitation up; the name in it is forgotten here.

    Two attempts at once: the second waits for the first and finds it used.

    Returns:
        Who invited, and what they call whom they invited; ``None`` as with :func:`redeem`.
    """
    found = await session.scalar(
        select(Login)
        .where(
            Login.token_hash == hashed(token),
            Login.purpose == "invite",
            Login.used_at.is_(None),
            Login.expires_at > clock.now(),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        return None
    name, found.name, found.used_at = found.name, None, clock.now()
    await session.flush()
    return found.person_id, name


async def open_session(session: AsyncSession, person_id: uuid.UUID) -> str:
    """Sign somebody in on the web for 12 hours and return the session's token."""
    token, expires_at = _fresh(SESSION_TTL)
    session.add(StaffSession(token_hash=hashed(token), person_id=person_id, expires_at=expires_at))
    await session.flush()
    return token


async def signed_in(session: AsyncSession, token: str) -> Person | None:
    """Return the manager, curator or admin whose session this is, or ``None``.

    The role is looked at every time: who has lost it is signed out at once.
    """
    return (
        await session.scalars(
            select(Person)
            .join(StaffSession, StaffSession.person_id == Person.id)
            .where(
                StaffSession.token_hash == hashed(token),
                StaffSession.expires_at > clock.now(),
                Person.role.in_(STAFF),
            )
        )
    ).one_or_none()


async def close_session(session: AsyncSession, token: str) -> None:
    """Sign out."""
    await session.execute(delete(StaffSession).where(StaffSession.token_hash == hashed(token)))


async def forget_old(session: AsyncSession) -> None:
    """Delete links and sessions that open nothing any more."""
    now = clock.now()
    await session.execute(
        delete(Login).where(or_(Login.expires_at <= now, Login.used_at.is_not(None)))
    )
    await session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))


def _fresh(ttl: timedelta) -> tuple[str, datetime]:
    return secrets.token_urlsafe(32), clock.now() + ttl
