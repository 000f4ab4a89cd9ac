"""Messages arrive once, in order, and one chat's trouble is nobody else's."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from telegram import Bot

from bot.telegram import render, send
from bot.telegram.budget import Budget
from centre import people
from storage.engine import Database
from storage.outbox import Button, Content, Document, NamedFile, OutgoingMessage
from translations.catalogue import say

from .conftest import Working, enqueue, message
from .peer import PATIENCE, Peer

LONG = "\n\n".join(f"{number}: " + "ä" * 1500 for number in range(1, 6))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is there, but short; what would be slept through for 2 s is put back in the queue."""
    monkeypatch.setattr(send, "LONGEST_SLEEP", 0.05)
    monkeypatch.setattr(send, "_delay", lambda attempts: 0.02)


def texts(peer: Peer, chat: int) -> list[str]:
    return [call.text for call in peer.sent(chat)]


async def settled(db: Database, numbers: list[int]) -> list[OutgoingMessage]:
    """The messages, once none of them waits."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = [await message(db, number) for number in numbers]
            if all(row.status != "waiting" for row in rows):
                return rows
            await asyncio.sleep(0.02)


async def progress(db: Database) -> list[object]:
    async with db.transaction() as session:
        return list(await session.scalars(select(send.Delivery.message_id)))


async def test_a_message_is_sent_and_forgotten(db: Database, peer: Peer, working: Working):
    (number,) = await enqueue(db, 5, "Hallo")
    async with working():
        await peer.until_sent(1)
    row = await message(db, number)
    assert texts(peer, 5) == ["Hallo"]
    assert (row.status, row.content, row.failure) == ("sent", {}, None)
    assert row.sent_at is not None


async def test_a_job_that_runs_twice_sends_once(db: Database, bot: Bot, peer: Peer):
    (number,) = await enqueue(db, 5, "Hallo")
    await send.send(db, bot, number)
    await send.send(db, bot, number)
    await send.send(db, bot, 10**9)
    assert texts(peer, 5) == ["Hallo"]


async def test_messages_keep_their_order_beyond_the_limit_of_a_chat(
    db: Database, peer: Peer, working: Working
):
    words = [str(number) for number in range(6)]
    await enqueue(db, 5, *words)
    async with working():
        await peer.until_sent(6)
    assert texts(peer, 5) == words


async def until_paused(db: Database, scope: str) -> None:
    """Wait until the budget knows that nothing may go there: 2 s, and the burst is used up."""
    paused = select(Budget.scope).where(
        Budget.scope == scope, Budget.free_at > func.clock_timestamp() + timedelta(seconds=3)
    )
    async with asyncio.timeout(PATIENCE):
        while True:
            async with db.transaction() as session:
                if await session.scalar(paused):
                    return
            await asyncio.sleep(0.02)


async def test_a_flood_warning_pauses_one_chat_and_keeps_its_order(
    db: Database, peer: Peer, working: Working
):
    peer.fail("sendMessage", 429, chat=5, retry_after=2)
    await enqueue(db, 5, "a", "b", "c")
    async with working():
        await peer.until(lambda: peer.calls[-1].status == 429)
        await until_paused(db, "chat:5")
        await enqueue(db, 6, "x", "y")
        await peer.until_sent(5)
    assert [(call.chat, call.text) for call in peer.sent()] == [
        ("6", "x"),
        ("6", "y"),
        ("5", "a"),
        ("5", "b"),
        ("5", "c"),
    ]
    assert len([call for call in peer.calls if call.status == 429]) == 1


async def common_budget(db: Database) -> datetime:
    async with db.transaction() as session:
        return (await session.scalars(select(Budget.free_at).where(Budget.scope == "all"))).one()


async def test_a_turn_far_ahead_is_booked_once(db: Database, bot: Bot, peer: Peer):
    """Else a message that waits in a long queue would go to its end again and again."""
    async with db.transaction() as session:
        session.add(Budget(scope="all", free_at=datetime.now(UTC) + timedelta(seconds=60)))
    (number,) = await enqueue(db, 5, "Hallo")
    for _ in range(2):
        with pytest.raises(send.Later) as caught:
            await send.send(db, bot, number)
        assert 50 < caught.value.seconds < 60
    booked = await common_budget(db)
    async with db.transaction() as session:
        (delivery,) = (await session.scalars(select(send.Delivery))).all()
        delivery.turn_at = datetime.now(UTC) - timedelta(seconds=1)
    await send.send(db, bot, number)
    assert texts(peer, 5) == ["Hallo"]
    assert await common_budget(db) == booked
    assert await progress(db) == []


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_trouble_at_telegram_is_waited_out_in_order(
    db: Database, peer: Peer, working: Working, status: int
):
    peer.fail("sendMessage", status, times=3, when=lambda call: call.text == "a")
    numbers = await enqueue(db, 5, "a", "b")
    async with working():
        await peer.until_sent(2)
        await settled(db, numbers)
    assert texts(peer, 5) == ["a", "b"]
    assert await progress(db) == []


async def test_after_ten_tries_it_is_given_up_and_the_next_one_goes(
    db: Database, peer: Peer, working: Working
):
    peer.fail("sendMessage", 502, times=10)
    numbers = await enqueue(db, 5, "a", "b")
    async with working():
        await peer.until_sent(1)
        first, second = await settled(db, numbers)
    assert texts(peer, 5) == ["b"]
    assert (first.status, first.failure, first.content) == ("failed", "unreachable", {})
    assert second.status == "sent"
    assert await progress(db) == []


def test_the_delay_grows_and_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    assert [send._delay(tries) for tries in range(10)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]


async def test_who_blocks_the_bot_gets_nothing_more(
    db: Database, peer: Peer, working: Working, caplog: pytest.LogCaptureFixture
):
    peer.fail("sendMessage", 403, chat=5, description="Forbidden: bot was blocked by the user")
    numbers = await enqueue(db, 5, "geheim a", "geheim b", "geheim c")
    (other,) = await enqueue(db, 6, "x")
    async with working():
        await peer.until_sent(1)
        rows = await settled(db, [*numbers, other])
    assert {(row.status, row.failure) for row in rows[:3]} == {("failed", "blocked")}
    assert all(row.content == {} for row in rows)
    assert rows[3].status == "sent"
    assert len([call for call in peer.calls if call.chat == "5"]) == 1
    async with db.transaction() as session:
        blocked = await people.find(session, "telegram", "5")
        free = await people.find(session, "telegram", "6")
        assert blocked.blocked_at is not None
        assert free.blocked_at is None
    assert "geheim" not in caplog.text


async def test_what_telegram_refuses_is_not_tried_again(db: Database, peer: Peer, working: Working):
    peer.fail("sendMessage", 400, description="Bad Request: chat not found")
    numbers = await enqueue(db, 5, "a", "b")
    async with working():
        await peer.until_sent(1)
        first, second = await settled(db, numbers)
    assert (first.status, first.failure, first.content) == ("failed", "bad_request", {})
    assert second.status == "sent"
    assert texts(peer, 5) == ["b"]


@pytest.mark.parametrize(
    "content",
    [
        Content(text=""),
        Content(text="x", buttons=[[Button(label="zu lang", data="ü" * 33)]]),
        Content(text="x", buttons=[[Button(label="leer")]]),
        Content(text="x", document=Document(name="a", media_type="text/plain", content="???")),
    ],
    ids=["empty", "long data", "no data", "no base64"],
)
async def test_what_cannot_be_shown_does_not_hold_up_the_rest(
    db: Database, peer: Peer, working: Working, content: Content
):
    numbers = await enqueue(db, 5, content, "b")
    async with working():
        await peer.until_sent(1)
        first, _ = await settled(db, numbers)
    assert (first.status, first.failure) == ("failed", "unsendable")
    assert texts(peer, 5) == ["b"]


async def test_a_long_text_goes_on_where_it_stopped(db: Database, peer: Peer, working: Working):
    """The second piece fails for a while; the first must not come twice."""
    peer.fail("sendMessage", 502, times=2, when=lambda call: call.text.startswith("3"))
    (number,) = await enqueue(db, 5, LONG)
    async with working():
        await peer.until_sent(3)
        await settled(db, [number])
    assert [one[0] for one in texts(peer, 5)] == ["1", "3", "5"]
    assert "\n\n".join(texts(peer, 5)) == LONG
    # Each piece can be answered.
    numbers = (await message(db, number)).sent_as
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)


async def test_what_is_in_fewer_pieces_after_an_update_ends_too(db: Database, bot: Bot, peer: Peer):
    """A new version may cut texts elsewhere: what was sent is sent, and nothing waits for ever."""
    (number,) = await enqueue(db, 5, "Hallo")
    async with db.transaction() as session:
        (await session.get_one(OutgoingMessage, number)).sent_as = [7, 8]
    await send.send(db, bot, number)
    ended = await message(db, number)
    assert (ended.status, ended.sent_as, ended.content) == ("sent", [7, 8], {})
    assert texts(peer, 5) == []


async def test_who_is_erased_meanwhile_gets_no_more_of_it(db: Database, bot: Bot, peer: Peer):
    peer.fail("sendMessage", 502, when=lambda call: call.text.startswith("3"))
    (number,) = await enqueue(db, 5, LONG)
    with pytest.raises(send.Later):
        await send.send(db, bot, number)
    async with db.transaction() as session:
        await session.delete(await people.find(session, "telegram", "5"))
    await send.send(db, bot, number)
    assert len(peer.sent(5)) == 1
    assert await progress(db) == []


async def test_buttons_carry_label_and_data(db: Database, bot: Bot, peer: Peer):
    rows = [
        [Button(label="ب" * 70, data="/a"), Button(label="Seite", url="https://example.org/")],
        [Button(label="Nein", data="n" * 64)],
    ]
    (number,) = await enqueue(db, 5, Content(text="Wahl", buttons=rows))
    await send.send(db, bot, number)
    (call,) = peer.sent(5)
    assert call.buttons == [
        ("ب" * 63 + "…", "/a"),
        ("Seite", "https://example.org/"),
        ("Nein", "n" * 64),
    ]


async def test_a_long_text_has_its_buttons_at_the_end(db: Database, bot: Bot, peer: Peer):
    button = Button(label="Ja", data="/affirm")
    (number,) = await enqueue(db, 5, Content(text=LONG, buttons=[[button]]))
    await send.send(db, bot, number)
    assert [call.buttons for call in peer.sent(5)] == [[], [], [("Ja", "/affirm")]]


def location_button(call) -> dict[str, object]:
    keyboard = call.fields["reply_markup"]
    assert keyboard["one_time_keyboard"] is True
    return keyboard["keyboard"][0][0]


async def test_the_location_is_asked_for_in_the_person_s_language(
    db: Database, bot: Bot, peer: Peer
):
    (number,) = await enqueue(db, 5, Content(text="Wo?", ask_location=True))
    async with db.transaction() as session:
        (await people.find(session, "telegram", "5")).language = "ar"
    await send.send(db, bot, number)
    (call,) = peer.sent(5)
    label = say("start.share_location", "ar")
    assert (call.text, location_button(call)) == ("Wo?", {"text": label, "request_location": True})


async def test_buttons_and_the_question_for_the_location_are_two_messages(
    db: Database, bot: Bot, peer: Peer
):
    content = Content(
        text="Wo?", ask_location=True, buttons=[[Button(label="Reutlingen", data="/x")]]
    )
    (number,) = await enqueue(db, 5, content)
    await send.send(db, bot, number)
    first, second = peer.sent(5)
    assert (first.text, first.buttons) == ("Wo?", [("Reutlingen", "/x")])
    assert location_button(second)["request_location"] is True


async def test_a_file_comes_with_its_text_and_buttons(db: Database, bot: Bot, peer: Peer):
    data = b"BEGIN:VCALENDAR\r\n"
    file = Document(
        name="Termin.ics",
        media_type="text/calendar",
        content=base64.b64encode(data).decode(),
    )
    button = Button(label="Menü", data="/menu")
    (number,) = await enqueue(db, 5, Content(text="Gebucht", document=file, buttons=[[button]]))
    await send.send(db, bot, number)
    (call,) = peer.sent(5)
    (upload,) = call.files.values()
    assert (call.method, call.text, call.buttons) == (
        "sendDocument",
        "Gebucht",
        [("Menü", "/menu")],
    )
    assert (upload["filename"], upload["data"]) == ("Termin.ics", data)


async def test_a_text_that_is_read_aloud_is_played_in_the_chat(
    db: Database, bot: Bot, peer: Peer
) -> None:
    data = b"\xff\xf3sound"
    sound = Document(
        name="kita.mp3", media_type="audio/mpeg", content=base64.b64encode(data).decode()
    )
    (number,) = await enqueue(db, 5, Content(text="Kita", document=sound))
    await send.send(db, bot, number)
    text, voice = peer.sent(5)
    (upload,) = voice.files.values()
    assert (text.text, voice.method) == ("Kita", "sendVoice")
    assert (upload["filename"], upload["data"]) == ("kita.mp3", data)


async def test_a_file_with_a_long_text_follows_it(db: Database, bot: Bot, peer: Peer):
    file = Document(name="a.txt", media_type="text/plain", content="eA==")
    button = Button(label="Ja", data="/y")
    words = "ä" * 1025
    (number,) = await enqueue(db, 5, Content(text=words, document=file, buttons=[[button]]))
    await send.send(db, bot, number)
    first, second = peer.sent(5)
    assert (first.text, first.buttons, second.method) == (words, [("Ja", "/y")], "sendDocument")


async def test_a_message_is_passed_on_by_copy(db: Database, bot: Bot, peer: Peer):
    content = Content(text="Datei:", copy_from={"chat": 77, "message": 3})
    (number,) = await enqueue(db, 5, content)
    await send.send(db, bot, number)
    first, second = peer.sent(5)
    assert first.text == "Datei:"
    assert (second.method, second.fields["from_chat_id"], second.fields["message_id"]) == (
        "copyMessage",
        77,
        3,
    )


async def test_a_file_passed_on_is_sent_anew_without_its_own_name(
    db: Database, bot: Bot, peer: Peer
) -> None:
    peer.assets["F"] = {"data": b"%PDF private"}
    file = NamedFile(id="F", name="Datei.pdf")
    content = Content(text="Datei:", copy_from={"chat": 77, "message": 3}, file=file)
    (number,) = await enqueue(db, 5, content)
    await send.send(db, bot, number)
    first, second = peer.sent(5)
    assert (first.text, second.method) == ("Datei:", "sendDocument")
    (upload,) = second.files.values()
    assert (upload["filename"], upload["data"]) == ("Datei.pdf", b"%PDF private")
    assert [call.method for call in peer.calls if call.method == "copyMessage"] == []


async def test_texts_are_shown_as_they_are(db: Database, bot: Bot, peer: Peer):
    words = "<b>1_000* & [x](y)</b>"
    (number,) = await enqueue(db, 5, words)
    await send.send(db, bot, number)
    (call,) = peer.sent(5)
    assert call.text == words
    assert "parse_mode" not in call.fields


async def test_a_tap_is_acknowledged(bot: Bot, peer: Peer):
    await send.answer_callback(bot, "77")
    await peer.until(lambda: peer.done("answerCallbackQuery"))


async def test_a_tap_too_old_to_acknowledge_disturbs_nobody(bot: Bot, peer: Peer):
    peer.fail("answerCallbackQuery", 400, description="Bad Request: query is too old")
    await send.answer_callback(bot, "77")
    await peer.until(lambda: peer.calls[-1].method == "answerCallbackQuery")


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        ("", []),
        (" \n ", []),
        ("kurz", ["kurz"]),
        ("aaaa\n\nbbbb", ["aaaa", "bbbb"]),
        ("aa\nbb cc\n\ndd", ["aa\nbb cc", "dd"]),
        ("aaaa\nbbbbb", ["aaaa", "bbbbb"]),
        ("aaa bbb ccc", ["aaa bbb", "ccc"]),
        ("a" * 20, ["a" * 9, "a" * 9, "aa"]),
        ("👩" * 5, ["👩" * 4, "👩"]),
        ("x" + "👩" * 5, ["x" + "👩" * 4, "👩"]),
    ],
)
def test_a_text_is_cut_where_it_hurts_least(words: str, pieces: list[str]):
    assert render.split(words, 9) == pieces


def test_no_piece_is_too_long_and_nothing_gets_lost():
    words = "سلام 👋🏽 Welt. " * 2000
    pieces = render.split(words)
    assert all(render.fits(piece) for piece in pieces)
    assert " ".join(pieces).split() == words.split()
