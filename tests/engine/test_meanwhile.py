"""What others do while a run waits is looked at before routes open, and what is told is what the switch says."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import module_front, trunk
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.gateway import GatewayResource
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.outbound_route import OutboundResource
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.work import Work
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

from tests.engine.conftest import order

_OF = " WHERE domain_uuid = (SELECT domain_uuid FROM v_domains WHERE domain_name = %s)"
MEANWHILE = {
    "the gateway is removed": "DELETE FROM v_gateways" + _OF,
    "the gateway is disabled": "UPDATE v_gateways SET enabled = 'false'" + _OF,
    "a route is removed": "DELETE FROM v_dialplans" + _OF + " AND dialplan_name LIKE 'toronto.%%911%%'",
}


def trunks(session, wanted, templates=()):
    document = documents.trunk_document(copy.deepcopy(wanted), "test", RouteTemplates(list(templates)))
    return module_front.results(trunk.converge_trunks(session, [document], 5))["tenants"][0]


def bridges(bench, domain):
    return bench.rows("v_dialplans", domain, "dialplan_context = domain_name AND dialplan_xml LIKE '%%sofia/gateway/%%'")


@pytest.mark.parametrize("what", MEANWHILE)
def test_routes_stay_closed_when_their_gateway_or_one_of_them_went_while_it_was_waited_for(bench, what):
    at = list(MEANWHILE).index(what)
    wanted = order(f"meanwhile{at}.pbx.example.com", f"+141655703{at:02d}")
    bench.tenant(wanted)
    session = bench.session()
    wait = session.switch.wait_for_gateways

    def disturbed(*arguments):
        states = wait(*arguments)
        bench.sql(MEANWHILE[what], wanted["domain"])
        return states

    session.switch.wait_for_gateways = disturbed
    try:
        told = trunks(session, wanted)
    finally:
        session.close()
    assert told["failed"]
    assert "while this run waited" in told["msg"]
    left = bridges(bench, wanted["domain"])
    assert left
    assert {str(row["dialplan_enabled"]).lower() for row in left} == {"false"}
    wanted["trunk"]["gateway"]["enabled"] = True
    bench.both(wanted)
    assert {str(row["dialplan_enabled"]).lower() for row in bridges(bench, wanted["domain"])} == {"true"}


def test_routes_that_another_run_has_opened_meanwhile_are_done(bench):
    wanted = order("meanwhile9.pbx.example.com", "+14165570309")
    bench.tenant(wanted)
    session = bench.session()
    wait = session.switch.wait_for_gateways

    def disturbed(*arguments):
        states = wait(*arguments)
        bench.trunk(wanted)
        return states

    session.switch.wait_for_gateways = disturbed
    try:
        told = trunks(session, wanted)
    finally:
        session.close()
    assert not told["failed"], told["msg"]
    assert {str(row["dialplan_enabled"]).lower() for row in bridges(bench, wanted["domain"])} == {"true"}


def test_a_gateway_of_a_tenant_that_failed_otherwise_is_told_as_the_switch_has_it(bench):
    wanted = order("meanwhile4.pbx.example.com", "+14165570304")
    bench.both(wanted)
    wanted["trunk"]["provider_addresses"].append("198.51.100.77/32")
    session = bench.session()
    session.switch.not_in_providers = list
    try:
        told = trunks(session, wanted)
    finally:
        session.close()
    assert told["failed"]
    assert [gateway["state"] for gateway in told["gateways"]] == ["REGED"]


@pytest.fixture
def own_templates(tmp_path):
    """A site's template whose route bears its gateway's uuid in its name."""
    folder = tmp_path / "templates" / "outbound"
    folder.mkdir(parents=True)
    (folder / "by_uuid.xml.j2").write_text(
        "{% set expressions = ['^8([0-9]{6})$'] %}\n"
        '<extension name="out-{{ gateway.uuid }}" continue="false">'
        '<condition field="destination_number" expression="{{ expression }}">'
        '<action application="bridge" data="sofia/gateway/{{ gateway.uuid }}/$1"/></condition></extension>\n'
    )
    return [str(folder.parent)]


def test_a_route_named_by_its_gateway_counts_as_kept_and_goes_when_it_is_absent(bench, own_templates):
    wanted = order("meanwhile5.pbx.example.com", "+14165570305")
    wanted["trunk"]["outbound"] = [{"template": "by_uuid"}]
    bench.tenant(wanted)
    session = bench.session()
    try:
        told = trunks(session, wanted, own_templates)
        assert not told["failed"], told["msg"]
        (_,) = bridges(bench, wanted["domain"])
        document = documents.trunk_document(copy.deepcopy(wanted), "test", RouteTemplates(own_templates))
        work = Work(session, wanted["domain"])
        work.load()
        known = GatewayResource(work).known(document["trunk"]["gateways"])
        going = OutboundResource(work).removals(document["trunk"]["outbound"], known, purge=True)
        session.database.rollback()
        assert going == set()
        assert not trunks(session, dict(wanted, purge=["outbound"]), own_templates)["changed"]
        wanted["trunk"]["outbound"][0]["state"] = "absent"
        wanted["trunk"]["gateway"]["state"] = "absent"
        told = trunks(session, wanted, own_templates)
    finally:
        session.close()
    assert not told["failed"], told["msg"]
    assert not bridges(bench, wanted["domain"])
    assert not bench.rows("v_gateways", wanted["domain"])
