"""Argos packages: which are installed, which way leads from one language to another, installing.

A package is a folder in :func:`folder`; it is read again whenever something changes, so a package
that is installed while Lotse runs is used without a restart.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from translations.languages import languages
from translations.machine.unpack import LARGEST_FILE, BadPackage, unpack

log = logging.getLogger(__name__)

PIVOT = "en"
ROOT = Path(__file__).resolve().parents[2]
LARGEST_METADATA = 1 << 20
MODEL, METADATA = "model/model.bin", "metadata.json"
TOKENIZERS = ("sentencepiece.model", "bpe.model")
TRIAL, TRIAL_SECONDS = "1", 60.0


@dataclass(frozen=True)
class Package:
    """An installed package; ``source`` and ``target`` are Argos' codes, such as ``fa``."""

    source: str
    target: str
    version: str
    folder: Path


@dataclass(frozen=True)
class Route:
    """The models from one language to another, in order; ``as_persian`` where that is for Dari."""

    packages: tuple[Package, ...]
    as_persian: bool

    @property
    def version(self) -> str:
        """What changes when one of the models does."""
        return " ".join(f"{one.source}-{one.target}-{one.version}" for one in self.packages)


def home() -> Path:
    """Return the folder of everything about models, which need not exist."""
    if given := os.environ.get("LOTSE_TRANSLATION_MODELS"):
        return Path(given).resolve()
    return Path(os.environ.get("LOTSE_VAR", ROOT / "var")).resolve() / "argos"


def folder() -> Path:
    """Return the folder of the installed packages, one folder each."""
    return home() / "packages"


_read: tuple[Path, int, tuple[Package, ...]] | None = None


def installed() -> tuple[Package, ...]:
    """Return all usable packages; a broken one is left out and logged once."""
    global _read
    place = folder()
    try:
        changed = place.stat().st_mtime_ns
    except FileNotFoundError:
        return ()
    if _read is None or _read[:2] != (place, changed):
        found = (_installed(one) for one in sorted(place.iterdir()) if one.is_dir())
        _read = (place, changed, tuple(one for one in found if one is not None))
    return _read[2]


def _installed(place: Path) -> Package | None:
    try:
        return described(place)
    except BadPackage as error:
        log.warning("translation package left out: %s", error)
        return None


def described(place: Path) -> Package:
    """Return what an unpacked package says about itself.

    Raises:
        BadPackage: it lacks something that it needs.
    """
    path = place / METADATA
    try:
        if path.stat().st_size > LARGEST_METADATA:
            raise BadPackage(reason="metadata.json is too large", file=place.name)
        about = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise BadPackage(reason="metadata.json is missing or damaged", file=place.name) from None
    codes = [
        about.get(key) if isinstance(about, dict) else None for key in ("from_code", "to_code")
    ]
    if not all(isinstance(one, str) and one.isalnum() and len(one) <= 8 for one in codes):
        raise BadPackage(reason="metadata.json names no languages", file=place.name)
    if not (place / MODEL).is_file():
        raise BadPackage(reason=f"{MODEL} is missing", file=place.name)
    if not any((place / one).is_file() for one in TOKENIZERS):
        raise BadPackage(reason=f"{' or '.join(TOKENIZERS)} is missing", file=place.name)
    return Package(str(codes[0]), str(codes[1]), str(about.get("package_version", "")), place)


def route(source: str, target: str) -> Route | None:
    """Return the way from one launch language to another: direct, or through English.

    Returns:
        ``None`` where no installed models lead there, or both are one language to the models.

    Raises:
        KeyError: one of them is no launch language.
    """
    begin, end = languages()[source].argos, languages()[target].argos
    if begin is None or end is None or begin == end:
        return None
    pairs = {(one.source, one.target): one for one in installed()}
    direct = pairs.get((begin, end))
    steps = (direct,) if direct else (pairs.get((begin, PIVOT)), pairs.get((PIVOT, end)))
    whole = tuple(one for one in steps if one is not None)
    if len(whole) < len(steps):
        return None
    return Route(whole, as_persian="prs" in (source, target))


def install(path: Path) -> Package:
    """Check a package file, try its model, and put it in the place of an older one.

    Nothing is changed unless all of it is good.

    Args:
        path: an ``.argosmodel`` file.

    Raises:
        BadPackage: it is not a package, too large, writes outside its folder, or does not
            translate.
        OSError: the file cannot be read or the folder not written.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise BadPackage(reason="the file is too large", file=path.name)
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=home()) as name:
        work = Path(name)
        top = unpack(path, work)
        made = described(top)
        _try(made, path.name)
        place = folder() / f"translate-{made.source}_{made.target}-{_plain(made.version)}"
        pair = (made.source, made.target)
        for older in installed():
            if (older.source, older.target) == pair:
                # Into the folder that goes away: renamed in one step, never half there.
                older.folder.rename(work / f"old-{older.folder.name}")
        top.rename(place)
    return Package(made.source, made.target, made.version, place)


def _plain(version: str) -> str:
    return re.sub(r"[^0-9A-Za-z.]", "_", version)[:20] or "0"


def _try(package: Package, file: str) -> None:
    """Let the model translate a word, in its own process: it may be anything.

    Raises:
        BadPackage: it does not come back with words.
    """
    from translations.machine import engine

    trial = Route((package,), as_persian=False)
    try:
        asyncio.run(engine.run(trial, [TRIAL], TRIAL_SECONDS))
    except (engine.ModelFailed, engine.ModelSlow):
        raise BadPackage(reason="its model does not translate", file=file) from None


def remove(source: str, target: str) -> bool:
    """Remove the package of a pair (Argos' codes); ``False`` when there is none."""
    found = [one for one in installed() if (one.source, one.target) == (source, target)]
    for one in found:
        shutil.rmtree(one.folder)
    return bool(found)
