"""The same wish is understood in every launch language."""

from __future__ import annotations

import pytest

from knowledge_base.content_files import content_languages
from knowledge_base.wishes import WORDS, Wishes, seeks, vocabulary, wishes_from

# "German course for women in the morning with childcare near Dettingen"
THE_EXAMPLE = {
    "de": "Deutschkurs für Frauen am Vormittag mit Kinderbetreuung bei Dettingen",
    "en": "German course for women in the morning with childcare near Dettingen",
    "ar": "دورة لغة ألمانية للنساء صباحا مع حضانة قرب ديتنغن",
    "fa": "کلاس آلمانی برای خانم‌ها صبح با مهدکودک نزدیک دتینگن",
    "prs": "کورس آلمانی زنانه صبح با نگهداری طفل نزدیک دتینگن",
    "ps": "د ښځو لپاره سهار د جرمني کورس د ماشوم ساتنې سره نږدې دېتینګن",
    "kmr": "kursa almanî ji bo jinan serê sibê bi cihê zarokan nêzî Dettingen",
    "ckb": "کۆرسی ئەڵمانی بۆ ژنان بەیانیان لەگەڵ چاودێری منداڵ نزیک دێتینگن",
    "tr": "Dettingen yakınında kadınlar için sabah çocuk bakımlı Almanca kursu",
    "uk": "курси німецької для жінок вранці з доглядом за дітьми біля Деттінген",
    "ru": "курсы немецкого для женщин утром с присмотром за детьми рядом с Деттинген",
    "fr": "cours d'allemand pour femmes le matin avec garde d'enfants près de Dettingen",
    "ti": "ኮርስ ጀርመንኛ ንደቂ ኣንስትዮ ንጉሆ ምስ ክንክን ህጻናት ኣብ ዴቲንገን",
    "so": "koorso jarmal dumar subaxnimo xannaano carruureed u dhow Dettingen",
    "am": "የጀርመንኛ ኮርስ ለሴቶች ጠዋት ከልጅ ማቆያ ጋር በዴቲንገን አቅራቢያ",
}
UNDERSTOOD = Wishes(
    topic="ask_language_course",
    audience=("women",),
    daytimes=("morning",),
    childcare=True,
    near="dettingen",
)


@pytest.mark.parametrize("language", content_languages())
def test_the_example_is_understood(language: str) -> None:
    assert wishes_from([], THE_EXAMPLE[language], language, keywords=True) == UNDERSTOOD


def test_every_language_has_words_for_everything() -> None:
    for language in content_languages():
        known = {
            found
            for meanings in vocabulary().forms.values()
            for found in meanings.get(language, [])
        } | {found for _, lang, found in vocabulary().patterns if lang == language}
        for name, values in {
            "daytime": ["morning", "afternoon", "evening"],
            "weekday": ["weekend"],
            "audience": ["women", "parents", "young_people"],
            "level": ["alpha"],
            "type": ["course", "meeting_group", "counselling", "open_house", "day_structure"],
            **{key: ["wanted"] for key in ("free", "walk_in", "childcare", "seek", "ignore")},
        }.items():
            assert {(name, value) for value in values} <= known, (language, name)
    assert {path.stem for path in WORDS.glob("*.yml")} == set(content_languages())


@pytest.mark.parametrize(
    ("text", "language", "wishes"),
    [
        ("course women dettingen", "en", {"types": ("course",), "audience": ("women",)}),
        ("A2-Kurs abends", "de", {"levels": ("A2",), "daytimes": ("evening",)}),
        ("курсы Б1", "ru", {"levels": ("B1",), "topic": "ask_language_course"}),
        ("alphabetisation cours", "fr", {"levels": ("alpha",), "topic": "ask_language_course"}),
        ("Treffen am Mittwoch", "de", {"types": ("meeting_group",), "weekdays": (2,)}),
        ("sport weekend", "en", {"types": ("leisure",), "weekdays": (5, 6)}),
        ("ببلاش كورس", "ar", {"types": ("course",), "free": True}),
        ("Sprachcafé ohne Anmeldung", "de", {"types": ("open_house",), "walk_in": True}),
        ("Beratung auf Arabisch", "de", {"types": ("counselling",), "language": "ar"}),
        ("Yogakurs", "de", {"types": ("course",), "text": "yoga"}),
        ("Kurs mit Kindern", "de", {"types": ("course",), "childcare": True}),
        # "mon" is French for "my", and a free place is not free of charge.
        ("mon cours", "fr", {"types": ("course",), "weekdays": ()}),
        ("free places in a course", "en", {"types": ("course",), "free": False}),
    ],
)
def test_words_become_wishes(text: str, language: str, wishes: dict[str, object]) -> None:
    found = wishes_from([], text, language, keywords=True)
    assert {name: getattr(found, name) for name in wishes} == wishes


def test_what_rasa_understood_counts_too() -> None:
    found = wishes_from([("level", "B1"), ("place", "metzingen")], "…", "de", "ask_language_course")
    assert found == Wishes(topic="ask_language_course", levels=("B1",), near="metzingen")


def test_words_that_no_list_knows_are_looked_for_in_a_search_only() -> None:
    assert wishes_from([], "nähen und reden", "de", keywords=True).text == "nahen reden"
    assert wishes_from([], "nähen und reden", "de").text == ""


@pytest.mark.parametrize(
    ("text", "language", "looks"),
    [
        ("Wo gibt es einen A1-Kurs?", "de", True),
        ("Was kostet der B1-Kurs?", "de", False),
        ("Ich suche eine Frauengruppe", "de", True),
        ("How long does the course take?", "en", False),
        ("بدي كورس", "ar", True),
    ],
)
def test_looking_for_something_is_told_from_asking_about_it(
    text: str, language: str, looks: bool
) -> None:
    assert seeks(text, language) is looks
