"""Feeds are read to their end, or nothing of them is taken and it is said where they stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from knowledge_base.integreat.addresses import addresses
from knowledge_base.integreat.fetch import fetch
from knowledge_base.integreat.gather import gather
from knowledge_base.integreat.languages import our_language
from knowledge_base.integreat.problems import FeedBroken

FEEDS = Path(__file__).parents[1] / "data" / "integreat"
GERMAN, ENGLISH = FEEDS / "beispielkreis.de.json", FEEDS / "beispielkreis.en.json"
AT_ONCE = (0, 0, 0)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def pages(path: Path = GERMAN) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return found


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve ``handler`` at every address and yield the address of a region."""
    app = web.Application()
    app.router.add_get("/{rest:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/beispielkreis"))
    finally:
        await server.close()


async def integreat(request: web.Request) -> web.StreamResponse:
    """Answer as Integreat's own server does: the whole list, whatever else is asked."""
    parts = request.path.strip("/").split("/")
    if parts[:3] != ["api", "v3", "beispielkreis"] or parts[4:] != ["pages"]:
        raise web.HTTPNotFound
    path = FEEDS / f"beispielkreis.{parts[3]}.json"
    if not path.exists():
        raise web.HTTPNotFound
    return web.json_response(pages(path))


async def test_a_region_is_read_from_the_api_in_the_languages_asked_for() -> None:
    async with serving(integreat) as region:
        german = await gather([region], waits=AT_ONCE)
        both = await gather([region], ["en", "de"], waits=AT_ONCE)
    assert german.region == both.region == "beispielkreis"
    assert {language: len(found) for language, found in german.pages.items()} == {"de": 5}
    assert {language: len(found) for language, found in both.pages.items()} == {"de": 5, "en": 4}


async def test_the_older_address_and_a_full_one_are_understood() -> None:
    async def older(request: web.Request) -> web.StreamResponse:
        if request.path != "/beispielkreis/de/wp-json/extensions/v3/pages/":
            raise web.HTTPNotFound
        return web.json_response(pages())

    async with serving(older) as region:
        assert len((await gather([region], waits=AT_ONCE)).pages["de"]) == 5
        full = f"{region}/de/wp-json/extensions/v3/pages/"
        assert len((await gather([full], waits=AT_ONCE)).pages["de"]) == 5


async def test_a_language_is_asked_for_by_the_regions_own_code() -> None:
    asked = []

    async def kurdish(request: web.Request) -> web.StreamResponse:
        code = request.path.split("/")[4]
        asked.append(code)
        found = pages() if code == "de" else pages(ENGLISH)
        text = json.dumps(found).replace("/en/", "/ku/").replace('"en"', '"ku"')
        return web.Response(text=text, content_type="application/json")

    async with serving(kurdish) as region:
        feed = await gather([region], ["kmr", "de"], waits=AT_ONCE)
    assert list(dict.fromkeys(asked)) == ["de", "ku"]
    assert len(feed.pages["kmr"]) == 4


def in_parts(request: web.Request, how: str) -> web.StreamResponse:
    """Answer two pages at a time, saying in one of several ways that there are more."""
    number, whole = int(request.query.get("page", "1")), pages()
    part = whole[2 * number - 2 : 2 * number]
    more = 2 * number < len(whole)
    following = str(request.url.with_query(page=number + 1))
    if how == "results":
        found = {"count": len(whole), "next": following if more else None, "results": part}
        return web.json_response(found)
    if how == "link":
        headers = {"Link": f'<{following}>; rel="next"'} if more else {}
        return web.json_response(part, headers=headers)
    if how == "total":
        return web.json_response(part, headers={"X-WP-TotalPages": "3"})
    if how == "silent 404" and not part:
        raise web.HTTPNotFound
    return web.json_response(part)


@pytest.mark.parametrize("how", ["results", "link", "total", "silent", "silent 404"])
async def test_a_list_given_in_parts_is_read_to_its_end(how: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return in_parts(request, how)

    async with serving(handler) as region:
        found = await fetch([f"{region}/de/pages/"], waits=AT_ONCE)
    assert [page["id"] for page in found] == [page["id"] for page in pages()]


async def test_a_server_that_fails_twice_is_asked_again() -> None:
    answers = iter([500, 503])

    async def handler(request: web.Request) -> web.StreamResponse:
        if status := next(answers, None):
            return web.Response(status=status)
        return await integreat(request)

    async with serving(handler) as region:
        assert len((await gather([region], waits=AT_ONCE)).pages["de"]) == 5


async def test_a_slow_server_is_waited_for() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        text = GERMAN.read_bytes()
        for begin in range(0, len(text), 500):
            await answer.write(text[begin : begin + 500])
            await asyncio.sleep(0.01)
        return answer

    async with serving(handler) as region:
        assert len((await gather([region], waits=AT_ONCE)).pages["de"]) == 5


async def test_a_server_that_falls_silent_is_given_up() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"[")
        await asyncio.sleep(30)
        return answer

    async with serving(handler) as region:
        limits = aiohttp.ClientTimeout(sock_read=0.1)
        with pytest.raises(FeedBroken) as stopped:
            await fetch([f"{region}/de/pages/"], waits=(), limits=limits)
    assert "too slow" in stopped.value.what


async def test_a_feed_cut_off_in_the_middle_says_after_which_page() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.content_length = GERMAN.stat().st_size
        await answer.prepare(request)
        await answer.write(GERMAN.read_bytes()[:2600])
        assert request.transport is not None
        request.transport.close()
        return answer

    async def third_part_fails(request: web.Request) -> web.StreamResponse:
        if request.query.get("page") == "3":
            return web.Response(status=500)
        return in_parts(request, "results")

    async def too_few(request: web.Request) -> web.StreamResponse:
        return web.json_response({"count": 9, "next": None, "results": pages()})

    async with serving(cut) as region:
        with pytest.raises(FeedBroken) as stopped:
            await gather([region], waits=AT_ONCE)
        assert "connection broke" in stopped.value.what
    async with serving(third_part_fails) as region:
        with pytest.raises(FeedBroken) as stopped:
            await gather([region], waits=AT_ONCE)
        assert "answer 3" in stopped.value.where
        assert "after page 9004, 4 pages were read" in stopped.value.what
    async with serving(too_few) as region:
        with pytest.raises(FeedBroken) as stopped:
            await gather([region], waits=AT_ONCE)
        assert "promised 9 pages" in stopped.value.what


async def test_a_list_that_goes_on_elsewhere_or_in_circles_is_broken() -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        following = "http://192.0.2.1/pages/"
        return web.json_response({"count": 9, "next": following, "results": pages()})

    async def circle(request: web.Request) -> web.StreamResponse:
        return web.json_response({"count": 9, "next": str(request.url), "results": pages()})

    for handler, what in ((elsewhere, "another server"), (circle, "circles")):
        async with serving(handler) as region:
            with pytest.raises(FeedBroken) as stopped:
                await gather([region], waits=AT_ONCE)
            assert what in stopped.value.what


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"[]", "no page at all"),
        (b"{}", "no list of pages"),
        (b"<html>", "no complete JSON"),
        (b"[[[[" * 100_000, "no complete JSON"),
        (GERMAN.read_bytes()[:2600], "after page 9002, 2 pages were read"),
        (b'["\xff"]', "not UTF-8"),
        (b'{"count": 9, "next": null, "results": [{"id": 1}]}', "only the first 1 pages"),
        (b'[{"id": 1}, 7]', "not one of its 2 pages"),
    ],
)
async def test_a_file_that_is_no_whole_feed_is_refused(
    tmp_path: Path, data: bytes, what: str
) -> None:
    path = tmp_path / "pages.json"
    path.write_bytes(data)
    with pytest.raises(FeedBroken) as broken:
        await gather([str(path)])
    assert what in f"{broken.value.where}: {broken.value.what}"


async def test_a_file_that_is_not_there_and_a_server_that_is_not_there_are_named() -> None:
    for source in ("/nowhere/pages.json", "http://127.0.0.1:9/beispielkreis"):
        with pytest.raises(FeedBroken) as broken:
            await gather([source], waits=())
        assert source.split("/")[2] in broken.value.where


@pytest.mark.parametrize(
    ("source", "first"),
    [
        (
            "https://cms.integreat-app.de/reutlingen",
            "https://cms.integreat-app.de/api/v3/reutlingen/ar/pages/",
        ),
        (
            "https://integreat.app/reutlingen/de/welcome",
            "https://cms.integreat-app.de/api/v3/reutlingen/ar/pages/",
        ),
        (
            "https://cms.integreat-app.de/api/v3/am/de/pages/?a=1",
            "https://cms.integreat-app.de/api/v3/am/ar/pages/?a=1",
        ),
        (
            "http://localhost/am/de/wp-json/extensions/v3/pages",
            "http://localhost/am/ar/wp-json/extensions/v3/pages",
        ),
        ("http://localhost/feed.json", "http://localhost/feed.json"),
    ],
)
def test_the_address_of_a_language_follows_from_what_is_given(source: str, first: str) -> None:
    assert addresses(source, "ar", None)[0] == first


def test_integreats_languages_are_ours_or_ignored() -> None:
    codes = ("de", "en-us", "ku", "ckb", "fa-AF", "prs", "ua", "ti", "pl", "de-si", "zh-CN")
    assert [our_language(code) for code in codes] == [
        *("de", "en", "kmr", "ckb", "prs", "prs", "uk", "ti", None, None, None)
    ]
