"""A feed's pages, checked one by one: what is broken is named, the rest is put in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from knowledge_base.content_files import ORIGINAL, TITLE_MAX
from knowledge_base.integreat.clean import one_line
from knowledge_base.integreat.languages import chosen, our_language
from knowledge_base.integreat.problems import FeedBroken, Problem

CONTENT_MAX = 200_000
"""Characters of a page's HTML; the longest real ones have about 11,000."""
PATH_MAX = 1000

_PART = r"[^/\s<>\"\x00-\x1f]+"
_PATH = rf"^/{_PART}/{_PART}/(?:{_PART}/?)*$"

_TODO = {
    "id": "Its id has to be a whole number; without one it cannot be told from other pages.",
    "path": "Its path has to be like /region/language/page/.",
    "title": "Have the region's editors give it a title, then import again.",
    "content": f"Have the region's editors divide it: at most {CONTENT_MAX:,} characters.",
    "last_updated": "It has to be a moment such as 2026-11-22T10:00:00+01:00.",
}
_ELSE = "Get Integreat's list of pages again; if it stays so, tell the region's editors."


def _whole(value: Any) -> Any:
    """Leave out halves of characters, which JSON can write but nothing can store."""
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else value


def _title(words: str) -> str:
    words = one_line(words)
    if not words:
        raise ValueError("it has no title")
    return words if len(words) <= TITLE_MAX else words[: TITLE_MAX - 1].rstrip() + "…"


def _moment(value: Any) -> datetime:
    try:
        if not isinstance(value, str):
            raise TypeError
        moment = datetime.fromisoformat(value.strip())
        # The older API gave modified_gmt without saying that it is UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise ValueError("it does not say when it was last changed") from None


class Page(BaseModel):
    """One page in one language; ``parent`` is a path, ``others`` say its path per language."""

    model_config = ConfigDict(strict=True, frozen=True)

    id: Annotated[int, Field(gt=0, lt=10**12)]
    path: Annotated[str, Field(pattern=_PATH, max_length=PATH_MAX)]
    title: Annotated[str, BeforeValidator(_whole), AfterValidator(_title)]
    content: Annotated[str, Field(max_length=CONTENT_MAX), BeforeValidator(_whole)]
    last_updated: Annotated[datetime, BeforeValidator(_moment)]
    parent: str | None
    order: int
    others: Annotated[dict[str, str], Field(alias="available_languages")]

    @property
    def region(self) -> str:
        """The region that the path names."""
        return self.path.split("/")[1]

    @property
    def code(self) -> str:
        """Integreat's code of the page's language."""
        return self.path.split("/")[2]


@dataclass
class Feed:
    """A region's pages by our language and path.

    ``broken`` are the ids and paths of pages that are listed but cannot be taken, ``ignored``
    counts the languages (by Integreat's code) that we do not speak, and ``offered`` are those of
    ours that the German pages name.
    """

    region: str
    pages: dict[str, dict[str, Page]]
    problems: list[Problem] = field(default_factory=list)
    broken: set[int | str] = field(default_factory=set)
    ignored: Counter[str] = field(default_factory=Counter)
    offered: set[str] = field(default_factory=set)


def sort_out(lists: Mapping[str, Sequence[Any]], region: str | None = None) -> Feed:
    """Check every page of one or several lists.

    Args:
        lists: pages as Integreat's JSON has them, in any languages, by where they come from.
        region: the region they have to be of; ``None`` for the one most of them are of.

    Raises:
        FeedBroken: not one page is usable, or none is in a language of ours.
    """
    problems: list[Problem] = []
    broken: set[int | str] = set()
    good: list[Page] = []
    for name, pages in lists.items():
        for position, raw in enumerate(pages, 1):
            try:
                good.append(_page(raw))
            except ValidationError as error:
                problems.append(_named(raw, f"page at position {position} of {name}", error))
                if isinstance(raw, dict):
                    known = (raw.get("id"), raw.get("path"))
                    broken |= {one for one in known if isinstance(one, int | str)}
    if not good:
        what = f"not one of its {len(problems)} pages is usable (first: {problems[0]})"
        raise FeedBroken("the list of pages", what, _ELSE)
    regions = Counter(page.region for page in good)
    region = region or regions.most_common(1)[0][0]
    if region not in regions:
        what = f"not one page is of {region}"
        raise FeedBroken("the list of pages", what, f"They are of {', '.join(regions)}.")
    feed = Feed(region, {}, problems, broken)
    by_code: dict[str, list[Page]] = {}
    for page in good:
        if page.region == region:
            by_code.setdefault(page.code, []).append(page)
        else:
            todo = f"Import the pages of {page.region} by themselves."
            feed.problems.append(Problem(f"page {page.id}", f"it is not of {region}", todo))
            feed.broken |= {page.id, page.path}
    ours = chosen(by_code)
    for language, code in ours.items():
        feed.pages[language] = _tree(_newest(by_code.pop(code), feed), feed)
    feed.ignored.update({code: len(of_code) for code, of_code in by_code.items()})
    for page in feed.pages.get(ORIGINAL, {}).values():
        for code in page.others:
            ours_or_none = our_language(code)
            if ours_or_none is None:
                feed.ignored[code] += 1
            else:
                feed.offered.add(ours_or_none)
    if not feed.pages:
        what = f"its pages are in {', '.join(sorted(by_code)) or 'no language'}"
        raise FeedBroken(
            f"the pages of {region}", what, "Give pages in German, or in a language of ours."
        )
    return feed


def _page(raw: Any) -> Page:
    if not isinstance(raw, dict):
        return Page.model_validate(raw)
    parent, others = raw.get("parent"), raw.get("available_languages")
    if isinstance(others, dict):
        paths = {code: one.get("path") for code, one in others.items() if isinstance(one, dict)}
        others = {code: path for code, path in paths.items() if isinstance(path, str)}
    return Page.model_validate(
        {
            "id": raw.get("id"),
            "path": raw.get("path"),
            "title": raw.get("title"),
            "content": "" if raw.get("content") is None else raw["content"],
            "last_updated": raw.get("last_updated") or raw.get("modified_gmt"),
            "parent": parent.get("path") if isinstance(parent, dict) else parent,
            "order": 0 if raw.get("order") is None else raw["order"],
            "available_languages": others or {},  # an empty one is [] in the older API
        }
    )


def _named(raw: Any, place: str, error: ValidationError) -> Problem:
    """Say which page is broken, by its id or else by its place in the list, and why."""
    number = raw.get("id") if isinstance(raw, dict) else None
    page = f"page {number}" if isinstance(number, int) else place
    path = raw.get("path") if isinstance(raw, dict) else None
    if isinstance(path, str):
        page += f" ({one_line(path)[:100]})"
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if not isinstance(raw, dict):
        what = "it is no page"
    elif raw.get(name) is None and name in {"id", "path", "title"}:
        what = f"it has no {name}"
    elif first["type"] == "string_too_long":
        what = f"its {name} is too long ({len(raw[name]):,} characters)"
    elif first["type"] == "value_error":
        what = str(first["ctx"]["error"])
    else:
        what = f"its {name} is wrong ({first['msg']})"
    return Problem(page, what, _TODO.get(name, _ELSE))


def _newest(pages: Sequence[Page], feed: Feed) -> dict[str, Page]:
    """Return the pages by path, each once: of those with one id or path the newest counts."""
    kept: dict[int, Page] = {}
    for page in pages:
        kept[page.id] = _newer(kept.get(page.id), page, f"page {page.id}", feed)
    by_path: dict[str, Page] = {}
    for page in kept.values():
        name = f"pages {by_path[page.path].id} and {page.id}" if page.path in by_path else ""
        by_path[page.path] = _newer(by_path.get(page.path), page, name, feed)
    return by_path


def _newer(one: Page | None, other: Page, name: str, feed: Feed) -> Page:
    if one is None:
        return other
    same = "listed twice" if one.id == other.id else f"both at {other.path}"
    newest = max(one, other, key=lambda page: page.last_updated)
    what = f"{same}; the one of {newest.last_updated:%Y-%m-%d %H:%M} UTC counts"
    feed.problems.append(Problem(name, what, "Nothing to do, unless the other is the right one."))
    return newest


def _tree(pages: dict[str, Page], feed: Feed) -> dict[str, Page]:
    """Return the pages with only such parents as exist and are not below the page itself."""
    checked: dict[str, Page] = {}
    for path, page in pages.items():
        above, seen = page.parent, {path}
        while above is not None and above in pages and above not in seen:
            seen.add(above)
            above = pages[above].parent
        parent = page.parent
        if above == path:
            what = "it is below itself"
            feed.problems.append(Problem(f"page {page.id}", what, _PARENT))
            parent = None
        elif parent is not None and parent not in pages and parent not in feed.broken:
            what = f"the page above it is not in the list ({one_line(parent)[:100]})"
            feed.problems.append(Problem(f"page {page.id}", what, _PARENT))
            parent = None
        checked[path] = page.model_copy(update={"parent": parent})
    return checked


_PARENT = (
    "It is imported without a page above it; have the region's editors put it where it belongs."
)
