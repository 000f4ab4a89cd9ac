"""Installing and showing translation models, for the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from storage.errors import LotseError
from translations.languages import languages
from translations.machine import engine, index, packages
from translations.machine.unpack import BadPackage

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


async def install(sources: Sequence[str]) -> bool:
    """Install files and packages of the index one by one; say what became of each.

    Args:
        sources: paths of ``.argosmodel`` files, pairs such as ``de_en`` or launch languages.

    Returns:
        Whether all of it worked. What did work stays.
    """
    files = [Path(one) for one in sources if one.endswith(".argosmodel") or Path(one).is_file()]
    names = [one for one in sources if Path(one) not in files]
    well = all([await _install_file(file) for file in files])
    if names:
        try:
            well = await _install_pairs(index.pairs(names)) and well
        except LotseError as error:
            errors.print(_worded(error))
            well = False
    engine.stop()
    return well


async def _install_file(file: Path) -> bool:
    try:
        # Its own loop starts the trial: not in ours.
        made = await asyncio.to_thread(packages.install, file)
    except FileNotFoundError:
        errors.print(f"{file}: there is no such file")
        return False
    except OSError as error:
        errors.print(f"{file}: cannot be read or installed ({error.strerror})")
        return False
    except BadPackage as error:
        errors.print(_worded(error))
        return False
    console.print(f"{made.source} → {made.target} ({made.version}): installed")
    return True


async def _install_pairs(wanted: list[tuple[str, str]]) -> bool:
    have = {(one.source, one.target): one.version for one in packages.installed()}
    well = True
    async with aiohttp.ClientSession() as client:
        offered = await index.fetch_index(client)
        for pair in wanted:
            one = offered.get(pair)
            if one is None:
                errors.print(f"{'_'.join(pair)}: the index has no such package")
                well = False
            elif have.get(pair) == one.version:
                console.print(f"{one.source} → {one.target} ({one.version}): is there already")
            else:
                well = await _fetch(client, one) and well
    return well


async def _fetch(client: aiohttp.ClientSession, one: index.Offered) -> bool:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(f"{one.source} → {one.target}", total=None)
        try:
            file = await index.download(
                client, one, lambda done, whole: bars.update(task, completed=done, total=whole)
            )
        except LotseError as error:
            errors.print(_worded(error))
            return False
    well = await _install_file(file)
    file.unlink()
    return well


def _worded(error: LotseError) -> str:
    data = error.data
    if isinstance(error, BadPackage):
        return f"{data['file']}: not installed: {data['reason']}"
    if isinstance(error, index.NotOffered):
        return f"{data['pair']}: {data['why']}"
    return (
        f"{data['address']}: cannot be fetched ({data['reason']}). Try again later, or install"
        " from .argosmodel files."
    )


def reach() -> dict[str, dict[str, str]]:
    """Return how each launch language is reached from each: direct, English, Persian or not."""
    return {
        source: {target: _how(source, target) for target in languages()} for source in languages()
    }


def _how(source: str, target: str) -> str:
    way = packages.route(source, target)
    if source == target or way is None:
        return "-" if source != target else ""
    how = "direct" if len(way.packages) == 1 else "through English"
    return f"{how}, as Persian" if way.as_persian else how


def show(as_json: bool) -> None:
    """Print what is installed and what it is good for."""
    found = packages.installed()
    if as_json:
        rows = [{"from": p.source, "to": p.target, "version": p.version} for p in found]
        console.print_json(json.dumps({"packages": rows, "reach": reach()}))
        return
    if not found:
        console.print("No models are installed: lotse translate install ar fa …, or make models")
        return
    table = Table("from", "to", "version", "MB")
    for one in found:
        size = sum(file.stat().st_size for file in one.folder.rglob("*") if file.is_file())
        table.add_row(one.source, one.target, one.version, f"{size / 2**20:.1f}")
    console.print(table)
    for source, targets in reach().items():
        ways = [f"{target} ({how})" for target, how in targets.items() if how not in ("", "-")]
        if ways:
            console.print(f"from {source}: {', '.join(ways)}")
    without = [code for code, one in languages().items() if one.argos is None]
    console.print(f"no model anywhere: {', '.join(without)} (an interpreter, and written texts)")
