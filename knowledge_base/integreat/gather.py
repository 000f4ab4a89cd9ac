"""Read everything that an operator names: files and addresses, in the languages asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from knowledge_base.content_files import ORIGINAL
from knowledge_base.integreat.addresses import addresses, is_url, language_in
from knowledge_base.integreat.fetch import WAITS, fetch
from knowledge_base.integreat.languages import chosen, our_language
from knowledge_base.integreat.pages import Feed, sort_out
from knowledge_base.integreat.problems import FeedBroken
from knowledge_base.integreat.read import read_file

Progress = Callable[[str, int], None]
"""Called with what is being read and how many pages it has so far."""


async def gather(
    sources: Sequence[str],
    languages: Sequence[str] = (),
    region: str | None = None,
    *,
    progress: Progress = lambda source, pages: None,
    waits: Sequence[float] = WAITS,
) -> Feed:
    """Read and check all pages, each list to its end.

    Args:
        sources: files and http(s) addresses; of addresses see
            :func:`knowledge_base.integreat.addresses.addresses`.
        languages: our codes; empty for all that is in the files, and German from an address.
        region: the region the pages have to be of, where the sources do not say it.
        progress: told how far it is.
        waits: seconds before each further try of an answer that failed.

    Raises:
        FeedBroken: something cannot be read to its end, or has no usable page.
    """
    lists: dict[str, Sequence[Any]] = {}
    for source in sources:
        if not is_url(source):
            lists[source] = await asyncio.to_thread(read_file, Path(source))
            progress(source, len(lists[source]))
            continue
        wanted = languages or [language_in(source) or ORIGINAL]
        codes: dict[str, str] = {}
        # German first: its pages say what the region calls the other languages.
        for language in sorted(wanted, key=lambda one: one != ORIGINAL):
            places = addresses(source, codes.get(language, language), region)
            if places[0] in lists:
                continue
            pages = await fetch(places, partial(progress, places[0]), waits=waits)
            lists[places[0]] = pages
            codes = codes or chosen(_codes(pages))
    feed = sort_out(lists, region)
    for language in languages:
        if language not in feed.pages:
            what = f"it has no page in the language {language}"
            raise FeedBroken(f"the pages of {feed.region}", what, "Leave that --lang out.")
    if languages:
        feed.pages = {one: pages for one, pages in feed.pages.items() if one in languages}
    return feed


def _codes(pages: Sequence[Any]) -> set[str]:
    """Return the languages that pages say they are also in, by the region's own codes."""
    others = (page.get("available_languages") for page in pages if isinstance(page, dict))
    return {
        code for other in others if isinstance(other, dict) for code in other if our_language(code)
    }
