# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV for people who open it in a spreadsheet: no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # an amount, or a number in E.164


def cell(value: object) -> str:
    """A cell's text. Where a spreadsheet would compute it, an apostrophe stands before it."""
    text = "" if value is None else str(value)
    harmful = text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) and not _PLAIN.fullmatch(text)
    return f"'{text}" if harmful else text


def text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A sheet with its head."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()
