"""``/talks`` and ``/blocked``: what managers find when they look for it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from centre import format
from centre.handoffs import Handoff, overview, safety
from centre.notify import button
from centre.people import Person
from centre.pool import topics
from storage import clock
from storage.outbox import Content
from translations.catalogue import say

TALKS, BLOCKED = "/talks", "/blocked"


async def talks(session: AsyncSession, person: Person, language: str) -> list[Content]:
    """Show who waits for a manager, and who has which talk; a message with its button each."""
    found = [
        Content(
            text=_waiting(one, language),
            buttons=[[button(language, "human.accept", f"h:accept:{one.id}")]],
        )
        for one in await overview.waiting_for(session, person)
    ]
    for talk, helper in await overview.running(session, person):
        take = button(language, "human.take_over", f"h:take:{talk.id}")
        found.append(
            Content(
                text=say(
                    "talks.running",
                    language,
                    language=format.language_name(talk.language, language),
                    name=helper.name or "–",
                ),
                buttons=[] if helper.id == person.id else [[take]],
            )
        )
    return found or [Content(text=say("talks.none", language))]


async def blocked(session: AsyncSession, person: Person, language: str) -> list[Content]:
    """Show whom the staff of a manager's centre keep from talks, each with the way back."""
    found = await safety.blocked(session, person.centre or "")
    return [
        Content(
            text=_blocked(one, language),
            buttons=[[button(language, "blocked.lift", f"h:lift:{one.report_id}")]],
        )
        for one in found
    ] or [Content(text=say("blocked.none", language))]


def _waiting(one: Handoff, language: str) -> str:
    return say(
        "talks.waiting",
        language,
        language=format.language_name(one.language, language),
        topic=say(f"interpreting.{one.topic or topics.OTHER}", language),
        minutes=int((clock.now() - one.created_at).total_seconds()) // 60,
    )


def _blocked(one: safety.Blocked, language: str) -> str:
    reported = format.date(one.reported_at, language)
    name = one.name or say("blocked.somebody", language)
    if one.until is None:
        return say("blocked.for_good", language, name=name, day=reported)
    until = format.day(one.until, language)
    return say("blocked.for_a_while", language, name=name, day=reported, until=until)
