"""Every page is laid out in the reader's direction, in a real Chromium, on a small phone too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from centre import appointments, demo, handoffs, logins, people
from storage import outbox
from storage.engine import Database
from tests.centre.conftest import berlin, who
from tests.rtl.messages import COURSE, LANGUAGES, every, prepare, write_offer
from tests.rtl.reader import seen
from tests.web.conftest import PretendedConversation
from translations.catalogue import say

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1200, "height": 800}
PUBLIC = ("/offers", "/offers/dettingen", "/offers/dettingen?day=friday&q=A1", "/offers/nowhere")
POSTER = "/offers/dettingen/poster"
# Runs of German words that no element and no isolate sets apart from right-to-left words beside.
NOT_SET_APART = """() => {
  const outside = (text) => {
    let depth = 0, kept = "";
    for (const one of text) {
      if ("\\u2066\\u2067\\u2068".includes(one)) depth += 1;
      else if (one === "\\u2069") depth -= 1;
      else if (!depth) kept += one;
    }
    return kept;
  };
  const own = /^(Lotse|Telegram|QR|PDF|[AB][12])$/;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest("script, style")) continue;
    if (getComputedStyle(parent).direction === "ltr") continue;
    if (parent.closest("bdi, [dir]:not(html), option[lang]")) continue;
    for (const word of outside(node.data).match(/[A-Za-zÄÖÜäöüß0-9]{2,}/g) || [])
      if (/[A-Za-z]/.test(word) && !own.test(word)) found.push(word);
  }
  return found;
}"""


@asynccontextmanager
async def opened(
    browser: Browser, url: object, language: str = "ar", size: dict[str, int] = PHONE
) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        locale=language,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(str(url))
    yield page
    await context.close()


async def box(page: Page, selector: str, at: int = 0) -> dict[str, float]:
    found = await page.locator(selector).nth(at).bounding_box()
    assert found is not None, selector
    return {**found, "end": found["x"] + found["width"], "middle": found["x"] + found["width"] / 2}


async def is_laid_out(page: Page, language: str) -> None:
    """The page's language and direction are said and meant, and nothing is wider than it."""
    root = page.locator("html")
    await expect(root).to_have_attribute("lang", language)
    direction = "rtl" if language in LANGUAGES else "ltr"
    await expect(root).to_have_attribute("dir", direction)
    for element in ("body", "h1, form, main"):
        await expect(page.locator(element).first).to_have_css("direction", direction)
    wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    width = page.viewport_size
    assert width is not None
    assert await page.evaluate(wide) <= width["width"]
    # To the left there is nothing either.
    await page.evaluate("window.scrollTo(-500, 0)")
    assert await page.evaluate("window.scrollX") == 0
    if direction == "rtl":
        assert await page.evaluate(NOT_SET_APART) == []


@pytest_asyncio.fixture
async def offers(people: Database, monday_morning: datetime) -> Database:
    """The fictional offers, one of them with a contact, on Monday 30 November 2026 at 8."""
    async with people.transaction() as session:
        await prepare(session, "ar")
    return people


async def login(db: Database, server: TestServer, language: str) -> str:
    """Return the address where an admin who reads ``language`` signs in, with work to show."""
    async with db.transaction() as session:
        for label in ("a1", "m-reutlingen-1"):
            (await session.get_one(people.Person, who(label))).language = language
        await _work(session)
        token = await logins.create(session, demo.person_id("a1"), "staff", timedelta(hours=1))
    return str(server.make_url("/staff/login").with_query(token=token))


async def _work(session: AsyncSession) -> None:
    await appointments.book(
        session,
        person_id=who("p1"),
        centre="reutlingen",
        topic="ask_work",
        start=berlin(2026, 12, 3, 9, 30),
        language="ar",
        request_key=None,
    )
    await handoffs.request(
        session,
        person_id=who("p2"),
        kind="human",
        centre="muensingen",
        language="fa",
        request_key=None,
        urgent=True,
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_public_pages_are_laid_out_for_the_reader_on_a_phone(
    browser: Browser, served: TestServer, offers: Database, language: str
) -> None:
    async with offers.transaction() as session:
        await write_offer(session, language)
    async with opened(browser, served.make_url("/chat"), language) as page:
        await is_laid_out(page, language)
        for path in (*PUBLIC, POSTER, "/staff/login?token=x", "/staff/login"):
            address = served.make_url(path)
            if path.startswith("/offers"):
                address = address.update_query(lang=language)
            await page.goto(str(address))
            await is_laid_out(page, language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_staff_page_is_laid_out_for_its_reader(
    browser: Browser, served: TestServer, offers: Database, language: str
) -> None:
    address = await login(offers, served, language)
    async with opened(browser, address, language) as page:
        await page.get_by_role("button").click()
        await expect(page.locator("table").first).to_be_visible()
        await is_laid_out(page, language)
        await page.set_viewport_size(DESK)  # type: ignore[arg-type]
        await is_laid_out(page, language)
        said = await page.locator("td").filter(has_text="09:30").first.inner_text()
        assert "09:30–10:00" in seen(said)[0]


async def test_tables_forms_and_bars_are_mirrored(
    browser: Browser, served: TestServer, offers: Database
) -> None:
    """What stands first stands at the left in German and at the right in Arabic."""
    await login(offers, served, "de")
    order: dict[str, list[bool]] = {}
    for language in ("de", "ar"):
        async with offers.transaction() as session:
            (await session.get_one(people.Person, who("a1"))).language = language
            token = await logins.create(session, who("a1"), "staff", timedelta(hours=1))
        address = str(served.make_url("/staff/login").with_query(token=token))
        pairs = []
        async with opened(browser, address, language, DESK) as page:
            await page.get_by_role("button").click()
            await expect(page.locator("table").first).to_be_visible()
            pairs += [
                (await box(page, "table th", 0), await box(page, "table th", 1)),
                (await box(page, ".bar .mark"), await box(page, ".bar .reader")),
                (await box(page, ".bar .mark"), await box(page, ".bar h1")),
                (await box(page, ".numbers > div", 0), await box(page, ".numbers > div", 1)),
            ]
        path = served.make_url("/offers/dettingen").with_query(lang=language, day="friday")
        async with opened(browser, path, language, DESK) as page:
            pairs += [
                (await box(page, ".filters select", 0), await box(page, ".filters select", 1)),
                (await box(page, ".ticks input"), await box(page, ".ticks label", 1)),
                (await box(page, ".bar .mark"), await box(page, ".spoken summary")),
                (await box(page, ".chip"), await box(page, ".reset")),
                (await box(page, ".lines .pictogram"), await box(page, ".lines li span")),
                (await box(page, ".others a", 0), await box(page, ".others a", 1)),
            ]
            await page.locator(".spoken summary").click()
            chooser = await box(page, ".spoken ul")
            assert chooser["x"] >= 0
            assert chooser["end"] <= DESK["width"]
        async with opened(browser, served.make_url(f"{POSTER}?lang={language}"), size=DESK) as page:
            pairs += [
                (await box(page, "header .words"), await box(page, "header figure")),
                (await box(page, "article .sort"), await box(page, "article h2")),
            ]
        order[language] = [first["middle"] < second["middle"] for first, second in pairs]
    assert order["de"] == [True] * len(order["de"])
    assert order["ar"] == [False] * len(order["ar"])


async def test_the_edges_are_mirrored(
    browser: Browser, served: TestServer, offers: Database
) -> None:
    """The same distances from the right edge in Arabic as from the left edge in German."""
    edges: dict[str, list[float]] = {}
    for language in ("de", "ar"):
        found: list[float] = []
        for path, selectors in (
            (
                f"/offers/dettingen?lang={language}",
                (".bar .mark", ".filters", ".offer", ".primary"),
            ),
            ("/chat", (".bar .mark", "#words")),
        ):
            async with opened(browser, served.make_url(path), language) as page:
                for selector in selectors:
                    one = await box(page, selector)
                    found.append(one["x"] if language == "de" else PHONE["width"] - one["end"])
        edges[language] = found
    assert edges["de"] == pytest.approx(edges["ar"], abs=1)


async def test_an_empty_search_field_begins_at_the_right_and_german_in_it_at_the_left(
    browser: Browser, served: TestServer, offers: Database
) -> None:
    async with opened(browser, served.make_url("/offers/dettingen?lang=ar")) as page:
        field = page.locator("input[type=search]")
        await expect(field).to_have_css("direction", "rtl")
        await field.fill("Deutschkurs")
        await expect(field).to_have_css("direction", "ltr")
        await field.fill("دورة")
        await expect(field).to_have_css("direction", "rtl")


async def test_every_foreign_part_of_a_page_names_its_language(
    browser: Browser, served: TestServer, offers: Database
) -> None:
    async with opened(browser, served.make_url("/offers/dettingen?lang=ar")) as page:
        for selector, language, direction in (
            (".bar .where bdi", "de", "ltr"),
            (f"#{COURSE} h2 bdi", "en", "ltr"),
            (f"#{COURSE} .body", "en", "ltr"),
            (f"#{COURSE} .contact bdi", "de", "ltr"),
            ("select[name=near] option[value=metzingen]", "de", None),
        ):
            part = page.locator(selector).first
            await expect(part).to_have_attribute("lang", language)
            if direction:
                await expect(part).to_have_css("direction", direction)
        for selector in ("a[href^='tel:']", "a[href^='mailto:']"):
            await expect(page.locator(selector).first).to_have_css("direction", "ltr")
    async with offers.transaction() as session:
        await write_offer(session, "ar")
    async with opened(browser, served.make_url("/offers/dettingen?lang=de")) as page:
        await expect(page.locator(f"#{COURSE} h2 bdi")).to_have_attribute("lang", "de")
    async with opened(browser, served.make_url("/offers/dettingen?lang=ar")) as page:
        body = page.locator(f"#{COURSE} .body")
        await expect(body).to_have_attribute("dir", "rtl")
        assert "+49 7121 000000" in "".join(seen(await body.inner_text()))


READ_FROM_THE_SCREEN = """(bubble) => {
  document.querySelector("#scroll").style.padding = 0;
  bubble.style.maxWidth = bubble.closest(".message").style.maxWidth = "none";
  // Every character with its place; a line is what stands at the same height.
  const walker = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT);
  const lines = new Map();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.length; at++) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const place = range.getBoundingClientRect();
      const sign = node.data[at];
      if (!place.width || !/[A-Za-z0-9]/.test(sign)) continue;
      const height = Math.round(place.bottom / 6);
      if (!lines.has(height)) lines.set(height, []);
      lines.get(height).push([place.left, sign]);
    }
  }
  return [...lines.entries()].sort((a, b) => a[0] - b[0]).map(
    ([, signs]) => signs.sort((a, b) => a[0] - b[0]).map(([, sign]) => sign).join(""));
}"""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_browser_agrees_with_the_golden_renderings(
    browser: Browser,
    served: TestServer,
    people: Database,
    monday_morning: datetime,
    conversation: PretendedConversation,
    language: str,
) -> None:
    """Letters and digits of every message stand on the screen in the order we say they do."""
    async with people.transaction() as session:
        made = await every(session, language)
    wide = {"width": 4000, "height": 900}
    async with opened(browser, served.make_url("/chat"), language, wide) as page:
        await expect(page.get_by_text("Hello! I am Lotse.")).to_be_visible()
        address = await _web_address(people)
        for name, text in made.items():
            async with people.transaction() as session:
                await outbox.enqueue(session, *address, outbox.Content(text=text))
            bubble = page.locator(".bubble").last
            await expect(bubble).to_contain_text(text.split("\n")[0].strip("\u200f"))
            shown = await bubble.evaluate(READ_FROM_THE_SCREEN)
            wanted = [_latin(line) for line in seen(text)]
            assert shown == [line for line in wanted if line], name


def _latin(line: str) -> str:
    return "".join(one for one in line if one.isascii() and one.isalnum())


async def _web_address(db: Database) -> tuple[Any, str, str]:
    async with db.transaction() as session:
        rows = await session.scalars(select(people.Address).where(people.Address.channel == "web"))
        found = rows.one()
        return found.person_id, found.channel, found.address


def test_the_words_of_a_page_are_isolated_once() -> None:
    assert say("offers.remove", "ar", wish="A1").count("\u2068") == 1
