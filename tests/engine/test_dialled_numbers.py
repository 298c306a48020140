"""The register of dialled numbers, asked before anything is written, and verifying that dials in thought as the switch does."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput

from tests.engine.conftest import order
from tests.engine.test_states import verified


def with_extension(number, domain="dial.pbx.example.com", did="+14165570301", **trunk):
    wanted = order(domain, did)
    wanted["extensions"].append({"number": number, "password": "Sip-Pass-9"})
    wanted["trunk"].update(trunk)
    return wanted


@pytest.mark.parametrize(
    ("number", "trunk", "cause"),
    [
        ("911", {}, "911 is an emergency number"),
        ("933", {}, "933 is an emergency number"),
        ("112", {}, "112 is an emergency number"),
        ("999", {}, "999 is an emergency number"),
        ("000", {}, "000 is an emergency number"),
        ("0", {}, "0 is dialled for the operator"),
        ("4165550123", {}, "4165550123 is taken by the outbound route nanp"),
        ("5550123", {"outbound": [{"template": "nanp_local", "area_code": "416"}]}, "taken by the outbound route nanp_local"),
        ("2001", {"outbound": [{"template": "expression", "expressions": [r"^(\d{4})$"]}]}, "taken by the outbound route"),
        ("110", {"inbound": [{"number": "+4930901820", "extension": "1001"}]}, "110 is an emergency number"),
    ],
)
def test_an_extension_that_is_dialled_for_something_else_is_refused_with_its_field(bench, number, trunk, cause):
    wanted = with_extension(number, **trunk)
    wanted["extensions"] = [{"number": number}] + ([{"number": "10"}] if "inbound" in trunk else [])
    wanted["trunk"]["inbound"] = [dict(one, extension=number) for one in wanted["trunk"]["inbound"]]
    before = bench.snapshot()
    with pytest.raises(BadInput) as refused:
        bench.trunk(wanted)
    assert refused.value.field == "extensions[0].number"
    assert cause in str(refused.value)
    assert not set(bench.changed_since(before)) - {"voipbox.outbox"}


@pytest.mark.parametrize("number", ["1001", "100", "411", "211", "9110", "41655501", "988", "5900", "119"])
def test_ordinary_numbers_stay_ordinary(bench, number):
    wanted = order(f"ord{number}.pbx.example.com", "+1416557" + number.zfill(8)[-4:])
    wanted["extensions"] = [{"number": number}]
    wanted["trunk"]["inbound"][0]["extension"] = number
    wanted["trunk"]["outbound"].append({"template": "toll_free_nanp"})
    bench.both(wanted)
    told = verified(bench, wanted)
    assert not told["failed"], told["msg"]


def test_a_default_dialplan_that_is_switched_on_takes_its_numbers(bench):
    wanted = order("dial-park.pbx.example.com", "+14165570303")
    bench.both(wanted)
    bench.sql(
        "UPDATE v_dialplans SET dialplan_enabled = 'true', dialplan_xml = %s WHERE dialplan_name = 'operator' "
        "AND dialplan_context = %s",
        '<extension name="operator" continue="false"><condition field="destination_number" expression="^5900$">'
        '<action application="park" data=""/></condition></extension>',
        wanted["domain"],
    )
    wanted["extensions"].append({"number": "5900"})
    result = bench.tenant(wanted)
    assert "extensions[3].number: 5900 is taken by the dialplan operator" in result["msg"]
    assert not bench.rows("v_extensions", wanted["domain"], "extension = '5900'")


def test_a_new_extension_that_a_route_made_by_hand_takes_is_refused(bench):
    wanted = order("dial-route.pbx.example.com", "+14165570304")
    wanted["trunk"]["outbound"].append({"template": "expression", "expressions": [r"^(7\d{3})$"]})
    bench.both(wanted)
    shorter = copy.deepcopy(wanted)
    del shorter["trunk"]["outbound"][2]
    shorter["extensions"].append({"number": "7001"})
    assert "7001 is taken by the outbound route toronto." in bench.tenant(shorter)["msg"]


def test_a_new_route_that_takes_a_number_of_the_tenant_is_refused(bench):
    wanted = order("dial-new.pbx.example.com", "+14165570305")
    bench.both(wanted)
    bench.sql(
        "INSERT INTO v_dialplans (dialplan_uuid, domain_uuid, dialplan_context, dialplan_name, dialplan_number, dialplan_order, "
        "dialplan_enabled, dialplan_xml) SELECT gen_random_uuid(), domain_uuid, domain_name, 'Sales', '2001', 101, 'true', %s "
        "FROM v_domains WHERE domain_name = %s",
        '<extension name="Sales" continue=""><condition field="destination_number" expression="^2001$">'
        '<action application="lua" data="app.lua ring_groups"/></condition></extension>',
        wanted["domain"],
    )
    wanted["trunk"]["outbound"].append({"template": "expression", "expressions": [r"^(2\d{3})$"]})
    message = bench.trunk(wanted)["msg"]
    assert r"trunk.outbound[2]: the expression ^(2\d{3})$ takes 2001, which is the dialplan Sales" in message
    wanted["extensions"].append({"number": "2001"})
    assert "extensions[3].number: 2001 is taken by the dialplan Sales" in bench.tenant(dict(wanted, trunk={}))["msg"]


def by_hand(bench, domain, number):
    """An extension as somebody makes it on FusionPBX's page."""
    bench.sql(
        "INSERT INTO v_extensions (extension_uuid, domain_uuid, extension, password, user_context, enabled) "
        "SELECT gen_random_uuid(), domain_uuid, %s, 'x', domain_name, 'true' FROM v_domains WHERE domain_name = %s",
        number, domain,
    )  # fmt: skip


def test_what_was_made_by_hand_is_told_by_verify_and_stops_no_run(bench):
    wanted = order("dial-hand.pbx.example.com", "+14165570306")
    bench.both(wanted)
    assert not verified(bench, wanted)["failed"]
    for number in ("911", "4165550199", "0"):
        by_hand(bench, wanted["domain"], number)
    bench.both(wanted)
    told = verified(bench, wanted)
    whole = "; ".join(f"{check['what']} ({check['seen']})" for check in told["checks"])
    assert told["failed"]
    assert "emergency call 911 goes out (an extension 911 rings instead)" in whole
    assert "number 4165550199 goes out by toronto.nanp (the extension 4165550199 rings instead" in whole
    assert "no extension has the number 0" in whole
    wanted["extensions"] += [{"number": "911", "state": "absent"}, {"number": "4165550199", "state": "absent"}]
    wanted["extensions"].append({"number": "0", "state": "absent"})
    bench.both(wanted)
    assert not verified(bench, wanted)["failed"]


def test_a_dialplan_before_the_emergency_route_is_told(bench):
    wanted = order("dial-before.pbx.example.com", "+14165570307")
    bench.both(wanted)
    bench.sql(
        "INSERT INTO v_dialplans (dialplan_uuid, domain_uuid, dialplan_context, dialplan_name, dialplan_order, dialplan_enabled, "
        "dialplan_xml) SELECT gen_random_uuid(), domain_uuid, domain_name, 'Caught', 50, 'true', %s FROM v_domains "
        "WHERE domain_name = %s",
        '<extension name="Caught" continue="false"><condition field="destination_number" expression="^9\\d\\d$">'
        '<action application="hangup" data=""/></condition></extension>',
        wanted["domain"],
    )
    told = verified(bench, wanted)
    assert "emergency call 911 goes out (the dialplan Caught takes it first)" in told["msg"]


def warned(result):
    return " ".join(text for tenant in result["tenants"] for text in tenant.get("warnings", []))


@pytest.mark.parametrize(
    ("did", "outbound", "lack"),
    [
        ("+31201234567", [{"template": "nanp"}, {"template": "emergency_nanp"}], "takes 112 (NL)"),
        ("+442079460001", [{"template": "emergency_eu"}], "takes 999 (GB)"),
        ("+61262345678", [{"template": "nanp"}], "takes 000 and 112 (AU)"),
        ("+14165570311", [{"template": "nanp"}], "takes 911 (CA)"),
        ("+14165570311", [{"template": "emergency_nanp", "toll_allow": "domestic"}], "every phone may use takes 911 (CA)"),
        ("+31201234567", [{"template": "emergency_eu"}], ""),
        ("+31201234567", [{"template": "emergency"}], ""),
        ("+442079460001", [{"template": "emergency_uk"}], ""),
        ("+61262345678", [{"template": "emergency_au"}], ""),
        ("+4930901820", [{"template": "emergency"}], ""),
        ("+14165570311", [{"template": "emergency", "country": "US"}], ""),
        ("+14165570311", [{"template": "expression", "expressions": [r"^(\d{3})$"]}], ""),
    ],
)
def test_a_tenant_that_can_call_out_and_not_for_help_is_warned_of(bench, did, outbound, lack):
    wanted = order("emergency.pbx.example.com", did)
    wanted["trunk"]["outbound"] = outbound
    bench.tenant(wanted)
    text = warned(bench.trunk(wanted, check=True))
    assert (lack in text and "EMERGENCY CALLS DO NOT LEAVE" in text) if lack else "EMERGENCY" not in text


def test_a_tenant_in_each_place_dials_its_own_emergency_number(bench):
    wanted = order("emergency-eu.pbx.example.com", "+31201234568")
    wanted["trunk"]["outbound"] = [{"template": "emergency"}]
    bench.both(wanted)
    told = verified(bench, wanted)
    assert not told["failed"], told["msg"]
    assert bench.rows("v_dialplans", wanted["domain"], "dialplan_xml LIKE '%%^112$%%' AND dialplan_order = 100")


def test_numbers_that_one_dialled_form_would_reach_are_refused_over_tenants(bench):
    hamilton = order("did-nz.pbx.example.com", "+6478381234")
    toronto = order("did-ca.pbx.example.com", "+16478381234")
    bench.both(toronto)
    result = bench.tenant(hamilton)
    assert "trunk.inbound[0].number: +6478381234 would be taken as 6478381234" in result["msg"]
    assert "belongs to another tenant" in result["msg"]
    assert not bench.sql("SELECT 1 FROM v_domains WHERE domain_name = %s", hamilton["domain"])
    toronto["trunk"]["inbound"][0]["match"] = "e164"
    bench.both(toronto)
    bench.both(hamilton)
    for wanted in (toronto, hamilton):
        told = verified(bench, wanted)
        assert not told["failed"], told["msg"]


@pytest.mark.parametrize("other", ["+864165550170", "+524165550170", "+444165550170"])
def test_the_same_national_number_in_another_country_is_no_conflict(bench, other):
    first = order("did-one.pbx.example.com", "+14165550170")
    second = order(f"did-{other[1:3]}.pbx.example.com", other)
    bench.both(first)
    bench.both(second)
    served = bench.rows("v_destinations", second["domain"])
    assert [row["destination_number"] for row in served] == [other[1:]]
    for wanted in (first, second):
        told = verified(bench, wanted)
        assert not told["failed"], told["msg"]


def test_a_row_of_an_older_version_counts_with_all_its_forms_until_a_run_narrows_it(bench):
    mexico = order("did-old.pbx.example.com", "+524165550171")
    mexico["trunk"]["inbound"][0]["match"] = "national"
    bench.both(mexico)
    canada = order("did-new.pbx.example.com", "+14165550171")
    assert "+14165550171 would be taken as 4165550171" in bench.tenant(canada)["msg"]
    del mexico["trunk"]["inbound"][0]["match"]
    assert bench.both(mexico)[1]["changed"]
    assert not bench.both(mexico)[1]["changed"]
    bench.both(canada)


def test_a_national_form_of_two_tenants_is_told_by_verify(bench):
    canada = order("did-first.pbx.example.com", "+14165550172")
    bench.both(canada)
    mexico = order("did-second.pbx.example.com", "+524165550172")
    bench.both(mexico)
    bench.sql(
        "UPDATE v_destinations SET destination_prefix = '52', destination_number = '4165550172', destination_number_regex = %s "
        "WHERE destination_number = '524165550172'",
        r"^\+?(?:52)?(4165550172)$",
    )
    bench.sql(
        "UPDATE v_dialplans SET dialplan_xml = replace(dialplan_xml, %s, %s) WHERE dialplan_context = 'public'",
        r"^\+?(?:)?(524165550172)$", r"^\+?(?:52)?(4165550172)$",
    )  # fmt: skip
    told = verified(bench, canada)
    assert "4165550172 reaches this tenant alone (did-second.pbx.example.com takes it too)" in told["msg"]


def test_a_hand_made_inbound_dialplan_that_takes_everything_is_told_before_writing(bench):
    bench.sql(
        "INSERT INTO v_dialplans (dialplan_uuid, dialplan_context, dialplan_name, dialplan_order, dialplan_enabled, "
        "dialplan_xml) VALUES (gen_random_uuid(), 'public', 'Catch', 50, 'true', %s)",
        '<extension name="Catch" continue="false"><condition field="destination_number" expression="^\\+?1?416555017[3-4]$">'
        '<action application="hangup" data=""/></condition></extension>',
    )
    try:
        result = bench.tenant(order("did-caught.pbx.example.com", "+14165550173"))
        assert "it is taken by the inbound dialplan Catch first" in result["msg"]
    finally:
        bench.sql("DELETE FROM v_dialplans WHERE dialplan_name = 'Catch'")


def test_two_numbers_of_one_file_that_one_form_reaches_are_refused(bench):
    wanted = order("did-both.pbx.example.com", "+16478381235")
    wanted["trunk"]["inbound"].append({"number": "+6478381235", "extension": "1002"})
    result = bench.trunk(wanted)
    assert "trunk.inbound[1].number: +6478381235 would be taken as 6478381235" in result["msg"]
    wanted["trunk"]["national_codes"] = ["52"]
    assert "would be taken as" not in bench.trunk(wanted)["msg"]
