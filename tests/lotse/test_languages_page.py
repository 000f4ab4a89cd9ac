"""docs/languages.md says of every language what the catalogues and content files say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge_base.content_files import TextHead, dump, parse
from lotse import languages_page
from lotse.cli import app
from tests.translations.test_speech import WITH_VOICE
from translations.languages import languages


def row(page: str, code: str) -> list[str]:
    """The cells of a language's row in the table."""
    found = re.search(rf"^\| [^|]* `{code}` \|(.*)\|$", page, re.M)
    assert found is not None
    return [cell.strip() for cell in found[1].split("|")]


def test_the_committed_page_is_what_the_command_writes() -> None:
    committed = languages_page.PAGE.read_text("utf-8")
    assert committed == languages_page.made(), "run lotse languages and commit docs/languages.md"


def test_every_language_has_its_row_and_its_part() -> None:
    page = languages_page.made()
    for code, language in languages().items():
        assert len(row(page, code)) == 5
        assert f": {language.name}\n" in page
    assert [code for code in languages() if row(page, code)[3] == "yes"] == [
        code for code in languages() if code in WITH_VOICE
    ]
    assert row(page, "prs")[4] == "as Persian, `fa`"
    assert row(page, "ti")[4] == "none"


@pytest.mark.parametrize(
    ("status", "made_from", "said"),
    [
        ("machine", None, "48 unreviewed, 1 machine"),
        ("reviewed", None, "1 reviewed, 48 unreviewed"),
        ("machine", "0" * 12, "48 unreviewed, 1 machine, outdated"),
        ("reviewed", "0" * 12, "48 unreviewed, 1 outdated"),
    ],
)
def test_a_files_status_shows(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    status: str,
    made_from: str | None,
    said: str,
) -> None:
    """One article of the real content, translated in another way."""
    content = tmp_path / "content"
    for path in languages_page.CONTENT.rglob("*"):
        place = content / path.relative_to(languages_page.CONTENT)
        if path.is_file() and (path.suffix == ".yml" or path.name.endswith((".de.md", ".am.md"))):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    article = sorted(content.rglob("*.am.md"))[0]
    fields, body = parse(article.read_text("utf-8"))
    head = TextHead.model_validate(fields)
    changed = {"status": status, "translated_from": made_from or head.translated_from}
    article.write_text(dump(head.model_copy(update=changed), body), "utf-8")
    monkeypatch.setattr(languages_page, "CONTENT", content)
    assert row(languages_page.made(), "am")[1] == said


def test_the_command_says_what_it_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    monkeypatch.setattr(languages_page, "write", lambda: written.append(languages_page.PAGE))
    result = CliRunner().invoke(app, ["languages"])
    assert (result.exit_code, result.output) == (0, "Written: docs/languages.md\n")
    assert written == [languages_page.PAGE]
