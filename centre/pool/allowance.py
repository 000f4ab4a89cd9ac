"""The list for the expense allowance: who helped how much, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from centre import county, format
from centre.pool.coordination import Served
from translations.catalogue import say

BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(rows: Iterable[Served], month: date, language: str) -> bytes:
    """Return the list as a CSV file that German spreadsheet programs open as it is.

    Args:
        rows: what was done in the month.
        month: any day of it.
        language: of the headings and of what languages are called.

    Returns:
        UTF-8 with a byte order mark, semicolons between the columns.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    heads = ("name", "month", "language", "centre", "way", "talks", "minutes")
    writer.writerow([say(f"figures.{one}", language) for one in heads])
    for row in rows:
        writer.writerow(
            [
                _safe(row.name or "–"),
                f"{month:%Y-%m}",
                format.language_name(row.language, language),
                county.centre_name(row.centre),
                say(f"pool.way_{row.way}", language),
                row.talks,
                row.minutes,
            ]
        )
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def _safe(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value
