"""Finds which texts of the catalogue the program uses: Python, pages, scripts and YAML."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, TemplateSyntaxError, nodes

# Where people are spoken to. knowledge_base says nothing itself; its values are parts of keys.
SPEAKING = ("bot", "centre", "dialogues", "lotse", "translations", "web")
VALUES = (*SPEAKING, "knowledge_base", "nlu/intents.yml")
_KEY = re.compile(r"[a-z][a-z0-9]*\.[a-z0-9_]*[a-z0-9]")
_FAMILY = re.compile(r"([a-z][a-z0-9]*)\.[a-z0-9_*]*")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_QUOTED = re.compile(r"""["'`]([a-z][a-z0-9_.]*)["'`]|\.([a-z]\w*)""")
# "chat.js" names a file and "people.id" a column, not a text.
_FILES = {
    "css",
    "csv",
    "html",
    "ics",
    "id",
    "js",
    "json",
    "md",
    "po",
    "png",
    "pot",
    "py",
    "svg",
    "yml",
}
_SKIPPED = {"__pycache__", "content", "locales", "migrations", "node_modules"}


@dataclass
class Usage:
    """What was found: files by key, files by family (``topic.*``), and single words."""

    keys: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    families: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: set[str] = field(default_factory=set)

    def member(self, key: str, family: str) -> bool:
        """Return whether a key belongs to a family.

        It does only where the rest of its name is a word somewhere: ``ask_school`` for
        ``topic.ask_school``.
        """
        for some in ("(.+?)", "(.+)"):
            match = re.fullmatch(re.escape(family).replace(r"\*", some), key)
            if match and self.words.issuperset(match.groups()):
                return True
        return False

    def files(self, key: str) -> set[str]:
        """Return which files use a key, by its name or as a member of a family."""
        found = set(self.keys.get(key, ()))
        for family, files in self.families.items():
            if self.member(key, family):
                found |= files
        return found


def find(root: Path, areas: Iterable[str]) -> Usage:
    """Return every use of a text below ``root``.

    Args:
        root: the project's folder.
        areas: what keys begin with, such as ``menu``; all other dotted words are something else.
    """
    usage, known = Usage(), frozenset(areas)
    for path in _files(root, VALUES):
        name = str(path.relative_to(root))
        speaks = name.startswith(tuple(f"{one}/" for one in SPEAKING))
        for text in _READERS[path.suffix](path.read_text("utf-8")):
            if _WORD.fullmatch(text):
                usage.words.add(text)
            match = _FAMILY.fullmatch(text)
            if not speaks or match is None or match[1] not in known:
                continue
            if "*" in text:
                usage.families[text].add(name)
            elif _KEY.fullmatch(text) and text.rpartition(".")[2] not in _FILES:
                usage.keys[text].add(name)
    return usage


def _files(root: Path, places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        start = root / place
        found = [start] if start.is_file() else sorted(start.rglob("*"))
        for path in found:
            if path.suffix in _READERS and not _SKIPPED & set(path.relative_to(root).parts):
                yield path


def _python(source: str) -> Iterator[str]:
    inner: set[ast.AST] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            inner.update(node.values)
            yield "".join(
                str(one.value) if isinstance(one, ast.Constant) else "*" for one in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            yield node.value
        elif isinstance(node, ast.keyword | ast.arg) and node.arg:
            yield node.arg


def _page(source: str) -> Iterator[str]:
    try:
        tree = Environment(autoescape=True).parse(source)
    except TemplateSyntaxError:
        return  # its page's own tests say so
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str):
            yield constant.value
    for joined in tree.find_all(nodes.Concat):
        parts = joined.nodes
        yield "".join(str(one.value) if isinstance(one, nodes.Const) else "*" for one in parts)


def _script(source: str) -> Iterator[str]:
    for match in _QUOTED.finditer(source):
        yield match[1] or match[2]


def _yaml(source: str) -> Iterator[str]:
    return _scalars(yaml.safe_load(source))


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _scalars(key)
            yield from _scalars(one)
    elif isinstance(value, list):
        for one in value:
            yield from _scalars(one)


_READERS = {".py": _python, ".html": _page, ".js": _script, ".yml": _yaml}
