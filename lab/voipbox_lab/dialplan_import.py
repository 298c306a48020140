# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialplan rows of the XML files under a web root, as FusionPBX's importer and its XML writer make them.

Kept apart from the collection's own reader on purpose: the two can be held against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

PATTERN = "*/*/resources/switch/conf/dialplan/*.xml"
_STEP = 5
Row = dict[str, str | None]


@dataclass
class Dialplan:
    """One row of v_dialplans with its rows of v_dialplan_details, all values as text, without uuids and XML."""

    row: Row
    details: list[Row] = field(default_factory=list)
    is_global: bool = False

    def xml(self, uuid: str, real_booleans: bool) -> str:
        """The text for dialplan_xml.

        On real booleans FusionPBX spells a true continue 1 and a false one as nothing; on text it gives the text.
        """
        spelling = self.row["dialplan_continue"] or ""
        if real_booleans:
            spelling = "1" if spelling == "true" else ""
        return write_xml(self.row["dialplan_name"] or "", spelling, uuid, self.details)


def read(web_root: Path, domain: str, pin: str) -> list[Dialplan]:
    """The dialplans of all files, in the order of their paths, for a domain name and a PIN (digits)."""
    found = []
    for path in sorted(web_root.glob(PATTERN)):
        text = path.read_text(encoding="utf-8").replace("{v_context}", domain).replace("{v_pin_number}", pin)
        found.append(_dialplan(ElementTree.fromstring(text), domain))
    return found


def _dialplan(element: ElementTree.Element, domain: str) -> Dialplan:
    number = element.get("order")
    row: Row = {
        "app_uuid": element.get("app_uuid"),
        "dialplan_name": element.get("name"),
        "dialplan_number": element.get("number") or None,
        "dialplan_context": (element.get("context") or "").replace("${domain_name}", domain),
        "dialplan_continue": element.get("continue") or None,
        "dialplan_order": str(int(number)) if number else None,
        "dialplan_enabled": element.get("enabled") or "true",
        "dialplan_description": element.get("description") or None,
    }
    details: list[Row] = []
    order, group = _STEP, 0
    for condition in element.iterfind("condition"):
        details.append(_detail(condition, "field", "expression", group, order))
        order += _STEP
        actions = [*condition.iterfind("action"), *condition.iterfind("anti-action")]
        for action in actions:
            details.append(_detail(action, "application", "data", group, order))
            order += _STEP
        if actions:
            order += _STEP
            group += 1
    return Dialplan(row, details, element.get("global") == "true")


def _detail(element: ElementTree.Element, kind: str, data: str, group: int, order: int) -> Row:
    return {
        "dialplan_detail_tag": element.tag,
        "dialplan_detail_type": element.get(kind) or None,
        "dialplan_detail_data": element.get(data, "").strip() or None,
        "dialplan_detail_break": element.get("break") or None,
        "dialplan_detail_inline": element.get("inline") or None,
        "dialplan_detail_group": str(group),
        "dialplan_detail_order": str(order),
        "dialplan_detail_enabled": element.get("enabled", "true"),
    }


def write_xml(name: str, continues: str, uuid: str, details: Iterable[Row]) -> str:
    """The <extension> text of detail rows that stand in their order; disabled ones are left out."""
    lines = [f'<extension name="{name}" continue="{continues}" uuid="{uuid}">']
    enabled = [row for row in details if row["dialplan_detail_enabled"] != "false"]
    for _, rows in groupby(enabled, key=lambda row: row["dialplan_detail_group"]):
        lines.extend(_group(list(rows)))
    return "\n".join([*lines, "</extension>"])


def _group(rows: list[Row]) -> list[str]:
    conditions = [row for row in rows if row["dialplan_detail_tag"] == "condition"]
    actions = [row for row in rows if row["dialplan_detail_tag"] != "condition"]
    lines = []
    for row in conditions:
        text = f'field="{row["dialplan_detail_type"] or ""}" expression="{_data(row)}"'
        if row["dialplan_detail_break"]:
            text += f' break="{row["dialplan_detail_break"]}"'
        open_ended = actions and row is conditions[-1]
        lines.append(f"\t<condition {text}{'' if open_ended else '/'}>")
    for row in actions:
        inline = f' inline="{row["dialplan_detail_inline"]}"' if row["dialplan_detail_inline"] else ""
        lines.append(
            f'\t\t<{row["dialplan_detail_tag"]} application="{row["dialplan_detail_type"] or ""}" data="{_data(row)}"{inline}/>'
        )
    return [*lines, "\t</condition>"] if actions else lines


def _data(row: Row) -> str:
    return (row["dialplan_detail_data"] or "").replace("$$", "$")
