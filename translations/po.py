"""Reads and writes gettext files; the head that a catalogue's translators wrote stays as it is."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from storage.errors import LotseError
from translations.catalogue import source_forms

WIDTH = 100
_BESIDE = re.compile(r'(?<!\\)"[ \t]+"')
_PLURALS = re.compile(r'^"Plural-Forms:.*(?:\n(?!"[A-Z][\w-]*:)".*)*\n', re.M)


class Unreadable(LotseError):
    """The file is no gettext file; ``data``: file, line (0 when unknown) and reason."""

    code = "unreadable_catalogue"


@dataclass(frozen=True)
class Po:
    """One file: its head as written, its entries in their order, and what is no longer used."""

    head: str
    messages: tuple[Message, ...]
    obsolete: tuple[Message, ...]
    plural_forms: str
    fields: dict[str, str]


def read(path: Path) -> Po:
    """Return what stands in a catalogue or template.

    Raises:
        Unreadable: the file is damaged; mend the line that is named.
    """
    try:
        text = path.read_text("utf-8")
        catalog = read_po(io.BytesIO(text.encode()), abort_invalid=True)
    except PoFileError as error:
        line = getattr(error, "lineno", None) or 0
        raise Unreadable(file=str(path), line=line, reason=str(error)) from error
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable(file=str(path), line=0, reason=str(error)) from error
    messages = tuple(message for message in catalog if message.context)
    for message in messages:
        _know_previous(message)
    head = text.partition("\n\n")[0]
    unfolded = re.sub(r'"\n"', "", head[head.find('msgstr ""') :])
    fields = dict(re.findall(r"([A-Z][\w-]*): (.*?)\\n", unfolded))
    return Po(
        head,
        messages,
        tuple(catalog.obsolete.values()),
        fields.get("Plural-Forms", ""),
        fields,
    )


def _know_previous(message: Message) -> None:
    """Make ``#| msgid``, the English before it changed, what it is; Babel reads a comment."""
    lines = [one for one in message.user_comments if one.startswith("|")]
    if not lines:
        return
    message.user_comments = [one for one in message.user_comments if not one.startswith("|")]
    counts = any(one.startswith("| msgid_plural") for one in lines)
    lines += ['| msgstr[0] ""', '| msgstr[1] ""'] if counts else ['| msgstr ""']
    entry = "\n".join(one.removeprefix("|").strip() for one in lines)
    # Babel writes a text of many lines into one line here, and could not read that again.
    entry = _BESIDE.sub('"\n"', entry)
    [before] = [one for one in read_po(io.BytesIO(entry.encode())) if one.id]
    message.previous_id = [before.id] if isinstance(before.id, str) else list(before.id)


def write(path: Path, head: str, messages: Iterable[Message], plural_forms: str) -> None:
    """Write a whole file at once; a reader never sees half of it.

    Args:
        path: where to.
        head: the first block as it is to stand there; its plural rule is set.
        messages: the entries; those that :func:`obsolete` made come last, behind ``#~``.
        plural_forms: the plural rule, as ``Plural-Forms`` writes it.
    """
    catalog = Catalog(charset="utf-8")
    catalog.mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Plural-Forms", plural_forms),
    ]
    for message in messages:
        if message.context and message.context.startswith(_OBSOLETE):
            message.context = message.context.removeprefix(_OBSOLETE)
            catalog.obsolete[(source_forms(message)[0], message.context)] = message
        else:
            catalog[message.id] = message
    body = io.BytesIO()
    write_po(
        body, catalog, width=WIDTH, omit_header=True, include_previous=True, include_lineno=False
    )
    head = with_plural_forms(head, plural_forms)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n", "utf-8")
    beside.replace(path)


def with_plural_forms(head: str, plural_forms: str) -> str:
    """Return the head of a file with the plural rule in it."""
    line = f'"Plural-Forms: {plural_forms}\\n"\n'
    head = _PLURALS.sub("", head + "\n")
    return head.replace('"MIME-Version', f'{line}"MIME-Version', 1).rstrip("\n")


_OBSOLETE = "\x00"


def obsolete(message: Message) -> Message:
    """Return an entry that is kept for later, but not used any more."""
    made = Message(
        message.id, message.string, context=f"{_OBSOLETE}{message.context}", flags=message.flags
    )
    made.user_comments = message.user_comments
    return made
