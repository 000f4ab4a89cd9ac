"""What can be wrong with a feed or a page, in words for the operator who imports it."""

from __future__ import annotations

from dataclasses import dataclass

from storage.errors import LotseError


@dataclass(frozen=True)
class Problem:
    """One page that is not imported as it is: which, what is wrong, and what to do."""

    page: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.page}: {self.what}. {self.todo}"


class FeedBroken(LotseError):
    """A feed cannot be read to its end, so nothing is changed; says where, what and what to do."""

    code = "feed_broken"

    def __init__(self, where: str, what: str, todo: str) -> None:
        super().__init__(where=where, what=what, todo=todo)
        self.where, self.what, self.todo = where, what, todo
