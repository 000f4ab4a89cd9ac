"""What can be wrong with one translated text; every finding says what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from babel.messages.catalog import Message

from translations.catalogue import (
    COUNTED,
    FIRST_STRONG_ISOLATE,
    POP_ISOLATE,
    forms,
    placeholders,
    source_forms,
)
from translations.conventions import chosen, plural_form, plurals
from translations.languages import languages

# What Telegram shows, by what a text's comment begins with; the first that fits counts.
LIMITS = (
    (re.compile(r"^(Button|Short name of a topic)"), 64, "a button"),
    (re.compile(r"^Description of (a|the) command"), 256, "the description of a command"),
    (re.compile(r"^Pop-up"), 200, "a pop-up"),
    (re.compile(r"^Inline title"), 64, "the title of a result"),
    (re.compile(r""), 4096, "a message"),
)
# How much room a placeholder takes on a button, with its two direction marks.
LONGEST_VALUE = {"start": 7, "language": 20}
LONGEST_OTHER = 26

# Emergency numbers, commands and the bot's name must come through untouched.
_KEPT = re.compile(r"\d[\d ]{1,}\d|/[a-z]{2,}|\bLotse\b")
# Old-style direction marks leak into the text that follows; a closed isolate does not. The others
# are invisible: zero-width space, joiner, soft hyphen, byte-order mark.
_INVISIBLE = re.compile(
    r"[\u0000-\u0009\u000b-\u001f\u007f\u00ad\u061c\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2067\ufeff]"
)
_NON_JOINER, _HARD_SPACE = "\u200c", "\u00a0"
_SPACED = re.compile(r"[^\s\u00a0] ?[?!;:»](?=\s|$)|«[^\u00a0]")
_OTHER_DIGITS = re.compile(r"[٠-٩۰-۹]")
_MARKUP = re.compile(r"</?\w|[<>]|&#?\w+;|\*|`|\[[^\]]*\]\(|(?<!\w)_\w[^_]*_(?!\w)")
# Letters that look right and are another language's: searching and reading aloud fail on them.
FOREIGN = {
    "ar": "یکگپچژې",
    "fa": "يكىۍې",
    "prs": "يكىۍې",
    "ps": "كى",
    "ckb": "يكىة",
    "uk": "ыэёъЫЭЁЪ",
    "ru": "іїєґІЇЄҐ",
}
JOINERS = {"fa", "prs", "ps", "ckb"}
_ENDS = {**dict.fromkeys(".።۔。!", "."), **dict.fromkeys("?؟፧", "?"), "…": "…"}
_ENDS |= dict.fromkeys(":፦", ":")
# A remark in brackets may follow a sentence's end; a command stands bare, so that it can be tapped.
_TRAILING = re.compile(r"(\s*\([^()]*\)|[\s\"'»”“)\]\ufe0f])+$")
_COMMAND = re.compile(r"/[a-z]+\u2069?$")
_SCRIPTS = {"Latn": "LATIN", "Arab": "ARABIC", "Cyrl": "CYRILLIC", "Ethi": "ETHIOPIC"}


def check_text(source: Message, message: Message, language: str) -> list[str]:
    """Return what is wrong with the translation of ``source``, every plural form."""
    own, english = forms(message), source_forms(source)
    if len(english) > 1 and len(own) != plurals(language):
        return [f"must have {plurals(language)} plural forms and has {len(own)}; write all of them"]
    if len(english) == 1 and len(own) > 1:
        return ["counts nothing and must have one form; delete the others"]
    if own == english and not may_be_same(source, language):
        return ["is still English; translate it"]
    problems = []
    for number, words in enumerate(own):
        where = f"form {number}: " if len(own) > 1 else ""
        needed, allowed = _placeholders(english, number, language)
        problems += [f"{where}{what}" for what in _broken(words, needed, allowed)]
        problems += [f"{where}{what}" for what in _form(source, english[-1], words, language)]
    return list(dict.fromkeys(problems))


def check_source(source: Message) -> list[str]:
    """Return what is wrong with an entry of the template."""
    problems = [] if source.auto_comments else ["has no comment for translators; write one"]
    for words in source_forms(source):
        problems += _form(source, words, words, "en")
    english = source_forms(source)
    if len(english) > 1 and not placeholders(english[-1]) & set(COUNTED):
        problems.append(f"counts nothing: one placeholder must be one of {', '.join(COUNTED)}")
    return problems


def _form(source: Message, english: str, words: str, language: str) -> Iterator[str]:
    yield from _length(source, words)
    yield from _characters(words, language)
    yield from _spaces(english, words, language)
    yield from _script(words, language)
    for kept in _KEPT.findall(english):
        if kept not in words:
            yield f"{kept} is missing or changed; copy it"
    for found in _MARKUP.findall(words):
        if found not in english:
            yield f"{found} looks like markup, which is shown as it stands; take it out"
    yield from _ending(english, words)


def _placeholders(
    english: tuple[str, ...], number: int, language: str
) -> tuple[set[str], set[str]]:
    """Return which placeholders a form must have, and which it may have."""
    allowed = placeholders(english[-1])
    if len(english) > 1 and _means_one_number(number, language):
        return allowed - set(COUNTED), allowed
    return allowed, allowed


@cache
def _means_one_number(form: int, language: str) -> bool:
    """Return whether a plural form stands for one number only, so that a word can say it."""
    return sum(plural_form(number, language) == form for number in range(201)) == 1


def _broken(words: str, needed: set[str], allowed: set[str]) -> Iterator[str]:
    try:
        if not needed <= placeholders(words) <= allowed:
            yield f"must have exactly the placeholders {sorted(allowed)}; copy them"
    except ValueError:
        yield "a brace { or } stands alone; close it"


def _length(source: Message, words: str) -> Iterator[str]:
    comment = " ".join(source.auto_comments)
    _, limit, what = next(one for one in LIMITS if one[0].match(comment))
    try:
        names = placeholders(words)
    except ValueError:
        return  # said elsewhere
    room = sum(LONGEST_VALUE.get(name, LONGEST_OTHER) for name in names)
    length = len(re.sub(r"\{\w*\}", "", words)) + room
    if length > limit:
        yield f"{what} has room for {limit} characters, this needs {length}; shorten it"


def _characters(words: str, language: str) -> Iterator[str]:
    if words.count(FIRST_STRONG_ISOLATE) != words.count(POP_ISOLATE):
        yield "a direction isolate is not closed; close it"
    found = {f"U+{ord(one):04X}" for one in _INVISIBLE.findall(words)}
    if _NON_JOINER in words and (
        language not in JOINERS or re.search(r"(?<!\w)\u200c|\u200c(?![\w{\u2068])", words)
    ):
        found.add("U+200C")
    if _HARD_SPACE in words and language != "fr":
        found.add("U+00A0")
    if found:
        yield f"has the invisible character {', '.join(sorted(found))}; remove it"
    if _OTHER_DIGITS.search(words):
        yield "has digits other than 0 to 9; write those"
    wrong = sorted(set(words) & set(FOREIGN.get(language, "")))
    if wrong:
        yield f"has letters of another language ({' '.join(wrong)}); type them anew"


def _spaces(english: str, words: str, language: str) -> Iterator[str]:
    if words != words.strip():
        yield "has a space at the beginning or end; take it out"
    if re.search(r"  | \n|\n ", words):
        yield "has two spaces together or one beside a line break; take one out"
    if words.count("\n") != english.count("\n"):
        yield f"must have {english.count(chr(10)) + 1} lines as in English"
    if language == "fr" and _SPACED.search(words):
        yield "needs a non-breaking space (U+00A0) before ? ! ; : » and after «"


def _script(words: str, language: str) -> Iterator[str]:
    known = languages().get(language)
    if known is None:
        return
    own = _SCRIPTS.get(known.script, "")
    plain = re.sub(r"\{\w*\}|\u2068[^\u2069]*\u2069|/\w+|\([^)]*\)|Lotse|Telegram", " ", words)
    scripts = [unicodedata.name(one, "?").split()[0] for one in plain if one.isalpha()]
    strange = {one for one in scripts if one in _SCRIPTS.values()} - {own, "LATIN"}
    if strange:
        yield f"has {', '.join(sorted(strange)).lower()} letters; replace them"
    elif scripts.count("LATIN") > scripts.count(own):
        yield f"is not written in {own.lower()} letters; translate it"


def _ending(english: str, words: str) -> Iterator[str]:
    wanted, found = _end(english), _end(words)
    if wanted == found:
        return
    if not wanted:
        yield f"ends with {found}, the English does not; take it out"
    # "At what time? Day: {day}" asks as well as "At what time on {day}?" does.
    elif _COMMAND.search(words):
        return
    elif not (words.endswith("}") and wanted in {_ENDS.get(one) for one in words}):
        yield f"must end with {wanted} (or the language's own sign for it) as in English"


def _end(words: str) -> str:
    rest = _TRAILING.sub("", words)
    return _ENDS.get(rest[-1:], "")


def may_be_same(source: Message, language: str) -> bool:
    """Return whether a text may read the same as in English (``same`` in ``conventions.yml``)."""
    if not any(one.isalpha() for one in re.sub(r"\{\w*\}", "", source_forms(source)[-1])):
        return True
    return source.context in chosen(language, "same").get("keys", ())
