"""``lotse languages``: writes docs/languages.md, which says of every language what is checked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from centre import format
from centre.county import centres, county_name, municipalities
from centre.text_notes import DARI
from knowledge_base.check import load
from knowledge_base.content_files import CONTENT, ORIGINAL, ContentFile, TextHead, text_hash
from knowledge_base.entries import MACHINE, ORIGINAL_STATUS
from knowledge_base.statuses import MISSING, OUTDATED, OUTDATED_DRAFT, STATUSES
from lotse.settings import ROOT
from translations.catalogue import say
from translations.coverage import Coverage, coverage
from translations.languages import Language, languages

PAGE = ROOT / "docs" / "languages.md"
READ_ALOUD = ROOT / "docs" / "read-aloud.md"
FACT_MAX = 500
"""Characters of a German text. What is longer was written as an article, the rest are notes."""
ARTICLES, FACTS = "articles", "short facts"
POOL = "interpreter_pool_kreis"
# A row of the table in read-aloud.md: a language's code and its voice, or "none".
_VOICE = re.compile(r"^\| [^|]*`(\w+)` \| (?:`\w+`|(none)) \|", re.M)

HEAD = """# The languages, honestly

Written by `lotse languages` from the catalogues, the content files and what is known of each
language; a test holds it to them. Don't edit it. What a running Lotse has beyond the files, such as
machine drafts, `lotse kb status` and `lotse translate drafts` show.

What the words mean:

- *original*: German, written by the editors.
- *reviewed*: a native speaker has compared the translation with the German text.
- *unreviewed*: written by the project; no native speaker has read it yet. People are told so under
  every text.
- *machine*: translated by a machine, reviewed by nobody. People are told that it may be wrong.
- *outdated*: the German text has changed since. People are told, and pointed to the German text.
- *missing*: people get the English text, else the German one, and are told so.

Articles are texts of more than {fact} characters, about what newcomers need most; short facts are
the others.
"""

ASK = """## Who to ask

- **Whoever doubts a text or does not understand it**: tap "{human}" under it, or write `/human` or
  `/interpreter`. The bot asks people of the centre, or interpreters for that language, and says so
  when nobody has time.
- **Whoever needs an interpreter beside them**, at an office or a school:
  {pool}
- **Whoever speaks one of these languages**: [for translators](translators.md) says how to correct
  the interface, [for curators](curators.md) how to correct and review a knowledge text. Neither
  needs programming. `lotse translate drafts --lang CODE` lists what a machine translated and nobody
  has read.
- **Whoever adds a language**: [adding a language](adding-a-language.md).
"""

Counts = dict[str, Counter[str]]
"""Articles and short facts: how many texts have which status."""


@dataclass(frozen=True)
class _Known:
    """Everything that the page says of one language."""

    language: Language
    interface: Coverage
    texts: Counts
    voice: bool


def write(page: Path = PAGE) -> None:
    """Write the page."""
    page.write_text(made(), "utf-8")


def made() -> str:
    """Return the page as it should be now."""
    files, _ = load(CONTENT, centres(), municipalities())
    known = _known(files)
    ask = ASK.format(human=say("answer.person", "en"), pool=_pool(files))
    parts = [HEAD.format(fact=FACT_MAX), _overview(known), ask, *(_section(one) for one in known)]
    return "\n".join(parts)


def _known(files: list[ContentFile]) -> list[_Known]:
    voices = _voices()
    return [
        _Known(languages()[one.language], one, _statuses(files, one.language), voices[one.language])
        for one in coverage()
    ]


def _statuses(files: list[ContentFile], language: str) -> Counts:
    own = {file.head.id: file for file in files if file.language == language}
    found: Counts = {ARTICLES: Counter(), FACTS: Counter()}
    for german in files:
        if german.language == ORIGINAL:
            sort = ARTICLES if len(german.body) > FACT_MAX else FACTS
            found[sort][_status(own.get(german.head.id), german)] += 1
    return found


def _status(file: ContentFile | None, german: ContentFile) -> str:
    if file is None:
        return MISSING
    if not isinstance(file.head, TextHead):
        return ORIGINAL_STATUS
    if file.head.translated_from == text_hash(german.head.title, german.body):
        return file.head.status
    return OUTDATED_DRAFT if file.head.status == MACHINE else OUTDATED


def _voices() -> dict[str, bool]:
    """Return which languages can be read aloud, as measured for the page about that."""
    rows = _VOICE.findall(READ_ALOUD.read_text("utf-8"))
    return {code: not none for code, none in rows}


def _pool(files: list[ContentFile]) -> str:
    """Return where the county's interpreters are to be asked for, as our own entry says."""
    [file] = [one for one in files if one.head.id == POOL and one.language == ORIGINAL]
    source = file.head.source  # type: ignore[union-attr]  # a German file is the entry itself
    return (
        f"[interpreters of {county_name()}]({source.url}), as the bot's own entry"
        f" “{file.head.title}” says."
    )


def _overview(known: list[_Known]) -> str:
    rows = [
        "| language | interface | of "
        f"{sum(known[0].texts[ARTICLES].values())} articles | of "
        f"{sum(known[0].texts[FACTS].values())} short facts | read aloud | machine translation |",
        "|---|---|---|---|---|---|",
    ]
    for one in known:
        rows.append(
            f"| {_name(one.language)} | {_interface(one.interface)} | {_there(one.texts[ARTICLES])}"
            f" | {_there(one.texts[FACTS])} | {'yes' if one.voice else 'no'}"
            f" | {_machine(one.language)} |"
        )
    return "## All at a glance\n\n" + "\n".join(rows) + "\n"


def _name(language: Language) -> str:
    return f"{_english(language)} `{language.code}`"


def _english(language: Language) -> str:
    return format.language_name(language.code, "en")


def _interface(one: Coverage) -> str:
    return f"{one.percent} %, {one.review}"


def _there(counted: Counter[str]) -> str:
    said = [f"{counted[status]} {status}" for status in STATUSES if counted[status]]
    return ", ".join(said)


def _machine(language: Language) -> str:
    if language.code == ORIGINAL:
        return f"from it, `{language.argos}`"
    if language.argos is None:
        return "none"
    return "as Persian, `fa`" if language.code == DARI else f"`{language.argos}`"


def _section(one: _Known) -> str:
    texts = one.interface
    return f"""## {_english(one.language)}: {one.language.name}

- Interface: {texts.translated} of {_all(texts)} texts translated, {texts.fuzzy} fuzzy,
  {texts.missing} missing. Review: {texts.review}.
- Articles: {_there(one.texts[ARTICLES])}. Short facts: {_there(one.texts[FACTS])}.
- Read aloud: {_spoken(one)}
- Understanding what people write: [measured](language-quality.md).
- Machine translation: {_models(one.language)}
- Who to ask: {_helpers(one.language)}
"""


def _all(one: Coverage) -> int:
    return one.translated + one.fuzzy + one.missing


def _spoken(one: _Known) -> str:
    if not one.voice:
        return "no, espeak-ng has no voice for it."
    return "yes, where espeak-ng is installed; [how well](read-aloud.md)."


def _models(language: Language) -> str:
    if language.argos is None:
        return "Argos Translate has no model. In a talk, words are shown as they were written."
    if language.code == ORIGINAL:
        return "everything is translated from it, directly or through English."
    words = f"where the operator ran `lotse translate install {language.code}`."
    if language.code == DARI:
        return f"only as Persian (`{language.argos}`), which people are told; {words}"
    return f"Argos Translate, code `{language.argos}`; {words}"


def _helpers(language: Language) -> str:
    if language.code == ORIGINAL:
        return "the centres' editors."
    name = _english(language)
    return f"an interpreter for {name}, through `/interpreter`. Reviewers for {name} are wanted."
