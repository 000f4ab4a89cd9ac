"""Unpacks a package file that may come from anywhere: it writes nowhere else, and not too much."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from storage.errors import LotseError

LARGEST_FILE, LARGEST_UNPACKED, MOST_FILES = 400 << 20, 1200 << 20, 200
"""Bytes and number of files; Argos' packages have about 100 MB, 150 MB unpacked, 10 files."""
CHUNK = 1 << 20


class BadPackage(LotseError):
    """A file is no usable Argos package; ``reason`` says why, ``file`` which."""

    code = "bad_package"


def unpack(path: Path, into: Path) -> Path:
    """Unpack a zip file that holds one folder.

    Args:
        path: the file.
        into: an empty folder; what is left in it after an error is for the caller to remove.

    Returns:
        The unpacked folder.

    Raises:
        BadPackage: no zip file, damaged, too large, more than one folder, or an entry that
            leads out of it or is a link.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = [one for one in packed.infolist() if not one.is_dir()]
            top = _checked(members, path.name)
            left = LARGEST_UNPACKED
            for member in members:
                left = _write(packed, member, into / member.filename, left, path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise BadPackage(reason="it is no whole zip file", file=path.name) from None
    return into / top


def _checked(members: list[zipfile.ZipInfo], file: str) -> str:
    """Return the one folder that all members are in."""
    if not members or len(members) > MOST_FILES:
        raise BadPackage(reason=f"it holds no files or more than {MOST_FILES}", file=file)
    tops = set()
    for member in members:
        parts = PurePosixPath(member.filename).parts
        if ".." in parts or parts[0] == "/" or "\\" in member.filename or len(parts) < 2:
            raise BadPackage(reason="a file in it leads out of its folder", file=file)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadPackage(reason="it holds a link", file=file)
        tops.add(parts[0])
    if len(tops) != 1:
        raise BadPackage(reason="it holds more than one folder", file=file)
    return tops.pop()


def _write(
    packed: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path, left: int, file: str
) -> int:
    """Write one file; return how many bytes may still follow. A zip may lie about its sizes."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, place.open("xb") as target:
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadPackage(reason="it is too large when unpacked", file=file)
            target.write(chunk)
    return left
