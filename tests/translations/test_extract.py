"""Every text the program says is in the template, and merging loses nothing anybody wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lotse import cli_catalogues
from lotse.cli import app
from lotse.settings import ROOT
from translations import po
from translations.catalogue import TEMPLATE, catalogue_path, forms
from translations.extract import compare, refresh
from translations.usage import find

CODE = """
TOPICS = {"school": 1, "work": 2}
def answer(turn, topic, kind):
    turn.say("menu.text", [[turn.button("menu.book", "/book")]])
    turn.say(f"topic.{topic}")
    turn.say(f"offer.{kind}_{topic}")
    open("chat.js"), print("knowledge.base is a package")
"""
KEYS = """
#. Button
#, python-brace-format
msgctxt "{}"
msgid "{}"
msgstr ""
"""


def texts(*pairs: tuple[str, str]) -> str:
    return "\n".join(KEYS.format(key, english).strip() + "\n" for key, english in pairs)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project: a program, a template, and catalogues in Arabic and Turkish."""
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "talk.py").write_text(CODE, "utf-8")
    own = {"ar": ("حجز", "نص"), "tr": ("Randevu", "Metin")}
    for language, (book, text) in own.items():
        real = catalogue_path(language)
        path = tmp_path / real.relative_to(ROOT)
        path.parent.mkdir(parents=True)
        head = real.read_text("utf-8").partition("\n\n")[0]
        body = texts(("menu.book", "Book"), ("menu.text", "Text"))
        body = body.replace('msgstr ""', f'msgstr "{book}"', 1)
        body = body.replace('msgstr ""', f'msgstr "{text}"', 1)
        path.write_text(f"{head}\n\n# ask Sara\n{body}", "utf-8")
    template(tmp_path, ("menu.book", "Book"), ("menu.text", "Text"))
    return tmp_path


def template(root: Path, *pairs: tuple[str, str]) -> Path:
    path = root / "translations" / "lotse.pot"
    head = TEMPLATE.read_text("utf-8").partition("\n\n")[0]
    path.write_text(f"{head}\n\n{texts(*pairs)}", "utf-8")
    return path


def arabic(root: Path) -> po.Po:
    return po.read(root / catalogue_path("ar").relative_to(ROOT))


def test_the_program_and_the_template_agree() -> None:
    assert compare(ROOT).problems(TEMPLATE) == []


def test_keys_are_found_in_python_pages_scripts_and_yaml(tmp_path: Path) -> None:
    for name, content in {
        "web/a.py": 'say("menu.one", language)',
        "web/b.html": '{{ say("menu.two") }}{{ say("menu." ~ kind) }}',
        "web/c.js": "words['menu.three']; said.four",
        "dialogues/d.yml": "responses:\n  utter_five: [{text: menu.five}]",
        "knowledge_base/e.py": 'problem("menu.six")',
        "tests/f.py": 'say("menu.seven", language)',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    usage = find(tmp_path, {"menu"})
    assert set(usage.keys) == {"menu.one", "menu.two", "menu.three", "menu.five"}
    assert dict(usage.families) == {"menu.*": {"web/b.html"}}
    assert "four" in usage.words


def test_what_is_used_and_missing_and_what_is_unused_is_named(root: Path) -> None:
    path = template(
        root,
        ("menu.book", "Book"),
        ("menu.old", "Old"),
        ("topic.school", "School"),
        ("topic.moon", "Moon"),
    )
    found = compare(root)
    assert found.missing == {"menu.text": {"bot/talk.py"}}
    # The moon is no topic anywhere in the program.
    assert found.unused == ["menu.old", "topic.moon"]
    assert found.families["topic.*"] == ({"bot/talk.py"}, ["topic.school"])
    said = found.problems(path)
    assert any("menu.text: missing, but used in bot/talk.py" in one for one in said)
    assert any("menu.old: nothing uses it" in one for one in said)


def test_a_family_without_any_text_is_named(root: Path) -> None:
    path = template(root, ("menu.book", "Book"), ("menu.text", "Text"), ("topic.moon", "Moon"))
    said = compare(root).problems(path)
    assert any("bot/talk.py: puts together keys topic.*, and there is none" in one for one in said)


def test_merging_adds_what_is_new_and_says_where_it_is_used(root: Path) -> None:
    template(root, ("topic.work", "Work"), ("menu.book", "Book"), ("menu.text", "Text"))
    _, [change, _] = refresh(root)
    assert (change.added, change.fuzzy, change.obsolete) == (1, 0, 0)
    own = arabic(root)
    assert [one.context for one in own.messages] == ["topic.work", "menu.book", "menu.text"]
    assert [forms(one)[0] for one in own.messages] == ["", "حجز", "نص"]
    assert own.messages[1].user_comments == ["ask Sara"]
    assert [name for name, _ in own.messages[1].locations] == ["bot/talk.py"]


def test_texts_of_one_area_stand_together(root: Path) -> None:
    path = template(root, ("menu.book", "Book"), ("topic.work", "Work"), ("menu.text", "Text"))
    refresh(root)
    keys = [one.context for one in po.read(path).messages]
    assert keys == ["menu.book", "menu.text", "topic.work"]


def test_a_changed_english_text_makes_its_translation_fuzzy(root: Path) -> None:
    template(root, ("menu.book", "Book now"), ("menu.text", "Text"))
    refresh(root)
    book, text = arabic(root).messages
    assert (book.id, forms(book), book.fuzzy) == ("Book now", ("حجز",), True)
    assert not text.fuzzy
    assert '#| msgid "Book"' in (root / catalogue_path("ar").relative_to(ROOT)).read_text("utf-8")
    refresh(root)
    assert arabic(root).messages[0].fuzzy  # until somebody has looked


def test_the_english_of_many_lines_before_a_change_is_shown_as_it_was(root: Path) -> None:
    lines = 'Book\\nWhere: {{place}} \\"here\\"\\nWhen'
    for english in (lines, "Book now"):
        template(root, ("menu.book", english.replace("{{", "{").replace("}}", "}")))
        refresh(root)
        done = (root / catalogue_path("ar").relative_to(ROOT)).read_text("utf-8")
        if english == lines:
            done = done.replace("#, fuzzy, python-brace-format", "#, python-brace-format")
            done = "\n".join(one for one in done.split("\n") if not one.startswith("#|"))
            (root / catalogue_path("ar").relative_to(ROOT)).write_text(done, "utf-8")
    before = [arabic(root).messages[0].previous_id]
    for _ in range(2):
        refresh(root)
        before.append(arabic(root).messages[0].previous_id)
    assert before == [['Book\nWhere: {place} "here"\nWhen']] * 3


def test_a_text_that_begins_to_count_keeps_its_words_in_every_form(root: Path) -> None:
    path = template(root, ("menu.book", "Book"), ("menu.text", "Text"))
    counting = 'msgid "{count} book"\nmsgid_plural "{count} books"\nmsgstr[0] ""\nmsgstr[1] ""'
    written = path.read_text("utf-8").replace('msgid "Book"\nmsgstr ""', counting)
    path.write_text(written, "utf-8")
    refresh(root)
    book = arabic(root).messages[0]
    assert (forms(book), book.fuzzy) == (("حجز",) * 6, True)


def test_what_is_deleted_is_put_aside_and_comes_back(root: Path) -> None:
    template(root, ("menu.text", "Text"))
    _, [change, _] = refresh(root)
    assert change.obsolete == 1
    own = arabic(root)
    assert [one.context for one in own.messages] == ["menu.text"]
    assert [forms(one) for one in own.obsolete] == [("حجز",)]
    refresh(root)
    assert [forms(one) for one in arabic(root).obsolete] == [("حجز",)]
    template(root, ("menu.text", "Text"), ("menu.book", "Book"))
    refresh(root)
    own = arabic(root)
    assert [forms(one) for one in own.messages] == [("نص",), ("حجز",)]
    assert own.obsolete == ()


def test_the_head_stays_as_its_translators_wrote_it(root: Path) -> None:
    path = root / catalogue_path("ar").relative_to(ROOT)
    before = path.read_text("utf-8").replace("unreviewed\\n", "reviewed 2026-12 (teacher)\\n", 1)
    path.write_text(before, "utf-8")
    refresh(root)
    assert path.read_text("utf-8").partition("\n\n")[0] == before.partition("\n\n")[0]


def test_merging_twice_changes_nothing_more(root: Path) -> None:
    template(root, ("menu.book", "Book now"), ("topic.work", "Work"))
    refresh(root)
    once = {path: path.read_bytes() for path in root.rglob("*.po*")}
    refresh(root)
    assert once == {path: path.read_bytes() for path in root.rglob("*.po*")}


def test_nothing_is_written_when_one_catalogue_is_damaged(root: Path) -> None:
    path = root / catalogue_path("tr").relative_to(ROOT)
    path.write_text(path.read_text("utf-8") + '\nmsgid "never closed\n', "utf-8")
    template(root, ("menu.book", "Book now"))
    before = {one: one.read_bytes() for one in root.rglob("*.po*")}
    with pytest.raises(po.Unreadable):
        refresh(root)
    assert before == {one: one.read_bytes() for one in root.rglob("*.po*")}


def test_the_template_is_as_extract_writes_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "translations", tmp_path / "translations")
    for folder in ("bot", "centre", "dialogues", "lotse", "web", "knowledge_base"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "intents.yml").symlink_to(ROOT / "nlu" / "intents.yml")
    refresh(tmp_path)
    written = (tmp_path / TEMPLATE.relative_to(ROOT)).read_text("utf-8")
    assert written == TEMPLATE.read_text("utf-8"), "run lotse catalogues extract"


def test_the_commands_name_every_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_catalogues, "ROOT", root)
    template(root, ("menu.book", "Book"), ("topic.work", "Work"))
    before = {path: path.read_bytes() for path in root.rglob("*.po*")}
    result = CliRunner().invoke(app, ["catalogues", "extract", "--check"])
    assert result.exit_code == 1
    assert "family topic.*: 1 texts, put together in bot/talk.py" in result.output
    assert "menu.text: missing, but used in bot/talk.py" in result.output
    assert "menu.book: used in other files than it says; run lotse" in result.output
    assert before == {path: path.read_bytes() for path in root.rglob("*.po*")}
    result = CliRunner().invoke(app, ["catalogues", "extract"])
    assert "1 added, 0 now fuzzy, 1 put aside" in result.output
    assert "used in other files" not in result.output
    assert compare(root).moved == []


def test_coverage_and_check_run_as_commands() -> None:
    result = CliRunner().invoke(app, ["catalogues", "coverage"])
    assert result.exit_code == 0
    assert "100 %" in result.output
    for name in (["catalogues", "check"], ["check-catalogues"]):
        result = CliRunner().invoke(app, name)
        assert "catalogues: 0 problems" in result.output
        assert result.exit_code == 0
