"""A question finds its entry in any language, and only what may be shown is shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from knowledge_base.importer import import_folder
from knowledge_base.search import (
    Hit,
    SearchResult,
    differs_by_status,
    search,
    statuses_in,
    topic_entries,
)
from storage import clock
from storage.engine import Database
from tests.knowledge_base.conftest import CENTRES, VECTORS, Write

ANSWERED = [
    ("de", "Darf ich mit Duldung eine Ausbildung machen?", {"ausbildungsduldung"}),
    ("de", "Wo bekomme ich einen Krankenschein für den Arzt?", {"health_asylum"}),
    ("de", "Ich habe einen gelben Brief vom BAMF bekommen", {"residence_after_decision"}),
    ("de", "Bezahlkarte", {"paycard"}),
    ("de", "wie krig ich ein bankkonto", {"bank_account"}),
    ("de", "Fiktionsbescheinigun", {"fiktion"}),
    ("en", "My employer doesn't pay me", {"work_rights"}),
    ("en", "Is my driving licence valid in Germany?", {"driving_licence"}),
    ("en", "Who pays for furniture in my first flat?", {"flat_first_equipment"}),
    ("en", "I want to start my own business", {"self_employment"}),
    ("ar", "كيف أسجل طفلي في المدرسة؟", {"school_register"}),
    ("ar", "هل يمكنني العمل أثناء إجراءات اللجوء؟", {"work_asylum"}),
    ("ar", "كيف أجد شقة للسكن؟", {"flat_search"}),
    ("ar", "أريد إحضار زوجتي وأطفالي إلى ألمانيا", {"family_recognised"}),
    ("uk", "Чи дійсні мої українські водійські права?", {"ua_licence"}),
    ("uk", "Чи можу я працювати з параграфом 24?", {"ua_work"}),
    ("uk", "Скільки коштує визнання диплома?", {"rec_costs"}),
    ("uk", "До якого лікаря звертатися вночі?", {"doctor_116117"}),
    ("ti", "ቆልዓይ ኣብ ቤት ትምህርቲ ከመይ ጌረ የመዝግቦ?", {"school_register"}),
    ("ti", "ናይ ባንኪ ሕሳብ ከመይ ይኸፍት?", {"bank_account"}),
    ("ti", "ገዛ ከመይ ክረክብ ይኽእል?", {"flat_search"}),
    ("fa", "کارت پرداخت چیست؟", {"paycard"}),
    ("tr", "Banka hesabı açmak için ne lazım?", {"bank_account"}),
    ("ru", "Что такое Fiktionsbescheinigung?", {"fiktion"}),
    ("fr", "Qu'est-ce qu'un plan d'intégration ?", {"im_plan"}),
    ("so", "Sidee baan u heli karaa guri?", {"flat_search"}),
    ("am", "የባንክ ሂሳብ እንዴት እከፍታለሁ?", {"bank_account"}),
    ("kmr", "Ez çawa dikarim hesabekî bankê vekim?", {"bank_account"}),
    ("ckb", "چۆن منداڵەکەم لە قوتابخانە تۆمار بکەم؟", {"school_register"}),
    ("ps", "زه څنګه کور پیدا کولی شم؟", {"flat_search"}),
]

UNANSWERED = [
    ("de", "Wie wird das Wetter am Wochenende?"),
    ("de", "Wie koche ich Linsensuppe?"),
    ("de", "Warum ist der Himmel blau?"),
    ("en", "Who won the World Cup in 2014?"),
    ("en", "Tell me something funny"),
    ("en", "lkjsdf oiwer"),
    ("ar", "ما هي نتيجة مباراة ريال مدريد؟"),
    ("ar", "كيف أطبخ الكبسة؟"),
    ("uk", "Яка завтра погода в Києві?"),
    ("uk", "Порадь мені хороший фільм"),
    ("ti", "ሎሚ ኩነታት ኣየር ከመይ ኣሎ?"),
    ("ti", "መን እዩ ፕረዚደንት ኣሜሪካ?"),
    ("tr", "Bana bir fıkra anlat"),
    ("fr", "Quel temps fait-il à Paris ?"),
]


async def ask(
    db: Database,
    question: str,
    *,
    centre: str | None = "reutlingen",
    language: str = "de",
    topic: str | None = None,
    status: str | None = None,
    limit: int = 5,
) -> SearchResult:
    async with db.transaction() as session:
        return await search(
            session,
            question,
            centre=centre,
            language=language,
            topic=topic,
            status=status,
            limit=limit,
        )


async def entries_of(
    db: Database,
    topic: str,
    *,
    centre: str | None = "reutlingen",
    language: str = "de",
    status: str | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[Hit]:
    async with db.transaction() as session:
        return await topic_entries(
            session,
            topic,
            centre=centre,
            language=language,
            status=status,
            offset=offset,
            limit=limit,
        )


def ids(hits: list[Hit]) -> list[str]:
    return [hit.entry_id for hit in hits]


async def fill(db: Database, content: Path) -> None:
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES, cache_file=VECTORS)


@pytest.mark.parametrize(("language", "question", "expected"), ANSWERED)
async def test_a_question_finds_its_entry_among_the_first_three(
    library: Database, language: str, question: str, expected: set[str]
) -> None:
    result = await ask(library, question, language=language)
    assert expected & set(ids(result.hits[:3])), ids(result.hits)
    assert result.answered


@pytest.mark.parametrize(("language", "question"), UNANSWERED)
async def test_a_question_that_nothing_fits_is_not_answered(
    library: Database, language: str, question: str
) -> None:
    assert not (await ask(library, question, language=language)).answered


@pytest.mark.parametrize("question", ["", "   ", "\0", "\n\t"])
async def test_an_empty_question_is_not_answered(library: Database, question: str) -> None:
    assert await ask(library, question) == SearchResult([], answered=False)


@pytest.mark.parametrize("question", ["' & | ! (:*", "??!", "😀😀", "x" * 5000, "a\0b", "‮abc"])
async def test_an_odd_question_breaks_nothing(library: Database, question: str) -> None:
    assert len((await ask(library, question)).hits) == 5


async def test_another_centres_entries_are_left_out(library: Database) -> None:
    question = "Asylcafé Römerschanze"
    assert "asylcafe_roemerschanze" in ids((await ask(library, question)).hits)
    for centre in ("dettingen", "muensingen"):
        hits = (await ask(library, question, centre=centre, limit=200)).hits
        assert {hit.centre for hit in hits} == {centre, "all"}


async def test_without_a_centre_every_centre_is_searched(library: Database) -> None:
    hits = (await ask(library, "Asylcafé Römerschanze", centre=None)).hits
    assert "asylcafe_roemerschanze" in ids(hits)


@pytest.mark.usefixtures("monday_morning")
async def test_an_entry_is_withheld_from_the_day_after_its_last(library: Database) -> None:
    """Days are those of Berlin: 23:30 UTC on the last day is half past midnight there."""
    question = "Integrationskurs 2026: Wer bekommt keinen Platz?"
    clock.set_now(datetime(2026, 12, 31, 22, 30, tzinfo=clock.UTC))
    assert "ik_stop_2026" in ids((await ask(library, question)).hits)
    assert "ik_stop_2026" in ids(await entries_of(library, "ask_language_course"))
    clock.set_now(datetime(2026, 12, 31, 23, 30, tzinfo=clock.UTC))
    assert "ik_stop_2026" not in ids((await ask(library, question, limit=200)).hits)
    assert "ik_stop_2026" not in ids(await entries_of(library, "ask_language_course"))


@pytest.mark.usefixtures("monday_morning")
async def test_an_entry_is_withheld_before_its_first_day(
    db: Database, content: Path, german: Write
) -> None:
    path = german()
    path.write_text(path.read_text("utf-8").replace("from: null", "from: 2026-12-01"), "utf-8")
    await fill(db, content)
    assert (await ask(db, "Kita")).hits == []
    clock.set_now(datetime(2026, 12, 1, 0, 30, tzinfo=clock.BERLIN))
    assert ids((await ask(db, "Kita")).hits) == ["kita"]


@pytest.mark.usefixtures("monday_morning")
async def test_a_replaced_entry_is_withheld_once_the_new_one_is_valid(
    db: Database, content: Path, german: Write
) -> None:
    german()
    newer = german("kita_neu")
    newer.write_text(
        newer.read_text("utf-8")
        .replace("supersedes: null", "supersedes: kita")
        .replace("from: null", "from: 2026-12-01"),
        "utf-8",
    )
    await fill(db, content)
    assert ids((await ask(db, "Kita")).hits) == ["kita"]
    clock.set_now(datetime(2026, 12, 1, 8, 0, tzinfo=clock.BERLIN))
    assert ids((await ask(db, "Kita")).hits) == ["kita_neu"]


async def test_entries_for_another_residence_status_are_left_out(library: Database) -> None:
    hits = (await ask(library, "Darf ich arbeiten?", status="recognised", limit=200)).hits
    assert "work_recognised" in ids(hits[:3])
    assert all({"any", "recognised"} & set(hit.statuses) for hit in hits)
    assert not {"work_asylum", "ua_work"} & set(ids(hits))


async def test_unconfirmed_volatile_source_and_date_arrive(library: Database) -> None:
    hits = (await ask(library, "Wo war das Integrationszentrum in Pfullingen?")).hits
    (hit,) = [hit for hit in hits if hit.entry_id == "centre_pfullingen_site"]
    assert hit.unconfirmed
    assert hit.volatile
    assert hit.source_title
    assert hit.source_url.startswith("http")
    assert hit.checked_on is not None
    (sure,) = [
        hit for hit in await entries_of(library, "ask_health") if hit.entry_id == "emergency"
    ]
    assert not sure.unconfirmed


@pytest.mark.parametrize(
    ("language", "shown", "status"),
    [("de", "de", "original"), ("en", "en", "unreviewed"), ("ti", "en", "unreviewed")],
)
async def test_the_text_is_shown_in_the_persons_language_else_in_english(
    library: Database, language: str, shown: str, status: str
) -> None:
    hit = (await ask(library, "Bankkonto", language=language)).hits[0]
    assert (hit.entry_id, hit.language, hit.text_status) == ("bank_account", shown, status)


async def test_a_needed_entry_is_shown_in_tigrinya(library: Database) -> None:
    hit = (await ask(library, "Bezahlkarte", language="ti")).hits[0]
    assert (hit.entry_id, hit.language, hit.text_status) == ("paycard", "ti", "unreviewed")


async def test_a_text_only_in_german_is_shown_in_german(
    db: Database, content: Path, german: Write
) -> None:
    german()
    await fill(db, content)
    (hit,) = (await ask(db, "Kita", language="ar")).hits
    assert (hit.language, hit.text_status) == ("de", "original")


async def test_a_translation_of_a_former_original_is_called_outdated(
    db: Database, content: Path, german: Write, english: Write
) -> None:
    german()
    english(made_from="0" * 12)
    await fill(db, content)
    (hit,) = (await ask(db, "Kita", language="en")).hits
    assert hit.text_status == "outdated"


@pytest.mark.parametrize("topic", ["ask_benefits", "ask_return", "ask_housing", "ask_health"])
async def test_the_understood_topic_moves_its_entries_up(library: Database, topic: str) -> None:
    def place(hits: list[Hit]) -> int:
        return [*(hit.topic for hit in hits), topic].index(topic)

    question = "Und wie geht das?"
    without = (await ask(library, question, limit=200)).hits
    understood = (await ask(library, question, topic=topic, limit=200)).hits
    assert place(understood) < place(without)
    assert place(understood) < 5


async def test_a_topic_understood_wrong_does_not_hide_the_right_entry(library: Database) -> None:
    question = "Darf ich mit Duldung eine Ausbildung machen?"
    hits = (await ask(library, question, topic="ask_everyday")).hits
    assert "ausbildungsduldung" in ids(hits[:3])


async def test_a_topics_entries_come_by_rank_and_page_without_gaps(library: Database) -> None:
    everything = await entries_of(library, "ask_centre")
    assert everything[0].topic == "ask_centre"
    # Figures and history (rank 3) come after everything a person needs first.
    assert ids(everything).index("centre_overview") < ids(everything).index("mbe_stats")
    paged = [
        hit
        for offset in range(0, len(everything), 4)
        for hit in await entries_of(library, "ask_centre", offset=offset, limit=4)
    ]
    assert paged == everything


async def test_a_topics_own_centre_comes_before_all(library: Database) -> None:
    hits = await entries_of(library, "ask_residence", centre="reutlingen")
    assert hits[0].entry_id == "contact_abh_stadt"
    hits = await entries_of(library, "ask_residence", centre="dettingen")
    assert "contact_abh_stadt" not in ids(hits)


async def test_it_is_known_when_the_answer_depends_on_the_residence_status(
    library: Database,
) -> None:
    work = await entries_of(library, "ask_work", limit=9)
    assert differs_by_status(work)
    assert {"asylum_procedure", "recognised", "section24"} <= set(statuses_in(work))
    for_one = await entries_of(library, "ask_work", status="asylum_procedure", limit=5)
    assert not differs_by_status(for_one)
    volunteering = await entries_of(library, "ask_volunteering", limit=5)
    assert not differs_by_status(volunteering)
    assert statuses_in(volunteering) == []
