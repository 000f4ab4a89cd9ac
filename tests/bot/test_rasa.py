"""What counts as Rasa being away, and what as Rasa choking on one message."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.rasa import Rasa, RasaUnavailable


async def turn_against(answer: web.Response) -> RasaUnavailable:
    async def webhook(request: web.Request) -> web.Response:
        return answer

    application = web.Application()
    application.router.add_post("/webhooks/lotse/webhook", webhook)
    async with TestServer(application) as server:
        rasa = Rasa(str(server.make_url("")), "secret")
        with pytest.raises(RasaUnavailable) as caught:
            await rasa.turn("someone", "hello", {}, {})
        await rasa.close()
    return caught.value


async def test_an_error_means_that_rasa_is_there() -> None:
    assert (await turn_against(web.Response(status=500))).answered


async def test_an_empty_answer_is_a_failure_and_rasa_is_there() -> None:
    empty = web.json_response({"messages": [], "state": {}})
    assert (await turn_against(empty)).answered


async def test_nobody_listening_means_that_rasa_is_away() -> None:
    rasa = Rasa("http://127.0.0.1:9", "secret")
    with pytest.raises(RasaUnavailable) as caught:
        await rasa.turn("someone", "hello", {}, {})
    await rasa.close()
    assert not caught.value.answered
