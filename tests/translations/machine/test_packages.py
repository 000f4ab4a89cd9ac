"""Whatever a package file holds: it is installed whole, or not at all, and writes nowhere else."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import TINY
from translations.machine import engine, packages, unpack
from translations.machine.unpack import BadPackage

GERMAN = TINY / "translate-de_en-1_0.argosmodel"
PERSIAN = TINY / "translate-en_fa-1_0.argosmodel"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path / "models"))
    yield tmp_path / "models"
    engine.stop()


def rebuilt(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], name: str = "t.argosmodel"
) -> Path:
    """A copy of the German package whose files were changed."""
    with zipfile.ZipFile(GERMAN) as packed:
        files = {one: packed.read(one) for one in packed.namelist()}
    change(files)
    made = tmp_path / name
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for one, content in files.items():
            packed.writestr(one, content)
    return made


def inside(files: dict[str, bytes], name: str) -> str:
    return next(one for one in files if one.endswith(name))


def about(files: dict[str, bytes], **values: object) -> None:
    name = inside(files, "metadata.json")
    files[name] = json.dumps({**json.loads(files[name]), **values}).encode()


def left_in(home: Path) -> list[str]:
    return sorted(str(one.relative_to(home)) for one in home.rglob("*") if one.is_file())


def test_an_installed_package_is_found_and_leads_somewhere(home: Path) -> None:
    assert packages.installed() == ()
    assert packages.route("de", "en") is None
    packages.install(GERMAN)
    direct = packages.route("de", "en")
    assert direct is not None
    assert (len(direct.packages), direct.as_persian) == (1, False)
    assert packages.route("de", "fa") is None
    packages.install(PERSIAN)
    through = packages.route("de", "fa")
    assert through is not None
    assert [one.target for one in through.packages] == ["en", "fa"]
    assert sorted(one.name for one in home.iterdir()) == ["cache", "config", "data", "packages"]


def test_dari_goes_through_persian_and_the_six_without_models_nowhere() -> None:
    packages.install(GERMAN)
    packages.install(PERSIAN)
    dari = packages.route("de", "prs")
    assert dari is not None
    assert dari.as_persian
    assert packages.route("fa", "prs") is None
    assert packages.route("fa", "de") is None
    for without in ("ps", "kmr", "ckb", "ti", "so", "am"):
        assert packages.route("de", without) is None
    with pytest.raises(KeyError):
        packages.route("de", "xx")


def test_a_newer_version_takes_the_older_ones_place(tmp_path: Path) -> None:
    packages.install(GERMAN)
    newer = rebuilt(tmp_path, lambda files: about(files, package_version="1.1"))
    before = packages.route("de", "en")
    packages.install(newer)
    after = packages.route("de", "en")
    assert before is not None
    assert after is not None
    assert before.version != after.version
    assert [one.version for one in packages.installed()] == ["1.1"]
    assert packages.remove("de", "en")
    assert packages.installed() == ()
    assert not packages.remove("de", "en")


def bad_zip(tmp_path: Path) -> Path:
    made = tmp_path / "bad.argosmodel"
    made.write_bytes(b"no zip at all")
    return made


def cut_off(tmp_path: Path) -> Path:
    made = tmp_path / "cut.argosmodel"
    made.write_bytes(GERMAN.read_bytes()[:200_000])
    return made


def damaged_inside(tmp_path: Path) -> Path:
    content = bytearray(GERMAN.read_bytes())
    content[1000:1100] = bytes(100)
    made = tmp_path / "damaged.argosmodel"
    made.write_bytes(bytes(content))
    return made


def linked(tmp_path: Path) -> Path:
    made = rebuilt(tmp_path, lambda files: None)
    link = zipfile.ZipInfo("translate-de_en-1_0/model/shadow")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(made, "a") as packed:
        packed.writestr(link, "/etc/passwd")
    return made


def with_file(name: str) -> Callable[[Path], Path]:
    return lambda tmp_path: rebuilt(tmp_path, lambda files: files.update({name: b"x"}))


def without(name: str) -> Callable[[Path], Path]:
    return lambda tmp_path: rebuilt(tmp_path, lambda files: files.pop(inside(files, name)) and None)


def saying(**values: object) -> Callable[[Path], Path]:
    return lambda tmp_path: rebuilt(tmp_path, lambda files: about(files, **values))


def replaced(name: str, content: bytes) -> Callable[[Path], Path]:
    return lambda tmp_path: rebuilt(
        tmp_path, lambda files: files.update({inside(files, name): content})
    )


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (bad_zip, "no whole zip"),
        (cut_off, "no whole zip"),
        (damaged_inside, "no whole zip"),
        (linked, "a link"),
        (with_file("translate-de_en-1_0/../../escaped"), "leads out"),
        (with_file("/tmp/escaped"), "leads out"),
        (with_file("..\\escaped"), "leads out"),
        (with_file("another/file"), "more than one folder"),
        (without("model.bin"), "model.bin is missing"),
        (without("sentencepiece.model"), "sentencepiece.model"),
        (without("metadata.json"), "metadata.json is missing"),
        (replaced("metadata.json", b"{"), "metadata.json is missing or damaged"),
        (replaced("metadata.json", b" " * (2 << 20)), "too large"),
        (replaced("metadata.json", b"[]"), "names no languages"),
        (saying(from_code=None), "names no languages"),
        (saying(to_code="../en"), "names no languages"),
        (replaced("model.bin", b"nonsense" * 1000), "does not translate"),
        (replaced("sentencepiece.model", b"nonsense"), "does not translate"),
    ],
)
def test_a_bad_file_changes_nothing(
    tmp_path: Path, home: Path, file: Callable[[Path], Path], reason: str
) -> None:
    packages.install(GERMAN)
    before = left_in(home)
    outside = sorted(os.listdir(tmp_path))
    made = file(tmp_path)
    with pytest.raises(BadPackage) as caught:
        packages.install(made)
    assert reason in caught.value.data["reason"]
    assert left_in(home) == before
    assert sorted(set(os.listdir(tmp_path)) - {made.name}) == outside
    assert not Path("/tmp/escaped").exists()


def test_what_unpacks_to_too_much_is_stopped_on_the_way(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip may say that its files are small; only what comes out counts."""
    bomb = rebuilt(
        tmp_path, lambda files: files.update({"translate-de_en-1_0/zeros": bytes(8 << 20)})
    )
    assert bomb.stat().st_size < 2 << 20
    monkeypatch.setattr(unpack, "LARGEST_UNPACKED", 4 << 20)
    with pytest.raises(BadPackage, match="bad_package") as caught:
        packages.install(bomb)
    assert "too large when unpacked" in caught.value.data["reason"]
    assert left_in(home) == []


def test_a_huge_file_and_one_of_many_files_are_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = rebuilt(
        tmp_path, lambda files: files.update({f"translate-de_en-1_0/{n}": b"" for n in range(300)})
    )
    with pytest.raises(BadPackage) as caught:
        packages.install(many)
    assert "more than 200" in caught.value.data["reason"]
    monkeypatch.setattr(packages, "LARGEST_FILE", 1000)
    with pytest.raises(BadPackage) as caught:
        packages.install(GERMAN)
    assert "file is too large" in caught.value.data["reason"]


def test_a_package_damaged_later_is_left_out_and_the_others_go_on(home: Path) -> None:
    packages.install(GERMAN)
    made = packages.install(PERSIAN)
    (made.folder / "metadata.json").unlink()
    os.utime(packages.folder())
    assert [(one.source, one.target) for one in packages.installed()] == [("de", "en")]
