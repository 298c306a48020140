"""Draw docs/images/demo.svg from what `make demo` printed: demo_picture.py LOG."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images" / "demo.svg"
WIDTH, LINE, LONGEST = 1000, 18, 122
PLAIN, STRONG, DIM, GOOD, BAD = "#d6dae0", "#ffffff", "#8a919c", "#98c379", "#e06c75"
# What the picture shows of the log: from a line that begins so, at most so many lines.
PARTS = (
    ("== Four orders", 7), ("$ voipbox order place", 8), ("$ voipbox numbers ledger", 5), ("$ voipbox order list", 6),
    ("== Canal failed", 3), ("== Veld", 3), ("$ voipbox regulatory number", 6), ("Order 4: Awaiting Provider", 8),
    ("== The same by hand", 1), ("lab-pbx", 1), ("== Summary", 7), ("Done:", 1),
)  # fmt: skip


def chosen(lines: list[str]) -> list[str]:
    """The lines of the picture, in the order of the log."""
    found, at = ["$ make demo"], 0
    for start, count in PARTS:
        position = next((n for n in range(at, len(lines)) if lines[n].startswith(start)), None)
        if position is None:
            continue
        found += ["", *lines[position : position + count]] if start.startswith("==") else lines[position : position + count]
        at = position + count
    return found


def colour(line: str) -> str:
    """A line's colour."""
    if line.startswith("=="):
        return STRONG
    if line.startswith("$"):
        return DIM
    if "Failed" in line or "failed)" in line:
        return BAD
    return GOOD if re.search(r"Completed|confirmed|changed=0|Done:|active", line) else PLAIN


def picture(lines: list[str]) -> str:
    """The lines as SVG."""
    height = LINE * (len(lines) + 2)
    rows = [_row(n, line) for n, line in enumerate(lines)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    font = '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" xml:space="preserve">'
    return "\n".join(
        [
            f'{head} role="img" aria-label="Terminal output of make demo">',
            '<rect width="100%" height="100%" rx="8" fill="#16181d"/>', font, *rows, "</g>", "</svg>", "",
        ]
    )  # fmt: skip


def _row(number: int, line: str) -> str:
    words = html.escape(line[:LONGEST]).replace(" ", "\u00a0")
    return f'<text x="20" y="{30 + LINE * number}" fill="{colour(line)}">{words}</text>'


def main() -> int:
    """Read the log, write the picture."""
    root = str(TARGET.parents[2])
    text = re.sub(r"\x1b\[[0-9;]*m", "", Path(sys.argv[1]).read_text(encoding="utf-8")).replace(root, "~/voipbox")
    TARGET.write_text(picture(chosen(text.splitlines())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
