"""Nothing that leads to a person passes through a talk, in whatever kind of message it comes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from bot import helpers
from bot.telegram import parse, render
from centre import handoffs
from centre.people import Person
from storage.engine import Database
from storage.outbox import Content, OutgoingMessage
from tests.centre.conftest import new_person, people, sent_to
from translations.catalogue import say

__all__ = ["people"]

WRITER, READER = 4711, 4712
USER = {
    "id": WRITER,
    "is_bot": False,
    "first_name": "Musterina",
    "last_name": "Beispielowa",
    "username": "musterina_b",
}
SECRETS = {
    "first name": "Ich heiße Musterina, hallo",
    "last name in another case": "Frau BEISPIELOWA bin ich",
    "username": "Schreib an @musterina_b bitte",
    "somebody else's username": "Frag @lehrer_probe danach",
    "phone": "Meine Nummer: 0176 0000 1234",
    "phone abroad": "ruf an +963 944 000 123",
    "phone in Arabic digits": "رقمي ٠١٧٦٠٠٠٠١٢٣٤",
    "phone in Persian digits": "شماره ۰۱۷۶۰۰۰۰۱۲۳۴",
    "mail": "muster@example.org ist meine Adresse",
    "link": "Mein Profil: https://social.example/musterina",
    "telegram link": "t.me/musterina_b",
    "account": "DE89 3704 0044 0532 0130 00",
}
LEAKS = (
    "Musterina",
    "BEISPIELOWA",
    "musterina_b",
    "lehrer_probe",
    "0176",
    "٠١٧٦",
    "۰۱۷۶",
    "944",
    "muster@example.org",
    "social.example",
    "t.me",
    "3704",
)
PHOTO = [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}]
FILE = {"file_id": "x", "file_unique_id": "y"}
TIMED = {**FILE, "duration": 1}
NAMED = "Musterina BEISPIELOWA 0176 0000 1234.PDF"
FORWARDED = {
    "forward_origin": {
        "type": "user",
        "date": 1,
        "sender_user": {"id": 99, "is_bot": False, "first_name": "Fremdename"},
    }
}
HIDDEN = {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Fremdename"}}
CHANNEL = {
    "forward_origin": {
        "type": "channel",
        "date": 1,
        "message_id": 3,
        "chat": {"id": -5, "type": "channel", "title": "Fremdename", "username": "fremdename"},
    }
}


def kinds(words: str) -> dict[str, dict[str, Any]]:
    """Every kind of message that carries words."""
    return {
        "text": {"text": words},
        "photo": {"photo": PHOTO, "caption": words},
        "document": {"document": {**FILE, "file_name": NAMED}, "caption": words},
        "voice": {"voice": TIMED, "caption": words},
        "audio": {
            "audio": {**TIMED, "title": "0176 0000 1234", "performer": "Musterina"},
            "caption": words,
        },
        "video": {
            "video": {**TIMED, "width": 1, "height": 1, "file_name": NAMED},
            "caption": words,
        },
        "animation": {
            "animation": {**TIMED, "width": 1, "height": 1},
            "document": FILE,
            "caption": words,
        },
        "forwarded text": {"text": words, **FORWARDED},
        "forwarded photo": {"photo": PHOTO, "caption": words, **HIDDEN},
    }


def raw(message: dict[str, Any], number: int = 7, **more: Any) -> dict[str, Any]:
    chat = {"id": WRITER, "type": "private"}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": chat,
            "from": {**USER},
            **message,
            **more,
        },
    }


async def talk(db: Database) -> tuple[Any, Any]:
    """Bring two on Telegram together; return their ids."""
    async with db.transaction() as session:
        person = await new_person(
            session, "telegram", str(WRITER), language="de", centre="reutlingen"
        )
        helper = await new_person(
            session, "telegram", str(READER), role="interpreter", language="de", name="Probe, Petra"
        )
        made, _, _ = await handoffs.request(
            session,
            person_id=person,
            kind="interpreter",
            centre="reutlingen",
            language="ar",
            request_key=None,
        )
        session.add(handoffs.HandoffAsk(handoff_id=made.id, helper_id=helper, language="ar"))
        await session.flush()
        await handoffs.accept(session, made.id, helper)
    return person, helper


async def says(db: Database, person: Any, message: dict[str, Any]) -> list[Content]:
    async with db.transaction() as session:
        one = await session.get_one(Person, person)
        answers = await helpers.handle(session, one, parse.incoming(message))
    assert answers is not None
    return answers


async def received(db: Database, helper: Any) -> list[Content]:
    """What came through the talk, without what came before it."""
    async with db.transaction() as session:
        rows = await session.scalars(
            select(OutgoingMessage.content)
            .where(OutgoingMessage.person_id == helper, OutgoingMessage.thread.is_not(None))
            .order_by(OutgoingMessage.id)
        )
        return [Content.model_validate(row) for row in rows]


def shown(contents: list[Content]) -> str:
    """Everything Telegram is told to show, as it is told."""
    return " ".join(
        str(part.arguments) for content in contents for part in render.render(content, "de")
    )


@pytest.mark.parametrize("kind", list(kinds("")))
async def test_no_name_number_or_link_passes(people: Database, kind: str) -> None:
    person, helper = await talk(people)
    for number, words in enumerate(SECRETS.values(), start=10):
        told = await says(people, person, raw(kinds(words)[kind], number))
        assert [one.text for one in told] == [say("relay.removed", "de")], words
    got = shown(await received(people, helper))
    assert [leak for leak in LEAKS if leak in got] == []
    assert "▮▮▮" in got


@pytest.mark.parametrize("origin", [FORWARDED, HIDDEN, CHANNEL])
async def test_a_forwarded_message_does_not_say_whose_it_was(
    people: Database, origin: dict[str, Any]
) -> None:
    person, helper = await talk(people)
    await says(people, person, raw({"text": "Fremdename schreibt: komm morgen", **origin}))
    got = shown(await received(people, helper))
    assert "komm morgen" in got
    assert "Fremdename" not in got
    assert "forward" not in got


@pytest.mark.parametrize(
    "message",
    [
        {"contact": {"phone_number": "+4917600001234", "first_name": "Musterina"}},
        {"document": {**FILE, "mime_type": "text/vcard", "file_name": "Musterina.vcf"}},
        {"document": {**FILE, "mime_type": "text/x-vcard"}, "caption": "hier"},
    ],
)
async def test_a_contact_is_not_passed_on_and_the_writer_is_told(
    people: Database, message: dict[str, Any]
) -> None:
    person, helper = await talk(people)
    told = await says(people, person, raw(message))
    assert [one.text for one in told] == [say("relay.contact_not_passed", "de")]
    assert await received(people, helper) == []


async def test_a_link_hidden_under_words_and_a_mention_are_only_words(people: Database) -> None:
    person, helper = await talk(people)
    entities = [
        {"type": "text_link", "offset": 0, "length": 4, "url": "https://social.example/me"},
        {"type": "text_mention", "offset": 5, "length": 4, "user": USER},
    ]
    assert await says(people, person, raw({"text": "hier oder", "entities": entities})) == []
    got = shown(await received(people, helper))
    assert "hier oder" in got
    assert "social.example" not in got
    assert "Musterina" not in got


async def test_a_file_goes_as_a_copy_without_what_stood_under_it(people: Database) -> None:
    person, helper = await talk(people)
    await says(people, person, raw({"photo": PHOTO, "caption": "0176 0000 1234"}))
    *_, copied = [
        part for one in await received(people, helper) for part in render.render(one, "de")
    ]
    assert copied.method == "copy_message"
    assert copied.arguments["caption"] == ""


@pytest.mark.parametrize(
    ("message", "method", "name"),
    [
        ({"document": {**FILE, "file_name": NAMED}}, "send_document", "Datei.pdf"),
        ({"document": {**FILE, "file_name": "Musterina"}}, "send_document", "Datei"),
        ({"audio": {**TIMED, "title": "Musterina"}}, "send_document", "Datei"),
        (
            {"video": {**TIMED, "width": 1, "height": 1, "file_name": "Musterina.mp4"}},
            "send_video",
            "Datei.mp4",
        ),
    ],
)
async def test_a_file_with_a_name_goes_under_another(
    people: Database, message: dict[str, Any], method: str, name: str
) -> None:
    person, helper = await talk(people)
    assert await says(people, person, raw(message)) == []
    (got,) = await received(people, helper)
    assert "Musterina" not in got.model_dump_json()
    *_, sent = render.render(got, "de")
    assert sent.method == method
    [file] = [one for one in sent.arguments.values() if isinstance(one, render.Fetched)]
    assert (file.id, file.name) == ("x", name)


async def test_a_file_too_large_to_be_renamed_is_not_passed_and_the_writer_is_told(
    people: Database,
) -> None:
    person, helper = await talk(people)
    large = {**FILE, "file_name": "Musterina.pdf", "file_size": 20_000_001}
    (told,) = await says(people, person, raw({"document": large, "caption": "hier"}))
    assert told.text == say("relay.too_big", "de")
    assert await received(people, helper) == []
    small = {**large, "file_size": 20_000_000}
    assert await says(people, person, raw({"document": small}, 8)) == []
    # What has no name is copied by Telegram itself, however large.
    photo = [{**PHOTO[0], "file_size": 30_000_000}]
    assert await says(people, person, raw({"photo": photo}, 9)) == []
    assert len(await received(people, helper)) == 2


async def test_a_voice_a_place_and_a_sticker_pass(people: Database) -> None:
    person, helper = await talk(people)
    place = {"location": {"latitude": 48.49, "longitude": 9.21}}
    for number, message in enumerate(
        (
            {"voice": TIMED},
            place,
            {
                "sticker": {
                    **FILE,
                    "type": "regular",
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                }
            },
        ),
        start=20,
    ):
        assert await says(people, person, raw(message, number)) == []
    copies = [one.copy_from for one in await received(people, helper)]
    assert copies == [{"chat": WRITER, "message": number} for number in (20, 21, 22)]


async def test_dates_times_and_office_links_stay(people: Database) -> None:
    person, helper = await talk(people)
    words = "Am 30.11.2026 um 9:30 Uhr, Zimmer 204, 1.250,00 €, § 24, ruf 112"
    assert await says(people, person, raw({"text": words})) == []
    assert words in shown(await received(people, helper))


async def test_lines_stay_lines(people: Database) -> None:
    person, helper = await talk(people)
    await says(people, person, raw({"text": "erste Zeile\nzweite Zeile"}))
    (got,) = await received(people, helper)
    assert "erste Zeile\nzweite Zeile" in got.text


async def test_answers_keep_their_place_on_both_sides(people: Database) -> None:
    person, helper = await talk(people)
    await says(people, person, raw({"text": "Frage"}, 31))
    async with people.transaction() as session:
        # As Telegram numbers it in the interpreter's chat.
        await session.execute(
            update(OutgoingMessage).where(OutgoingMessage.origin == 31).values(sent_as=[900])
        )
    answer = raw({"text": "Antwort", "reply_to_message": bare(900, READER)}, 901)
    answer["message"]["chat"]["id"] = READER
    await says(people, helper, answer)
    (got,) = await received(people, person)
    assert got.reply_to == 31
    (part,) = render.render(got, "de")
    assert part.arguments["reply_parameters"].message_id == 31
    assert part.arguments["reply_parameters"].allow_sending_without_reply
    # And when the person answers something they wrote themselves.
    await says(people, person, raw({"text": "ich meine", "reply_to_message": bare(31)}, 32))
    assert (await received(people, helper))[-1].reply_to == 900
    # A message that is none of the talk's is no anchor.
    await says(people, person, raw({"text": "nein", "reply_to_message": bare(3)}, 33))
    assert (await received(people, helper))[-1].reply_to is None


async def test_an_answer_to_any_piece_of_a_long_message_keeps_its_place(people: Database) -> None:
    person, helper = await talk(people)
    await says(people, person, raw({"text": "Wort " * 800}, 31))
    async with people.transaction() as session:
        # With what the machine made of it, it became three messages in the other chat.
        await session.execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.origin == 31)
            .values(sent_as=[900, 901, 902])
        )
    for piece in (900, 901, 902):
        answer = raw({"text": "Antwort", "reply_to_message": bare(piece, READER)}, piece + 10)
        answer["message"]["chat"]["id"] = READER
        await says(people, helper, answer)
        assert (await received(people, person))[-1].reply_to == 31
    # What refers to all of it stands under its beginning.
    await says(people, person, raw({"text": "ich meine", "reply_to_message": bare(31)}, 32))
    assert (await received(people, helper))[-1].reply_to == 900


def bare(number: int, chat: int = WRITER) -> dict[str, Any]:
    return {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}}


async def test_the_bot_says_nothing_in_a_talk_but_the_emergency_numbers(people: Database) -> None:
    person, helper = await talk(people)
    assert await says(people, person, raw({"text": "Wann ist der Sprachkurs?"})) == []
    (told,) = await says(people, person, raw({"text": "Hilfe, er schlägt mich!"}))
    assert "110" in told.text
    assert len(await received(people, helper)) == 2  # both went to the interpreter


async def test_what_is_written_after_the_end_goes_to_the_bot(people: Database) -> None:
    person, helper = await talk(people)
    async with people.transaction() as session:
        await handoffs.end(session, person)
        one = await session.get_one(Person, person)
        assert await helpers.handle(session, one, parse.incoming(raw({"text": "noch da?"}))) is None
        assert "noch da?" not in str(await sent_to(session, helper))
