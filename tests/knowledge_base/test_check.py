"""A mistake in a content file is named with its file, its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.check import check
from knowledge_base.content_files import BODY_MAX, CONTENT, TITLE_MAX
from tests.knowledge_base.conftest import CENTRES, Write


def test_the_committed_content_is_clean() -> None:
    assert check(CONTENT, CENTRES) == []


def test_every_fact_is_there_in_german_and_english() -> None:
    german = {path.name.removesuffix(".de.md") for path in CONTENT.rglob("*.de.md")}
    english = {path.name.removesuffix(".en.md") for path in CONTENT.rglob("*.en.md")}
    assert len(german) >= 155
    assert german == english


def test_a_clean_folder_has_no_problems(content: Path, german: Write, english: Write) -> None:
    german()
    english()
    assert check(content, CENTRES) == []


MISTAKES = [
    # what is replaced, by what, the line that must be named, words that must be said
    ("---\nid", "id", 1, "does not begin with front matter"),
    ("title: Kita\n---", "title: Kita", 1, "not closed"),
    ("title: Kita", "title: Kita: heute", 22, "not YAML"),
    ("kind: article", "kind: [", 3, "not YAML"),
    ("title: Kita", "title: 'Kita", 22, "not YAML"),
    ("checked_on: 2026-11-01", "checked_on: 2026-02-31", 16, "not YAML"),
    ("id: kita", "id: Kita!", 2, "id"),
    ("id: kita", "id: kindergarten", 2, "'kindergarten' but the file is named 'kita'"),
    ("kind: article", "kind: poem", 3, "kind"),
    ("topic: ask_childcare", "topic: ask_childcar", 4, "unknown topic 'ask_childcar'"),
    ("also: []", "also: [greet]", 5, "unknown topic 'greet'"),
    ("centre: all", "centre: tuebingen", 6, "unknown centre 'tuebingen'"),
    ("centre: all", "centre: dettingen", 6, "the folder is 'all'"),
    ("- any", "- refugee", 7, "statuses"),
    ("- everyone", "- men", 9, "audience"),
    ("rank: 1", "rank: 4", 11, "rank"),
    ("https://example.org/", "ftp://example.org/", 14, "source.url"),
    ("  url: https://example.org/\n", "", 12, "source.url is missing"),
    ("checked_on: 2026-11-01", "checked_on: gestern", 16, "checked_on"),
    ("valid_until: null", "valid_until: 2026-01-01", 18, "is before valid_from"),
    ("volatile: false", "volatile: perhaps", 19, "volatile"),
    ("unconfirmed: false\n", "", 1, "unconfirmed is missing"),
    ("unconfirmed: false", "unconfirmd: false", 20, "no field unconfirmd"),
    ("supersedes: null", "supersedes: gone", 1, "supersedes 'gone'"),
    ("rank: 1", "rank: 1\nrank: 2", 12, "rank is there twice"),
    ("title: Kita", "title: ''", 22, "title"),
    ("title: Kita", f"title: {'x' * (TITLE_MAX + 1)}", 22, "title"),
    ("title: Kita\n", "", 1, "title is missing"),
    ("Jedes Kind darf.", "", 24, "there is no text"),
    ("Jedes Kind darf.", "x" * (BODY_MAX + 1), 24, "characters"),
    ("Jedes Kind darf.", "x" * 30_000, 1, "bytes"),
    ("Jedes Kind darf.", "[hier](javascript:alert)", 25, "not http(s)"),
    ("Jedes Kind darf.", "Text\n<script>alert(1)</script>", 26, "there is HTML"),
]


@pytest.mark.parametrize(("good", "bad", "line", "said"), MISTAKES)
def test_a_mistake_is_named_with_file_line_and_remedy(
    content: Path, german: Write, good: str, bad: str, line: int, said: str
) -> None:
    path = german()
    text = path.read_text("utf-8")
    assert good in text
    if "before" in said:
        text = text.replace("valid_from: null", "valid_from: 2026-02-01")
    path.write_text(text.replace(good, bad, 1), "utf-8")

    problems = check(content, CENTRES)

    fitting = [problem for problem in problems if said in problem.what]
    assert fitting, problems
    assert (fitting[0].path, fitting[0].line) == ("all/kita.de.md", line)
    assert fitting[0].todo
    assert str(fitting[0]).startswith(f"all/kita.de.md:{line}: ")


def test_a_file_that_is_not_utf8_is_named_with_its_line(content: Path, german: Write) -> None:
    path = german()
    path.write_bytes(path.read_bytes().replace(b"Jedes Kind", "Für".encode("latin-1")))
    (problem,) = check(content, CENTRES)
    assert (problem.path, problem.line) == ("all/kita.de.md", 25)
    assert "UTF-8" in problem.what


def test_one_id_in_two_folders_is_named(content: Path, german: Write) -> None:
    german()
    german(centre="dettingen")
    (problem,) = check(content, CENTRES)
    assert problem.path == "dettingen/kita.de.md"
    assert "taken by all/kita.de.md" in problem.what


def test_a_translation_without_its_original_is_named(content: Path, english: Write) -> None:
    english()
    (problem,) = check(content, CENTRES)
    assert problem.path == "all/kita.en.md"
    assert "no German original" in problem.what


def test_an_unknown_status_of_a_translation_is_named(
    content: Path, german: Write, english: Write
) -> None:
    german()
    path = english()
    path.write_text(path.read_text("utf-8").replace("unreviewed", "perfect"), "utf-8")
    (problem,) = check(content, CENTRES)
    assert (problem.path, problem.line) == ("all/kita.en.md", 4)
    assert "status" in problem.what


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("all/kita.xx.md", "unknown language 'xx'"),
        ("all/kita.md", "no content file"),
        ("kita.de.md", "no content file"),
        ("tuebingen/kita.de.md", "unknown centre 'tuebingen'"),
    ],
)
def test_a_file_in_the_wrong_place_is_named(
    content: Path, german: Write, name: str, said: str
) -> None:
    text = german().read_text("utf-8")
    (content / "all" / "kita.de.md").unlink()
    path = content / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    problems = check(content, CENTRES)
    assert [problem for problem in problems if said in problem.what and problem.path == name]


def test_an_empty_folder_is_no_content(tmp_path: Path) -> None:
    (problem,) = check(tmp_path, CENTRES)
    assert "no content" in problem.what
