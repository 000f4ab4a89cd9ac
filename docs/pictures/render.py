"""Renders the README's pictures: a real conversation, a centre's offers and their poster.

Run with ``.venv/bin/python -m docs.pictures.render`` while ``make run`` is running. Needs Chromium
and a font with emoji (Debian: ``fonts-noto-color-emoji``).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

HERE = Path(__file__).parent
ADDRESS = "http://127.0.0.1:8080"
BROWSER = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
ANSWER_MS = 20_000
BOOKING = ("🏠 السكن", "لقاء آخر (30 دقيقة)", "مع أول شخص متاح")
PAGES = (
    ("/offers/dettingen?lang=de", "offers.png", (720, 688)),
    ("/offers/dettingen/poster?lang=de", "poster.png", (602, 826)),
)


async def _tap(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label, exact=True).last.click(timeout=ANSWER_MS)


async def _say(page: Page, words: str) -> None:
    await page.locator("textarea, input[type=text]").first.fill(words)
    await page.keyboard.press("Enter")


async def render(address: str) -> None:
    """Take all pictures from the running Lotse at ``address``."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        await _chat(browser, address)
        for path, name, size in PAGES:
            page = await browser.new_page(
                viewport={"width": size[0], "height": size[1]}, locale="de"
            )
            await page.goto(f"{address}{path}")
            await page.screenshot(path=str(HERE / name))
        await browser.close()


async def _chat(browser: Browser, address: str) -> None:
    """Say in Arabic who one is, then book up to the choice of a day."""
    page = await browser.new_page(
        viewport={"width": 420, "height": 860}, device_scale_factor=2, locale="ar"
    )
    await page.goto(f"{address}/chat")
    await _tap(page, "العربية")
    await page.wait_for_timeout(2500)
    await _say(page, "Dettingen")
    await page.wait_for_timeout(2500)
    await _tap(page, "نعم، أوافق")
    await page.wait_for_timeout(2500)
    await _say(page, "أريد حجز موعد")
    for answer in BOOKING:
        await page.wait_for_timeout(3000)
        await _tap(page, answer)
    await page.wait_for_timeout(3500)
    await page.screenshot(path=str(HERE / "chat.png"))


if __name__ == "__main__":
    asyncio.run(render(sys.argv[1] if len(sys.argv) > 1 else ADDRESS))
