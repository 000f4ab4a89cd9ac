"""Links that open something once: a staff member's own account, or a place in the pool."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from bot import pool_buttons
from bot.inbox import Update
from bot.incoming import Incoming, language_of
from centre import logins, people
from centre.people import Person
from storage import outbox
from storage.outbox import Content
from translations.catalogue import say

# A deep link: Telegram sends the token behind /start.
CONNECT = re.compile(r"^/start ([A-Za-z0-9_-]{43})$")


async def opened(session: AsyncSession, update: Update, incoming: Incoming) -> bool:
    """Take ``/start <token>`` of a link as what it is; else return ``False``."""
    match = CONNECT.match(incoming.text) if incoming.kind == "text" else None
    if match is None:
        return False
    channel, address = update.channel, update.address
    person_id = await logins.redeem(session, match[1], "connect")
    if person_id is not None:
        await people.move_address(session, channel, address, person_id)
        person = await session.get_one(Person, person_id)
        words = say("staff.connected", language_of(person, incoming), name=person.name or "")
        messages = [Content(text=words)]
    else:
        person = await people.find_or_create(session, channel, address)
        language = language_of(person, incoming)
        welcome = await pool_buttons.joined(session, match[1], person, language)
        messages = welcome or [Content(text=say("staff.connect_failed", language))]
    for content in messages:
        await outbox.enqueue(session, person.id, channel, address, content)
    return True
