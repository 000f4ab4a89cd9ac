"""The real thing over Telegram's Bot API, polled and by webhook: people only see their chats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.inbox import Update
from bot.telegram.receive import SECRET_HEADER
from centre import demo, logins, people
from lotse import settings
from lotse.services import WEBHOOK_PATH
from storage.embedded import EmbeddedServer
from storage.outbox import OutgoingMessage
from tests.telegram import peer as telegram
from tests.telegram.peer import TOKEN, Call, Peer, listening

from .conftest import Home, SharedRasa, at_home
from .helpers import PATIENCE, Phone, settle, until_true

LINK_TTL = timedelta(hours=1)
ANA, BEN, CAN, DIN, EVA, FAY = range(1001, 1007)


@dataclass
class Connected:
    """A Lotse that Telegram reaches in one of two ways."""

    home: Home
    peer: Peer
    how: str

    async def staff(self, chat: int, label: str, language: str) -> Phone:
        """Connect somebody of the demonstration by their one-time link."""
        async with self.home.database.transaction() as session:
            token = await logins.create(session, demo.person_id(label), "connect", LINK_TTL)
        phone = Phone(self.peer, chat, language)
        await phone.says(f"/start {token}")
        await phone.gets("staff.connected")
        return phone

    async def settled(self, chat: int, language: str = "de") -> Phone:
        await settle(self.home.database, "telegram", str(chat), language)
        return Phone(self.peer, chat, language)


@pytest_asyncio.fixture(scope="module", params=["polling", "webhook"])
async def connected(
    request: pytest.FixtureRequest,
    server: EmbeddedServer,
    furnished: str,
    rasa: SharedRasa,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Connected]:
    logs = tmp_path_factory.mktemp(request.param)
    peer = Peer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telegram, "PATIENCE", PATIENCE)
        async with listening(peer.app()) as api, at_home(server, furnished, rasa, logs) as home:
            environment = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api}
            webhook = {"TELEGRAM_WEBHOOK_URL": home.web} if request.param == "webhook" else {}
            await home.start("web", **environment, **webhook)
            await home.start("worker", **environment)
            if webhook:
                await peer.until(lambda: peer.done("setWebhook"))
            yield Connected(home, peer, request.param)


async def test_from_the_first_hello_to_a_booking_that_the_manager_cancels(
    connected: Connected,
) -> None:
    manager = await connected.staff(5001, "m-reutlingen-1", "de")
    ana = Phone(connected.peer, ANA, "en")
    await ana.says("/start")
    await ana.gets("start.welcome", "start.ask_language")
    await ana.presses('/choose{"language":"ar"}')
    ana.language = "ar"
    await ana.gets("start.ask_centre", "start.share_location")
    await connected.peer.locate(ANA, 48.4914, 9.2043)
    await ana.gets("start.ask_consent")
    await ana.presses('/choose{"consent":"yes"}')
    (done,) = await ana.gets("start.done")
    assert "Reutlingen" in done.text

    await ana.says("كم سعر كورس اللغة الألمانية؟")
    await ana.gets("answer")

    await ana.says("/book")
    await ana.gets("book.ask_topic")
    await ana.presses('/choose{"topic":"ask_language_course"}')
    await ana.gets("book.ask_kind")
    await ana.presses('/choose{"booking_kind":"follow_up"}')
    await ana.gets("book.ask_who")
    await ana.presses('/choose{"booking_who":"any"}')
    await ana.gets("book.ask_day")
    await ana.presses('/choose{"booking_day":"2026-12-01"}')
    await ana.gets("book.ask_time")
    await ana.says("13:00")
    await ana.gets("book.ask_needs")
    await ana.presses('/choose{"booking_needs":"none"}')
    await ana.gets("book.ask_confirm")
    await ana.presses('/choose{"confirm_booking":"')
    (booked,) = await ana.gets("book.done")
    assert booked.method == "sendDocument"
    (file,) = booked.files.values()
    assert file["filename"].endswith(".ics")
    assert b"DTSTART" in file["data"]

    (told,) = await manager.gets("manager.booked")
    assert "13:00" in told.text
    assert "Arabisch" in told.text
    await manager.presses("s:cancel:")
    await manager.gets("manager.cancel_confirm")
    await manager.presses("s:cancelled:")
    await manager.gets("manager.cancelled")
    await ana.gets("appointments.cancelled_by_manager")
    taps = [c for c in connected.peer.calls if c.method == "answerCallbackQuery"]
    assert len(taps) >= 8


async def test_everybody_finds_the_commands_in_their_language(connected: Connected) -> None:
    peer = connected.peer
    await peer.until(lambda: {"", "de", "ar", "uk"} <= set(peer.commands))
    german, arabic = peer.commands["de"], peer.commands["ar"]
    assert [one["command"] for one in german] == [one["command"] for one in arabic]
    assert {"start", "help", "language", "cancel"} <= {one["command"] for one in arabic}
    assert all(d["description"] != a["description"] for d, a in zip(german, arabic, strict=True))


async def test_a_talk_through_an_interpreter_in_words_and_pictures_hides_both(
    connected: Connected,
) -> None:
    peer = connected.peer
    first = await connected.staff(6001, "i-ar-1", "ar")
    second = await connected.staff(6002, "i-ar-2", "ar")
    ben = await connected.settled(BEN, "ar")
    await ben.says("/interpreter")
    await ben.gets("interpreter.ask_language")
    await ben.presses('/choose{"language":"ar"}')
    await ben.gets("interpreter.ask_topic")
    await ben.presses('/choose{"interpreter_topic":"letter"}')
    await ben.gets("interpreter.requested")
    await first.gets("interpreter.offer")
    await second.gets("interpreter.offer")
    await second.presses("h:accept:")
    await second.gets("interpreter.matched_helper")
    await first.gets("interpreter.taken")
    await ben.gets("interpreter.matched_person")

    await ben.says("الطبيب كتب لي وصفة ولا أفهمها")
    await second.gets("relay.from_person")
    await second.says("اكتب لي اسم الدواء من فضلك")
    await ben.gets("relay.from_interpreter")
    photo = [{"file_id": "F", "file_unique_id": "U", "width": 9, "height": 9}]
    await peer.post(BEN, "ar", photo=photo)
    _, copied = await second.gets("relay.file_from_other", "copy")
    assert str(copied.fields["from_chat_id"]) == str(BEN)
    await peer.post(6002, "ar", photo=photo)
    _, copied = await ben.gets("relay.file_from_other", "copy")
    assert str(copied.fields["from_chat_id"]) == "6002"
    # A copy names nobody; a forwarded message would.
    assert not [call for call in peer.calls if call.method.startswith("forward")]
    async with connected.home.database.transaction() as session:
        name = (await session.get_one(people.Person, demo.person_id("i-ar-2"))).name
    assert name
    assert not [c for c in peer.sent(BEN) if name in c.text or "6002" in c.text]
    assert not [c for c in peer.sent(6002) if str(BEN) in c.text]
    assert copied.fields["caption"] == ""

    # An answer keeps its place: it hangs on the very message it answers.
    heard = [c for c in peer.sent(6002) if "الطبيب" in c.text][-1]
    answered = {
        "message_id": heard.result["message_id"],
        "date": 1,
        "chat": {"id": 6002, "type": "private"},
    }
    await peer.post(6002, "ar", text="نعم", reply_to_message=answered)
    (got,) = await ben.gets("relay.from_interpreter")
    assert "reply_parameters" in got.fields
    typing = [c for c in peer.calls if c.method == "sendChatAction"]
    assert {c.chat for c in typing} == {str(BEN), "6002"}

    await ben.says("/end")
    await ben.gets("relay.ended")
    await second.gets("relay.ended_other")
    await second.says("/end")
    await second.gets("relay.none")


async def test_an_update_that_telegram_repeats_is_answered_once(connected: Connected) -> None:
    peer = connected.peer
    can = await connected.settled(CAN)
    if connected.how == "polling":
        await _repeat_by_polling(peer, can)
    else:
        await _repeat_by_webhook(connected, can)
    await can.gets("menu.text")
    await can.says("/privacy")
    await can.gets("privacy.notice")


async def _repeat_by_polling(peer: Peer, can: Phone) -> None:
    """Telegram never hears of the acknowledgement, and gives the same updates again."""

    def acknowledging(call: Call) -> bool:
        return "offset" in call.fields

    start = len(peer.calls)
    peer.fail("getUpdates", 502, when=acknowledging)
    await can.says("/help")

    def came_again() -> bool:
        polls = [c for c in peer.calls[start:] if c.method == "getUpdates"]
        failed = [at for at, call in enumerate(polls) if call.status == 502]
        again = polls[failed[0] + 1 :] if failed else []
        return any(acknowledging(call) for call in again) and not acknowledging(again[0])

    await peer.until(came_again)


async def _repeat_by_webhook(connected: Connected, can: Phone) -> None:
    """The same body is posted again and again; without the secret it is not even read."""
    url = connected.home.web + WEBHOOK_PATH
    update = {**connected.peer.message(CAN, text="/help"), "update_id": 900_000}
    secret = {SECRET_HEADER: settings.load().secret("telegram-webhook")}
    async with aiohttp.ClientSession() as client:
        for headers, status in [({}, 401), (secret, 200), (secret, 200)]:
            async with client.post(url, json=update, headers=headers) as answer:
                assert answer.status == status
        await can.peer.until_sent(1, CAN)
        async with client.post(url, json=update, headers=secret) as answer:
            assert answer.status == 200


async def test_a_chat_that_must_wait_holds_up_nobody_else(connected: Connected) -> None:
    peer = connected.peer
    din, eva = await connected.settled(DIN), await connected.settled(EVA)
    peer.fail("sendMessage", 429, chat=DIN, retry_after=5)
    await din.says("/help")
    await peer.until(lambda: _answered(peer, DIN, 429))
    await eva.says("/help")
    await eva.gets("menu.text")
    assert peer.sent(DIN) == []
    (late,) = await din.gets("menu.text")
    assert peer.calls.index(late) > peer.calls.index(peer.sent(EVA)[0])


async def test_who_blocks_the_bot_is_left_alone_until_they_write_again(
    connected: Connected,
) -> None:
    peer, database = connected.peer, connected.home.database
    fay = await connected.settled(FAY)

    async def blocked() -> bool:
        async with database.transaction() as session:
            person = await people.find(session, "telegram", str(FAY))
            return person is not None and person.blocked_at is not None

    peer.fail("sendMessage", 403, chat=FAY, description="Forbidden: bot was blocked by the user")
    await fay.says("/help")
    await until_true(blocked)
    assert len(_answered(peer, FAY, 403)) == 1
    async with database.transaction() as session:
        query = select(OutgoingMessage.status).where(OutgoingMessage.address == str(FAY))
        assert (await session.scalars(query)).all() == ["failed"]
    await fay.says("/privacy")
    await fay.gets("privacy.notice")
    assert not await blocked()


async def test_nothing_is_left_over(connected: Connected) -> None:
    async def open_updates() -> bool:
        async with connected.home.database.transaction() as session:
            query = select(Update).where(Update.answered_at.is_(None))
            return not (await session.scalars(query)).all()

    await until_true(open_updates)


def _answered(peer: Peer, chat: int, status: int) -> list[Call]:
    return [c for c in peer.calls if c.chat == str(chat) and c.status == status]
