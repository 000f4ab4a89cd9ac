"""Reading a text aloud: espeak-ng makes the sound, lame makes it small enough to send.

Both are programs of the system (Debian: ``espeak-ng``, ``lame``). Where espeak-ng is missing or has
no voice for a language, nothing is read aloud; where lame is missing, the sound is sent as it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import shutil
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from storage.errors import LotseError
from translations.languages import languages

log = logging.getLogger(__name__)

ESPEAK, LAME = "espeak-ng", "lame"
VOICES = {"prs": "fa", "kmr": "ku"}
"""espeak-ng's name of a language where it is not ours. Dari is read by the Persian voice."""
WORDS_PER_MINUTE = 140
LONGEST_TEXT = 3000
MOST_BYTES = 16_000_000
SECONDS = 15.0
KEPT = 24

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# Direction marks, control characters, and the signs of lists and headings.
_UNSPOKEN = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u2060-\u2069\ufeff]")
_LEADING = re.compile(r"^\s*(?:[•*#–-]+\s+)+")
_LATIN = re.compile(r"[A-Za-zÄÖÜäöüß][\w„“”.,&/-]*(?: [A-Za-zÄÖÜäöüß][\w„“”.,&/-]*)*")


class Unspeakable(LotseError):
    """A text cannot be read aloud; ``reason`` says why."""

    code = "unspeakable"


@dataclass(frozen=True)
class Sound:
    """A text read aloud."""

    content: bytes
    media_type: str
    ending: str
    """The file's ending, without the dot."""


_voices: frozenset[str] | None = None
_kept: OrderedDict[str, Sound] = OrderedDict()


async def can_speak(language: str) -> bool:
    """Return whether texts in a launch language can be read aloud on this machine."""
    global _voices
    if shutil.which(ESPEAK) is None:
        return False
    if _voices is None:
        try:
            _voices = _languages_in(await _run([ESPEAK, "--voices"], b""))
        except Unspeakable as error:
            log.warning("espeak-ng does not tell its voices: %s", error.data)
            return False
    return _voice(language) in _voices


async def read_aloud(text: str, language: str) -> Sound:
    """Return ``text`` as sound; the last few are kept in memory.

    Args:
        text: lines of plain text; links in it are left out. Only the first 3,000 characters count.
        language: launch language of the text.

    Raises:
        Unspeakable: there is no voice, it takes too long, or the program fails.
    """
    if not await can_speak(language):
        raise Unspeakable(reason="no voice", language=language)
    marked = _marked(text[:LONGEST_TEXT], language)
    key = hashlib.sha256(f"{language} {marked}".encode()).hexdigest()
    if key not in _kept:
        _kept[key] = await _make(marked, _voice(language))
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]


async def _make(marked: str, voice: str) -> Sound:
    say = [ESPEAK, "-v", voice, "-s", str(WORDS_PER_MINUTE), "-m", "--stdin", "--stdout"]
    wave = await _run(say, marked.encode())
    if shutil.which(LAME) is None:
        return Sound(wave, "audio/wav", "wav")
    small = [LAME, "--quiet", "-m", "m", "-b", "32", "-q", "7", "-", "-"]
    return Sound(await _run(small, wave), "audio/mpeg", "mp3")


def _voice(language: str) -> str:
    return VOICES.get(language, language)


def _languages_in(table: bytes) -> frozenset[str]:
    """Return the languages of espeak-ng's list of voices; ``fr-fr`` counts as ``fr``."""
    rows = [line.split() for line in table.decode("utf-8", "replace").splitlines()[1:]]
    return frozenset(row[1].split("-")[0] for row in rows if len(row) > 1)


def _marked(text: str, language: str) -> str:
    """Return what espeak-ng is given (SSML): a paragraph per line, German names read as German.

    Only other scripts show which words those are.
    """
    known = languages().get(language)
    latin = known is None or known.script == "Latn"
    lines = (_LEADING.sub("", _LINK.sub("", _UNSPOKEN.sub("", line))) for line in text.splitlines())
    marked = (escape(line) if latin else _with_german(line) for line in lines if line.strip())
    return f"<speak>{''.join(f'<p>{line}</p>' for line in marked)}</speak>"


def _with_german(line: str) -> str:
    made, end = "", 0
    for found in _LATIN.finditer(line):
        made += escape(line[end : found.start()])
        made += f'<voice xml:lang="de">{escape(found[0])}</voice>'
        end = found.end()
    return made + escape(line[end:])


async def _run(command: Sequence[str], given: bytes) -> bytes:
    """Return what a program writes when it reads ``given``.

    Raises:
        Unspeakable: it fails, says nothing or too much, or takes too long.
    """
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=nowhere
        )
    except OSError as error:
        raise Unspeakable(reason="not started", program=command[0]) from error
    try:
        async with asyncio.timeout(SECONDS):
            written, _ = await process.communicate(given)
    except TimeoutError:
        raise Unspeakable(reason="too slow", program=command[0]) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not 0 < len(written) <= MOST_BYTES:
        raise Unspeakable(reason="failed", program=command[0], status=process.returncode)
    return written
