"""``lotse language add XX``: the skeletons of one more language, and what is still missing."""

from __future__ import annotations

from pathlib import Path

import yaml
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from lotse.settings import ROOT
from nlu import check
from storage.errors import LotseError
from translations import check as catalogues
from translations import conventions, po

PARTS = {"topic": "topics", "action": "actions", "talk": "talk"}
HEADER = "# {name} ({code}) catalogue of Lotse.\n#\n# Review: unreviewed. {who}"
HEAD = """
msgid ""
msgstr ""
"Project-Id-Version: Lotse 0.1\\n"
"Language: {code}\\n"
"X-Lotse-Review: unreviewed\\n"
"Plural-Forms: {forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
NOBODY = "No native speaker has checked it yet."


class UnknownLanguage(LotseError):
    """Babel knows no such language; ``data`` has the code. Use its ISO 639 code."""

    code = "unknown_language"


def describe(code: str) -> dict[str, object]:
    """Return a language's entry for ``translations/languages.yml``, as far as Babel knows it.

    Raises:
        UnknownLanguage: there is no such code.
    """
    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError) as error:
        raise UnknownLanguage(language=code) from error
    likely = str(get_global("likely_subtags").get(code, "")).split("_")
    script = next((part for part in likely if len(part) == 4), "Latn")
    name = locale.get_display_name(code) or code
    return {
        "name": name[:1].upper() + name[1:],
        "script": script,
        "rtl": locale.character_order == "right-to-left",
        "babel": code,
        "argos": None,
        "draft": True,
    }


def add(code: str, root: Path = ROOT) -> list[Path]:
    """Create what is not there yet of a language; nothing that exists is touched.

    Args:
        code: its ISO 639 code, such as ``es``.
        root: the project's folder.

    Returns:
        The files that were made or, for the list of languages, changed.

    Raises:
        UnknownLanguage: there is no such code.
    """
    about = describe(code)
    made: list[Path] = []
    listed = root / "translations" / "languages.yml"
    if code not in yaml.safe_load(listed.read_text("utf-8")):
        entry = yaml.safe_dump(about, default_flow_style=True, allow_unicode=True, width=200)
        with listed.open("a", encoding="utf-8") as file:
            file.write(f"{code}: {entry.strip()}\n")
        made.append(listed)
    for path, content in {**_understanding(code, root, about), **_lists(code, root)}.items():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            made.append(path)
    return made + _catalogue(code, root, str(about["name"]))


def _understanding(code: str, root: Path, about: dict[str, object]) -> dict[Path, str]:
    """Return the files for examples and test messages: every intent, with what it means."""
    intents = yaml.safe_load((root / "nlu" / "intents.yml").read_text("utf-8"))["intents"]

    def blocks(names: list[str]) -> str:
        lines = ['version: "3.1"', "nlu:"]
        for name in names:
            lines += [f"# {intents[name]['about']}", f"- intent: {name}", "  examples: |", ""]
        return "\n".join(lines)

    files = {}
    for kind, stem in PARTS.items():
        names = [name for name, one in intents.items() if one["kind"] == kind]
        files[root / "nlu" / "data" / code / f"{stem}.yml"] = blocks(names)
    tests = root / "tests" / "nlu" / code
    kinds = ["plain", "typos", *(["romanised"] if about["script"] != "Latn" else [])]
    for kind in kinds:
        files[tests / f"{kind}.yml"] = blocks(list(intents))
    files[tests / "near_misses.yml"] = 'version: "3.1"\nnlu: []\n'
    return files


def _lists(code: str, root: Path) -> dict[Path, str]:
    """Return the files for entities and emergency phrases: every canonical value, no words."""
    german = yaml.safe_load((root / "nlu" / "entities" / "de.yml").read_text("utf-8"))
    empty: dict[str, dict[str, list[str]]] = {
        entity: {str(value): [] for value in values} for entity, values in german.items()
    }
    kinds: dict[str, list[str]] = {kind: [] for kind in check.KINDS}
    return {
        root / "nlu" / "entities" / f"{code}.yml": yaml.safe_dump(empty, sort_keys=False),
        root / "nlu" / "emergency" / f"{code}.yml": yaml.safe_dump(kinds, sort_keys=False),
    }


def _catalogue(code: str, root: Path, name: str) -> list[Path]:
    """Write the catalogue with every key of the template untranslated."""
    path = root / "translations" / "locales" / code / "LC_MESSAGES" / "lotse.po"
    if path.exists():
        return []
    forms = conventions.plural_forms(code)
    head = HEADER.format(name=name, code=code, who=NOBODY) + HEAD.format(code=code, forms=forms)
    path.parent.mkdir(parents=True, exist_ok=True)
    po.write(path, head, po.read(root / "translations" / "lotse.pot").messages, forms)
    return [path]


def missing(code: str) -> list[str]:
    """Return what a language still lacks, each with its file and what to do."""
    intents = list(check.contract()["intents"])
    return check.check_language(code, intents) + catalogues.check_language(code)
