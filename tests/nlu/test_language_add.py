"""A language is added with one command, which says what is still missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lotse import language
from lotse.cli import app
from lotse.settings import ROOT
from nlu import check
from translations import catalogue, languages

COPIED = ("nlu/intents.yml", "nlu/entities/de.yml", "translations/lotse.pot")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with what a new language starts from."""
    for name in (*COPIED, "translations/languages.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "HERE", tmp_path / "nlu")
    monkeypatch.setattr(check, "DATA", tmp_path / "nlu" / "data")
    monkeypatch.setattr(check, "CALIBRATION", tmp_path / "nlu" / "calibration")
    monkeypatch.setattr(check, "TESTS", tmp_path / "tests" / "nlu")
    monkeypatch.setattr(check, "LANGUAGES", tmp_path / "translations" / "languages.yml")
    monkeypatch.setattr(catalogue, "LOCALES", tmp_path / "translations" / "locales")
    return tmp_path


def test_the_skeletons_name_every_intent_entity_and_text(root: Path) -> None:
    made = {str(path.relative_to(root)) for path in language.add("sq", root)}
    assert made == {
        "translations/languages.yml",
        *(f"nlu/data/sq/{part}.yml" for part in ("topics", "actions", "talk")),
        *(f"tests/nlu/sq/{kind}.yml" for kind in ("plain", "typos", "near_misses")),
        "nlu/entities/sq.yml",
        "nlu/emergency/sq.yml",
        "translations/locales/sq/LC_MESSAGES/lotse.po",
    }
    intents = {
        block["intent"]
        for path in (root / "nlu" / "data" / "sq").glob("*.yml")
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]
    }
    assert intents == set(check.contract()["intents"])


def test_what_is_missing_is_listed_with_its_file(root: Path) -> None:
    language.add("sq", root)
    lacking = language.missing("sq")
    assert "data/sq: ask_work: 0 examples; write 20" in lacking
    assert "tests/nlu/sq: emergency: 0 examples; write 15" in lacking
    assert "entities/sq.yml: weekday: monday has no words; add one" in lacking
    assert any(one.startswith("emergency/sq.yml: medical") for one in lacking)
    assert any("lotse.po: start.welcome: missing; translate it" in one for one in lacking)


def test_another_script_asks_for_romanised_messages_too(root: Path) -> None:
    made = {path.name for path in language.add("ur", root)}
    assert "romanised.yml" in made
    entry = yaml.safe_load((root / "translations" / "languages.yml").read_text("utf-8"))["ur"]
    assert (entry["script"], entry["rtl"], entry["draft"]) == ("Arab", True, True)


def test_adding_again_touches_nothing(root: Path) -> None:
    language.add("sq", root)
    written = root / "nlu" / "data" / "sq" / "talk.yml"
    written.write_text(written.read_text("utf-8") + "    - tungjatjeta\n", "utf-8")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert language.add("sq", root) == []
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_language_that_does_not_exist_is_refused_and_nothing_is_written(root: Path) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(language.UnknownLanguage):
        language.add("klingon", root)
    assert sorted(root.rglob("*")) == before
    answer = CliRunner().invoke(app, ["language", "add", "klingon"])
    assert answer.exit_code == 2
    assert "ISO 639" in answer.output


def test_a_language_being_added_is_not_offered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    language.add("sq", root)
    monkeypatch.setattr(languages, "__file__", str(root / "translations" / "languages.py"))
    assert "sq" not in languages.languages.__wrapped__()
    assert "de" in languages.languages.__wrapped__()
