"""A page's HTML as our plain text.

Headings become ``## Heading``; so do paragraphs that are bold from end to end, which is how most
editors write them. List items become lines with "• " (or their number), table rows lines with
" | ". Links keep their text and, in brackets, an address of http, https, mailto or tel, unless
they show it already. What is no text (scripts, styles, frames, images, forms) is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

SCHEMES = {"http", "https", "mailto", "tel"}
BOLD_HEADING_MAX, HEADING_MAX = 80, 120
"""Characters up to which a bold paragraph is a heading, and one marked as a heading is."""

HEADING, BOLD = "heading", "bold"
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_BLOCKS = _HEADINGS | {
    *("address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "div"),
    *("dl", "dt", "figcaption", "figure", "footer", "header", "hr", "li", "main", "nav", "ol"),
    *("p", "pre", "section", "summary", "table", "tr", "ul"),
}
_BOLD = {"b", "strong"}
_KEPT = _BLOCKS | _BOLD | {"a", "br", "td", "th"}
_DROPPED = {
    *("script", "style", "iframe", "frame", "object", "embed", "svg", "math", "template"),
    *("noscript", "noembed", "noframes", "form", "button", "select", "textarea", "canvas"),
    *("audio", "video", "head", "title", "xmp", "plaintext"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
# What would be a mark of ours at the beginning of a line, written by hand in the page.
_MARK = re.compile(r"^(?:#+(?=\s)|[•·▪●](?=\s?))\s*")
_OPENS = re.compile(r"^(?:https?://|mailto:|tel:).", re.I)
_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)?(?:www\.)?", re.I)


def one_line(words: str) -> str:
    """Return ``words`` without control characters, with single spaces."""
    return _SPACE.sub(" ", _CONTROL.sub("", words)).strip()


def plain_text(html: str) -> str:
    """Return what a page says: one paragraph a line, unlike blocks divided by an empty line."""
    safe = nh3.clean(
        unicodedata.normalize("NFC", _CONTROL.sub("", html)),
        tags=_KEPT,
        clean_content_tags=_DROPPED,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel=None,
    )
    body = LexborHTMLParser(safe).body
    return _joined(_Reader().read(body)) if body is not None else ""


def _steps(root: LexborNode) -> Iterator[tuple[bool, LexborNode]]:
    """Yield every node on entering it and on leaving; no recursion, as pages may nest deep."""
    stack = [(False, root), (True, root)]
    while stack:
        entering, node = stack.pop()
        yield entering, node
        if entering:
            for child in reversed(list(node.iter(include_text=True))):
                stack += [(False, child), (True, child)]


class _Reader:
    """Collects the lines of a page: (group, text), lines of a group stand below each other."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.open: Counter[str] = Counter()
        self.words: list[str] = []
        self.all_bold = True
        self.paragraph = 0
        self.mark = ""  # of the list item that begins
        self.lists: list[int] = []  # of every open list its last number, -1 without numbers
        self.links: list[tuple[str, int]] = []  # addresses, and where the link's words begin

    def read(self, root: LexborNode) -> list[tuple[str, str]]:
        for entering, node in _steps(root):
            if node.tag == "-text":
                if entering:
                    self._say(node.text_content or "")
            elif entering:
                self.open[node.tag or ""] += 1
                self._enter(node.tag or "", node)
            else:
                self._leave(node.tag or "")
                self.open[node.tag or ""] -= 1
        self._close()
        return self.lines

    def _say(self, words: str) -> None:
        self.words.append(words)
        if words.strip() and not (self.open["b"] or self.open["strong"]):
            self.all_bold = False

    def _enter(self, tag: str, node: LexborNode) -> None:
        if tag == "a":
            self.links.append((node.attributes.get("href") or "", len(self.words)))
        elif self.open["tr"] and tag in _BLOCKS | {"br", "td", "th"} and tag != "tr":
            self.words.append(" | " if tag in {"td", "th"} and self.words else " ")
        elif tag == "br":
            self._close()
        elif tag in _BLOCKS:
            self._close()
            self.paragraph += 1
            if tag in {"ol", "ul"}:
                self.lists.append(0 if tag == "ol" else -1)
            if tag == "li":
                self.mark = self._next_mark()

    def _leave(self, tag: str) -> None:
        if tag == "a":
            address, begin = self.links.pop()
            self.words.append(_address(address, "".join(self.words[begin:])))
        elif tag in _BLOCKS and (tag == "tr" or not self.open["tr"]):
            self._close()
            self.paragraph += 1
            if tag in {"ol", "ul"}:
                self.lists.pop()

    def _next_mark(self) -> str:
        if not self.lists or self.lists[-1] < 0:
            return "• "
        self.lists[-1] += 1
        return f"{self.lists[-1]}. "

    def _close(self) -> None:
        text = _MARK.sub("", one_line("".join(self.words)).strip("| "))
        if text:
            self.lines.append((self._group(text), self.mark + text))
            self.mark = ""
        self.words, self.all_bold = [], True

    def _group(self, text: str) -> str:
        if any(self.open[heading] for heading in _HEADINGS) and len(text) <= HEADING_MAX:
            return HEADING
        if self.open["li"]:
            return "list"
        if self.open["tr"]:
            return "table"
        bold = self.all_bold and len(text) <= BOLD_HEADING_MAX and text[-1] not in ".!?"
        return f"{BOLD if bold else 'text'} {self.paragraph}"


def _joined(lines: list[tuple[str, str]]) -> str:
    said = ""
    before = None
    for position, (group, text) in enumerate(lines):
        after = lines[position + 1][0] if position + 1 < len(lines) else HEADING
        kind, _, paragraph = group.partition(" ")
        others = {one.partition(" ")[2] for one in (before or "", after)}
        # A bold line is a heading where it stands alone and something stands below it.
        alone = kind == BOLD and paragraph not in others
        if alone and after.partition(" ")[0] not in {HEADING, BOLD}:
            group = HEADING
        if group == HEADING:
            text = f"## {text}"
        same = before is not None and group != HEADING and _place(group) == _place(before)
        said += text if before is None else f"\n{text}" if same else f"\n\n{text}"
        before = group
    return said


def _place(group: str) -> str:
    """Return what two lines must share to stand below each other without an empty line."""
    return group.partition(" ")[2] or group


def _address(address: str, shown: str) -> str:
    """Return what to add after a link's text: its address, unless the text is the address."""
    address = _SPACE.sub("", address)
    if not _OPENS.match(address) or not shown.strip() or _bare(address) == _bare(shown):
        return ""
    return " (" + address.replace("(", "%28").replace(")", "%29") + ")"


def _bare(address: str) -> str:
    """Return an address as people write it, so that one beside itself is noticed."""
    return re.sub(r"[\s/()-]", "", _SCHEME.sub("", unquote(address).strip())).lower()
