"""fusionpbx_inbound_route from outside, through its action plugin."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import true

MODULE = "fusionpbx_inbound_route"
DOMAIN = "acme.pbx.example.com"
NUMBER = "+14165550100"
DESK = {"domain": DOMAIN, "number": NUMBER, "extension": "1001", "description": "Main number"}


@pytest.fixture(scope="module", autouse=True)
def _tenant(bench):
    bench.given(
        ("fusionpbx_domain", {"domains": [{"name": DOMAIN}, {"name": "harbour.pbx.example.com"}]}),
        ("fusionpbx_extension", {"domain": DOMAIN, "extensions": [{"number": "1001"}, {"number": "1002"}]}),
        ("fusionpbx_extension", {"domain": "harbour.pbx.example.com", "number": "1001"}),
    )


def destinations(bench, national="4165550100"):
    return bench.rows("v_destinations", DOMAIN, f"t.destination_number = '{national}'")


def dialplan(bench, destination):
    (row,) = bench.sql("SELECT * FROM v_dialplans WHERE dialplan_uuid = %s", destination["dialplan_uuid"])
    return row


def test_a_route_appears_as_destination_and_dialplan(bench):
    result = bench.appears(MODULE, DESK, lambda: destinations(bench))
    assert result["created"] == ["inbound route " + NUMBER]
    (row,) = destinations(bench)
    assert row["destination_prefix"] == "1"
    assert row["destination_description"] == "Main number"
    assert json.dumps(row["destination_actions"]).count("1001 XML " + DOMAIN) == 1
    assert true(row["destination_enabled"])
    plan = dialplan(bench, row)
    assert plan["dialplan_context"] == "public"
    assert 'data="1001 XML acme.pbx.example.com"' in plan["dialplan_xml"]
    details = bench.sql("SELECT * FROM v_dialplan_details WHERE dialplan_uuid = %s", row["dialplan_uuid"])
    assert {(d["dialplan_detail_type"], d["dialplan_detail_data"]) for d in details} >= {("transfer", "1001 XML " + DOMAIN)}


def test_one_option_changes_and_the_dialplan_follows(bench):
    wanted = dict(DESK, extension="1002")
    before = bench.snapshot()
    predicted = bench.done(MODULE, wanted, check=True, diff=True)
    assert predicted["updated"] == ["inbound route " + NUMBER]
    assert bench.changed_since(before) == {}
    bench.done(MODULE, wanted)
    assert set(bench.changed_since(before)) == {"v_destinations", "v_dialplans", "v_dialplan_details"}
    (row,) = destinations(bench)
    assert 'data="1002 XML acme.pbx.example.com"' in dialplan(bench, row)["dialplan_xml"]
    bench.unchanged(MODULE, wanted)


def test_a_list_and_a_template_of_the_site(bench, tmp_path):
    (tmp_path / "greeting.xml.j2").write_text(
        '<extension name="{{ number }}" continue="false">\n'
        '  <condition field="destination_number" expression="{{ expression }}">\n'
        '    <action application="playback" data="{{ variables.file }}"/>\n'
        "  </condition>\n"
        "</extension>\n"
    )
    wanted = {
        "domain": DOMAIN,
        "template_path": [str(tmp_path)],
        "routes": [
            {"number": "+14165550101", "extension": "1001"},
            {"number": "+14165550102", "template": "greeting", "variables": {"file": "ivr/it's open.wav"}},
        ],
    }
    result = bench.done(MODULE, wanted)
    assert result["created"] == ["inbound route +14165550101", "inbound route +14165550102"]
    plan = dialplan(bench, destinations(bench, "4165550102")[0])
    assert "it's open.wav" in plan["dialplan_xml"]
    bench.unchanged(MODULE, wanted)
    wanted["routes"][1]["variables"]["file"] = '"/><action application="system" data="x'
    before = bench.snapshot()
    result = bench.run_module(MODULE, wanted)
    assert result["failed"] and result["msg"].startswith("routes[1].template: ")
    assert bench.changed_since(before) == {}


def test_what_would_do_harm_is_refused(bench):
    before = bench.snapshot()
    play = bench.play(
        (MODULE, dict(DESK, domain="harbour.pbx.example.com")),
        (MODULE, dict(DESK, extension="1999")),
        (MODULE, dict(DESK, number="416-555-0100")),
        (MODULE, dict(DESK, template="no_such_template")),
        (MODULE, dict(DESK, state="abzent")),
        (MODULE, dict(DESK, no_such_option=1)),
        (MODULE, dict(DESK, domain="nowhere.pbx.example.com")),
        (MODULE, {"domain": DOMAIN, "extension": "1001"}),
    )
    texts = [result.get("msg", "") for result in play.results]
    assert all(result["failed"] for result in play.results), texts
    assert "belongs to another tenant" in texts[0]
    assert "there is no extension 1999" in texts[1]
    assert "E.164" in texts[2]
    assert "no_such_template" in texts[3]
    assert "state" in texts[4]
    assert "no_such_option" in texts[5]
    assert "does not exist" in texts[6]
    assert "number" in texts[7]
    assert bench.changed_since(before) == {}


def test_options_have_types_and_places(bench):
    bench.unchanged(MODULE, {"domain": DOMAIN, "number": NUMBER, "extension": 1002, "enabled": "yes"})
    play = bench.play(
        (MODULE, dict(DESK, enabled="perhaps")),
        (MODULE, dict(DESK, routes=[])),
        (MODULE, {"domain": DOMAIN, "routes": [{"number": NUMBER, "extension": "1001", "colour": "red"}]}),
        (MODULE, {"domain": DOMAIN, "number": "+14165550103"}),
        (MODULE, {"domain": DOMAIN, "routes": [{"number": "+14165550103"}]}),
    )
    texts = [result.get("msg", "") for result in play.results]
    assert all(result["failed"] for result in play.results), texts
    assert "enabled" in texts[0] and "bool" in texts[0]
    assert "mutually exclusive" in texts[1]
    assert "colour" in texts[2]
    assert "trunk." not in texts[3] and "routes" not in texts[3]
    assert "routes[0].extension: " in texts[4]


def test_a_route_goes_with_its_dialplan(bench):
    gone = {"domain": DOMAIN, "number": NUMBER, "state": "absent"}
    before = bench.snapshot()
    assert bench.done(MODULE, gone, check=True)["removed"] == ["inbound route 14165550100"]
    assert bench.changed_since(before) == {}
    identity = destinations(bench)[0]["dialplan_uuid"]
    bench.done(MODULE, gone)
    assert destinations(bench) == []
    assert bench.sql("SELECT 1 FROM v_dialplans WHERE dialplan_uuid = %s", identity) == []
    assert bench.sql("SELECT 1 FROM v_dialplan_details WHERE dialplan_uuid = %s", identity) == []
    assert destinations(bench, "4165550101")
    bench.unchanged(MODULE, gone)
