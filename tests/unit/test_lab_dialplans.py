"""The lab's default dialplans: the right ones are there, and two independent readers make the same rows of them."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import default_dialplans
from voipbox_lab import dialplan_import, neighbour, tables
from voipbox_lab.rows import Rows
from voipbox_lab.seed import rows_of
from voipbox_lab.webroot import SOURCE, install

DOMAIN = "acme.pbx.example.com"
PIN = "95071384"
_KEYS = ("dialplan_uuid", "domain_uuid", "dialplan_detail_uuid")


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value not in (None, "") else None


def by_app(rows):
    found = {row["app_uuid"]: row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def found():
    return dialplan_import.read(SOURCE, DOMAIN, PIN)


def test_each_domain_gets_32_and_the_identifiers_are_unique(found):
    assert sum(not one.is_global for one in found) == 32
    assert len({one.row["app_uuid"] for one in found}) == len(found)


def test_what_readers_stumble_over_is_all_there():
    files = [ElementTree.parse(path).getroot() for path in SOURCE.glob(dialplan_import.PATTERN)]
    texts = [path.read_text() for path in SOURCE.glob(dialplan_import.PATTERN)]
    conditions = list(itertools.chain.from_iterable(file.iter("condition") for file in files))
    assert sum("{v_pin_number}" in text for text in texts) == 6
    assert any("{v_context}" in text for text in texts)
    assert any(text.startswith("<!--") for text in texts)
    assert any("&lt;" in text for text in texts)
    assert any("$${" in text for text in texts)
    assert any(file.get("context") == "conf-xfer@${domain_name}" for file in files)
    assert any(file.get("continue") is None for file in files)
    assert any(file.get("number") is None for file in files)
    assert any((file.get("order") or "").startswith("0") for file in files)
    assert any(not condition.attrib for condition in conditions)
    assert any(condition.get("field") == "" for condition in conditions)
    assert {condition.get("break") for condition in conditions} >= {None, "", "never", "on-true", "on-false"}
    assert any(file.find(".//anti-action") is not None for file in files)
    assert {action.get("inline") for file in files for action in file.iter("action")} >= {None, "true", "false"}
    assert any(action.get("data") is None for file in files for action in file.iter("action"))


@pytest.mark.parametrize("real_booleans", [True, False])
def test_the_collection_reads_the_same_rows_and_xml(found, real_booleans):
    templates = default_dialplans.read_templates(str(SOURCE))
    dialplans, details = default_dialplans.rows_for(templates, DOMAIN, "the-domain", set(), real_booleans)
    theirs = by_app(dialplans)
    ours = by_app([one.row for one in found if not one.is_global])
    assert theirs.keys() == ours.keys()
    for one in (one for one in found if not one.is_global):
        row = theirs[one.row["app_uuid"]]
        pins = {
            detail["dialplan_detail_data"].partition("=")[2]
            for detail in details
            if detail["dialplan_uuid"] == row["dialplan_uuid"]
            and (detail["dialplan_detail_data"] or "").startswith("pin_number=")
        }
        pin = pins.pop() if pins else "none"
        assert {key: text_of(row[key]) for key in one.row} == one.row
        mine = [
            {key: text_of(value) for key, value in detail.items() if key not in _KEYS}
            for detail in details
            if detail["dialplan_uuid"] == row["dialplan_uuid"]
        ]
        expected = [{key: value.replace(PIN, pin) if value else value for key, value in detail.items()} for detail in one.details]
        assert mine == expected, one.row["dialplan_name"]
        assert row["dialplan_xml"] == one.xml(row["dialplan_uuid"], real_booleans).replace(PIN, pin)


@pytest.mark.parametrize("shape", tables.SHAPES)
def test_seeded_xml_is_well_formed_and_says_what_the_details_say(shape):
    seeded: Rows = rows_of(shape, SOURCE, {})
    for row in seeded.rows["v_dialplans"]:
        text = row["dialplan_xml"]
        if row["dialplan_name"] == "call-forward-all":  # its only special characters stand in a disabled row
            assert "&lt;" not in text
        element = ElementTree.fromstring(text)
        assert element.get("uuid") == row["dialplan_uuid"]
        enabled = [
            detail
            for detail in seeded.rows["v_dialplan_details"]
            if detail["dialplan_uuid"] == row["dialplan_uuid"] and detail["dialplan_detail_enabled"] != "false"
        ]
        in_xml = sum(1 for _ in element.iter()) - 1
        standard = 3 if row.get("dialplan_number") == neighbour.NUMBER else 0
        assert in_xml == len(enabled) + standard, row["dialplan_name"]


def test_install_makes_a_fresh_copy(tmp_path):
    target = tmp_path / "www"
    install(target)
    (target / "app" / "leftover.xml").touch()
    install(target)
    copied = {path.relative_to(target) for path in target.rglob("*.xml")}
    assert copied == {path.relative_to(SOURCE) for path in SOURCE.rglob("*.xml")}
