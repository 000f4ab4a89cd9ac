"""Renders ``chat.png`` for the README: a real conversation on the chat page, in a real browser.

Run with ``.venv/bin/python -m docs.pictures.render`` while ``make run`` is running; needs Chromium.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Page, async_playwright

HERE = Path(__file__).parent
ADDRESS = "http://127.0.0.1:8080/chat"
BROWSER = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
ANSWER_MS = 20_000


async def _tap(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label, exact=True).last.click(timeout=ANSWER_MS)


async def _say(page: Page, words: str) -> None:
    await page.locator("textarea, input[type=text]").first.fill(words)
    await page.keyboard.press("Enter")


async def render(address: str) -> None:
    """Talk in Arabic about childcare, then open the booking, and take the picture."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        page = await browser.new_page(
            viewport={"width": 420, "height": 860}, device_scale_factor=2, locale="ar"
        )
        await page.goto(address)
        await _tap(page, "العربية")
        await page.wait_for_timeout(2500)
        await _say(page, "Dettingen")
        await page.wait_for_timeout(2500)
        await _tap(page, "نعم، أوافق")
        await page.wait_for_timeout(2500)
        await _say(page, "أريد حجز موعد")
        await page.wait_for_timeout(4000)
        await _tap(page, "السكن")
        await page.wait_for_timeout(3500)
        await page.screenshot(path=str(HERE / "chat.png"))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(render(sys.argv[1] if len(sys.argv) > 1 else ADDRESS))
