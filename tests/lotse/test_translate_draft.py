"""``lotse translate draft`` and ``drafts``: what is done, refused, and waits for review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from lotse.cli import app
from tests.knowledge_base.conftest import content, english, german
from tests.knowledge_base.test_drafts import TITLE, TOO_HARD

__all__ = ["content", "english", "german"]

Lotse = Callable[..., Result]


@pytest.fixture
def lotse(db_url: str, argos_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lotse:
    """Run ``lotse …`` on a database of its own, with the tiny models."""
    monkeypatch.setenv("DATABASE_URL", db_url)
    monkeypatch.setenv("LOTSE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def drafts(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {
            name
            for (name,) in connection.execute(
                "select entry_id || '.' || language from entry_texts where status = 'machine'"
            )
        }


def test_missing_texts_are_counted_drafted_and_listed_for_review(
    lotse: Lotse, db_url: str, content: Path, german: Callable[..., Path]
) -> None:
    german(title=TITLE, body="Der Kurs beginnt am Montag.")
    german("schule", "reutlingen", title=TITLE, body=TOO_HARD)
    lotse("kb", "import", content, "--yes")

    counted = lotse("translate", "draft", "--dry-run")
    assert counted.exit_code == 0, counted.output
    assert [row for row in counted.output.split("\n") if "en " in row and " 2 " in row]
    assert drafts(db_url) == set()

    assert (
        "1 drafted (fa 1)" in lotse("translate", "draft", "--lang", "fa", "--entry", "kita").output
    )
    done = lotse("translate", "draft")
    assert done.exit_code == 0, done.output
    assert "2 drafted (en 1, prs 1)" in done.output
    assert "3 refused: damaged" in done.output
    assert "schule.en: a number, date, link or name did not come through" in done.output
    assert drafts(db_url) == {"kita.en", "kita.fa", "kita.prs"}
    assert "0 drafted" in lotse("translate", "draft", "--centre", "reutlingen").output
    assert "Nothing is missing" in lotse("translate", "draft", "--centre", "all").output

    listed = lotse("translate", "drafts", "--lang", "en").output
    assert "kita" in listed
    assert "I need an appointment." in listed
    assert "1 drafts." in listed
    assert lotse("kb", "review", "kita", "--lang", "en").exit_code == 0
    assert "No draft waits" in lotse("translate", "drafts", "--lang", "en").output


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--lang", "xx"], 2, "xx is no language of translations; there are en, ar"),
        (["--lang", "de"], 2, "de is no language of translations"),
        (["--lang", "ti"], 1, "ti: no models lead there from German"),
        (["--entry", "nowhere"], 1, "There is no such entry"),
        (["--entry", "feed_1"], 1, "comes from a feed"),
        (["--centre", "atlantis"], 2, "There is no centre atlantis; there are reutlingen"),
    ],
)
def test_what_cannot_be_drafted_is_said(
    lotse: Lotse,
    db_url: str,
    content: Path,
    german: Callable[..., Path],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    german(title=TITLE)
    german("feed_1", title=TITLE)
    lotse("kb", "import", content, "--yes")
    with psycopg.connect(db_url) as connection:
        connection.execute("update entries set origin = 'integreat:x' where id = 'feed_1'")
    result = lotse("translate", "draft", *arguments)
    assert (result.exit_code, said in result.output) == (status, True), result.output
    assert drafts(db_url) == set()


def test_without_models_the_command_says_how_to_get_them(
    lotse: Lotse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path))
    result = lotse("translate", "draft")
    assert (result.exit_code, "lotse translate install" in result.output) == (1, True)
