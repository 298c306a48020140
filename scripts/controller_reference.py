"""Write pages of docs/reference (see PAGES) from the tables of the controller; --check: only compare."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
sys.path.insert(0, str(ROOT / "controller"))

from voipbox.core import settings_table  # noqa: E402 - after the path
from voipbox.orders import field_rules, moves  # noqa: E402 - after the path
from voipbox.orders.statuses import BADGES, WAITS_FOR, Status, statuses_of  # noqa: E402 - after the path
from voipbox.retention import table  # noqa: E402 - after the path

KINDS = {moves.PLAIN: "plain", moves.REGULATED: "regulated", moves.ANY: "both"}


def settings_page() -> str:
    """The page of the settings."""
    return "\n".join(
        [
            "# Settings",
            "",
            "Read from the environment when a process starts; `voipbox settings` prints this table. No secret stands in any of "
            "them: secrets are in files that they name.",
            "",
            settings_table.markdown(),
            "",
        ]
    )


def moves_page() -> str:
    """The page of statuses and moves."""
    lines = [
        "# Moves of an order",
        "",
        "An order changes its status by these moves alone; `voipbox order act ORDER ACTION`, the API and the pages "
        "make them. An order is regulated when the provider of its number wants documents first. Where a reason is required, the "
        "command takes it with `--reason`.",
        "",
    ]
    for title, regulated in (("Plain orders", False), ("Regulated orders", True)):
        lines += [f"## {title}", "", "```mermaid", moves.diagram(regulated), "```", ""]
    lines += ["## All moves", "", "| action | button | from | to | orders | who | must hold | follows | reason |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- | --- |", *(_row(move) for move in moves.MOVES)]
    lines += ["", "## Statuses", "", "| status | badge | orders | waits for |", "| --- | --- | --- | --- |"]
    lines += [f"| `{status}` | {BADGES[status].text} | {_kind(status)} | {WAITS_FOR.get(status, '')} |" for status in Status]
    return "\n".join(lines) + "\n"


def fields_page() -> str:
    """The page of the fields of an order."""
    return "\n".join(
        [
            "# Fields of an order, and who may put what into them",
            "",
            "The same rules hold on every way in: checkout, API, `voipbox order place`, CSV and YAML batches, and the correction "
            "of an order, where they are asked of what is changed. A program's token without a person acts as an operator, or as "
            "an administrator where it may change the catalog; a client's token acts as that client. Staff that acts as a client "
            "counts as staff. An auditor orders nothing; a client corrects nothing after an order was placed.",
            "",
            field_rules.markdown(),
            "",
        ]
    )


def people_page() -> str:
    """The page of personal data."""
    return "\n".join(
        [
            "# Personal data",
            "",
            "Everything that may tell of a person, how long it is kept, and what an erasure does with it. "
            "`voipbox person export EMAIL --to FOLDER` writes what is known of somebody, documents too; "
            "`voipbox person erase EMAIL --confirm EMAIL` erases it and says what it keeps, and why. Both find a person whatever "
            "the capitals of the address. Days are [settings](settings.md). Copies of the database (backups, its log) and what "
            "stands at providers and on PBX servers end by their own rules.",
            "",
            table.markdown(),
            "",
        ]
    )


def _row(move: moves.Move) -> str:
    cells = (
        f"`{move.action}`",
        move.label,
        _names(status for status in Status if status in move.sources),
        f"`{move.target}`",
        KINDS[move.kinds],
        ", ".join(sorted(move.who)),
        _words((*move.guard, *move.late)),
        _words(move.effects),
        "required" if move.needs_reason else "",
    )
    return f"| {' | '.join(cells)} |"


def _names(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _words(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _kind(status: Status) -> str:
    kinds = [name for name, regulated in (("plain", False), ("regulated", True)) if status in statuses_of(regulated)]
    return kinds[0] if len(kinds) == 1 else "both"


PAGES = {
    REFERENCE / "settings.md": settings_page,
    REFERENCE / "moves.md": moves_page,
    REFERENCE / "order-fields.md": fields_page,
    REFERENCE / "personal-data.md": people_page,
}


def main() -> int:
    """Write or check; exit code 1 when a page is out of date."""
    texts = {path: page() for path, page in PAGES.items()}
    if "--check" in sys.argv:
        return 0 if all(path.exists() and path.read_text(encoding="utf-8") == text for path, text in texts.items()) else 1
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
