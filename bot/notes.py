"""The command with which a manager hands over what the next one should know: /note 12 text."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from bot import clean
from centre.appointments import moving
from centre.appointments.errors import NoteUnknown
from centre.people import Person
from storage.outbox import Content
from translations.catalogue import say

_NOTE = re.compile(r"^(\d{1,18})\s+(\S.*)$", re.S)


async def write(session: AsyncSession, person: Person, written: str, language: str) -> Content:
    """Pass a handover note on; ``written`` is what stands behind the command."""
    match = _NOTE.match(written)
    try:
        if match is None:
            raise NoteUnknown
        text = match[2][: clean.LONGEST_TEXT]
        note = await moving.write(session, int(match[1]), person.id, text)
    except NoteUnknown:
        return Content(text=say("mine.note_unknown", language))
    return Content(text=say("mine.noted", language, manager=await moving.receiver(session, note)))
