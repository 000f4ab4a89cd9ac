"""What leads to a person, taken out of the words of a relayed talk: numbers, names, links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers

MARK = "▮▮▮"
"""Stands where something was taken out."""

# Signs no eye sees that no Unicode category tells apart from letters; the tatweel only stretches.
_UNSEEN = "\u115f\u1160\u3164\u2800\u0640"
# Spellings one keyboard has for another's letter, and the dot of Chinese and Japanese.
_SAME = str.maketrans("يىك。−", "ییک.-")

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[349]|20)\d\d"  # 13xx and 14xx: Iran and Afghanistan
_DATE = (
    rf"(?:{_DAY}\. ?{_DAY}\.(?: ?(?:{_YEAR}|\d\d))?|{_DAY}([/-]){_DAY}\1(?:{_YEAR}|\d\d)"
    rf"|{_YEAR}[./-]{_DAY}[./-]{_DAY})"
)
_RANGE_END = _DATE.replace(r"([/-])", "[/-]").replace(r"\1", "[/-]")
_HOUR = r"(?:[01]?\d|2[0-4])"
_CLOCK = rf"{_HOUR}:[0-5]\d(?::[0-5]\d)?"
_DOTTED = rf"{_HOUR}\.[0-5]\d"
_HARMLESS = re.compile(
    rf"(?<![\d+./-])(?:{_DATE}(?: ?- ?{_RANGE_END})?|{_CLOCK}(?: ?- ?{_CLOCK})?"
    rf"|{_DOTTED} ?- ?{_DOTTED}|{_YEAR} ?[/-] ?{_YEAR})(?![./-]?\d)"
    rf"|(?<!\d)(?<!\d ){_DAY} {_DAY} {_YEAR}(?! ?\d)"
    r"|(?<![\d.,+])(?:\d{1,6}|[1-9]\d{0,2}(?:\.\d{3}){1,2})(?:,\d\d)? ?(?:€|eur)"
    r"|(?<!\d)(?<!\d[ /-])(?:\+49 ?|0)800(?:[ ./-]{0,3}\d){6,8}(?![ -]?\d)"
)
_RUN = re.compile(r"(?:\+ ?)?(?:\((?=\+?\d{1,5}\)))?(?:\+ ?)?\d(?:[ \t./()\[\]-]{0,4}\d)*+")
# Begins as a telephone number does: then whatever stands between its digits, a new line too.
_WIDE = re.compile(r"(?<!\d)(?:\+[\W_]{0,3}\d|0)(?:[\W_]{0,3}\d){8,}+")
_SHORT = re.compile(r"(?:11[025]|116 ?\d{3})(?:[ /-]{1,3}(?:11[025]|116 ?\d{3}))*")
# From–to, and a house number before a postcode.
_UNDIALLED = re.compile(r"\d{1,4} ?[/ -] ?\d{1,4}|\d{1,3} \d{5}")
_IN_LINK = re.compile(r"(?<!\d)(?:0|49)\d{8,}")
_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}[ -]?\d\d[ -]?[a-z0-9]{4}(?:[ -]?\d{1,4}){3,8}+")

_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]++ {0,2}(?:@|[(\[{<] ?at ?[)\]}>]) {0,2}[\w-]++"
    r"(?:(?:\.| ?[(\[{<] ?(?:dot|punkt) ?[)\]}>] ?)[\w-]{2,63}+)++"
    r"|(?<![\w.+-])[\w.+-]++ at [\w-]++(?: (?:dot|punkt) [\w-]++)++"
)
_USERNAME = re.compile(r"@[a-z]\w{3,}+(?:\.\w++)*+")

_SCHEME = r"(?:[a-z][\w+.-]{1,30}+://|(?<!\w)tg:)"
_LINK = re.compile(rf"{_SCHEME}|(?<![\w-])[\w-]++(?:\.[\w-]++)++")
_REST = re.compile(r"[^\s<>\"'«»،؛؟]*")
_PATH = re.compile(r"(?::\d{1,5})?[/?#][^\s<>\"'«»،؛؟]*|")
_PLAIN = re.compile(r"(?:https?://)?([\w.-]+)(?::\d+)?([/?#].*)?", re.S)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOP = _set(
    "com org net info biz eu de ch fr nl uk pl cz sk hu ro bg gr ru ua tr ge kz uz tj sy iq ir af "
    "pk lb jo eg tn dz ly sd ng gh gm cm ug lk bd vn cn rs mk ba hr xk io app dev xyz рф укр"
)
# Words too, in one language or another ("kommen.so"): links only with a path after them.
_TOP_OR_WORD = _set(
    "me to it is es et er so am in al ma md ps sa ee gg co cc tv us be at by li az ye ke online "
    "site shop link chat club social berlin bayern test"
)
# Whose pages are people's, whoever else has one there.
_PERSONAL = _set(
    "t.me telegram.me telegram.dog wa.me whatsapp.com signal.me signal.group m.me facebook.com "
    "fb.com fb.me messenger.com instagram.com ig.me tiktok.com snapchat.com viber.com vk.com ok.ru "
    "x.com twitter.com linktr.ee linkedin.com"
)
_NETWORKS = (
    "telegram tg instagram insta ig whatsapp signal facebook fb messenger tiktok snapchat snap "
    "viber skype imo threema vk تلگرام تيليجرام تلغرام واتساب انستغرام اینستاگرام телеграм "
    "телеграмм ватсап вотсап вайбер инстаграм ቴሌግራም"
)

_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "ARMENIAN", "GEORGIAN")
# Parts of names that are words of every other sentence, forms of address and months.
_WORDS = _set(
    "von van der den dem des das die und bin ibn abu del dos las los the and nur can will man her "
    "sie was mit herr herrn frau mai may april juni june juli july august"
)


@dataclass(frozen=True)
class Clean:
    """Words that may be passed on, and how many pieces were taken out of them."""

    text: str
    removed: int


def clean(text: str, names: Collection[str] = (), hosts: Collection[str] = ()) -> Clean:
    """Take out of a message what leads to a person.

    That is: telephone numbers in any script's digits, e-mail addresses, usernames, the names
    known, and links but to known hosts. IBANs and any nine digits or more in a row (a tax, case or
    AZR number) go as well: they are somebody's. Dates, times, prices, postcodes, emergency numbers
    and free lines (0800) stay, as do reference numbers of up to six digits. A number spelled in
    words, an inflected or misspelled name and a telling story are not recognised.

    Args:
        text: what somebody wrote.
        names: what people of the talk are called, "Erika Muster" or "Muster, Erika".
        hosts: hosts that may be linked to, with whatever is below them.

    Returns:
        The text with :data:`MARK` for each piece; pieces beside each other count as one.
    """
    folded, where = _fold(text)
    gone, kept = _links(text, folded, where, {_bare(host) for host in hosts})
    # Blanked with what is neither a word nor between digits, so that offsets hold.
    rest = folded
    for start, end in kept:
        rest = rest[:start] + "\0" * (end - start) + rest[end:]
    rest = _HARMLESS.sub(lambda found: "\0" * len(found[0]), rest)
    for pattern in (_MAIL, _USERNAME, _handle()):
        gone += (found.span(found.lastindex or 0) for found in pattern.finditer(folded))
    for start, end in kept:
        gone += (found.span() for found in _IN_LINK.finditer(folded, start, end))
    gone += (found.span() for found in _RUN.finditer(rest) if _is_number(found[0]))
    for pattern in (_WIDE, _IBAN, *_called(names)):
        gone += (found.span() for found in pattern.finditer(rest))
    return _marked(text, sorted((where[start], where[end - 1] + 1) for start, end in gone))


def has_link(text: str) -> bool:
    """Return whether a message has what may be a link: only then do known hosts matter."""
    return _LINK.search(_fold(text)[0]) is not None


def _fold(text: str) -> tuple[str, list[int]]:
    """Return a text without case, marks and invisible signs, and where each sign of it was."""
    folded: list[str] = []
    where: list[int] = []
    for at, char in enumerate(text):
        for one in unicodedata.normalize("NFKD", char).casefold():
            kind = unicodedata.category(one)
            if kind[0] == "M" or kind == "Cf" or one in _UNSEEN:
                continue
            digit = unicodedata.digit(one, None)
            plain = "-" if kind == "Pd" else one.translate(_SAME)
            folded.append(plain if digit is None else str(digit))
            where.append(at)
    return "".join(folded), where


def _links(
    text: str, folded: str, where: list[int], hosts: Collection[str]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return where links are that go, and where those that stay."""
    gone: list[tuple[int, int]] = []
    kept: list[tuple[int, int]] = []
    done = 0
    for found in _LINK.finditer(folded):
        start, end = found.span()
        if start < done:
            continue
        if found[0].endswith(":") or found[0].endswith("/"):
            tail = _REST.match(folded, end)
        else:
            tail = _PATH.match(folded, end)
            if not _is_domain(found[0], bool(tail and tail[0])):
                continue
        end = tail.end() if tail else end
        end = start + len(folded[start:end].rstrip(".,;:!?)]}*_"))
        # What is really there decides, not what it resembles: bämf.example is another host.
        raw = text[where[start] : where[end - 1] + 1].casefold()
        (kept if _is_known(raw, hosts) else gone).append((start, end))
        done = end
    return gone, kept


def _is_domain(candidate: str, has_path: bool) -> bool:
    top = candidate.rpartition(".")[2]
    if candidate.startswith("www.") or top in _TOP or top.startswith("xn--"):
        return True
    return candidate in _PERSONAL or (has_path and top in _TOP_OR_WORD)


def _is_known(link: str, hosts: Collection[str]) -> bool:
    plain = _PLAIN.fullmatch(link)
    if plain is None or "://" in (plain[2] or ""):
        return False
    labels = _bare(plain[1]).split(".")[-8:]
    above = {".".join(labels[at:]) for at in range(len(labels))}
    return above.isdisjoint(_PERSONAL) and not above.isdisjoint(hosts)


def _bare(host: str) -> str:
    return host.casefold().strip(".").removeprefix("www.")


def _is_number(run: str) -> bool:
    digits = sum(char.isdigit() for char in run)
    if digits < 7 or _SHORT.fullmatch(run):
        return False
    if digits >= 9 or run.lstrip("( ")[0] in "+0":
        return True
    if _UNDIALLED.fullmatch(run):
        return False
    # Seven or eight digits without a zero may be anything: only where an area code fits.
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(run, "DE"))
    except phonenumbers.NumberParseException:
        return False


@cache
def _handle() -> re.Pattern[str]:
    networks = "|".join(sorted(map(re.escape, _fold(_NETWORKS)[0].split()), key=len, reverse=True))
    return re.compile(
        rf"(?<![^\W_])(?:{networks})\s{{0,3}}[:=]\s{{0,3}}(?!https?:|www\.)(@?[a-z]\w{{3,}}+(?:[.-]\w++)*+)"
    )


def _called(names: Collection[str]) -> Iterator[re.Pattern[str]]:
    """Return what finds the names: whole, and each part that is long enough to be told apart."""
    terms: set[tuple[str, ...]] = set()
    for name in names:
        folded = _fold(name)[0]
        for part in (folded, *re.split(r"[\s,]+", folded)):
            words = re.findall(r"[^\W_]+", part)
            terms |= {tuple(words), *((word,) for word in words)}
    told = sorted((term for term in terms if _tells(term)), key=lambda term: -len("".join(term)))
    if told:
        either = "|".join(r"[\W_]{0,3}".join(map(re.escape, term)) for term in told)
        # "And", "to", "of" … are written onto a name in Arabic and Ethiopic, the German "s" after.
        yield re.compile(rf"(?<![^\W_])[وفبلکለየበከን]{{0,2}}(?:{either})(?:['’]?s)?(?![^\W_])")


def _tells(term: tuple[str, ...]) -> bool:
    letters = "".join(term)
    if not letters or letters.isdigit() or letters in _WORDS:
        return False
    alphabetic = unicodedata.name(letters[0], "").startswith(_ALPHABETS)
    return len(letters) >= (3 if alphabetic else 2)


def _marked(text: str, spans: list[tuple[int, int]]) -> Clean:
    merged: list[list[int]] = []
    for start, end in spans:
        while end < len(text) and unicodedata.category(text[end])[0] == "M":
            end += 1
        if merged and (start <= merged[-1][1] or not text[merged[-1][1] : start].strip(" \t,/_-")):
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    for start, end in reversed(merged):
        text = text[:start] + MARK + text[end:]
    return Clean(text, len(merged))
