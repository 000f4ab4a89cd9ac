"""Whatever Telegram sends becomes what the person did, and nothing stops on nonsense."""

import json

import pytest

from bot.incoming import Incoming
from bot.telegram.parse import address, incoming, parse

from .peer import USERNAME, Peer, membership

ME = 42
GROUP = -1001
FILE = {"file_id": "F", "file_unique_id": "f"}
PICTURE = [{**FILE, "width": 1, "height": 1}]
CONTACT = {"phone_number": "+491", "first_name": "B", "user_id": 9}
STICKER = {
    **FILE,
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
    "type": "regular",
}
FORWARDED = {"type": "hidden_user", "sender_user_name": "C", "date": 1}

peer = Peer()


def said(chat: int = ME, language: str = "de", **content) -> dict:
    return {"update_id": 1, **peer.message(chat, language, **content)}


def tapped(chat: int = ME, **more) -> dict:
    query = {
        "id": "77",
        "from": {"id": ME, "is_bot": False, "first_name": "A", "language_code": "uk"},
        "chat_instance": "1",
        "data": "/book_appointment",
        "message": peer.message(chat, text="…")["message"],
        **more,
    }
    return {"update_id": 1, "callback_query": {k: v for k, v in query.items() if v is not None}}


def test_words():
    raw = said(text="Hallo 👋", language="ar")
    message = raw["message"]["message_id"]
    assert parse(raw) == (
        "42",
        Incoming(
            "text", text="Hallo 👋", language="ar", copy_from={"chat": 42, "message": message}
        ),
    )


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("/start", "/start"),
        ("/start@LotseBot", "/start"),
        ("/start@LotseBot staff-abc", "/start staff-abc"),
        ("/ me@home.example", "/ me@home.example"),
        ("ich@haus.example", "ich@haus.example"),
        ("", ""),
    ],
)
def test_a_command_loses_the_bot_s_name_and_nothing_else_changes(typed, text):
    assert incoming(said(text=typed)).text == text


@pytest.mark.parametrize(
    ("code", "language"),
    [("uk", "uk"), ("fa", "fa"), ("fa-AF", "prs"), ("ku", "kmr"), ("pt-br", None), (None, None)],
)
def test_the_language_is_a_guess_from_the_app(code, language):
    assert incoming(said(text="x", language=code)).language == language


def test_a_tap():
    assert parse(tapped()) == (
        "42",
        Incoming("tap", data="/book_appointment", language="uk", callback="77"),
    )


def test_a_tap_on_a_message_too_old_to_see():
    old = {"chat": {"id": ME, "type": "private"}, "message_id": 3, "date": 0}
    assert parse(tapped(message=old))[1].kind == "tap"


@pytest.mark.parametrize("more", [{"data": None, "game_short_name": "x"}, {"message": None}])
def test_a_tap_that_is_none_of_ours_is_only_acknowledged(more):
    assert incoming(tapped(**more)) == Incoming("ignored", callback="77")


def test_a_tap_in_a_group_is_only_acknowledged():
    assert incoming(tapped(GROUP)) == Incoming("ignored", callback="77")


def test_a_location():
    found = incoming(said(location={"latitude": 48.49, "longitude": 9.2}))
    assert (found.kind, found.location) == ("location", (48.49, 9.2))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sticker", {"sticker": STICKER}),
        ("sticker", {"dice": {"value": 3, "emoji": "🎲"}}),
        (
            "sticker",
            {"animation": {**FILE, "width": 1, "height": 1, "duration": 1}, "document": FILE},
        ),
        ("photo", {"photo": PICTURE, "caption": "mein Brief"}),
        ("photo", {"document": {**FILE, "mime_type": "application/pdf"}}),
        ("photo", {"audio": {**FILE, "duration": 1}}),
        ("voice", {"voice": {**FILE, "duration": 1}}),
        ("voice", {"video": {**FILE, "width": 1, "height": 1, "duration": 1}}),
        ("voice", {"video_note": {**FILE, "length": 1, "duration": 1}}),
        ("photo", {"photo": PICTURE, "forward_origin": FORWARDED}),
    ],
)
def test_what_cannot_be_read_can_be_passed_on(kind, content):
    raw = said(**content)
    origin = {"chat": ME, "message": raw["message"]["message_id"]}
    words = content.get("caption", "")
    assert incoming(raw) == Incoming(kind, text=words, language="de", copy_from=origin)


@pytest.mark.parametrize(
    "content",
    [
        {"contact": CONTACT},
        {"contact": CONTACT, "forward_origin": FORWARDED},
        {"document": {**FILE, "mime_type": "text/vcard"}},
    ],
)
def test_a_contact_cannot_be_passed_on(content):
    assert incoming(said(**content)) == Incoming("contact", language="de")


def test_an_edited_message():
    raw = {"update_id": 1, "edited_message": said(text="neu")["message"]}
    assert parse(raw) == ("42", Incoming("edited", language="de"))


def test_a_moving_live_location_is_no_edit():
    place = {"latitude": 48.0, "longitude": 9.0}
    assert (
        incoming({"update_id": 1, "edited_message": said(location=place)["message"]}).kind
        == "ignored"
    )


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [("member", "kicked", "blocked"), ("kicked", "member", "unblocked")],
)
def test_blocking_and_taking_back(before, now, kind):
    raw = {"update_id": 1, "my_chat_member": membership(ME, before, now)}
    where, found = parse(raw)
    assert (where, found.kind) == ("42", kind)


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ("left", "member", "group"),
        ("kicked", "member", "group"),
        ("member", "left", "ignored"),
        ("member", "kicked", "ignored"),
    ],
)
def test_a_group_is_answered_when_it_adds_the_bot(before, now, kind):
    assert incoming({"update_id": 1, "my_chat_member": membership(GROUP, before, now)}).kind == kind


def entity(kind: str, text: str, part: str) -> list[dict]:
    return [{"type": kind, "offset": text.index(part), "length": len(part)}]


@pytest.mark.parametrize(
    ("kind", "text", "part", "expected"),
    [
        ("bot_command", "/help bitte", "/help", "group"),
        ("bot_command", f"/help@{USERNAME}", f"/help@{USERNAME}", "group"),
        ("bot_command", "/help@other_bot", "/help@other_bot", "ignored"),
        ("mention", f"hallo @{USERNAME.upper()}", f"@{USERNAME.upper()}", "group"),
        ("mention", "hallo @other_bot", "@other_bot", "ignored"),
        ("bold", "hallo alle", "alle", "ignored"),
    ],
)
def test_a_group_is_answered_only_when_it_speaks_to_the_bot(kind, text, part, expected):
    raw = said(GROUP, text=text, entities=entity(kind, text, part))
    where, found = parse(raw, USERNAME)
    assert (where, found.kind) == (str(GROUP), expected)


@pytest.mark.parametrize(
    "content",
    [
        {"text": "hallo alle"},
        {"photo": PICTURE},
        {"new_chat_members": [{"id": 7, "is_bot": True, "first_name": "L"}]},
        {"migrate_to_chat_id": -1002},
    ],
)
def test_other_talk_in_a_group_is_none_of_our_business(content):
    assert incoming(said(GROUP, **content), USERNAME).kind == "ignored"


def test_a_channel_is_answered_only_when_it_speaks_to_the_bot():
    text = f"@{USERNAME} hallo"
    post = said(GROUP, text=text, entities=entity("mention", text, f"@{USERNAME}"))["message"]
    post["chat"]["type"] = "channel"
    del post["from"]
    assert incoming({"update_id": 1, "channel_post": post}, USERNAME).kind == "group"
    assert (
        incoming({"update_id": 1, "channel_post": {**post, "entities": []}}, USERNAME).kind
        == "ignored"
    )


MALFORMED = [
    {},
    {"update_id": 1},
    {"update_id": "x", "message": None},
    {"message": []},
    {"message": "text"},
    {"message": {}},
    {"message": {"chat": {}}},
    {"message": {"message_id": 1, "date": "soon", "chat": {"id": 5, "type": "private"}}},
    {"message": {"message_id": "a", "date": 1, "chat": {"id": 5, "type": "private"}, "text": "x"}},
    said(text=None),
    said(text=7),
    said(text={"a": 1}),
    said(location={"latitude": "48", "longitude": 9}),
    said(location={"latitude": 1e400, "longitude": 9}),
    said(location={"latitude": 91.0, "longitude": 9.0}),
    said(location={}),
    said(GROUP, text="/x", entities=[{"type": "bot_command", "offset": 9**9, "length": -3}]),
    said(GROUP, text="/x", entities="nonsense"),
    said(GROUP, entities=[{}]),
    {"callback_query": {}},
    {"callback_query": {"id": 5, "from": None}},
    tapped(data=["x"]),
    {"my_chat_member": {"chat": {"id": ME, "type": "private"}}},
    {"my_chat_member": membership(ME, "member", "dancing")},
    {"edited_message": None},
    {"poll": {"id": "1", "question": "?"}},
    {"something_new": {"chat": {"id": 3}}},
    {"something_new": 5},
]


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: json.dumps(raw)[:60])
def test_nonsense_is_ignored(raw):
    where, found = parse({"update_id": 1, **raw} if raw else raw)
    assert found.kind == "ignored"
    assert int(where) is not None


@pytest.mark.parametrize("raw", [None, [], "x", 5])
def test_what_is_no_object_is_ignored(raw):
    assert parse(raw) == ("0", Incoming("ignored"))


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (said(9, text="x"), "9"),
        ({"something_new": {"chat": {"id": 3}}}, "3"),
        ({"message": {"chat": {"id": True}}}, "0"),
        ({"message": {"chat": {"id": "5"}}}, "0"),
        ({"poll": {"id": "1"}}, "0"),
        (tapped(message=None), "0"),
    ],
)
def test_the_address_is_the_chat(raw, where):
    assert address(raw) == where


def test_what_telegram_calls_people_is_known_for_taking_it_out_and_shown_nowhere() -> None:
    user = {
        "id": 1,
        "is_bot": False,
        "first_name": "Erika",
        "last_name": "Muster",
        "username": "em",
    }
    got = incoming(said(text="x", **{"from": user}))
    assert set(got.names) == {"Erika Muster", "Erika", "Muster", "em"}
    assert "Muster" not in repr(got)
