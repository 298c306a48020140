"""Row by row: what is written equals what FusionPBX 5.5's own pages write for the same wish.

The expectations are the columns of the pages' captures that are neither uuids, times nor secrets; a column that is not
named here must be NULL.
"""

from __future__ import annotations

import json

import pytest

from tests.engine.conftest import order

IGNORED = ("insert_date", "insert_user", "update_date", "update_user")
DOMAIN = "acme.pbx.example.com"


@pytest.fixture(scope="module")
def written(fresh_lab):
    from tests.engine.conftest import Bench

    bench = Bench(fresh_lab)
    wanted = order()
    wanted["users"][0].update(first_name="Ada", last_name="Admin", organization="Acme Ltd")
    for extension in wanted["extensions"]:
        extension.pop("name")
    wanted["trunk"]["gateway"].update(description="Toronto trunk", channels=0)
    wanted["trunk"]["inbound"] += [
        {"number": "+14165550101", "extension": "1001", "match": "plus"},
        {"number": "+14165550102", "extension": "1001", "match": "digits"},
    ]
    wanted["trunk"]["outbound"] = [
        {"template": "expression", "expressions": [r"^(\d{7})$"], "description": "Toronto local"},
        {"template": "emergency_nanp"},
        {"template": "expression", "expressions": [r"^9(416\d{7})$"], "toll_allow": "domestic", "channels": 5, "order": 110},
    ]
    bench.both(wanted)
    return bench


def text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return json.dumps(value, separators=(",", ":"))
    return None if value is None else str(value)


def assert_row(row, expected, free=()):
    """Every column of expected holds, the free ones are filled, all others are NULL."""
    got = {name: text(value) for name, value in row.items() if name not in IGNORED and value is not None}
    for name in free:
        assert got.pop(name, None), f"{name} is empty"
    assert got == {name: text(value) for name, value in expected.items()}


def test_domain(written):
    (row,) = written.sql("SELECT * FROM v_domains WHERE domain_name = %s", DOMAIN)
    assert_row(row, {"domain_name": DOMAIN, "domain_enabled": True, "domain_description": "Acme Corp"}, ["domain_uuid"])


def test_domain_settings(written):
    rows = written.rows("v_domain_settings", DOMAIN)
    got = {(row["domain_setting_category"], row["domain_setting_subcategory"], row["domain_setting_name"]): row for row in rows}
    assert set(got) == {("domain", "language", "code"), ("domain", "time_zone", "name"), ("limit", "extensions", "numeric")}
    assert_row(
        got[("domain", "time_zone", "name")],
        {
            "domain_setting_category": "domain",
            "domain_setting_subcategory": "time_zone",
            "domain_setting_name": "name",
            "domain_setting_value": "America/Toronto",
            "domain_setting_order": 0,
            "domain_setting_enabled": True,
        },
        ["domain_uuid", "domain_setting_uuid"],
    )


def test_time_zone_is_an_action_of_domain_variables(written):
    (plan,) = written.rows("v_dialplans", DOMAIN, "dialplan_name = 'domain-variables'")
    details = written.rows("v_dialplan_details", DOMAIN, "dialplan_detail_data LIKE 'timezone=%%'")
    assert '<action application="set" data="timezone=America/Toronto" inline="true"/>' in plan["dialplan_xml"]
    (row,) = details
    assert_row(
        row,
        {
            "dialplan_detail_tag": "action",
            "dialplan_detail_type": "set",
            "dialplan_detail_data": "timezone=America/Toronto",
            "dialplan_detail_inline": "true",
            "dialplan_detail_group": 0,
            "dialplan_detail_order": row["dialplan_detail_order"],
        },
        ["domain_uuid", "dialplan_uuid", "dialplan_detail_uuid"],
    )


def test_user(written):
    (user,) = written.rows("v_users", DOMAIN)
    assert_row(
        user,
        {
            "username": "admin",
            "user_email": "it@acme.example",
            "user_type": "default",
            "user_enabled": True,
            "add_user": "voipbox",
        },
        ["user_uuid", "domain_uuid", "contact_uuid", "password", "add_date"],
    )
    assert user["password"].startswith("$2y$10$")
    (membership,) = written.rows("v_user_groups", DOMAIN)
    (group,) = written.sql("SELECT group_uuid FROM v_groups WHERE group_name = 'admin' AND domain_uuid IS NULL")
    assert_row(
        membership,
        {"group_name": "admin", "group_uuid": group["group_uuid"], "user_uuid": user["user_uuid"]},
        ["domain_uuid", "user_group_uuid"],
    )
    (contact,) = written.rows("v_contacts", DOMAIN)
    assert_row(
        contact,
        {
            "contact_uuid": user["contact_uuid"],
            "contact_type": "user",
            "contact_nickname": "admin",
            "contact_name_given": "Ada",
            "contact_name_family": "Admin",
            "contact_organization": "Acme Ltd",
        },
        ["domain_uuid"],
    )
    (email,) = written.rows("v_contact_emails", DOMAIN)
    primary = 1 if not isinstance(email["email_primary"], bool) else True
    assert_row(
        email,
        {"contact_uuid": user["contact_uuid"], "email_address": "it@acme.example", "email_primary": primary},
        ["domain_uuid", "contact_email_uuid"],
    )
    settings = {row["user_setting_subcategory"]: row for row in written.rows("v_user_settings", DOMAIN)}
    assert_row(
        settings["language"],
        {
            "user_uuid": user["user_uuid"],
            "user_setting_category": "domain",
            "user_setting_subcategory": "language",
            "user_setting_name": "code",
            "user_setting_value": "en-us",
            "user_setting_enabled": True,
        },
        ["domain_uuid", "user_setting_uuid"],
    )
    assert settings["time_zone"]["user_setting_name"] == "name"


def test_extension_and_mailbox(written):
    (row,) = written.rows("v_extensions", DOMAIN, "extension = '1001'")
    assert_row(
        row,
        {
            "extension": "1001",
            "password": "Sip-Pass-0",
            "accountcode": DOMAIN,
            "user_context": DOMAIN,
            "limit_max": "5",
            "limit_destination": "!USER_BUSY",
            "call_timeout": 30,
            "extension_type": "default",
            "directory_visible": False,
            "directory_exten_visible": False,
            "call_screen_enabled": False,
            "force_ping": False,
            "extension_dialect": "us",
            "extension_voice": "callie",
            "enabled": True,
        },
        ["extension_uuid", "domain_uuid"],
    )
    (mailbox,) = written.rows("v_voicemails", DOMAIN, "voicemail_id = '1001'")
    assert_row(
        mailbox,
        {
            "voicemail_id": "1001",
            "voicemail_password": "47110",
            "voicemail_file": "attach",
            "voicemail_local_after_email": True,
            "voicemail_enabled": True,
        },
        ["voicemail_uuid", "domain_uuid"],
    )


def test_gateway(written):
    (row,) = written.rows("v_gateways", DOMAIN)
    assert_row(
        row,
        {
            "gateway": "toronto",
            "username": "acme-trunk",
            "password": "Trunk-Pass-1",
            "proxy": "toronto.provider1.example",
            "realm": "toronto.provider1.example",
            "from_domain": "toronto.provider1.example",
            "register": True,
            "expire_seconds": 800,
            "retry_seconds": 30,
            "context": "public",
            "profile": "external",
            "channels": 0,
            "enabled": True,
            "distinct_to": False,
            "caller_id_in_from": False,
            "supress_cng": False,
            "contact_in_ping": False,
            "description": "Toronto trunk",
        },
        ["gateway_uuid", "domain_uuid"],
    )


@pytest.mark.parametrize(
    ("number", "prefix", "regex"),
    [
        ("4165550100", "1", r"^\+?1?(4165550100)$"),
        ("+14165550101", None, r"^\+(14165550101)$"),
        ("14165550102", None, r"^(14165550102)$"),
    ],
)
def test_destination_in_its_three_forms(written, number, prefix, regex):
    (row,) = written.rows("v_destinations", DOMAIN, f"destination_number = '{number}'")
    target = f"1001 XML {DOMAIN}"
    expected = {
        "destination_type": "inbound",
        "destination_number": number,
        "destination_number_regex": regex,
        "destination_context": "public",
        "destination_app": "transfer",
        "destination_data": target,
        "destination_actions": [{"destination_app": "transfer", "destination_data": target}],
        "destination_order": 100,
        "destination_enabled": True,
        "destination_record": False,
    }
    if prefix:
        expected["destination_prefix"] = prefix
    assert_row(row, expected, ["destination_uuid", "domain_uuid", "dialplan_uuid"])
    stored = written.sql("SELECT destination_actions::text AS t FROM v_destinations WHERE destination_number = %s", number)
    assert ": " not in stored[0]["t"] and ", " not in stored[0]["t"]
    (plan,) = written.rows("v_dialplans", DOMAIN, f"dialplan_number = '{number}'")
    assert_row(
        plan,
        {
            "dialplan_uuid": row["dialplan_uuid"],
            "app_uuid": "c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4",
            "dialplan_context": "public",
            "dialplan_name": number,
            "dialplan_number": number,
            "dialplan_continue": False,
            "dialplan_order": 100,
            "dialplan_enabled": True,
            "dialplan_xml": (
                f'<extension name="{number}" continue="false" uuid="{row["dialplan_uuid"]}">\n'
                f'\t<condition field="destination_number" expression="{regex}">\n'
                '\t\t<action application="export" data="call_direction=inbound" inline="true"/>\n'
                f'\t\t<action application="set" data="domain_uuid={row["domain_uuid"]}" inline="true"/>\n'
                f'\t\t<action application="set" data="domain_name={DOMAIN}" inline="true"/>\n'
                f'\t\t<action application="transfer" data="{target}"/>\n'
                "\t</condition>\n</extension>"
            ),
        },
        ["domain_uuid"],
    )
    assert details(written, row["dialplan_uuid"]) == [
        ("condition", "destination_number", regex, None, 20, "true"),
        ("action", "transfer", target, None, 40, "true"),
    ]


def details(bench, dialplan_uuid):
    rows = bench.sql("SELECT * FROM v_dialplan_details WHERE dialplan_uuid = %s ORDER BY dialplan_detail_order", dialplan_uuid)
    assert all(row["dialplan_detail_group"] == 0 and row["dialplan_detail_break"] is None for row in rows)
    return [
        (
            row["dialplan_detail_tag"],
            row["dialplan_detail_type"],
            row["dialplan_detail_data"],
            row["dialplan_detail_inline"],
            int(row["dialplan_detail_order"]),
            text(row["dialplan_detail_enabled"]),
        )
        for row in rows
    ]


FAIL = "1,2,3,6,18,21,27,28,31,34,38,41,42,44,58,88,111,403,501,602,607,809"


def calls(gateway_uuid, caller, limit="", extra=(), prefix=None, number="$1"):
    """The action rows of FusionPBX's outbound route page: (type, data, inline, enabled)."""
    rows = [
        ("set", "sip_h_accountcode=${accountcode}", None, "false"),
        ("export", "call_direction=outbound", "true", "true"),
        ("unset", "call_timeout", None, "true"),
        ("set", "hangup_after_bridge=true", None, "true"),
        ("set", "effective_caller_id_name=${" + caller + "_caller_id_name}", None, "true"),
        ("set", "effective_caller_id_number=${" + caller + "_caller_id_number}", None, "true"),
        *extra,
        ("set", "inherit_codec=true", None, "true"),
        ("set", "ignore_display_updates=true", None, "true"),
        ("set", "callee_id_number=$1", None, "true"),
        ("set", "continue_on_fail=" + FAIL, None, "true"),
        ("set", "limit_max=" + limit, None, "true" if limit else "false"),
        ("limit", "hash ${domain_name} outbound ${limit_max} !USER_BUSY", None, "true" if limit else "false"),
    ]
    if prefix:
        rows.append(("set", "outbound_prefix=" + prefix, None, "true"))
    return [
        *rows,
        ("set", "pin_number=", None, "false"),
        ("lua", "pin_number.lua", None, "false"),
        ("bridge", f"sofia/gateway/{gateway_uuid}/{number}", None, "true"),
    ]


def route(bench, name, companion):
    (plan,) = bench.rows("v_dialplans", DOMAIN, f"dialplan_name = '{name}'")
    (other,) = bench.rows("v_dialplans", DOMAIN, f"dialplan_name = '{companion}'")
    (gateway,) = bench.rows("v_gateways", DOMAIN)
    return plan, other, gateway["gateway_uuid"]


def numbered(conditions, actions):
    rows = [("condition", field, expression, None, "true") for field, expression in conditions]
    rows += [("action", kind, data, inline, enabled) for kind, data, inline, enabled in actions]
    return [(*row[:4], 10 * (place + 1), row[4]) for place, row in enumerate(rows)]


def test_outbound_pair_of_seven_digits(written):
    expression = r"^(\d{7})$"
    plan, companion, gateway = route(written, "toronto.7d", "call_direction-outbound")
    assert (plan["dialplan_order"], plan["dialplan_description"]) == (100, "Toronto local")
    assert (companion["dialplan_order"], companion["dialplan_description"]) == (22, "Toronto local")
    assert [text(row["dialplan_continue"]) for row in (plan, companion)] == ["false", "true"]
    assert details(written, companion["dialplan_uuid"]) == numbered(
        [("${user_exists}", "false"), ("${call_direction}", "^$"), ("destination_number", expression)],
        [("export", "call_direction=outbound", "true", "true")],
    )
    assert details(written, plan["dialplan_uuid"]) == numbered(
        [("${user_exists}", "false"), ("destination_number", expression)], calls(gateway, "outbound")
    )
    assert "accountcode" not in plan["dialplan_xml"]
    assert plan["dialplan_xml"].endswith(f'data="sofia/gateway/{gateway}/$1"/>\n\t</condition>\n</extension>')


def test_outbound_of_emergency(written):
    plan, _, gateway = route(written, "toronto.911", "call_direction-outbound.911")
    actions = calls(
        gateway,
        "emergency",
        extra=[
            ("set", "call_date=${strftime(%d-%b-%Y %r)}", None, "false"),
            ("lua", "app.lua emergency 1", None, "false"),
        ],
    )
    assert details(written, plan["dialplan_uuid"]) == numbered(
        [("${user_exists}", "false"), ("destination_number", "(^911$|^933$)")], actions + actions[-1:]
    )


def test_outbound_with_toll_class_channels_and_prefix(written):
    expression = r"^9(416\d{7})$"
    plan, _, gateway = route(written, "toronto.9416d7", "call_direction-outbound.9416d7")
    assert plan["dialplan_order"] == 110
    assert details(written, plan["dialplan_uuid"]) == numbered(
        [("${user_exists}", "false"), ("${toll_allow}", "domestic"), ("destination_number", expression)],
        calls(gateway, "outbound", limit="5", prefix="9"),
    )


def test_all_routes_are_open_in_the_end(written):
    rows = written.rows("v_dialplans", DOMAIN, "app_uuid = '8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3'")
    assert len(rows) == 6
    assert {text(row["dialplan_enabled"]) for row in rows} == {"true"}


def test_access_list_entry(written):
    (row,) = written.sql(
        "SELECT n.* FROM v_access_control_nodes n JOIN v_access_controls USING (access_control_uuid) "
        "WHERE access_control_name = 'providers' AND node_cidr = '203.0.113.10/32'"
    )
    assert row["node_type"] == "allow"
