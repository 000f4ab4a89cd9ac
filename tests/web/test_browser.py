"""The chat page in a real Chromium, as a person with a small phone uses it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from centre import demo, logins
from storage.engine import Database
from tests.web.conftest import ARABIC, CALENDAR, PretendedConversation
from translations.catalogue import say

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 640}


@asynccontextmanager
async def opened(browser: Browser, url: object, language: str = "en-GB") -> AsyncIterator[Page]:
    """A page in a fresh profile; whatever it complains about fails the test."""
    context = await browser.new_context(
        viewport=PHONE,
        locale=language,
        geolocation={"latitude": 48.41, "longitude": 9.5},
        permissions=["geolocation"],
        reduced_motion="reduce",
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    await page.goto(str(url))
    yield page
    await context.close()
    assert complaints == []


@pytest_asyncio.fixture
async def page(browser: Browser, served: TestServer) -> AsyncIterator[Page]:
    async with opened(browser, served.make_url("/chat")) as shown:
        await expect(shown.get_by_text("Hello! I am Lotse.")).to_be_visible()
        yield shown


async def write(page: Page, words: str) -> None:
    field = page.get_by_label(say("chat.placeholder", "en"))
    await field.fill(words)
    await field.press("Enter")


async def test_opening_the_page_starts_the_talk_once(
    page: Page, conversation: PretendedConversation
) -> None:
    assert conversation.taken == [{"text": "/start", "lang": "en"}]
    await page.reload()
    await expect(page.get_by_text("Hello! I am Lotse.")).to_have_count(1)
    assert len(conversation.taken) == 1


async def test_a_message_is_typed_and_answered(page: Page) -> None:
    await write(page, "When is the course?")
    answer = page.get_by_role("listitem").filter(has_text="You wrote: When is the course?")
    await expect(answer).to_be_visible()
    await expect(answer.get_by_role("link")).to_have_attribute("href", "https://example.org/a?b=1")
    await expect(page.locator(".mine")).not_to_have_class("waiting")


async def test_what_a_person_writes_is_never_run(page: Page) -> None:
    await write(page, "<img src=x onerror=alert(1)>")
    await expect(page.get_by_text("You wrote: <img src=x")).to_be_visible()
    assert await page.locator("#log img").count() == 0


async def test_a_button_is_tapped_and_a_double_tap_counts_once(
    page: Page, conversation: PretendedConversation
) -> None:
    await page.get_by_role("button", name="Deutsch").dblclick()
    await expect(page.get_by_text("Tapped: l:de")).to_be_visible()
    assert conversation.taken[1:] == [{"tap": "l:de"}]


async def test_everything_works_with_the_keyboard_alone(page: Page) -> None:
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "Deutsch":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Tapped: l:de")).to_be_visible()


async def test_arabic_is_read_from_right_to_left_and_so_is_the_page(page: Page) -> None:
    await page.get_by_role("button", name="العربية").click()
    bubble = page.locator(".bubble", has_text=ARABIC)
    await expect(bubble).to_have_css("direction", "rtl")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.get_by_label(say("chat.placeholder", "ar"))).to_be_visible()
    # English in between still runs from left to right.
    greeting = page.locator(".bubble", has_text="Hello! I am Lotse.")
    await expect(greeting).to_have_css("direction", "ltr")


async def test_a_file_is_downloaded_as_it_was_sent(page: Page, tmp_path: Path) -> None:
    await write(page, "file")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="appointment.ics").click()
    download = await waiting.value
    await download.save_as(tmp_path / "got")
    assert download.suggested_filename == "appointment.ics"
    assert (tmp_path / "got").read_bytes() == CALENDAR


async def test_a_text_that_is_read_aloud_is_played_in_the_page(page: Page) -> None:
    await write(page, "sound")
    player = page.locator("audio")
    await expect(player).to_be_visible()
    await expect(player).to_have_js_property("duration", 1)
    await expect(page.get_by_role("link", name="kita.wav")).to_have_count(0)


async def test_a_location_is_shared_when_asked_for(page: Page) -> None:
    await page.get_by_role("button", name=say("chat.location", "en")).click()
    await expect(page.get_by_text("Place: 48.41 9.50")).to_be_visible()


async def test_nothing_is_wider_than_a_small_phone(page: Page) -> None:
    await write(page, "x" * 300)
    await expect(page.get_by_text("You wrote: x")).to_be_visible()
    wide = "document.querySelector('#scroll').scrollWidth"
    assert await page.evaluate(f"Math.max({wide}, document.body.scrollWidth)") <= PHONE["width"]


async def test_what_is_written_without_a_connection_arrives_later_and_once(
    browser: Browser, served: TestServer, conversation: PretendedConversation
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="en-GB")
    page = await context.new_page()
    await page.goto(str(served.make_url("/chat")))
    await expect(page.get_by_text("Hello! I am Lotse.")).to_be_visible()
    await context.set_offline(True)
    await write(page, "Are you there?")
    await expect(page.get_by_text(say("chat.offline", "en"))).to_be_visible()
    await context.set_offline(False)
    await expect(page.get_by_text("You wrote: Are you there?")).to_be_visible(timeout=20_000)
    await expect(page.get_by_text(say("chat.offline", "en"))).to_be_hidden()
    assert conversation.taken[1:] == [{"text": "Are you there?"}]
    await context.close()


async def test_the_page_is_named_for_screen_readers(page: Page) -> None:
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log).to_have_accessible_name(say("chat.title", "en"))
    await expect(page.get_by_role("button", name=say("chat.send", "en"))).to_be_visible()
    await write(page, "hello")
    await expect(page.locator(".mine")).to_have_text(f"{say('chat.you', 'en')}: hello")


async def test_staff_sign_in_and_get_a_link_for_an_interpreter(
    browser: Browser, served: TestServer, db: Database
) -> None:
    async with db.transaction() as session:
        await demo.load(session)
        token = await logins.create(session, demo.person_id("a1"), "staff", timedelta(hours=1))
    url = served.make_url("/staff/login").with_query(token=token)
    async with opened(browser, url, "de-DE") as page:
        await page.get_by_role("button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(say("staff.title", "de"))
        name = "Dolmetsch-Muster Fünfzehn"
        await page.get_by_role("button", name=name, exact=False).click()
        shown = page.get_by_role("textbox", name=name, exact=False)
        await expect(shown).to_have_value(
            re.compile(r"^https://t\.me/lotse_test_bot\?start=[\w-]{43}$")
        )
        assert await page.evaluate("document.body.scrollWidth") <= PHONE["width"]
