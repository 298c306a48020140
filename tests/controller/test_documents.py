"""What is written about settings and moves is made from the tables that the program uses."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from voipbox.core import settings_table
from voipbox.core.config import Config
from voipbox.orders import moves
from voipbox.orders.statuses import BADGES, Status

from tests.controller.conftest import ROOT

REFERENCE = ROOT / "docs" / "reference"
SCRIPT = ROOT / "scripts" / "controller_reference.py"


def page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_the_pages_are_up_to_date_wherever_the_script_runs():
    kept = ("PATH", "HOME")
    environment = {name: os.environ[name] for name in kept} | {"VOIPBOX_STATE_DIR": "/elsewhere", "VOIPBOX_LINK_HOURS": "5"}
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), "run scripts/controller_reference.py"


def test_the_settings_are_the_table_under_a_title():
    text = page("settings.md")
    assert text.startswith("# Settings\n")
    assert text.endswith(f"\n\n{settings_table.markdown()}\n")


def test_every_setting_stands_in_its_table_once_with_a_meaning():
    rows = [line.split(" | ") for line in settings_table.markdown().splitlines()[2:]]
    assert len(rows) == len(Config.model_fields)
    assert all(len(row) == 4 and len(row[3]) > len("meaning |") for row in rows)
    for name in Config.model_fields:
        assert sum(f"`VOIPBOX_{name.upper()}`" in row[0] for row in rows) == 1


def test_no_default_tells_of_the_machine_that_wrote_the_page():
    assert str(ROOT) not in page("settings.md")
    assert os.path.expanduser("~/") not in page("settings.md")  # noqa: PTH111 - as text


def test_the_diagrams_are_those_of_the_table():
    shown = re.findall(r"```mermaid\n(.*?)\n```", page("moves.md"), re.DOTALL)
    assert shown == [moves.diagram(False), moves.diagram(True)]


def test_a_diagram_tells_every_move_of_its_kind():
    for regulated in (False, True):
        told = set(moves.diagram(regulated).splitlines())
        for move in moves.MOVES:
            for source in move.sources:
                assert (f"    {source} --> {move.target}: {move.action}" in told) or regulated not in move.kinds


def test_the_table_holds_every_move():
    section = page("moves.md").split("## All moves")[1].split("## Statuses")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == len(moves.MOVES)
    for row, move in zip(rows, moves.MOVES, strict=True):
        assert (row[0], row[1], row[3]) == (f"`{move.action}`", move.label, f"`{move.target}`")
        assert set(re.findall(r"`(\w+)`", row[2])) == set(move.sources)
        assert set(row[5].split(", ")) == set(move.who)
        assert ("required" in row[-1]) == move.needs_reason


def test_every_status_stands_with_its_badge():
    for status in Status:
        assert f"| `{status}` | {BADGES[status].text} |" in page("moves.md")
