"""The poster of a centre's offers on paper: a PDF as Chromium prints it, read again."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pypdf
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from storage.engine import Database
from tests.rtl.messages import TITLES, prepare, write_offer
from tests.rtl.reader import plain
from translations.catalogue import say
from translations.languages import languages
from web.app import build

pytestmark = pytest.mark.browser

A4 = (595, 842)  # points
EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")


@pytest_asyncio.fixture
async def printed(
    people: Database, monday_morning: datetime, conversation: Any, components: Any
) -> AsyncIterator[TestServer]:
    """A web application without a bot, so that the poster has the code of its page alone."""
    application: web.Application = build(
        people,
        receive=conversation.receive,
        ready=components.ready,
        telegram=None,
        public_url="https://lotse.example.org/",
    )
    async with people.transaction() as session:
        await prepare(session, "ar")
        await write_offer(session, "ar")
    running = TestServer(application)
    await running.start_server(access_log=None)
    yield running
    await running.close()


async def pdf(browser: Browser, server: TestServer, language: str) -> tuple[bytes, int]:
    """Return the poster as it is printed, and how many codes are on it."""
    page = await browser.new_page()
    await page.goto(str(server.make_url(f"/offers/dettingen/poster?lang={language}")))
    codes = await page.locator("svg.code").count()
    made = await page.pdf(prefer_css_page_size=True)
    await page.close()
    return made, codes


def text(document: pypdf.PdfReader) -> str:
    """Return what is written in a PDF, in reading order, on one line."""
    found = " ".join(page.extract_text() for page in document.pages)
    # A PDF has ligatures, and Arabic letters in the shape they take beside their neighbours.
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", plain(found)))


def run_together(words: str) -> str:
    """Return the letters and digits alone: spaces are no letters, PDFs have none of their own."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", words))


@pytest.mark.parametrize("language", ["de", "ar", "am"])
async def test_the_poster_is_printed_with_its_words_numbers_and_fonts(
    browser: Browser, printed: TestServer, letters: Callable[[str], None], language: str
) -> None:
    letters(language)
    made, codes = await pdf(browser, printed, language)
    document = pypdf.PdfReader(io.BytesIO(made))
    assert codes == 1
    for page in document.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
    said = text(document)
    for whole in (
        "09:30–12:00",
        "07123 000-0",
        "beispiel@example.org",
        "Musterraum, Mustergasse 3, Dettingen an der Erms",
        "Frau Beispiel (Büro 2)",
    ):
        assert whole in said, whole
    letters_said = run_together(said)
    for words in (
        say("offers.title", language),
        say("offers.scan", language),
        "lotse.example.org/offers/dettingen",
        *([TITLES[language].partition(": ")[2]] if languages()[language].rtl else []),
    ):
        assert run_together(words) in letters_said, words
    fonts = embedded(document)
    assert fonts
    assert all(fonts)


def embedded(document: pypdf.PdfReader) -> list[bool]:
    """Tell for every font of a PDF whether its letters are in it."""
    found = []
    for page in document.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            about = font.get_object()
            if about["/Subtype"] == "/Type3":
                found.append("/CharProcs" in about)
                continue
            if "/DescendantFonts" in about:
                about = about["/DescendantFonts"][0].get_object()
            descriptor = about["/FontDescriptor"].get_object()
            found.append(any(kind in descriptor for kind in EMBEDDED))
    return found
