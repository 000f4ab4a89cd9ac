"""``/pool`` and ``/invite``: how interpreters come, see and change their profile, and leave."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot import pool_menus
from centre import handoffs
from centre.people import Person
from centre.pool import changes, joining, profile
from centre.pool.changes import LastWay, NotOffered
from storage.outbox import Content
from translations.catalogue import isolate, say
from translations.direction import RIGHT_TO_LEFT_MARK

POOL, INVITE = "/pool", "/invite"
BUTTON = "i:"
NONE = "none"
_BUTTON = re.compile(r"i:([a-z]{2,10})((?::[A-Za-z0-9_]{1,24}){0,3})")

Change = Callable[[AsyncSession, Person, list[str]], Awaitable[None]]


async def command(session: AsyncSession, person: Person, language: str) -> list[Content] | None:
    """Answer ``/pool`` with the whole profile; ``None`` for somebody who is no interpreter."""
    found = await profile.read(session, person.id)
    return None if found is None else [pool_menus.menu(found, language)]


async def invite_command(
    session: AsyncSession,
    person: Person,
    rest: str,
    language: str,
    link: Callable[[str], str] | None,
) -> list[Content] | None:
    """Answer ``/invite``: make an invitation and show its link.

    Args:
        session: the caller's open transaction.
        person: who invites.
        rest: what stands behind the command: the name of whoever is invited, or nothing.
        language: launch language of the reader.
        link: makes the bot's deep link of a token; ``None`` where no bot is connected.

    Returns:
        The answer; ``None`` when this person may not invite.
    """
    try:
        token = await joining.invite(session, person, rest)
    except joining.MayNotInvite:
        return None
    if link is None:
        told = f"/start {token}"
        text = say("pool.invited_here", language, command=told)
    else:
        told = link(token)
        text = say("pool.invited", language, address=told)
    # It stands in a line of its own and is copied: with nothing invisible around it.
    for around in (isolate(told), RIGHT_TO_LEFT_MARK + told):
        text = text.replace(around, told)
    return [Content(text=text)]


async def joined(
    session: AsyncSession, token: str, person: Person, language: str
) -> list[Content] | None:
    """Take up an invitation and welcome the new interpreter; ``None`` when it opens nothing."""
    if not await joining.join(session, token, person):
        return None
    welcome = Content(text=say("pool.joined", language))
    return [welcome, *(await command(session, person, language) or [])]


async def tap(
    session: AsyncSession, person: Person, data: str, language: str
) -> list[Content] | None:
    """Do what a button of the profile says and show that part of it again.

    Args:
        session: the caller's open transaction.
        person: who tapped.
        data: what the button carries; begins with :data:`BUTTON`.
        language: launch language of the reader.

    Returns:
        The answer; ``None`` when the button is out of date, forged or not for this person.
    """
    match = _BUTTON.fullmatch(data)
    if match is None or await profile.read(session, person.id) is None:
        return None
    verb, values = match[1], match[2].split(":")[1:]
    if (verb, values) == ("leave", ["yes"]):
        await handoffs.withdraw(session, person.id)
        await joining.leave(session, person.id)
        return [Content(text=say("pool.left", language))]
    if values:
        change = _CHANGES.get((verb, len(values)))
        if change is None:
            return None
        try:
            # What is refused leaves no trace: a first wish would make a profile.
            async with session.begin_nested():
                await change(session, person, values)
        except NotOffered:
            return None
        except LastWay:
            pass  # the page says that one stays, and shows which
    return await _shown(session, person, verb, values, language)


async def _shown(
    session: AsyncSession, person: Person, verb: str, values: list[str], language: str
) -> list[Content] | None:
    found = await profile.read(session, person.id)
    if found is None:
        return None
    if verb in ("lang", "level", "dial"):
        spoken = found.spoken(values[0]) if values else None
        return None if spoken is None else [pool_menus.one_language(found, spoken, language)]
    page = pool_menus.PAGES.get("langs" if verb == "drop" else verb)
    return None if page is None else [page(found, language)]


async def _language(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_language(session, person.id, values[0], True)


async def _drop(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_language(session, person.id, values[0], False)


async def _level(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_level(session, person.id, values[0], values[1])


async def _dialect(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_dialect(session, person.id, values[0], values[1], _on(values))


async def _german(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_german(session, person.id, values[0])


async def _gender(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_gender(session, person.id, None if values[0] == NONE else values[0])


async def _place(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_centre(session, person.id, values[0], _on(values))


async def _way(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_way(session, person.id, values[0], _on(values))


async def _part(session: AsyncSession, person: Person, values: list[str]) -> None:
    day = int(values[0]) if re.fullmatch(r"[0-6]", values[0]) else -1
    await changes.set_part(session, person.id, day, values[1], _on(values))


async def _topic(session: AsyncSession, person: Person, values: list[str]) -> None:
    await changes.set_without(session, person.id, values[0], _on(values))


async def _pause(session: AsyncSession, person: Person, values: list[str]) -> None:
    if values[0] == NONE:
        await changes.resume(session, person.id)
    else:
        await changes.pause(session, person.id, values[0])


async def _duty(session: AsyncSession, person: Person, values: list[str]) -> None:
    if values[0] == NONE:
        await changes.go_off_duty(session, person.id)
    else:
        hours = int(values[0]) if re.fullmatch(r"[0-9]", values[0]) else 0
        await changes.go_on_duty(session, person.id, hours)


async def _promise(session: AsyncSession, person: Person, values: list[str]) -> None:
    if values[0] != "yes":
        raise NotOffered
    await changes.declare(session, person.id)


def _on(values: list[str]) -> bool:
    if values[-1] not in ("on", "off"):
        raise NotOffered
    return values[-1] == "on"


# What changes something, by verb and number of values.
_CHANGES: dict[tuple[str, int], Change] = {
    ("lang", 1): _language,
    ("drop", 1): _drop,
    ("level", 2): _level,
    ("dial", 3): _dialect,
    ("german", 1): _german,
    ("gender", 1): _gender,
    ("places", 2): _place,
    ("ways", 2): _way,
    ("week", 3): _part,
    ("topics", 2): _topic,
    ("pause", 1): _pause,
    ("duty", 1): _duty,
    ("promise", 1): _promise,
}
