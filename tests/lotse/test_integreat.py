"""The command line of the import says what it did, what was wrong, and whether anything came."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from lotse.cli import app
from tests.knowledge_base.test_integreat_read import ENGLISH, GERMAN


@pytest.fixture
def run(db_url: str):
    """Run ``lotse kb import-integreat`` on a database of its own."""

    def invoke(*words: str | Path) -> Result:
        arguments = ["kb", "import-integreat", *map(str, words)]
        return CliRunner().invoke(app, arguments, env={"DATABASE_URL": db_url})

    return invoke


def test_an_import_tells_what_it_did_and_what_else_there_is(run, db_url: str) -> None:
    first = run(GERMAN, "--centre", "reutlingen")
    assert first.exit_code == 0, first.output
    assert "Integreat beispielkreis for reutlingen: 5 new" in first.stdout
    assert "--lang en" in first.stdout
    assert "pl 3" in first.stdout
    second = run(GERMAN, ENGLISH, "--centre", "reutlingen", "--lang", "de", "--lang", "en")
    assert "4 new, 5 unchanged" in second.stdout


def test_problems_are_listed_and_the_rest_imported(run, tmp_path: Path) -> None:
    pages = json.loads(GERMAN.read_text("utf-8"))
    pages[1]["title"] = ""
    source = tmp_path / "pages.json"
    source.write_text(json.dumps(pages), "utf-8")
    done = run(source, "--centre", "all")
    assert done.exit_code == 0, done.output
    assert "page 9002 (/beispielkreis/de/ankommen/anmelden/): it has no title." in done.stdout
    assert "4 new, 1 problems" in done.stdout


def test_a_feed_that_stops_changes_nothing_and_says_where(run, db_url: str, tmp_path: Path) -> None:
    run(GERMAN, "--centre", "reutlingen")
    source = tmp_path / "half.json"
    source.write_bytes(GERMAN.read_bytes()[:2600])
    done = run(source, "--centre", "reutlingen")
    assert done.exit_code == 1
    assert "it stops after page 9002, 2 pages were read" in done.stderr
    assert "Nothing was changed." in done.stderr
    with psycopg.connect(db_url) as connection:
        row = connection.execute("select count(*) from entries where withdrawn_at is null")
        assert row.fetchone() == (5,)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--centre", "nowhere"], "There is no centre 'nowhere'; there are "),
        (["--centre", "all", "--lang", "pl"], "There is no language 'pl'; there are de, en, "),
    ],
)
def test_a_centre_or_language_that_does_not_exist_is_named(run, options, said: str) -> None:
    done = run(GERMAN, *options)
    assert done.exit_code == 2
    assert said in done.stderr
