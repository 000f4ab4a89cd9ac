"""Whatever comes in gets a clear answer or is ignored on purpose; nothing breaks or leaks."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot import inbox
from bot.inbox import Update
from bot.telegram import parse
from centre import appointments, handoffs
from centre.appointments import Appointment
from centre.handoffs import Handoff
from centre.people import Address, Person
from lotse.ask import answered, last_message, messages_after
from storage.embedded import EmbeddedServer
from storage.engine import Database
from tests.telegram.peer import membership, person, place

from .conftest import Home, SharedRasa, at_home
from .helpers import PATIENCE, check, fits, settle

GROUP = -100
QUESTION = "Wo kann ich Deutsch lernen?"
# What may be said to words that look like commands: they are read as words, so a wish may be heard
# in them, but what they carry (a topic, a yes) is never obeyed.
HARMLESS = (
    "talk.not_understood",
    "talk.did_you_mean",
    "talk.out_of_scope",
    "talk.greet",
    "talk.deny",
    "menu.text",
    "privacy.ask_delete",
    "book.ask_topic",
    "answer",
)
PHOTO = [{"file_id": "F", "file_unique_id": "U", "width": 9, "height": 9}]
FILE = {"file_id": "F", "file_unique_id": "U"}
STICKER = {
    **FILE,
    "type": "regular",
    "width": 9,
    "height": 9,
    "is_animated": False,
    "is_video": False,
}
CONTACT = {"phone_number": "+4971210000", "first_name": "Muster"}
FORWARDED = {"type": "hidden_user", "sender_user_name": "Muster", "date": 1}
_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module")
async def home(
    server: EmbeddedServer,
    furnished: str,
    rasa: SharedRasa,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Home]:
    logs = tmp_path_factory.mktemp("bad_input")
    async with at_home(server, furnished, rasa, logs) as one:
        await one.start("web")
        await one.start("worker")
        yield one


@pytest_asyncio.fixture
async def chat(home: Home) -> int:
    """The chat of somebody who has been through the first contact, in German."""
    number = 10_000 + next(_numbers)
    await settle(home.database, "telegram", str(number), "de")
    return number


def message(chat: int, **content: Any) -> dict[str, Any]:
    sender = person(abs(chat))
    return {"message_id": 1, "date": 1, "from": sender, "chat": place(chat), **content}


def tap(chat: int, data: Any) -> dict[str, Any]:
    inner = message(chat, text="…")
    query = {"id": "1", "from": person(chat), "chat_instance": "1", "message": inner, "data": data}
    return {"callback_query": query}


async def put(database: Database, raw: dict[str, Any]) -> list[str]:
    """Receive an update as it is; return what its chat is answered, once it is answered."""
    number = next(_numbers)
    raw = {"update_id": number, **raw}
    before = await last_message(database)
    chat = parse.address(raw)
    async with database.transaction() as session:
        update = await inbox.receive(session, "telegram", str(number), chat, raw)
    assert update is not None
    await answered(database, update, PATIENCE)
    async with database.transaction() as session:
        row = await session.get_one(Update, update)
        assert (row.content, row.address) == ({}, "")
        assert row.attempts == 0, "it broke the worker, or nothing could answer it"
    sent = await messages_after(database, before)
    strangers = {one.address for one in sent} - {chat}
    assert not strangers, f"somebody else was told something: {strangers}"
    return [one.content["text"] for one in sent]


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ({"text": ""}, ["input.empty"]),
        ({"text": " \n "}, ["input.empty"]),
        ({"text": "\u202e\u200b\u2066"}, ["input.empty"]),
        ({"text": "/"}, ["input.empty"]),
        ({"text": "😂😂"}, ["input.empty"]),
        ({"text": "?!…"}, ["input.empty"]),
        ({"text": "🆘"}, ["emergency.text"]),
        ({"text": (QUESTION + " ") * 180}, ["input.too_long", "answer"]),
        ({"text": "\u202e" + QUESTION + "\u202c"}, ["answer"]),
        ({"text": "/ " + QUESTION}, ["answer"]),
        ({"text": "//" + QUESTION}, ["answer"]),
        ({"text": "/HELP@lotse_bot"}, ["menu.text"]),
        ({"text": "\u0000" + QUESTION + "\ud800"}, ["answer"]),
        ({"sticker": STICKER}, ["input.sticker"]),
        ({"animation": {**FILE, "width": 1, "height": 1, "duration": 1}}, ["input.sticker"]),
        ({"photo": PHOTO, "caption": QUESTION}, ["input.photo"]),
        ({"document": FILE}, ["input.photo"]),
        ({"voice": {**FILE, "duration": 1}}, ["input.voice"]),
        ({"video_note": {**FILE, "length": 1, "duration": 1}}, ["input.voice"]),
        ({"contact": CONTACT}, ["input.contact"]),
        ({"contact": CONTACT, "forward_origin": FORWARDED}, ["input.contact"]),
        ({"document": {**FILE, "mime_type": "text/vcard"}}, ["input.contact"]),
        ({"location": {"latitude": 52.5, "longitude": 13.4}}, ["start.location_far"]),
        ({"location": {"latitude": 1e9, "longitude": 13.4}}, []),
        ({"new_chat_title": "x"}, []),
        ({}, []),
    ],
    ids=lambda value: None if isinstance(value, list) else ascii(str(value))[:50],
)
async def test_every_kind_of_message_is_answered(
    home: Home, chat: int, content: dict[str, Any], keys: list[str]
) -> None:
    texts = await put(home.database, {"message": message(chat, **content)})
    check(texts, keys, "de")


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/session_start",
        '/intent{"a":"b"}',
        '/book_appointment{"topic":"ask_work"}',
        '/delete_my_data{"confirm_delete":"yes"}',
        '/choose{"consent":"no"}',
        "\u202e/restart",
        "/" * 3000,
        "/start " + "A" * 43,
    ],
)
async def test_a_leading_slash_commands_nothing_that_is_no_command(
    home: Home, chat: int, text: str
) -> None:
    before = await _everything(home.database)
    texts = await put(home.database, {"message": message(chat, text=text)})
    if text.startswith("/start "):
        check(texts, ["staff.connect_failed"], "de")
    elif set(text) == {"/"}:
        check(texts, ["input.empty"], "de")
    else:
        assert _harmless(texts), texts
    assert await _everything(home.database) == before


@pytest.mark.parametrize(
    "data",
    [
        "",
        "x",
        "/",
        "/restart",
        "/back",
        "/session_start",
        "/action_delete",
        '/action_delete{"x":1}',
        "/no_such_intent",
        "/nlu_fallback",
        '/choose{"confirm_booking":"yes"}',
        '/choose{"confirm_delete":"yes"}',
        '/choose{"confirm_cancel":"1"}',
        '/choose{"no_such_entity":"x"}',
        "/choose",
        '/choose{"consent":["yes"]}',
        '/choose{"consent":"yes"',
        '/choose{"booking_day":"2026-13-99"}',
        '/choose{"booking_time":"10:00"}',
        "/choose{" + '"a":"b",' * 5000 + '"c":"d"}',
        "/choose{" + "[" * 5000,
        "\u202e/help",
        "h:accept:x",
        "h:accept:" + "9" * 30,
        "s:cancelled:-1",
    ],
    ids=lambda data: ascii(data)[:40],
)
async def test_a_button_that_we_never_made_or_that_is_old_is_out_of_date(
    home: Home, chat: int, data: str
) -> None:
    before = await _everything(home.database)
    check(await put(home.database, tap(chat, data)), ["input.stale"], "de")
    assert await _everything(home.database) == before


@pytest.mark.parametrize(
    "raw",
    [
        {"poll": {"id": "1"}},
        {"something_new": {"chat": {"id": 5, "type": "private"}}},
        {"something_new": [None]},
        {"message": None},
        {"message": "x"},
        {"message": {"chat": {"id": 5}}},
        {"callback_query": {}},
        {"inline_query": {"id": "1", "from": person(5), "query": "x", "offset": ""}},
        {"message": message(GROUP, text="Hallo zusammen")},
        {"channel_post": message(GROUP, text="Hallo")},
        {"edited_message": message(GROUP, text="Hallo")},
        {"callback_query": {**tap(5, "/help")["callback_query"], "message": message(GROUP)}},
        {},
    ],
    ids=lambda raw: ascii(raw)[:50],
)
async def test_what_is_not_for_us_is_ignored(home: Home, raw: dict[str, Any]) -> None:
    assert await put(home.database, raw) == []


async def test_a_group_is_declined_politely(home: Home) -> None:
    command = [{"type": "bot_command", "offset": 0, "length": 5}]
    content = message(GROUP, text="/help", entities=command)
    check(await put(home.database, {"message": content}), ["input.group"], "de")
    added = membership(GROUP, "left", "member")
    check(await put(home.database, {"my_chat_member": added}), ["input.group"], "de")


async def test_a_changed_message_is_not_answered_as_a_new_one(home: Home, chat: int) -> None:
    content = message(chat, text=QUESTION, edit_date=2)
    check(await put(home.database, {"edited_message": content}), ["input.edited"], "de")


async def test_data_of_a_wrong_kind_is_ignored(home: Home, chat: int) -> None:
    for data in ({"x": 1}, 7, None, ["/help"]):
        assert await put(home.database, tap(chat, data)) == []


async def test_a_newcomer_s_nonsense_does_not_lock_them_out(home: Home) -> None:
    chat = 10_000 + next(_numbers)
    for data in ("/restart", "/no_such_intent", '/choose{"consent":"yes"}'):
        texts = await put(home.database, tap(chat, data))
        assert texts
    check(
        await put(home.database, {"message": message(chat, text="/start")}),
        ["start.welcome", "start.ask_language"],
        "de",
    )


async def test_another_s_appointment_stays_untouched(home: Home, chat: int) -> None:
    database = home.database
    victim = await _booked(database, await settle(database, "telegram", "9001", "de"), 9)
    asks = f'/cancel_appointment{{"appointment":"{victim}"}}'
    check(await put(database, tap(chat, f"s:cancel:{victim}")), ["appointments.gone"], "de")
    check(await put(database, tap(chat, f"s:cancelled:{victim}")), ["appointments.gone"], "de")
    check(await put(database, tap(chat, asks)), ["appointments.none"], "de")
    async with database.transaction() as session:
        mine = await session.scalar(
            select(Person.id).join_from(Person, Address).where(Address.address == str(chat))
        )
    assert mine is not None
    own = await _booked(database, mine, 10)
    texts = await put(database, tap(chat, asks))
    assert fits("appointments.gone", texts[0], "de"), texts
    yes = f'/choose{{"confirm_cancel":"{victim}"}}'
    await put(database, tap(chat, yes))
    await put(database, tap(chat, yes))
    async with database.transaction() as session:
        for number in (victim, own):
            assert (await session.get_one(Appointment, number)).cancelled_at is None


async def test_another_s_hand_off_can_be_neither_taken_nor_ended(home: Home, chat: int) -> None:
    database = home.database
    async with database.transaction() as session:
        asked, _, _ = await handoffs.request(
            session,
            person_id=await settle(database, "telegram", "9002", "ar"),
            kind="interpreter",
            centre="reutlingen",
            language="ar",
            request_key=None,
        )
    check(await put(database, tap(chat, f"h:accept:{asked.id}")), ["interpreter.over"], "de")
    check(await put(database, tap(chat, f"h:decline:{asked.id}")), ["interpreter.over"], "de")
    check(await put(database, tap(chat, "h:stop")), ["interpreter.over"], "de")
    check(await put(database, tap(chat, "/end")), ["relay.none"], "de")
    async with database.transaction() as session:
        assert (await session.get_one(Handoff, asked.id)).status == "open"


async def test_nothing_is_written_down_of_what_people_sent(home: Home) -> None:
    for name in ("web", "worker"):
        log = (home.logs / f"{name}.log").read_text("utf-8", "replace")
        assert "Muster" not in log
        assert "Deutsch lernen" not in log
        assert re.search(r"update \d+ failed", log) is None
    assert "Traceback" not in log


def _harmless(texts: list[str]) -> bool:
    return len(texts) == 1 and any(fits(key, texts[0], "de") for key in HARMLESS)


async def _booked(database: Database, who: uuid.UUID, hour: int) -> int:
    start = datetime(2026, 12, 3, hour, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    async with database.transaction() as session:
        made = await appointments.book(
            session,
            person_id=who,
            centre="reutlingen",
            topic="ask_work",
            start=start,
            language="de",
            request_key=None,
        )
    return made.id


async def _everything(database: Database) -> str:
    """All that nonsense must not change, as one comparable text."""
    async with database.transaction() as session:
        who = await session.execute(
            select(
                Person.id, Person.role, Person.language, Person.centre, Person.consented_at
            ).order_by(Person.id)
        )
        booked = await session.execute(
            select(Appointment.id, Appointment.cancelled_at).order_by(Appointment.id)
        )
        asked = await session.scalar(select(func.count()).select_from(Handoff))
        return json.dumps([list(map(str, who)), list(map(str, booked)), asked])
