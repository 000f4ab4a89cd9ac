"""Messages that the real code makes for a reader of a right-to-left language, with German in it."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments as centre_appointments
from centre import digest, emergencies, handoffs, offers, people, privacy
from centre.county import centres, municipalities
from dialogues.actions import answer_view, appointments, booking_end
from dialogues.actions.turn import Action, Turn
from knowledge_base import feedback
from knowledge_base.entries import EntryText
from knowledge_base.importer import import_folder
from knowledge_base.offers import Contact, Offer
from knowledge_base.search import Hit
from lotse.prepare import DEMO
from storage.outbox import Content
from tests.centre.conftest import sent_to, who
from tests.knowledge_base.rows import put_entry

LANGUAGES = ("ar", "fa", "prs", "ps", "ckb")
COURSE = "demo_det_course_women"
NAME = "Beispiel (Vertretung), Jörg"
GERMAN = "Ich habe am 3.12. von 9–10 Uhr Zeit (Raum 5). Rufen Sie 07121 000-0 an!"
# What authors write who know nothing of isolates: the same lines, in five languages.
ARTICLES = {
    "ar": """BAMF هو المكتب الاتحادي (Bundesamt für Migration und Flüchtlinge).
الدوام: 09:00–12:00 و14:00 - 16:30، العمر 18-27 سنة، حسب § 24 من قانون AufenthG.
• الهاتف: 07121 000-0 أو +49 7121 000000
• البريد: beispiel@example.org، الموقع: https://example.org/a/b/
• Jobcenter Reutlingen
• 72764 Reutlingen أو Mustergasse 3
آخر موعد: 2026-12-01 (يوم 1.12.2026).""",
    "fa": """BAMF ادارهٔ فدرال است (Bundesamt für Migration und Flüchtlinge).
ساعت کار: 09:00–12:00 و 14:00 - 16:30، سن 18-27 سال، طبق § 24 از قانون AufenthG.
• تلفن: 07121 000-0 یا +49 7121 000000
• ایمیل: beispiel@example.org، نشانی: https://example.org/a/b/
• Jobcenter Reutlingen
• 72764 Reutlingen یا Mustergasse 3
آخرین روز: 2026-12-01 (روز 1.12.2026).""",
    "prs": """BAMF ادارهٔ فدرال است (Bundesamt für Migration und Flüchtlinge).
وقت کار: 09:00–12:00 و 14:00 - 16:30، سن 18-27 سال، مطابق § 24 قانون AufenthG.
• تیلفون: 07121 000-0 یا +49 7121 000000
• ایمیل: beispiel@example.org، آدرس: https://example.org/a/b/
• Jobcenter Reutlingen
• 72764 Reutlingen یا Mustergasse 3
روز آخر: 2026-12-01 (روز 1.12.2026).""",
    "ps": """BAMF فدرالي اداره ده (Bundesamt für Migration und Flüchtlinge).
کاري وخت: 09:00–12:00 او 14:00 - 16:30، عمر 18-27 کاله، د § 24 قانون AufenthG له مخې.
• تلیفون: 07121 000-0 یا +49 7121 000000
• برېښنالیک: beispiel@example.org، پته: https://example.org/a/b/
• Jobcenter Reutlingen
• 72764 Reutlingen یا Mustergasse 3
وروستۍ ورځ: 2026-12-01 (ورځ 1.12.2026).""",
    "ckb": """BAMF فەرمانگەی فیدراڵییە (Bundesamt für Migration und Flüchtlinge).
کاتی کار: 09:00–12:00 و 14:00 - 16:30، تەمەن 18-27 ساڵ، بەپێی § 24 یاسای AufenthG.
• تەلەفۆن: 07121 000-0 یان +49 7121 000000
• ئیمەیڵ: beispiel@example.org، ماڵپەڕ: https://example.org/a/b/
• Jobcenter Reutlingen
• 72764 Reutlingen یان Mustergasse 3
دوا ڕۆژ: 2026-12-01 (ڕۆژی 1.12.2026).""",
}
TITLES = {
    "ar": "BAMF: دورة اندماج",
    "fa": "BAMF: دورهٔ ادغام",
    "prs": "BAMF: کورس ادغام",
    "ps": "BAMF: د ادغام کورس",
    "ckb": "BAMF: کۆرسی ئینتیگراسیۆن",
}


async def prepare(session: AsyncSession, language: str) -> None:
    """Let p1 and their adviser, who has a German name, read ``language``; add offers."""
    refugee = await session.get_one(people.Person, who("p1"))
    refugee.language, refugee.consented_at = language, datetime(2026, 11, 1, tzinfo=UTC)
    for label in ("m-reutlingen-1", "m-reutlingen-2"):
        manager = await session.get_one(people.Person, who(label))
        manager.language, manager.name = language, NAME
    await import_folder(
        session, DEMO, list(centres()), municipalities=municipalities(), embed=False
    )
    session.add(
        Contact(
            id="example",
            name="Frau Beispiel (Büro 2)",
            phone="07123 000-0",
            email="beispiel@example.org",
            source_title="Beispiel",
            source_url="https://example.org/",
        )
    )
    await session.flush()
    await session.execute(update(Offer).where(Offer.entry_id == COURSE).values(contact="example"))


async def write_offer(session: AsyncSession, language: str, times: int = 1) -> None:
    """Give one of the offers a text in ``language``."""
    body = "\n".join([ARTICLES[language]] * times)
    title = TITLES[language]
    session.add(
        EntryText(entry_id=COURSE, language=language, title=title, body=body, status="reviewed")
    )
    await session.flush()


async def every(session: AsyncSession, language: str) -> dict[str, str]:
    """Return what a reader gets in every situation that mixes directions, by name."""
    await prepare(session, language)
    made: dict[str, list[Content]] = {}
    made["confirmation"] = await _act(session, booking_end.ask_confirmed, booking=True)
    made["booked"] = await _act(session, booking_end.book, booking=True)
    made["appointments"] = await _act(session, appointments.show)
    made["told_to_manager"] = await sent_to(session, "m-reutlingen-1")
    made["answer"] = [answer_view.answer(await _turn(session), hit(language), [_other()], False)]
    made["offers"] = [await offers.search(session, "course women Dettingen", None, language)]
    details = made["offers"][0].buttons[0][0].data
    one = await offers.tap(session, details, None, language)
    assert one is not None
    made["offer"] = [one]
    kinds = ("medical", "violence", "suicide", "child", None)
    made["emergencies"] = [Content(text=emergencies.advice(kind, language)) for kind in kinds]
    made["relay"] = await _relayed(session)
    made["digest"] = await _digest(session, language)
    questions = await privacy.stored_questions(session, who("p1"), language)
    made["questions"] = [Content(text=questions)]
    return {name: "\n\n".join(map(written, all_)) for name, all_ in made.items()}


def hit(language: str) -> Hit:
    """Return an article with everything that can be turned round in it."""
    return Hit(
        entry_id="kita",
        score=1.0,
        language=language,
        title=TITLES[language],
        body=ARTICLES[language],
        topic="ask_childcare",
        centre="dettingen",
        source_title="Landratsamt (Amt 42), § 24 AufenthG",
        source_url="https://example.org/a/",
        checked_on=date(2026, 11, 1),
        volatile=True,
        unconfirmed=False,
        text_status="original",
        statuses=("any",),
        kind="article",
        original=("Kita", "Fragen Sie."),
        more_sources=("BAMF 2026/11",),
    )


def written(content: Content) -> str:
    """Return a message, its buttons one a line, and the title in the calendar it brings."""
    labels = [button.label for row in content.buttons for button in row]
    parts = [content.text, "\n".join(labels)]
    if content.document is not None:
        calendar = icalendar.Calendar.from_ical(base64.b64decode(content.document.content))
        parts += [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]
    return "\n\n".join(part for part in parts if part)


async def _turn(session: AsyncSession, *, booking: bool = False) -> Turn:
    person = await session.get_one(people.Person, who("p1"))
    slots = {}
    if booking:
        held = await centre_appointments.held_by(session, person.id) or await _hold(session)
        slots = {
            "booking_topic": "ask_childcare",
            "booking_kind": held.kind,
            "booking_needs": "cs",
            "booking_confirmed": "yes",
            "booking_hold": f"{held.id} ",
        }
    return Turn(session, person, dict(slots), {"text": "", "metadata": {"update": "1"}})


async def _hold(session: AsyncSession) -> centre_appointments.Appointment:
    return await centre_appointments.take(
        session,
        person_id=who("p1"),
        wish=centre_appointments.Wish("reutlingen"),
        topic="ask_childcare",
        start=datetime(2026, 12, 3, 9, 30, tzinfo=ZoneInfo("Europe/Berlin")),
        language="ar",
        request_key=None,
        needs=centre_appointments.Needs(childcare=True, step_free=True),
        hold=centre_appointments.hold_for_person(),
    )


async def _act(session: AsyncSession, act: Action, *, booking: bool = False) -> list[Content]:
    turn = await _turn(session, booking=booking)
    await act(turn)
    return [Content.model_validate(one["custom"]) for one in turn.responses]


def _other() -> Hit:
    return replace(hit("ar"), language="de", entry_id="other", title="Kita-Platz: Wie?")


async def _relayed(session: AsyncSession) -> list[Content]:
    """A German sentence passed on; what a machine adds is another test's business."""
    made, _, _ = await handoffs.request(
        session,
        person_id=who("p1"),
        kind="human",
        centre="reutlingen",
        language="ar",
        request_key=None,
    )
    await handoffs.accept(session, made.id, who("m-reutlingen-2"))
    active = await handoffs.current(session, who("m-reutlingen-2"))
    assert active is not None
    await handoffs.relay(session, active, handoffs.Said(GERMAN))
    passed = (await sent_to(session, "p1"))[-1]
    return [Content(text=passed.text.split("\n\n")[0])]


async def _digest(session: AsyncSession, language: str) -> list[Content]:
    long_ago = datetime(2026, 11, 30, tzinfo=UTC) - timedelta(days=400)
    due = await put_entry(session, "kita", checked_on=long_ago.date())
    due.texts[0].title = "Kita-Platz (1.–3. Jahr): 07121 000-0"
    await put_entry(session, "schule", language)
    for verb in ("wrong", "no", "yes"):
        await feedback.count(session, "kita", language, verb)
    await feedback.count_shown(session, "kita", language)
    asked = "Wo (genau)? 9–10 Uhr"
    await feedback.store_unanswered(session, None, "de", "ask_work", asked, who("p1"))
    return await digest.digest(session, language)
