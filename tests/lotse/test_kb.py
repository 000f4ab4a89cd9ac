"""``lotse kb``: an import is shown first and done when told so; texts are edited and reviewed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from knowledge_base.content_files import text_hash
from lotse.cli import app
from tests.knowledge_base.conftest import content, english, german

__all__ = ["content", "english", "german"]

Kb = Callable[..., Result]


@pytest.fixture
def kb(db_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kb:
    """Run ``lotse kb …`` on a database of its own, without a terminal."""
    monkeypatch.setenv("DATABASE_URL", db_url)
    monkeypatch.setenv("LOTSE_VAR", str(tmp_path / "var"))
    return lambda *arguments: CliRunner().invoke(app, ["kb", *map(str, arguments)])


def texts(url: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select entry_id || '.' || language, body from entry_texts")
        return dict(rows.fetchall())


def test_without_a_terminal_an_import_is_only_shown(
    kb: Kb, db_url: str, content: Path, german: Callable[..., Path]
) -> None:
    german()
    shown = kb("import", content)
    assert shown.exit_code == 0, shown.output
    assert "+ all/kita.de.md" in shown.output
    assert "Nothing was imported" in shown.output
    assert texts(db_url) == {}

    done = kb("import", content, "--yes")
    assert "Imported: 1 new" in done.output
    assert texts(db_url) == {"kita.de": "Jedes Kind darf."}


def test_what_changes_is_shown_field_by_field_and_line_by_line(
    kb: Kb, content: Path, german: Callable[..., Path]
) -> None:
    path = german()
    gone = german("schule")
    kb("import", content, "--yes")
    gone.unlink()
    text = path.read_text("utf-8").replace("rank: 1", "rank: 2")
    path.write_text(text.replace("Jedes Kind darf.", "Jedes Kind ab eins darf."), "utf-8")

    shown = kb("import", content, "--withdraw").output

    assert "~ all/kita.de.md" in shown
    assert "rank: 1 → 2" in shown
    assert "-Jedes Kind darf." in shown
    assert "+Jedes Kind ab eins darf." in shown
    assert "- all/schule.de.md" in shown
    assert "1 to update, 1 to withdraw" in shown
    assert "schule" not in kb("import", content).output


def test_a_mistake_is_named_and_nothing_is_imported(
    kb: Kb, db_url: str, content: Path, german: Callable[..., Path]
) -> None:
    german()
    german("boese", body="Text\n\n<script>alert(1)</script>")
    done = kb("import", content, "--yes")
    assert done.exit_code == 1
    assert "all/boese.de.md:27: there is HTML" in done.output
    assert texts(db_url) == {}


def test_a_person_at_a_terminal_is_asked(
    kb: Kb, db_url: str, content: Path, german: Callable[..., Path]
) -> None:
    german()
    assert answer(content, "n\n").returncode == 0
    assert texts(db_url) == {}
    assert "Imported: 1 new" in answer(content, "y\n").stdout
    assert texts(db_url) == {"kita.de": "Jedes Kind darf."}


def answer(folder: Path, typed: str) -> subprocess.CompletedProcess[str]:
    ours, theirs = os.openpty()
    try:
        os.write(ours, typed.encode())
        return subprocess.run(
            [sys.executable, "-m", "lotse", "kb", "import", str(folder)],
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_text_is_edited_reviewed_and_its_history_told(
    kb: Kb,
    db_url: str,
    content: Path,
    german: Callable[..., Path],
    english: Callable[..., Path],
    tmp_path: Path,
) -> None:
    german()
    english(made_from=text_hash("Kita", "Jedes Kind darf."))
    kb("import", content, "--yes")
    file = tmp_path / "neu.md"
    file.write_text("---\ntitle: Kita-Platz\n---\n\nSo geht es.\n", "utf-8")
    assert (
        "kita.de: original, revision 2"
        in kb("edit", "kita", "--lang", "de", "--file", file, "--author", "admin").output
    )
    assert texts(db_url)["kita.de"] == "So geht es."

    outdated = kb("review", "kita", "--lang", "en")
    assert (outdated.exit_code, "edit the translation first" in outdated.output) == (1, True)
    assert "outdated: kita.en" in kb("status").output
    assert "missing: kita.ar" in kb("status", "--lang", "ar").output
    told = kb("history", "kita", "--lang", "de").output.splitlines()
    assert [line.split()[0] for line in told] == ["2", "1"]
    assert "admin  original  Kita-Platz" in told[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("status", "--lang", "xx"), 2, "not a launch language"),
        (("history", "nix", "--lang", "de"), 1, "no such entry"),
        (("review", "nix", "--lang", "en"), 1, "no such entry"),
        (("edit", "nix", "--lang", "de", "--file", "GOOD"), 1, "no such entry"),
        (("edit", "nix", "--lang", "de", "--file", "BAD"), 1, "title"),
        (("edit", "nix", "--lang", "de", "--file", "NOTHING"), 1, "lotse kb export"),
        (("edit", "nix", "--lang", "de", "--file", "ABSENT"), 1, "lotse kb export"),
    ],
)
def test_bad_input_is_told_what_to_do(
    kb: Kb, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "GOOD").write_text("---\ntitle: Gut\n---\n\nText.\n", "utf-8")
    (tmp_path / "BAD").write_text("---\nid: nix\n---\n\nText.\n", "utf-8")
    (tmp_path / "NOTHING").write_bytes(b"\xff\xfe")
    names = ("GOOD", "BAD", "NOTHING", "ABSENT")
    done = kb(*(tmp_path / one if one in names else one for one in arguments))
    assert (done.exit_code, said in done.output) == (code, True), done.output
