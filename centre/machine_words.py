"""What a machine makes of people's words: always beside them, always labelled, never kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from centre import county, format, notify
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.machine.spoken import spoken
from translations.machine.translator import Outcome, translate

SECONDS = 4.0
"""How long a message may wait for the models; then it goes out in its own words."""
INTERPRETER = "h:interpreter"
"""Tap that brings an interpreter in instead of the running talk."""


@dataclass(frozen=True)
class Beside:
    """What stands under a message: worded for its reader, with a way to an interpreter."""

    words: str
    buttons: list[list[Button]]

    def under(self, message: str) -> Content:
        """Return the message with this under it."""
        return Content(text=f"{message}\n\n{self.words}", buttons=self.buttons)


async def beside(
    session: AsyncSession, text: str, chosen: str, reader: str, *, with_interpreter: bool = False
) -> Beside | None:
    """Return what stands under somebody's words for a reader of another language.

    Args:
        session: not written to: what people write is not kept for the machine.
        text: what was written.
        chosen: the language its writer talks with the bot in.
        reader: language of whoever gets it.
        with_interpreter: somebody in this talk speaks both languages: nobody has to be told that
            a machine can't.

    Returns:
        The machine's words with their label; that there are none, with a button for an
        interpreter; or ``None`` where nothing has to be said: the words are in the reader's
        language, or there are no words.
    """
    source = await spoken(text, chosen, reader)
    if source is None:
        return None if with_interpreter else _refused(reader)
    made = await _made(session, text, source, reader)
    if made.reason in ("same", "nothing"):
        return None
    if words := _labelled(made, source, reader):
        return Beside(words, [])
    if with_interpreter:
        return None
    if made.reason == "no_route":
        language = format.language_name(source, reader)
        return Beside(say("machine.none", reader, language=language), _offer(reader))
    return _refused(reader)


async def translated(session: AsyncSession, text: str, chosen: str, reader: str) -> str | None:
    """Return the machine's words with their label, ``None`` where there are none to show.

    Args:
        session: not written to.
        text: what somebody wrote.
        chosen: the language its writer talks with the bot in.
        reader: language of whoever gets it.
    """
    source = await spoken(text, chosen, reader)
    if source is None:
        return None
    return _labelled(await _made(session, text, source, reader), source, reader)


async def _made(session: AsyncSession, text: str, source: str, reader: str) -> Outcome:
    (made,) = await translate(
        session, [text], source, reader, keep=False, names=names(), seconds=SECONDS
    )
    return made


def _labelled(made: Outcome, source: str, reader: str) -> str | None:
    if made.text is None:
        return None
    language = format.language_name(source, reader)
    words = say("machine.translated", reader, language=language, text=made.text)
    return f"{words}\n{say('machine.as_persian', reader)}" if made.as_persian else words


def names() -> list[str]:
    """Return the names of the county's centres and towns, which no machine may translate."""
    centres = {one.name for one in county.centres().values()}
    return sorted(centres | {one.name for one in county.municipalities().values()})


def _refused(reader: str) -> Beside:
    return Beside(say("machine.refused", reader), _offer(reader))


def _offer(reader: str) -> list[list[Button]]:
    return [[notify.button(reader, "machine.interpreter", INTERPRETER)]]
