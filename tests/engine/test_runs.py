"""Runs: check, real, again; drift, adoption, removal; what the switch is told and which cache keys go."""

from __future__ import annotations

import copy
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.engine.conftest import order

DOMAIN = "acme.pbx.example.com"


def objects(*results):
    return {
        kind: [o for r in results for t in r["tenants"] for o in t.get(kind, [])] for kind in ("created", "updated", "removed")
    }


def test_check_predicts_writes_nothing_and_the_second_run_changes_nothing(bench, acme):
    before = bench.snapshot()
    predicted = bench.tenant(acme, check=True), bench.trunk(acme, check=True)
    assert all(result["changed"] for result in predicted)
    assert bench.changed_since(before) == {}
    assert bench.told() == []
    real = bench.both(acme)
    assert objects(*real) == objects(*predicted)
    written = bench.snapshot()
    bench.control.clear_log()
    again = bench.both(acme)
    assert not any(result["changed"] for result in again)
    assert bench.changed_since(written) == {}
    assert bench.told() == []


def test_a_domain_gets_the_default_dialplans_with_pins_of_their_own(bench):
    plans = bench.rows(
        "v_dialplans", DOMAIN, "app_uuid NOT IN ('8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3', 'c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4')"
    )
    source = Path(bench.settings().web_root)
    own = [ElementTree.parse(path).getroot() for path in source.glob("*/*/resources/switch/conf/dialplan/*.xml")]
    assert len(plans) == sum(one.get("global") != "true" for one in own)
    assert all(plan["dialplan_xml"] for plan in plans)
    assert not [plan for plan in plans if plan["dialplan_name"] is None]
    assert "{v_" not in "".join(plan["dialplan_xml"] for plan in plans)
    context = {plan["dialplan_context"] for plan in plans}
    assert context == {DOMAIN, f"conf-xfer@{DOMAIN}"}
    details = bench.rows("v_dialplan_details", DOMAIN)
    assert {row["dialplan_uuid"] for row in details} >= {
        plan["dialplan_uuid"] for plan in plans if "<condition" in plan["dialplan_xml"]
    }


def test_a_default_dialplan_that_an_administrator_deleted_stays_deleted(bench, acme):
    bench.sql(
        "DELETE FROM v_dialplans p USING v_domains d "
        "WHERE d.domain_uuid = p.domain_uuid AND domain_name = %s AND dialplan_order > 800",
        DOMAIN,
    )
    left = len(bench.rows("v_dialplans", DOMAIN))
    bench.both(acme)
    assert len(bench.rows("v_dialplans", DOMAIN)) == left


def test_drift_is_shown_masked_and_repaired(bench, acme):
    bench.sql(
        "UPDATE v_extensions SET password = 'CANARY-by-hand', call_timeout = 99 WHERE extension = '1001' AND user_context = %s",
        DOMAIN,
    )
    wanted = copy.deepcopy(acme)
    wanted["extensions"][0]["call_timeout"] = 30
    predicted = bench.tenant(wanted, check=True)
    assert predicted["tenants"][0]["updated"] == ["extension 1001"]
    assert "CANARY" not in str(predicted) and "Sip-Pass" not in str(predicted)
    bench.tenant(wanted)
    (row,) = bench.rows("v_extensions", DOMAIN, "extension = '1001'")
    assert (row["password"], int(row["call_timeout"])) == ("Sip-Pass-0", 30)


def test_keys_that_the_file_leaves_out_are_not_touched(bench, acme):
    bench.sql(
        "UPDATE v_extensions SET description = 'by hand', hold_music = 'x' WHERE extension = '1002' AND user_context = %s", DOMAIN
    )
    wanted = copy.deepcopy(acme)
    del wanted["extensions"][1]["name"]
    result = bench.tenant(wanted)
    assert not result["changed"]


def seeded(bench, keys):
    """Put stale entries into the cache; returns a function that tells which of them are gone or were made anew."""
    files = {key: Path(bench.lab.cache_dir) / key.replace(":", ".") for key in keys}
    for file in files.values():
        file.write_text("stale", encoding="utf-8")
    return lambda: {key for key, file in files.items() if not file.exists() or file.read_text() != "stale"}


def test_exactly_the_stale_keys_go(bench, acme):
    session = bench.session()
    host = session.host
    session.close()
    mine = {
        f"{host}:directory:1001@{DOMAIN}", f"directory:1001@{DOMAIN}", f"dialplan:{DOMAIN}", f"{host}:configuration:sofia.conf",
        "dialplan:public:+14165550100", "dialplan:public:14165550100", "dialplan:public:4165550100", "dialplan:public",
    }  # fmt: skip
    others = {
        f"{host}:directory:1002@{DOMAIN}", f"{host}:directory:1001@neighbour.lab.example", "dialplan:neighbour.lab.example",
        "configuration:acl.conf", "dialplan:public:+14165550199",
    }  # fmt: skip
    gone = seeded(bench, mine | others)
    wanted = copy.deepcopy(acme)
    wanted["extensions"][0]["name"] = "Another"
    wanted["trunk"]["gateway"]["password"] = "Another-Trunk-1"
    wanted["trunk"]["inbound"][0]["extension"] = "1002"
    wanted["trunk"]["outbound"][0]["toll_allow"] = "domestic"
    bench.both(wanted)
    assert gone() == mine
    bench.both(acme)


def test_a_changed_gateway_is_killed_waited_for_and_rescanned(bench, acme):
    wanted = copy.deepcopy(acme)
    wanted["trunk"]["gateway"]["password"] = "Third-Trunk-1"
    result = bench.trunk(wanted)
    (gateway,) = bench.rows("v_gateways", DOMAIN)
    assert bench.told() == [
        f"sofia profile external killgw {gateway['gateway_uuid']}",
        "sofia profile external rescan",
    ]
    assert result["tenants"][0]["gateways"][0]["state"] == "REGED"
    bench.control.clear_log()
    wanted["trunk"]["gateway"]["description"] = "only people read this"
    bench.trunk(wanted)
    assert bench.told() == []


def test_a_disabled_gateway_leaves_the_switch(bench, acme):
    wanted = copy.deepcopy(acme)
    wanted["trunk"]["gateway"]["enabled"] = False
    bench.trunk(wanted)
    (gateway,) = bench.rows("v_gateways", DOMAIN)
    assert gateway["gateway_uuid"] not in str(bench.control.state())
    wanted["trunk"]["gateway"]["enabled"] = True
    bench.trunk(wanted)
    assert gateway["gateway_uuid"] in str(bench.control.state())


def test_port_and_transport_are_written(bench, acme):
    wanted = copy.deepcopy(acme)
    wanted["trunk"]["gateway"].update(port=5061, transport="tls", password="Third-Trunk-1")
    bench.trunk(wanted)
    (gateway,) = bench.rows("v_gateways", DOMAIN)
    assert (gateway["proxy"], gateway["register_transport"]) == ("toronto.provider1.example:5061", "tls")
    bench.trunk(dict(acme, trunk=dict(acme["trunk"], gateway=dict(acme["trunk"]["gateway"], transport="udp"))))
    (gateway,) = bench.rows("v_gateways", DOMAIN)
    assert (gateway["proxy"], gateway["register_transport"]) == ("toronto.provider1.example", None)


def test_a_tls_gateway_that_the_switch_leaves_out_is_told_with_its_cause(bench):
    wanted = order("tls.pbx.example.com", "+14165550192")
    wanted["trunk"]["gateway"]["transport"] = "tls"
    bench.tenant(wanted)
    result = bench.trunk(wanted)
    assert result["failed"]
    assert "The gateway toronto is MISSING on the switch" in result["msg"]
    assert "turn it on in the profile external" in result["msg"]
    bench.sql("UPDATE v_sip_profile_settings SET sip_profile_setting_value = 'true' WHERE sip_profile_setting_name = 'tls'")
    try:
        result = bench.trunk(wanted)
        assert not result["failed"], result["msg"]
        assert result["tenants"][0]["gateways"][0]["state"] == "REGED"
    finally:
        bench.sql("UPDATE v_sip_profile_settings SET sip_profile_setting_value = 'false' WHERE sip_profile_setting_name = 'tls'")


def test_routes_stay_closed_while_the_gateway_does_not_register(bench):
    wanted = order("closed.pbx.example.com", "+14165550170")
    wanted["trunk"]["gateway"]["proxy"] = "refuses.provider1.example"
    bench.control.provider("refuses.provider1.example", "wrong_password")
    bench.tenant(wanted)
    result = bench.trunk(wanted)
    assert result["failed"]
    assert "gateway toronto" in result["msg"]
    routes = bench.rows("v_dialplans", wanted["domain"], "dialplan_name LIKE 'toronto.%%'")
    assert routes
    assert {str(row["dialplan_enabled"]).lower() for row in routes} == {"false"}
    bench.control.provider("refuses.provider1.example", "good")
    wanted["trunk"]["gateway"]["password"] = "Right-Now-1"
    result = bench.trunk(wanted)
    assert not result["failed"], result["msg"]
    routes = bench.rows("v_dialplans", wanted["domain"], "dialplan_name LIKE 'toronto.%%'")
    assert {str(row["dialplan_enabled"]).lower() for row in routes} == {"true"}


def test_a_hand_made_extension_and_gateway_are_adopted(bench):
    wanted = order("adopt.pbx.example.com", "+14165550171")
    bench.tenant({"domain": wanted["domain"]})
    (domain,) = bench.sql("SELECT domain_uuid FROM v_domains WHERE domain_name = %s", wanted["domain"])
    bench.sql(
        "INSERT INTO v_extensions (extension_uuid, domain_uuid, extension, password, user_context, enabled) "
        "VALUES (gen_random_uuid(), %s, '1001', 'old', %s, 'true')", domain["domain_uuid"], wanted["domain"],
    )  # fmt: skip
    bench.sql(
        "INSERT INTO v_gateways (gateway_uuid, domain_uuid, gateway, proxy, register, profile, enabled) "
        "VALUES (gen_random_uuid(), %s, 'toronto', 'x.example', 'false', 'external', 'true')", domain["domain_uuid"],
    )  # fmt: skip
    bench.both(wanted)
    assert len(bench.rows("v_extensions", wanted["domain"], "extension = '1001'")) == 1
    assert len(bench.rows("v_gateways", wanted["domain"])) == 1


def test_duplicates_are_refused_with_both_uuids(bench):
    wanted = order("twice.pbx.example.com", "+14165550172")
    bench.both(wanted)
    (gateway,) = bench.rows("v_gateways", wanted["domain"])
    bench.sql(
        "INSERT INTO v_gateways (gateway_uuid, domain_uuid, gateway) VALUES (gen_random_uuid(), %s, 'toronto')",
        gateway["domain_uuid"],
    )
    before = bench.snapshot()
    result = bench.trunk(wanted)
    assert result["failed"]
    for row in bench.rows("v_gateways", wanted["domain"]):
        assert str(row["gateway_uuid"]) in result["msg"]
    assert bench.changed_since(before) == {}


def test_purge_only_when_asked(bench):
    wanted = order("purge.pbx.example.com", "+14165550173", extensions=4)
    bench.both(wanted)
    fewer = copy.deepcopy(wanted)
    fewer["extensions"] = fewer["extensions"][:2]
    fewer["trunk"]["outbound"] = fewer["trunk"]["outbound"][:1]
    assert not any(result["changed"] for result in bench.both(fewer))
    fewer["purge"] = ["extensions", "outbound"]
    result = bench.both(fewer)
    assert objects(*result)["removed"] == ["extension 1003", "extension 1004", "outbound route toronto.911"]
    assert [row["extension"] for row in bench.rows("v_extensions", wanted["domain"])] == ["1001", "1002"]
    assert not bench.rows("v_dialplans", wanted["domain"], "dialplan_name LIKE '%%911'")
    assert len(bench.rows("v_voicemails", wanted["domain"])) == 4


def test_removing_an_extension_with_its_mailbox(bench):
    wanted = order("mailbox.pbx.example.com", "+14165550174")
    bench.both(wanted)
    folder = Path(bench.lab.voicemail_dir) / "default" / wanted["domain"] / "1002"
    (folder / "msg_1.wav").write_bytes(b"x")
    wanted["extensions"][1].update(state="absent", remove_voicemail=True)
    result = bench.tenant(wanted)
    assert objects(result)["removed"] == ["extension 1002", "mailbox 1002"]
    assert not folder.exists()
    assert not bench.rows("v_voicemails", wanted["domain"], "voicemail_id = '1002'")
    assert not bench.tenant(wanted)["changed"]


def test_a_gateway_in_use_is_not_removed(bench):
    wanted = order("inuse.pbx.example.com", "+14165550175")
    bench.both(wanted)
    only = {"domain": wanted["domain"], "trunk": {"gateway": {"name": "toronto", "state": "absent"}}}
    result = bench.trunk(only)
    assert result["failed"]
    assert "is used by route" in result["msg"]
    only["purge"] = ["outbound"]
    assert not bench.trunk(only)["failed"]
    assert bench.rows("v_gateways", wanted["domain"]) == []


def test_removal_leaves_nothing_of_the_tenant_and_touches_nothing_else(bench):
    before = bench.snapshot()
    folders_before = sorted(str(path) for path in Path(bench.lab.voicemail_dir).rglob("*"))
    wanted = order("gone.pbx.example.com", "+14165550176")
    wanted["trunk"].pop("provider_addresses")
    bench.both(wanted)
    session = bench.session()
    domain = wanted["domain"]
    keys = {
        f"dialplan:{domain}", f"{session.host}:directory:1001@{domain}", "dialplan:public:+14165550176",
        f"setting:{domain}:domain:dial_string:text", f"directory:groups:{domain}",
        f"app:caller_id:lookup:domain_name:{domain}:4165550100",
    }  # fmt: skip
    others = {
        f"dialplan:x.{domain}", f"setting:{domain}.au:domain:dial_string:text", f"setting:x.{domain}:domain:dial_string:text",
        f"directory:1001@x.{domain}",
    }  # fmt: skip
    session.close()
    gone = seeded(bench, keys | others)
    (gateway,) = bench.rows("v_gateways", wanted["domain"])
    refused = bench.remove(wanted["domain"], confirm=["other.example.com"])
    assert refused["failed"]
    assert "confirm" in refused["msg"]
    predicted = bench.remove(wanted["domain"], check=True)
    assert predicted["changed"]
    result = bench.remove(wanted["domain"])
    assert not result["failed"], result["msg"]
    assert objects(result)["removed"] == objects(predicted)["removed"]
    assert bench.changed_since(before) == {}
    assert sorted(str(path) for path in Path(bench.lab.voicemail_dir).rglob("*")) == folders_before
    assert gone() == keys
    assert gateway["gateway_uuid"] not in str(bench.control.state())
    assert not bench.remove(wanted["domain"])["changed"]


def test_one_bad_tenant_neither_stops_nor_harms_the_others(bench):
    good = [order(f"batch{n}.pbx.example.com", f"+1416555018{n}") for n in range(3)]
    bad = order("bad.pbx.example.com", "+14165550189")
    bad["users"][0]["group"] = "nobody"
    result = bench.tenant(good[0], bad, good[1], good[2])
    assert [tenant["failed"] for tenant in result["tenants"]] == [False, True, False, False]
    assert bench.sql("SELECT 1 FROM v_domains WHERE domain_name = 'bad.pbx.example.com'") == []
    bench.control.clear_log()
    result = bench.trunk(*good)
    assert not result["failed"]
    assert bench.told().count("sofia profile external rescan") == 1


@pytest.mark.parametrize("owner", ["neighbour"])
def test_nothing_of_the_neighbour_was_touched(bench, owner):
    rows = bench.rows("v_extensions", f"{owner}.lab.example")
    assert rows
    assert all(row["update_date"] is None for row in rows)
