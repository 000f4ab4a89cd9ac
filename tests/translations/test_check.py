"""What is wrong with a translation is named, with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from lotse import button_data
from translations import catalogue, check, po
from translations.check_text import check_source, check_text

HEAD = (catalogue.catalogue_path("ar")).read_text("utf-8").partition("\n\n")[0]
SOURCE = '#. Button\nmsgctxt "menu.book"\nmsgid "Book"\nmsgstr ""\n'
Catalogue = Callable[[str], list[str]]


def source(english: str | tuple[str, str], comment: str = "Note") -> Message:
    return Message(english, context="some.key", auto_comments=[comment])


def problems(
    english: str | tuple[str, str],
    words: str | tuple[str, ...],
    language: str = "de",
    comment: str = "Note",
) -> list[str]:
    wanted = source(english, comment)
    return check_text(wanted, Message(english, words, context="some.key"), language)


@pytest.mark.parametrize(
    ("english", "comment", "language", "translated", "problem"),
    [
        ("Hello {name}", "Note", "de", "Hallo {nam}", "placeholders"),
        ("Hello {name}", "Note", "de", "Hallo {name", "brace"),
        ("Call 116 016", "Note", "de", "Ruf 116 017 an", "116 016"),
        ("Ends with /end", "Note", "de", "Ende mit /ende", None),
        ("Ends with /end", "Note", "de", "Ende mit Ende", "/end"),
        ("I am Lotse", "Note", "de", "Ich bin Pilot", "Lotse"),
        ("OK", "Button", "de", "x" * 65, "64"),
        ("In {language}", "Button", "de", "x" * 45 + "{language}", "64"),
        ("OK", "Description of a command", "de", "x" * 257, "256"),
        ("OK", "Pop-up", "de", "x" * 201, "200"),
        ("OK", "Inline title", "de", "x" * 65, "64"),
        ("OK", "Note", "de", "x" * 4097, "4096"),
        ("OK", "Note", "de", "gut\u202e", "U+202E"),
        ("OK", "Note", "de", "gut\u2068", "isolate"),
        ("OK", "Note", "de", "g\u200but", "U+200B"),
        ("OK", "Note", "de", "g\u200cut", "U+200C"),
        ("OK", "Note", "fa", "می\u200cخواهم", None),
        ("OK", "Note", "fa", "می\u200c خواهم", "U+200C"),
        ("OK", "Note", "ar", "حسن\u200cا", "U+200C"),
        ("OK", "Note", "de", "sehr\u00a0gut", "U+00A0"),
        ("Really?", "Note", "fr", "Vraiment\u00a0?", None),
        ("Really?", "Note", "fr", "Vraiment ?", "non-breaking"),
        ("Really?", "Note", "fr", "Vraiment?", "non-breaking"),
        ("OK", "Note", "fr", "« Bien »", "non-breaking"),
        ("OK", "Note", "de", "<b>gut</b>", "markup"),
        ("OK", "Note", "de", "*gut*", "markup"),
        ("OK", "Note", "de", "gut &amp; schön", "markup"),
        ("OK", "Note", "de", "[gut](hier)", "markup"),
        ("OK", "Note", "de", "gut_er Rat_los", None),
        ("OK", "Note", "de", "gut ", "space"),
        ("OK", "Note", "de", "sehr  gut", "two spaces"),
        ("One\nTwo", "Note", "de", "Eins zwei", "2 lines"),
        ("Good.", "Note", "de", "Gut", "end with ."),
        ("Good", "Note", "de", "Gut.", "take it out"),
        ("Good.", "Note", "am", "ጥሩ።", None),
        ("When on {day}?", "Note", "ar", "متى؟ {day}", None),
        ("When on {day}?", "Note", "ar", "متى {day}", "end with ?"),
        ("Good morning", "Note", "de", "Good morning", "still English"),
        ("112", "Note", "de", "112", None),
        ("Good", "Note", "ar", "Gut", "arabic letters"),
        ("Good", "Note", "ti", "Gut", "ethiopic letters"),
        ("Good", "Note", "tr", "Хорошо", "cyrillic letters"),
        ("Good", "Note", "ru", "Добре, що є", "another language"),
        ("Good", "Note", "fa", "خيلي خوب", "another language"),
        ("Good", "Note", "ps", "ډېر ښه دي", None),
        ("Good", "Note", "ar", "جیّد", "another language"),
        ("3 things", "Note", "fa", "۳ چیز", "digits"),
    ],
)
def test_a_broken_translation_is_named(
    english: str, comment: str, language: str, translated: str, problem: str | None
) -> None:
    found = problems(english, translated, language, comment)
    if problem is None:
        assert found == []
    else:
        assert any(problem in one for one in found), found


THINGS = ("{count} thing", "{count} things")


@pytest.mark.parametrize(
    ("language", "forms", "problem"),
    [
        ("de", ("{count} Ding", "{count} Dinge"), None),
        ("de", ("ein Ding", "{count} Dinge"), None),  # stands for 1 alone
        ("fr", ("une chose", "{count} choses"), "form 0"),  # stands for 0, too
        ("ru", ("одна вещь", "{count} вещи", "{count} вещей"), "form 0"),  # for 21, too
        ("ru", ("{count} вещь", "{count} вещей"), "3 plural forms"),
        ("ar", ("{count} شيء",) * 5, "6 plural forms"),
        ("ar", ("لا شيء", "شيء واحد", "شيئان", *("{count} أشياء",) * 3), None),
        ("ar", ("لا شيء", "شيء واحد", "شيئان", "أشياء", *("{count} شيء",) * 2), "form 3"),
    ],
)
def test_plural_forms_are_counted_and_each_is_checked(
    language: str, forms: tuple[str, ...], problem: str | None
) -> None:
    found = problems(THINGS, forms, language)
    assert (found == []) if problem is None else any(problem in one for one in found)


def test_a_text_that_counts_nothing_has_one_form() -> None:
    assert "one form" in problems("Things", ("Ding", "Dinge"))[0]


def test_the_english_is_checked_too() -> None:
    assert check_source(source("OK")) == []
    assert "comment" in check_source(Message("OK", context="some.key"))[0]
    assert "64" in check_source(source("x" * 65, "Button"))[0]
    assert "counts nothing" in check_source(source(("{a} thing", "{a} things")))[0]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Check an Arabic catalogue that has this text, beside a template with one button."""
    template, path = tmp_path / "lotse.pot", tmp_path / "lotse.po"
    template.write_text(f"{HEAD}\n\n{SOURCE}", "utf-8")
    monkeypatch.setattr(check, "TEMPLATE", template)
    monkeypatch.setattr(check, "catalogue_path", lambda _: path)

    def found(text: str) -> list[str]:
        path.write_text(text, "utf-8")
        return [one.removeprefix(f"{path}: ") for one in check.check_language("ar")]

    return found


BOOK = SOURCE.replace('msgstr ""', 'msgstr "حجز"')


def test_a_sound_catalogue_has_no_problem(written: Catalogue) -> None:
    assert written(f"{HEAD}\n\n{BOOK}") == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (SOURCE, "menu.book: missing; translate it"),
        ("", "menu.book: missing; translate it"),
        (BOOK.replace("#. Button", "#. Button\n#, fuzzy"), "menu.book: marked fuzzy"),
        (BOOK.replace('"Book"', '"Book it"'), "menu.book: the English text has changed"),
        (BOOK + "\n" + BOOK.replace("book", "old"), "menu.old: stale"),
        (BOOK + "\n" + BOOK, "menu.book: the key is there 2 times; keep one"),
        ('msgctxt "menu.book"\nmsgid "Book\n', "cannot be read"),
        ("nonsense here\n", "cannot be read"),
    ],
)
def test_a_broken_catalogue_is_named(written: Catalogue, body: str, problem: str) -> None:
    found = written(f"{HEAD}\n\n{body}")
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("field", "instead", "problem"),
    [
        ("nplurals=6", "nplurals=3", "Plural-Forms: nplurals=6"),
        ("Language: ar", "Language: fa", "Language: ar"),
        ("Review: unreviewed\\n", "Review: certainly\\n", "X-Lotse-Review"),
        ("Review: unreviewed\\n", "Review: reviewed 2026-13 (x)\\n", "X-Lotse-Review"),
    ],
)
def test_a_broken_head_is_named(written: Catalogue, field: str, instead: str, problem: str) -> None:
    assert field in HEAD
    found = written(f"{HEAD.replace(field, instead)}\n\n{BOOK}")
    assert any(problem in one for one in found), found


def test_a_review_is_told_with_month_and_role(written: Catalogue) -> None:
    told = HEAD.replace("Review: unreviewed\\n", "Review: reviewed 2026-12 (interpreter)\\n")
    assert written(f"{told}\n\n{BOOK}") == []


def test_a_missing_catalogue_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(check, "catalogue_path", lambda _: tmp_path / "none.po")
    assert "there is no catalogue" in check.check_language("ar")[0]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "lotse.po"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(po.Unreadable):
        po.read(broken)


def test_all_button_data_fits_into_telegrams_64_bytes() -> None:
    assert button_data.problems() == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("""data = f'/choose{{"booking_day":"{day}"}}' """, None),
        ("""data = f'/tell_my_integration_manager_now{{"topic":"{topic}"}}' """, "64"),
        ("""data = '/tell_my_integration_manager_now{"topic":"%s"}' """, "64"),
        ("""data = f'/choose{{"what":"{it}"}}' """, "say in lotse/button_data.py"),
        ('''data = f"k:show:in_the_whole_knowledge_base:{entry}"''', "64"),
    ],
)
def test_button_data_that_can_become_too_long_is_named(code: str, problem: str | None) -> None:
    [(line, data)] = button_data.templates(code)
    found = button_data.check(data)
    assert line == 1
    assert (found == []) if problem is None else problem in found[0]
