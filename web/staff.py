"""Pages for the staff: signing in with a one-time link, an overview, connecting Telegram."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import timedelta

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import logins, people
from centre.people import STAFF, Person
from web import staff_data
from web.context import (
    DATABASE,
    FALLBACK_LANGUAGE,
    TELEGRAM,
    Forbidden,
    as_uuid,
    from_elsewhere,
    is_https,
    preferred_language,
    render,
)

COOKIE = "lotse_staff"
COOKIE_PATH = "/staff"
LINK_TTL = timedelta(hours=12)
CONNECT_TTL = timedelta(hours=24)
ADMIN = "admin"
LONGEST_TOKEN = 100


def install(application: web.Application) -> None:
    """Add the staff pages."""
    application.router.add_get("/staff", page)
    application.router.add_get("/staff/login", ask_to_sign_in)
    application.router.add_post("/staff/login", sign_in)
    application.router.add_post("/staff/connect", connect)


async def login_link(session: AsyncSession, person_id: uuid.UUID, base_url: str) -> str:
    """Return a link that signs a member of the staff in, once, within 12 hours."""
    token = await logins.create(session, person_id, "staff", LINK_TTL)
    return f"{base_url.rstrip('/')}/staff/login?token={token}"


async def admin_link(session: AsyncSession, base_url: str) -> str:
    """Return a link that signs the admin in, once; the first link creates the admin.

    Args:
        session: the caller's open transaction.
        base_url: how the web application is reached, e.g. ``http://127.0.0.1:8080``.
    """
    admin_id = await session.scalar(
        select(Person.id)
        .where(Person.role == ADMIN)
        .order_by(Person.created_at, Person.id)
        .limit(1)
    )
    if admin_id is None:
        admin_id = uuid.uuid4()
        session.add(Person(id=admin_id, role=ADMIN, dialogue={}))
        await session.flush()
    return await login_link(session, admin_id, base_url)


async def ask_to_sign_in(request: web.Request) -> web.Response:
    """Show a button; looking at the page uses nothing up, as a preview of the link does too."""
    token = request.query.get("token", "")[:LONGEST_TOKEN]
    if not token:
        return refused(request, 403)
    return render(request, "login.html", preferred_language(request), token=token)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Use the link up and sign its owner in.

    Raises:
        Forbidden: another site sent the form.
    """
    if from_elsewhere(request):
        raise Forbidden
    token = str((await request.post()).get("token", ""))
    async with request.app[DATABASE].transaction() as session:
        person_id = await logins.redeem(session, token, "staff")
        person = await people.get(session, person_id) if person_id is not None else None
        if person is None or person.role not in STAFF:
            return refused(request, 403)
        opened = await logins.open_session(session, person.id)
    response = web.Response(status=303, headers={"Location": "/staff"})
    response.set_cookie(
        COOKIE,
        opened,
        max_age=int(logins.SESSION_TTL.total_seconds()),
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=is_https(request),
    )
    return response


async def page(request: web.Request) -> web.Response:
    """Show the overview to a manager, curator or admin."""
    async with request.app[DATABASE].transaction() as session:
        person = await signed_in(request, session)
        if person is None:
            return refused(request, 401)
        return await _overview(request, session, person)


async def connect(request: web.Request) -> web.Response:
    """Make a link that connects a manager's or interpreter's Telegram account, and show it.

    Raises:
        Forbidden: another site sent the form, or the reader may not open that account.
    """
    form = await request.post()
    telegram = request.app[TELEGRAM]
    async with request.app[DATABASE].transaction() as session:
        person = await signed_in(request, session)
        if person is None:
            return refused(request, 401)
        if from_elsewhere(request) or not hmac.compare_digest(
            str(form.get("csrf", "")).encode(), _csrf(request).encode()
        ):
            raise Forbidden
        other_id = as_uuid(form.get("person"))
        other = await people.get(session, other_id) if other_id is not None else None
        if telegram is None or other is None or not staff_data.may_connect(person, other):
            raise Forbidden
        token = await logins.create(session, other.id, "connect", CONNECT_TTL)
        link = telegram.deep_link(token)
        return await _overview(request, session, person, link=link, link_for=other.id)


async def _overview(
    request: web.Request,
    session: AsyncSession,
    person: Person,
    link: str | None = None,
    link_for: uuid.UUID | None = None,
) -> web.Response:
    language = person.language or FALLBACK_LANGUAGE
    return render(
        request,
        "staff.html",
        language,
        overview=await staff_data.overview(session, person, language),
        reader=person.name or "",
        telegram=request.app[TELEGRAM] is not None,
        csrf=_csrf(request),
        link=link,
        link_for=link_for,
    )


async def signed_in(request: web.Request, session: AsyncSession) -> Person | None:
    """Return the member of the staff whose browser this is, or ``None``."""
    token = request.cookies.get(COOKIE)
    return await logins.signed_in(session, token) if token else None


def _csrf(request: web.Request) -> str:
    """Return what only a page of this session can send back."""
    return hashlib.sha256(b"csrf:" + request.cookies.get(COOKIE, "").encode()).hexdigest()


def refused(request: web.Request, status: int) -> web.Response:
    """Return the page that says how to get in."""
    response = render(request, "refused.html", preferred_language(request))
    response.set_status(status)
    return response
