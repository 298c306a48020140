"""Bad input: each refused with field and cause, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import module_front, trunk
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

from tests.engine.conftest import order


def variant(**changes):
    wanted = order("refused.pbx.example.com", "+14165550150")
    for path, value in changes.items():
        place = wanted
        parts = path.split("__")
        for part in parts[:-1]:
            place = place[int(part) if part.isdigit() else part]
        place[int(parts[-1]) if parts[-1].isdigit() else parts[-1]] = value
    return wanted


CASES = {
    "extension with letters": (variant(extensions__0__number="10o1"), "extensions[0].number"),
    "duplicate extension": (variant(extensions__1__number="1001"), "extensions[1].number"),
    "upper-case domain": (variant(domain="Refused.pbx.example.com"), "domain"),
    "invalid domain": (variant(domain="refused"), "domain"),
    "password the switch cannot take": (variant(extensions__0__password='a"b'), "extensions[0].password"),
    "group that does not exist": (variant(users__0__group="bosses"), "users[0].group"),
    "superadmin": (variant(users__0__group="superadmin"), "users[0].group"),
    "unknown time zone": (variant(time_zone="America/Atlantis"), "time_zone"),
    "more extensions than the limit": (variant(limits={"extensions": 1}), "extensions"),
    "user of an extension that does not exist": (variant(extensions__0__user="nobody"), "extensions[0].user"),
    "gateway without a password": (variant(trunk__gateway__password=None), "trunk.gateway.password"),
    "number of another tenant": (variant(trunk__inbound__0__number="NEIGHBOUR"), "trunk.inbound[0].number"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_before_anything_is_written(bench, case):
    wanted, field = CASES[case]
    if wanted["trunk"]["inbound"][0]["number"] == "NEIGHBOUR":
        (row,) = bench.rows("v_destinations", "neighbour.lab.example")
        digits = (row["destination_prefix"] or "") + row["destination_number"].lstrip("+")
        wanted["trunk"]["inbound"][0]["number"] = "+" + digits
    before = bench.snapshot()
    result = bench.tenant(wanted)
    assert result["failed"]
    assert result["tenants"][0]["msg"].startswith(field + ":"), result["msg"]
    assert "Nothing was written." in result["msg"]
    assert bench.changed_since(before) == {}
    assert bench.told() == []


TRUNK_CASES = {
    "DID that is not E.164": (variant(trunk__inbound__0__number="4165550150"), "trunk.inbound[0].number"),
    "extension that does not exist": (variant(trunk__inbound__0__extension="1999"), "trunk.inbound[0].extension"),
    "ring group that does not exist": (
        variant(trunk__inbound__0={"number": "+14165550150", "template": "did_to_ring_group", "ring_group": "6000"}),
        "trunk.inbound[0].ring_group",
    ),
    "network too wide": (variant(trunk__provider_addresses=["10.0.0.0/8"]), "trunk.provider_addresses[0]"),
    "gateway that does not exist": (
        variant(trunk__outbound=[{"template": "nanp", "gateway": "montreal"}]), "trunk.outbound[0].gateway",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TRUNK_CASES)
def test_trunk_refused_before_anything_is_written(bench, case):
    wanted, field = TRUNK_CASES[case]
    bench.tenant(order("refused.pbx.example.com", "+14165550150"))
    before = bench.snapshot()
    try:
        result = bench.trunk(wanted)
        assert result["failed"]
        message = result["tenants"][0]["msg"]
    except BadInput as error:
        message = str(error)
    assert field in message
    assert bench.changed_since(before) == {}


def test_missing_web_root(bench):
    before = bench.snapshot()
    result = bench.tenant(order("rootless.pbx.example.com", "+14165550151"), web_root="/nonexistent")
    assert result["failed"]
    assert "/nonexistent" in result["msg"]
    assert bench.changed_since(before) == {}


@pytest.mark.parametrize("kind", ["recordings", "voicemail"])
def test_missing_folder_of_recordings_or_mailboxes(bench, kind):
    before = bench.snapshot()
    wanted = order("homeless.pbx.example.com", "+14165550151")
    result = bench.tenant(wanted, **{kind + "_dir": "/nonexistent"})
    assert result["failed"]
    assert result["tenants"][0]["msg"] == (
        f"The folder /nonexistent, in which FusionPBX keeps {kind}, does not exist. Nothing was written. "
        f"Make it, or name the right one with fusionpbx_{kind}_dir, then run again."
    )
    assert bench.changed_since(before) == {}
    assert bench.told() == []


def test_folder_that_fusionpbx_guessed_while_the_switch_was_down(bench):
    """Its setting then names a folder that is not there, and config.conf names the right one."""
    row_of = "v_default_settings WHERE default_setting_category = 'switch' AND default_setting_subcategory = 'voicemail'"
    (row,) = bench.sql(f"SELECT default_setting_value AS path FROM {row_of}")
    setting = f"UPDATE {row_of.replace(' WHERE', ' SET default_setting_value = %s WHERE', 1)}"
    bench.sql(setting, "/voicemail")
    try:
        wanted = order("guessed.pbx.example.com", "+14165550151")
        result = bench.tenant(wanted)
        assert not result["failed"], result["msg"]
        assert (Path(bench.lab.voicemail_dir) / "default" / wanted["domain"] / "1001").is_dir()
    finally:
        bench.sql(setting, row["path"])


def test_an_action_that_the_destination_page_would_drop_is_told(bench):
    wanted = order("lost.pbx.example.com", "+14165550153")
    bench.tenant(wanted)
    session = bench.session()
    try:
        document = documents.trunk_document(wanted, "test", RouteTemplates([]))
        (route,) = document["trunk"]["inbound"]
        route["xml"] = route["xml"].replace("<action", '<action application="set" data="note=a b"/><action', 1)
        (tenant,) = module_front.results(trunk.converge_trunks(session, [document], 5))["tenants"]
        assert "actions (set) that FusionPBX's destination page cannot show" in str(tenant["warnings"])
        (tenant,) = module_front.results(trunk.converge_trunks(session, [document], 5))["tenants"]
        assert not tenant.get("warnings")
    finally:
        session.close()
    assert not bench.trunk(wanted)["tenants"][0].get("warnings")


def test_hostile_text_arrives_as_it_was_given(bench):
    shown = "'; DROP TABLE v_users; -- <&>{{ 6*7 }} %s ✓"
    hostile = shown + ' " ${x} \\'
    wanted = order("hostile.pbx.example.com", "+14165550152")
    wanted["description"] = hostile
    wanted["users"][0].update(first_name=hostile, organization=hostile)
    wanted["extensions"][0].update(name=shown, caller_id_name=shown, description=hostile)
    wanted["trunk"]["gateway"]["description"] = hostile
    wanted["trunk"]["inbound"][0]["description"] = shown
    wanted["trunk"]["outbound"][0]["description"] = shown
    bench.both(wanted)
    domain = wanted["domain"]
    (row,) = bench.sql("SELECT domain_description FROM v_domains WHERE domain_name = %s", domain)
    assert row["domain_description"] == hostile
    assert bench.rows("v_contacts", domain)[0]["contact_organization"] == hostile
    (extension,) = bench.rows("v_extensions", domain, "extension = '1001'")
    assert extension["effective_caller_id_name"] == extension["outbound_caller_id_name"] == shown
    assert extension["description"] == hostile
    assert bench.rows("v_gateways", domain)[0]["description"] == hostile
    assert bench.rows("v_destinations", domain)[0]["destination_description"] == shown
    assert not any(result["changed"] for result in bench.both(wanted))


def test_a_domain_gets_the_uuid_that_its_file_names_and_another_one_is_refused(bench):
    mine, theirs = "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "7f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
    wanted = order("claimed.pbx.example.com", "+14165550177")
    bench.both(dict(wanted, domain_uuid=mine))
    (row,) = bench.sql("SELECT domain_uuid::text FROM v_domains WHERE domain_name = 'claimed.pbx.example.com'")
    assert row["domain_uuid"] == mine
    before = bench.snapshot()
    for part in (bench.tenant, bench.trunk):
        assert not part(dict(wanted, domain_uuid=mine))["changed"]
        result = part(dict(wanted, domain_uuid=theirs, description="taken over"))
        assert result["failed"] and mine in result["tenants"][0]["msg"]
    assert mine in bench.tenant(dict(order("other.pbx.example.com", "+14165550178"), domain_uuid=mine))["tenants"][0]["msg"]
    assert bench.changed_since(before) == {}
