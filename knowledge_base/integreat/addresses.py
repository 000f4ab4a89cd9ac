"""Where a region's list of pages is, from what an operator gives: a file, a region, a full URL."""

from __future__ import annotations

import re

from yarl import URL

from knowledge_base.integreat.languages import our_language
from knowledge_base.integreat.problems import FeedBroken

API = "cms.integreat-app.de"
PUBLIC = "https://integreat.app"
# Where people read the pages; the API is elsewhere.
_READERS = {"integreat.app", "www.integreat.app", "web.integreat-app.de"}
_LANGUAGE = re.compile(r"^[a-z]{2,4}(?:-[a-z]{2,4})?$", re.I)


def is_url(source: str) -> bool:
    """Tell whether a source is an address, not a file."""
    return re.match(r"^https?://", source, re.I) is not None


def addresses(source: str, language: str, region: str | None) -> list[str]:
    """Return the addresses at which the pages in one language may be, the likeliest first.

    Args:
        source: ``https://cms.integreat-app.de/<region>`` (also the region's address in the app),
            or the full address of a list of pages.
        language: Integreat's code of the language.
        region: the region where ``source`` names none.

    Raises:
        FeedBroken: no region is named.
    """
    url = URL(source)
    parts = _parts(url)
    if _is_list(parts):
        position = _language_position(parts)
        if position is None:
            return [source]
        parts[position] = language
        ending = "/" if url.path.endswith("/") else ""
        return [str(url.with_path("/" + "/".join(parts) + ending, keep_query=True))]
    region = region or (parts[0] if parts else None)
    if region is None:
        todo = f"Write the region behind it, such as https://{API}/reutlingen."
        raise FeedBroken(source, "the address names no region", todo)
    base = url.with_path("/").with_query(None).with_fragment(None)
    if url.host in _READERS:
        base = base.with_host(API)
    return [
        str(base.join(URL(path)))
        for path in (
            f"api/v3/{region}/{language}/pages/",
            f"{region}/{language}/wp-json/extensions/v3/pages/",
            f"{region}/api/v3/{language}/pages/",
        )
    ]


def language_in(source: str) -> str | None:
    """Return our code of the language that a full address names."""
    parts = _parts(URL(source))
    position = _language_position(parts)
    return our_language(parts[position]) if _is_list(parts) and position is not None else None


def _parts(url: URL) -> list[str]:
    return [part for part in url.path.split("/") if part]


def _is_list(parts: list[str]) -> bool:
    return bool(parts) and (parts[-1] == "pages" or "." in parts[-1])


def _language_position(parts: list[str]) -> int | None:
    """Return where a language stands in a path, which may also begin with a region."""
    for position in reversed(range(1, len(parts) - 1)):
        if _LANGUAGE.match(parts[position]) and our_language(parts[position]):
            return position
    return None


def public_page(path: str) -> str:
    """Return the address at which people read the page with this path."""
    return f"{PUBLIC}{path}"
