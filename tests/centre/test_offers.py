"""The list of offers, its filters and one offer in detail, in everybody's language."""

from __future__ import annotations

from datetime import datetime
from itertools import product

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot import helpers
from bot.incoming import Incoming
from centre import offer_buttons, offers
from centre.county import centres, municipalities
from centre.people import Person
from knowledge_base.importer import import_folder
from knowledge_base.offers import Contact, Offer
from knowledge_base.wishes import AUDIENCES, DAYTIMES, LEVELS, TEXT_BYTES, TYPES, Wishes
from lotse.prepare import DEMO
from storage.engine import Database
from storage.outbox import Content
from translations.catalogue import say
from translations.languages import languages

EXAMPLE = "German course for women in the morning with childcare near Dettingen"
FULL = Wishes(
    topic="ask_company",
    types=TYPES,
    audience=AUDIENCES,
    levels=LEVELS,
    daytimes=DAYTIMES,
    weekdays=tuple(range(7)),
    childcare=True,
    near="walddorfhaeslach",
    language="am",
    free=True,
    walk_in=True,
    text="ሀሀ ሀሀሀሀ",
)


@pytest_asyncio.fixture
async def demo(db: Database, monday_morning: datetime) -> Database:
    """The fictional offers, on Monday 30 November 2026 at 8."""
    async with db.transaction() as session:
        await import_folder(
            session, DEMO, list(centres()), municipalities=municipalities(), embed=False
        )
    return db


def labels(content: Content) -> list[str]:
    return [button.label for row in content.buttons for button in row]


def data(content: Content, label: str) -> str:
    return next(b.data for row in content.buttons for b in row if b.label.startswith(label))


async def search(
    db: Database, words: str, language: str = "en", centre: str | None = None
) -> Content:
    async with db.transaction() as session:
        return await offers.search(session, words, centre, language)


async def tap(db: Database, payload: str, language: str = "en") -> Content:
    async with db.transaction() as session:
        content = await offers.tap(session, payload, None, language)
        assert content is not None
        return content


async def test_a_card_says_when_where_level_cost_childcare_and_how_to_join(demo: Database) -> None:
    content = await search(demo, EXAMPLE)
    plain = content.text.replace("\u2068", "").replace("\u2069", "")
    assert plain == (
        "1 offer fits\n\n"
        "1. 📚 German course A1 for women in the morning (example)\n"
        "🗓 Monday, Wednesday, Friday 09:30–12:00 · next: Monday, 30 November 2026\n"
        "📍 Musterraum, Mustergasse 3, Dettingen an der Erms\n"
        "📶 A1 · 💶 free of charge · 👶 with childcare\n"
        "✍️ please register first"
    )


async def test_every_wish_in_force_is_a_button_that_takes_it_back(demo: Database) -> None:
    content = await search(demo, EXAMPLE)
    assert labels(content)[1:] == [
        "✕ German courses",
        "✕ for women",
        "✕ in the morning",
        "✕ with childcare",
        "✕ near \u2068Dettingen an der Erms\u2069",
    ]
    wider = await tap(demo, data(content, "✕ in the morning"))
    assert "✕ in the morning" not in labels(wider)
    assert labels(wider)[:2] == [
        "1. German course A1 for women in the morning (example)",
        "2. German course for mothers with childcare (example)",
    ]


async def test_a_wish_that_nothing_fulfils_is_named_and_no_longer_in_force(demo: Database) -> None:
    content = await search(demo, "German course women Sunday Dettingen", "de")
    assert content.text.startswith(say("offer.without", "de", wishes="Sonntag"))
    assert "✕ Sonntag" not in labels(content)
    assert "✕ für Frauen" in labels(content)


async def test_five_at_a_time(demo: Database) -> None:
    first = await search(demo, "kostenlos", "de")
    assert "5. " in first.text
    assert "6. " not in first.text
    second = await tap(demo, data(first, say("offer.more", "de")), "de")
    assert "6. " in second.text


async def test_the_details_tell_everything_and_lead_back(demo: Database) -> None:
    async with demo.transaction() as session:
        session.add(
            Contact(
                id="muster",
                name="Musteramt",
                phone="07121 000-0",
                source_title="Muster",
                source_url="https://example.org/",
            )
        )
        await session.flush()
        await session.execute(
            update(Offer).where(Offer.entry_id == "demo_det_course_women").values(contact="muster")
        )
    found = await search(demo, EXAMPLE)
    details = await tap(demo, data(found, "1. "))
    for said in (
        "The course is for women only.",
        "This is an invented example.",
        "for women, for parents",
        "German and English",
        "12",
        "Musteramt",
        "07121 000-0",
        "Beispiel, frei erfunden",
        "1 November 2026",
        say("answer.unreviewed", "en"),
    ):
        assert said in details.text
    assert data(details, say("answer.book", "en")) == (
        '/book_appointment{"topic":"ask_language_course"}'
    )
    back = await tap(demo, data(details, say("offer.back", "en")))
    assert back == found


async def test_without_words_the_kinds_there_are(demo: Database) -> None:
    content = await search(demo, "  ", "de", "muensingen")
    assert content.text == say("offer.ask", "de", place="Münsingen")
    assert labels(content) == [
        "📚 Kurs",
        "👥 Gruppe und Treffen",
        "☕ Offener Treff",
        "⚽ Sport und Freizeit",
        "💼 Hilfe bei der Arbeitssuche",
    ]
    courses = await tap(demo, data(content, "📚"), "de")
    assert "Deutschkurs" in courses.text
    assert "Sprachcafé" not in courses.text


async def test_where_nothing_is_known_nothing_is_guessed(db: Database) -> None:
    content = await search(db, "Deutschkurs", "de")
    assert content.text == say("offer.none", "de")
    assert "/talk_to_human" in [b.data for row in content.buttons for b in row]


async def test_an_offer_that_is_gone_says_so(demo: Database) -> None:
    found = await search(demo, EXAMPLE)
    details = data(found, "1. ")
    async with demo.transaction() as session:
        await session.execute(update(Offer).values(rrule=None))
    assert (await tap(demo, details)).text == say("offer.gone", "en")


@pytest.mark.parametrize("language", languages())
async def test_every_language_has_a_list_that_telegram_can_show(
    demo: Database, language: str
) -> None:
    for content in [
        await search(demo, EXAMPLE, language),
        await search(demo, "", language),
        await search(demo, "course evening women free", language),
        await tap(demo, offer_buttons.list_data(FULL), language),
    ]:
        assert 0 < len(content.text) < 4096
        for row in content.buttons:
            for button in row:
                assert 0 < len(button.label) <= 64
                assert 0 < len(button.data.encode()) <= 64


def test_wishes_travel_in_a_button_and_come_back() -> None:
    assert len(FULL.text.encode()) <= TEXT_BYTES
    for name in [None, *FULL.names()]:
        wishes = FULL if name is None else FULL.without(name)
        for payload in (
            offer_buttons.list_data(wishes, 995),
            offer_buttons.details_data("x" * 40, wishes),
        ):
            assert len(payload.encode()) <= 64
            read = offer_buttons.read(payload)
            assert read is not None
            assert read.wishes == wishes


@pytest.mark.parametrize(
    "payload", ["o:", "o:x", "o:l:0:", "o:l:9999:0", "o:l:0:zz", "o:d:123:0", "o:l:0:0:A;B", "l:0"]
)
def test_a_forged_button_means_nothing(payload: str) -> None:
    assert offer_buttons.read(payload) is None


@pytest.mark.parametrize(
    ("question", "language", "topic", "listed"),
    [
        (EXAMPLE, "en", "ask_language_course", True),
        ("Gibt es abends einen B1-Kurs?", "de", "ask_language_course", True),
        ("Ich suche eine Frauengruppe in Reutlingen", "de", "ask_women", True),
        ("بدي كورس للنساء مع حضانة", "ar", "ask_language_course", True),
        # Asked about, not looked for; or nothing is wished; or no offer is meant.
        ("Was kostet der B1-Kurs?", "de", "ask_language_course", False),
        ("Wie lange dauert ein Integrationskurs?", "de", "ask_language_course", False),
        ("What is there for women?", "en", "ask_women", False),
        ("Wie bekomme ich einen Kita-Platz mit Kinderbetreuung?", "de", "ask_childcare", False),
        ("Brauche ich B1 für die Einbürgerung?", "de", "ask_naturalisation", False),
        ("I need a flat near Dettingen with two children", "en", "ask_housing", False),
    ],
)
async def test_a_question_gets_the_list_when_it_looks_for_an_offer(
    demo: Database, question: str, language: str, topic: str, listed: bool
) -> None:
    async with demo.transaction() as session:
        found = await offers.fitting(session, question, [], topic, None, language)
    assert (found is not None) is listed


async def test_an_article_answers_when_the_offers_miss_most_of_what_is_wished(db: Database) -> None:
    async with db.transaction() as session:
        assert (
            await offers.fitting(session, EXAMPLE, [], "ask_language_course", None, "en")
        ) is None


ROLES = ("refugee", "volunteer", "manager", "interpreter", "curator")


@pytest.mark.parametrize(("role", "words"), product(ROLES, ["/find course", "/FIND@Bot course"]))
async def test_find_works_for_everybody(demo: Database, role: str, words: str) -> None:
    person = Person(role=role, language="en", centre="dettingen", dialogue={})
    async with demo.transaction() as session:
        session.add(person)
        await session.flush()
        (content,) = await helpers.handle(session, person, Incoming("text", text=words)) or []
        tapped = Incoming("tap", data=data(content, "1. "))
        (details,) = await helpers.handle(session, person, tapped) or []
    assert content.text.startswith(say("offer.found", "en", count=2))
    assert "(example)" in details.text


async def test_a_cry_for_help_behind_find_is_for_the_conversation(demo: Database) -> None:
    person = Person(role="refugee", language="de", centre="dettingen", dialogue={})
    async with demo.transaction() as session:
        session.add(person)
        await session.flush()
        cry = Incoming("text", text="/find mein Mann schlägt mich")
        assert await helpers.handle(session, person, cry) is None
