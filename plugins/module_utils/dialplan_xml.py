# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dialplans as XML and as detail rows: FusionPBX serves the one and edits the other, so both must say the same."""

from __future__ import annotations

from xml.etree import ElementTree

from .errors import EngineError

# Condition types that FreeSWITCH takes as attributes of one <condition>; consecutive ones are merged.
TIME_TYPES = frozenset(
    ["hour", "minute", "minute-of-day", "mday", "mweek", "mon", "time-of-day", "yday", "year", "wday", "week", "date-time"]
)
# Attributes that change what a condition's times mean, and for which there are no detail rows.
_LOST = frozenset(["tz-offset", "timezone", "dst", "require-nested"])
_TAG_ORDER = {"condition": 0, "regex": 1, "action": 2, "anti-action": 3}


def detail(tag, type_, data, group=0, order=0, inline=None, break_=None, enabled=True):
    """One row of v_dialplan_details, without uuids."""
    return {
        "dialplan_detail_tag": tag,
        "dialplan_detail_type": type_ or None,
        "dialplan_detail_data": data or None,
        "dialplan_detail_break": break_ or None,
        "dialplan_detail_inline": inline or None,
        "dialplan_detail_group": group,
        "dialplan_detail_order": order,
        "dialplan_detail_enabled": enabled,
    }


def parse(text):
    """The <extension> element of a dialplan XML text; EngineError when it is not well formed or is something else."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise EngineError("A dialplan XML must not declare a document type or entities.")
    try:
        element = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise EngineError("A dialplan XML is not well formed: {0}.".format(error)) from None
    if element.tag != "extension":
        raise EngineError("A dialplan XML must be one <extension>, not <{0}>.".format(element.tag))
    return element


def details_from(extension, number):
    """Detail rows of an <extension> element in document order.

    number(details_so_far, tag) gives the order of the next row: pages, the importer and the destination page count
    differently. The group rises after each condition that has actions (FusionPBX's importer).
    """
    rows = []
    group = 0
    for condition in extension:
        if condition.tag != "condition":
            raise EngineError("A dialplan XML may hold only <condition> under <extension>, not <{0}>.".format(condition.tag))
        rows.extend(_condition_rows(condition, group, rows, number))
        has_actions = False
        for child in condition:
            if child.tag in ("action", "anti-action"):
                has_actions = True
                rows.append(
                    detail(
                        child.tag,
                        child.get("application"),
                        child.get("data"),
                        group,
                        number(rows, child.tag),
                        inline=child.get("inline"),
                        enabled=_enabled(child),
                    )
                )
            elif child.tag == "regex":
                rows.append(detail("regex", child.get("field"), child.get("expression"), group, number(rows, "regex")))
            else:
                raise EngineError("A dialplan XML may not hold <{0}> under <condition>.".format(child.tag))
        if has_actions:
            group += 1
    return rows


def refused_characters(details):
    """The first value with a character that FusionPBX's dialplan editor writes unescaped into the XML, or None.

    Such a route would lose its XML when someone saves it there, so templates may not give one.
    """
    for row in details:
        for name in ("dialplan_detail_type", "dialplan_detail_data"):
            value = row[name]
            if value and any(character in value for character in '<>&"'):
                return value
    return None


def to_extension(name, continues, order, details):
    """An <extension> text like a rendered route template gives: disabled rows stand as enabled="false"."""
    root = ElementTree.Element("extension", name=name or "", **{"continue": "true" if continues else "false"})
    root.set("order", str(order or 0))
    groups = {}
    for row in sorted(details, key=position):
        groups.setdefault(int(row["dialplan_detail_group"] or 0), []).append(row)
    for group in sorted(groups):
        element = root
        for row in groups[group]:
            tag = row["dialplan_detail_tag"]
            if tag == "condition":
                element = ElementTree.SubElement(root, "condition", _condition_attributes(row))
            else:
                names = ("field", "expression") if tag == "regex" else ("application", "data")
                child = ElementTree.SubElement(element, tag)
                child.set(names[0], row["dialplan_detail_type"] or "")
                child.set(names[1], row["dialplan_detail_data"] or "")
                if row["dialplan_detail_inline"]:
                    child.set("inline", row["dialplan_detail_inline"])
                if row["dialplan_detail_enabled"] in (False, "false"):
                    child.set("enabled", "false")
    return ElementTree.tostring(root, encoding="unicode")


def _condition_attributes(row):
    type_ = row["dialplan_detail_type"] or ""
    data = row["dialplan_detail_data"] or ""
    attributes = {type_: data} if type_ == "regex" or type_ in TIME_TYPES else {"field": type_, "expression": data}
    if row["dialplan_detail_break"]:
        attributes["break"] = row["dialplan_detail_break"]
    return attributes


def position(row):
    """Where a detail row stands in its dialplan: by group, kind and order."""
    return (
        int(row["dialplan_detail_group"] or 0),
        _TAG_ORDER.get(row["dialplan_detail_tag"], 100),
        int(row["dialplan_detail_order"] or 0),
    )


def _condition_rows(condition, group, rows, number):
    found = []
    break_ = condition.get("break")
    enabled = _enabled(condition)
    _refuse_condition(condition, [row for row in rows if row["dialplan_detail_group"] == group])
    if condition.get("regex"):
        found.append(("regex", condition.get("regex")))
    found.extend((name, value) for name, value in condition.attrib.items() if name in TIME_TYPES)
    if not found:
        found.append((condition.get("field"), condition.get("expression")))
    made = []
    for type_, data in found:
        made.append(detail("condition", type_, data, group, number(rows + made, "condition"), break_=break_, enabled=enabled))
    return made


def _refuse_condition(condition, before):
    """Refuse a <condition> that its detail rows (before: those of its group so far) could not say: it would match more."""
    names = {name for name, value in condition.attrib.items() if name != "regex" or value}
    times = names & TIME_TYPES
    if names & _LOST:
        raise EngineError("FusionPBX cannot keep {0} of a <condition>.".format(", ".join(sorted(names & _LOST))))
    if not times and not names & {"field", "expression", "regex"}:
        raise EngineError("A <condition> without field, expression, regex or a time would match every call.")
    if len([kind for kind in (times, names & {"field", "expression"}, names & {"regex"}) if kind]) > 1:
        raise EngineError("A <condition> may have a field, a regex or times, but not two of them: write two conditions.")
    if times & {row["dialplan_detail_type"] for row in before if row["dialplan_detail_tag"] == "condition"}:
        raise EngineError("One time stands in two conditions of an <extension>, which FusionPBX would merge.")


def _enabled(element):
    return element.get("enabled", "true") != "false"


def by_tens(rows, tag):
    """Order of the outbound route page: 10, 20, 30 ..."""
    return (len(rows) + 1) * 10


def by_destination_page(rows, tag):
    """Order of the destination page: the condition 20, then a gap for the standard actions, 40, 50 ..."""
    if not rows:
        return 20
    last = rows[-1]
    step = 20 if last["dialplan_detail_tag"] == "condition" and tag == "action" else 10
    return last["dialplan_detail_order"] + step


class XmlWriter:
    """Writes the <extension> text that FusionPBX's dialplan class makes of the same detail rows.

    Parameters: name, uuid and continue_ (as text: FusionPBX writes 1 or nothing on real booleans, true/false on text
    ones); standard_actions, the actions put before the first action of each group in the context public.
    """

    def __init__(self, name, uuid, continue_, standard_actions=()):
        self.head = '<extension name="{0}" continue="{1}" uuid="{2}">'.format(name, continue_, uuid)
        self.standard = [_action_line(detail("action", t, d, inline="true")) for t, d in standard_actions]

    def write(self, details):
        """The XML text, tab-indented, without a final newline; rows with enabled false are left out."""
        return self.around(self.body(details))

    def around(self, body):
        """The XML text of a body that was made before."""
        return "".join((self.head, "\n", body, "</extension>"))

    def body(self, details):
        """What stands between the tags of the extension: the same for all dialplans with these rows."""
        lines = []
        rows = sorted(
            (row for row in details if row["dialplan_detail_enabled"] not in (False, "false")),
            key=position,
        )
        groups = {}
        for row in rows:
            groups.setdefault(int(row["dialplan_detail_group"] or 0), []).append(row)
        for group in sorted(groups):
            lines.extend(self._group(groups[group]))
        return "".join(line + "\n" for line in lines)

    def _group(self, rows):
        conditions = _merge_time([row for row in rows if row["dialplan_detail_tag"] == "condition"])
        regexes = [row for row in rows if row["dialplan_detail_tag"] == "regex"]
        actions = [row for row in rows if row["dialplan_detail_tag"] in ("action", "anti-action")]
        lines = []
        for position, (attributes, is_regex) in enumerate(conditions):
            last = position == len(conditions) - 1
            if last and (actions or is_regex):
                lines.append("\t<condition {0}>".format(attributes))
                lines.extend(
                    '\t\t<regex field="{0}" expression="{1}"{2}/>'.format(r["dialplan_detail_type"] or "", _data(r), _break(r))
                    for r in regexes
                )
                if any(row["dialplan_detail_tag"] == "action" for row in actions):
                    lines.extend(self.standard)
                lines.extend(_action_line(row) for row in actions)
                lines.append("\t</condition>")
            else:
                lines.append("\t<condition {0}/>".format(attributes))
        return lines


def _merge_time(conditions):
    merged = []
    pending = []
    for row in [*conditions, None]:
        is_time = row is not None and row["dialplan_detail_type"] in TIME_TYPES
        if is_time:
            pending.append(row)
            continue
        if pending:
            attributes = "".join('{0}="{1}" '.format(r["dialplan_detail_type"], _data(r)) for r in pending)
            merged.append((attributes + _break(pending[-1]), False))
            pending = []
        if row is not None:
            is_regex = row["dialplan_detail_type"] == "regex"
            if is_regex:
                text = 'regex="{0}"'.format(_data(row))
            else:
                text = 'field="{0}" expression="{1}"'.format(row["dialplan_detail_type"] or "", _data(row))
            merged.append((text + _break(row), is_regex))
    return merged


def _data(row):
    return (row["dialplan_detail_data"] or "").replace("$$", "$")


def _break(row):
    return ' break="{0}"'.format(row["dialplan_detail_break"]) if row.get("dialplan_detail_break") else ""


def _action_line(row):
    inline = ' inline="{0}"'.format(row["dialplan_detail_inline"]) if row["dialplan_detail_inline"] else ""
    return '\t\t<{0} application="{1}" data="{2}"{3}/>'.format(
        row["dialplan_detail_tag"], row["dialplan_detail_type"] or "", _data(row), inline
    )


def same_xml(one, other):
    """True when two dialplan XML texts mean the same to the switch: layout and the spelling of continue do not count."""
    if one == other:
        return True
    if not one or not other:
        return False
    try:
        return _meaning(ElementTree.fromstring(one)) == _meaning(ElementTree.fromstring(other))
    except ElementTree.ParseError:
        return False


def _meaning(element):
    attributes = dict(element.attrib.items())
    if element.tag == "extension":
        attributes["continue"] = "true" if attributes.get("continue") in ("1", "true") else ""
    return element.tag, tuple(sorted(attributes.items())), tuple(_meaning(child) for child in element)
