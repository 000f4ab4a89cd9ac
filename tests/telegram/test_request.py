"""The transport under python-telegram-bot carries what it is given and hides the token."""

import asyncio
import logging

import pytest
from aiohttp import web
from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import RequestData

from bot.telegram import client
from bot.telegram.receive import seconds_of
from bot.telegram.request import AiohttpRequest

from .peer import TOKEN, Peer, listening

WORDS = "سلام «Ärztin» 👩🏽‍⚕️\nzweite Zeile"


async def test_text_arrives_as_it_was_written(bot: Bot, peer: Peer):
    await bot.send_message(5, WORDS)
    assert [call.text for call in peer.sent(5)] == [WORDS]


async def test_a_lone_surrogate_does_not_stop_a_message(bot: Bot, peer: Peer):
    await bot.send_message(5, "a\ud83db")
    assert [call.text for call in peer.sent(5)] == ["a?b"]


async def test_a_file_arrives_with_its_name_its_bytes_and_its_caption(bot: Bot, peer: Peer):
    data = bytes(range(256)) * 500
    await bot.send_document(5, InputFile(data, filename="Termin.ics"), caption=WORDS)
    (call,) = peer.sent(5)
    (upload,) = call.files.values()
    assert (upload["filename"], upload["data"], call.text) == ("Termin.ics", data, WORDS)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, BadRequest), (403, Forbidden), (401, InvalidToken), (500, NetworkError)],
)
async def test_refusals_become_the_library_s_errors(bot: Bot, peer: Peer, status, expected):
    peer.fail("sendMessage", status)
    with pytest.raises(expected):
        await bot.send_message(5, "x")


async def test_a_flood_tells_how_long_to_wait(bot: Bot, peer: Peer):
    peer.fail("sendMessage", 429, retry_after=7)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(5, "x")
    assert seconds_of(caught.value) == 7


async def server(handler) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{anything:.*}", handler)
    return application


async def call(url: str, transport: AiohttpRequest | None = None, **timeouts: float) -> bytes:
    transport = transport or AiohttpRequest()
    await transport.initialize()
    try:
        _, body = await transport.do_request(
            f"{url}/bot{TOKEN}/getMe", "POST", RequestData([]), **timeouts
        )
        return body
    finally:
        await transport.shutdown()


async def never(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


async def drop(request: web.Request) -> web.Response:
    request.transport.close()
    return web.Response()


async def test_silence_times_out_after_the_timeout_of_the_call():
    async with listening(await server(never)) as url:
        with pytest.raises(TimedOut):
            await call(url, AiohttpRequest(read_timeout=None), read_timeout=0.1)


async def test_silence_times_out_after_the_transport_s_own_timeout():
    async with listening(await server(never)) as url:
        with pytest.raises(TimedOut):
            await call(url, AiohttpRequest(read_timeout=0.1))


async def test_a_long_poll_may_outlast_the_transport_s_own_timeout():
    async def late(request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(body=b"late")

    async with listening(await server(late)) as url:
        assert await call(url, AiohttpRequest(read_timeout=0.1), read_timeout=20) == b"late"


async def test_waiting_for_a_free_connection_times_out():
    transport = AiohttpRequest(connections=1)
    await transport.initialize()
    async with listening(await server(never)) as url:
        blocking = asyncio.create_task(transport.do_request(url, "GET"))
        await asyncio.sleep(0.05)
        with pytest.raises(TimedOut):
            await transport.do_request(url, "GET", pool_timeout=0.05, connect_timeout=0.05)
        blocking.cancel()
    await transport.shutdown()


async def test_nobody_there_is_a_network_error():
    async with listening(await server(never)) as url:
        pass
    with pytest.raises(NetworkError):
        await call(url)


@pytest.mark.parametrize("handler", [never, drop])
async def test_errors_do_not_name_the_token(handler):
    async with listening(await server(handler)) as url:
        with pytest.raises(NetworkError) as caught:
            await call(url, read_timeout=0.1)
    error: BaseException | None = caught.value
    assert TOKEN not in repr(error)
    assert error.__suppress_context__
    assert error.__cause__ is None


async def test_a_refused_token_is_not_printed(peer: Peer, api: str):
    peer.fail("getMe", 401)
    bot = client.build(TOKEN, api)
    with pytest.raises(InvalidToken) as caught:
        await bot.initialize()
    assert TOKEN not in str(caught.value)
    assert caught.value.__suppress_context__
    await bot.shutdown()


async def test_the_logs_do_not_name_the_token(
    peer: Peer, api: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    bot = client.build(TOKEN, api)
    await bot.initialize()
    await bot.send_message(5, "geheim")
    peer.fail("sendMessage", 500)
    with pytest.raises(TelegramError):
        await bot.send_message(5, "geheim")
    await bot.shutdown()
    assert TOKEN not in caplog.text
    assert "geheim" not in caplog.text


async def test_it_can_be_shut_down_twice_and_opened_again(api: str):
    transport = AiohttpRequest()
    await transport.shutdown()
    for _ in range(2):
        await transport.initialize()
        status, _ = await transport.do_request(f"{api}/bot{TOKEN}/getMe", "POST", RequestData([]))
        assert status == 200
        await transport.shutdown()
        await transport.shutdown()
    with pytest.raises(RuntimeError):
        await transport.do_request(api, "GET")
