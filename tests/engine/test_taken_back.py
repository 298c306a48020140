"""What is gathered applies with nothing changed, or is told: over rows that FusionPBX's own pages wrote.

rows_of_pages.json holds what the pages of 5.5.7 made of extensions, users, gateways, a ring group, destinations, outbound
routes and settings, typed with whatever the forms take; identities and secrets are replaced.
"""

from __future__ import annotations

import copy
import json
import pathlib
import uuid

import psycopg2
import pytest
import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import cache
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.effects import Effects
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.gather import gather
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import gathered, secrets_store, tenant_spec
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.engine.conftest import order

DOMAIN = "pages.pbx.example.com"
ROWS = json.loads((pathlib.Path(__file__).parent / "rows_of_pages.json").read_text(encoding="utf-8"))
_TEXTS = st.one_of(st.sampled_from(["", "O'Brien & Söhne", 'a "b"', "Cash $5", "x;y", "None"]), st.text("abc 0'&<+", max_size=8))
_CHANGES = {
    "v_extensions": {
        "effective_caller_id_name": _TEXTS,
        "effective_caller_id_number": st.sampled_from(["1001", "1002", "77"]),
        "call_timeout": st.sampled_from(["30", "45", "5000"]),
        "toll_allow": st.sampled_from(["domestic", "domestic:local", "a b:c"]),
        "user_record": st.sampled_from(["all", "local", "inbound", "outbound"]),
        "description": _TEXTS,
        "outbound_caller_id_number": st.sampled_from(["+14165550100", "anonymous"]),
        "enabled": st.sampled_from(["true", "false"]),
    },
    "v_voicemails": {"voicemail_mail_to": st.sampled_from(["pat.o'brien@irish.example", "a@b.example,c@d.example", "no mail"]),
                     "voicemail_description": _TEXTS, "voicemail_password": st.sampled_from(["0123", "0891", "12"])},
    "v_users": {"user_email": st.sampled_from(["pat.o'brien@irish.example", "x&y@z.example", "odd"]),
                "user_enabled": st.sampled_from(["true", "false"])},
    "v_gateways": {"proxy": st.sampled_from(["gw.example", "gw.example:5080", "[2001:db8::1]:5060", "gw.example:5060"]),
                   "realm": _TEXTS, "channels": st.sampled_from(["0", "3"]), "description": _TEXTS,
                   "register": st.sampled_from(["true", "false"]), "profile": st.sampled_from(["external", "internal"])},
    "v_destinations": {"destination_order": st.sampled_from(["100", "120"]), "destination_description": _TEXTS,
                       "destination_cid_name_prefix": _TEXTS, "destination_accountcode": _TEXTS,
                       "destination_enabled": st.sampled_from(["true", "false"]),
                       "destination_actions": st.sampled_from(['[{"destination_app":"hangup","destination_data":""}]'])},
    "v_dialplans": {"dialplan_description": _TEXTS, "dialplan_order": st.sampled_from(["100", "210"]),
                    "dialplan_enabled": st.sampled_from(["true", "false"])},
    "v_domain_settings": {"domain_setting_value": st.sampled_from(["Europe/Berlin", "de-de", "7"])},
}  # fmt: skip
_ONE = st.sampled_from(sorted(_CHANGES)).flatmap(
    lambda table: st.sampled_from(sorted(_CHANGES[table])).flatmap(
        lambda column: st.tuples(st.just(table), st.just(column), st.integers(0, 20), _CHANGES[table][column])
    )
)


def put(bench, rows):
    """Replace the tenant's rows by those of the pages."""
    (domain,) = bench.sql("SELECT domain_uuid::text AS uuid FROM v_domains WHERE domain_name = %s", DOMAIN)
    groups = {row["group_name"]: row["uuid"] for row in bench.sql("SELECT group_name, group_uuid::text AS uuid FROM v_groups")}
    with psycopg2.connect(str(bench.lab.dsn)) as connection, connection.cursor() as cursor:
        for table in rows:
            apps = " AND app_uuid::text IN ('c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4', '8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3')"
            if table == "v_dialplan_details":
                cursor.execute(
                    "DELETE FROM v_dialplan_details d WHERE domain_uuid = %s AND NOT EXISTS"
                    " (SELECT 1 FROM v_dialplans p WHERE p.dialplan_uuid = d.dialplan_uuid AND p.domain_uuid = d.domain_uuid"
                    " AND p.app_uuid::text NOT IN"
                    " ('c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4', '8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3'))",
                    (domain["uuid"],),
                )
            else:
                cursor.execute(
                    f"DELETE FROM {table} WHERE domain_uuid = %s" + (apps if table == "v_dialplans" else ""), (domain["uuid"],)
                )
        for table, listed in rows.items():
            cursor.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
                " AND table_schema = current_schema()",
                (table,),
            )
            have = dict(cursor.fetchall())
            for row in listed:
                filled = {
                    name: value.replace("<domain_uuid>", domain["uuid"]).replace("<domain>", DOMAIN)
                    for name, value in row.items()
                }
                filled["domain_uuid"] = domain["uuid"]
                if table == "v_dialplan_details":
                    filled["dialplan_detail_uuid"] = str(uuid.uuid4())
                if "group_uuid" in filled:
                    filled["group_uuid"] = groups[filled["group_name"]]
                filled = {name: value for name, value in filled.items() if name in have and value != ""}
                for name in filled:
                    if have[name] == "numeric" and filled[name] == "true":
                        filled[name] = "1"
                cursor.execute(
                    "INSERT INTO {} ({}) VALUES ({})".format(
                        table, ", ".join(filled), ", ".join(f"CAST(%s AS {have[name]})" for name in filled)
                    ),
                    list(filled.values()),
                )


def taken_back(bench):
    """(tenant, notes, digests) of gathering the tenant, and applying in a check what was gathered."""
    session = bench.session()
    try:
        raw, notes = gather(session, [DOMAIN], include_secrets=True)
    finally:
        session.close()
    (tenant,), unmanaged = gathered.held(copy.deepcopy(raw), notes, [DOMAIN], RouteTemplates([]))
    checked, faults = tenant_spec.check(copy.deepcopy(tenant))
    assert faults == []
    told = unmanaged.get(DOMAIN, [])
    digests = [
        bench.tenant(checked, check=True, always=True)["tenants"][0],
        bench.trunk(checked, check=True)["tenants"][0],
    ]
    for digest in digests:
        assert not digest["failed"], digest["msg"]
        for label in digest.get("created", []) + digest.get("updated", []) + digest.get("removed", []):
            assert any(note.startswith(label + " would be changed") for note in told), (label, told)
    return tenant, told, digests


@pytest.fixture(scope="module")
def pages(fresh_lab):
    from tests.engine.conftest import Bench

    bench = Bench(fresh_lab)
    wanted = order(DOMAIN, "+14165570999")
    assert not bench.tenant({"domain": wanted["domain"], "time_zone": "America/Toronto"})["failed"]
    put(bench, ROWS)
    # The pages had no folders to write in where these rows were made.
    for row in ROWS["v_extensions"]:
        (bench.lab.voicemail_dir / "default" / DOMAIN / row["extension"]).mkdir(parents=True, exist_ok=True)
    session = bench.session()
    loading = Effects({"keys": cache.sofia(session.host), "rescan": ["external"]})
    loading.carry_out(session.switch, session.cache, session.settings)
    session.close()
    return bench


def test_a_number_leads_to_what_it_led_to(pages):
    put(pages, ROWS)
    tenant, told, digests = taken_back(pages)
    assert not any(digest["changed"] for digest in digests)
    inbound = {entry["number"]: entry for entry in tenant["trunk"]["inbound"]}
    assert inbound["+14165557102"] == {"number": "+14165557102", "template": "did_to_ring_group", "ring_group": "4001"}
    assert inbound["+442079455571"]["ring_group"] == "4001"
    assert inbound["+14165557101"]["extension"] == "1001"
    # Everything that is not in the file is told of.
    for number in {"7104", "7105", "7106", "7109"} - {number[-4:] for number in inbound}:
        assert any("+1416555" + number in note for note in told), number
    assert {user["username"] for user in tenant["users"]} == {"admin", "m.user-1", "off"}
    assert any(note.startswith("users with space username") for note in told)
    assert next(user for user in tenant["users"] if user["username"] == "admin")["email"] == "pat.o'brien@irish.example"


@settings(max_examples=20, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(_ONE, min_size=1, max_size=4))
def test_whatever_is_gathered_applies_with_nothing_changed_or_is_told(pages, drawn):
    rows = copy.deepcopy(ROWS)
    for table, column, place, value in drawn:
        rows[table][place % len(rows[table])][column] = value
    put(pages, rows)
    taken_back(pages)


def test_values_that_stand_are_taken_back_and_new_ones_of_their_kind_refused(pages):
    put(pages, ROWS)
    pages.sql(
        "UPDATE v_extensions SET effective_caller_id_name = 'Cash $5', effective_caller_id_number = '1001', password = 'a\"b'"
        " WHERE extension = '1001' AND user_context = %s",
        DOMAIN,
    )
    pages.sql("UPDATE v_voicemails SET voicemail_mail_to = 'x$y@z.example' WHERE voicemail_id = '1001'"
              " AND domain_uuid = (SELECT domain_uuid FROM v_domains WHERE domain_name = %s)", DOMAIN)  # fmt: skip
    entry = {"number": "1001", "name": "Cash $5", "email": "x$y@z.example", "password": 'a"b'}
    told = pages.tenant({"domain": DOMAIN, "extensions": [entry]}, always=True)["tenants"][0]
    assert (told["failed"], told["changed"]) == (False, False), told["msg"]
    for field, value in (("name", "Cash $6"), ("email", "y$y@z.example"), ("password", 'c"d')):
        told = pages.tenant({"domain": DOMAIN, "extensions": [dict(entry, **{field: value})]}, always=True)["tenants"][0]
        assert told["failed"]
        assert "extensions[0]." + field in told["msg"]
    told = pages.tenant({"domain": "pages2.pbx.example.com", "extensions": [entry]})["tenants"][0]
    assert told["failed"]


@pytest.mark.parametrize(
    "text", ["0891", "0123", "12:30", "1e3", "0x1f", "+14165550100", ".5", "-3", "007", "yes", "null", "a: b"]
)
def test_text_that_begins_like_a_number_is_written_in_quotes(tmp_path, text):
    path = tmp_path / "t.yml"
    secrets_store.write(str(path), {"pin": text})
    written = path.read_text()
    assert yaml.safe_load(written) == {"pin": text}
    assert written.strip() in (f"pin: '{text}'", f'pin: "{text}"')
