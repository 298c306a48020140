"""Whose password and PIN a run changes: those of what it makes, and of entries that say so themselves."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.passwords import hash_password, verify_password

from tests.engine.conftest import order

DOMAIN = "whose.pbx.example.com"


def secrets_of(bench):
    (user,) = bench.rows("v_users", DOMAIN)
    (extension,) = bench.rows("v_extensions", DOMAIN, "extension = '1001'")
    (mailbox,) = bench.rows("v_voicemails", DOMAIN, "voicemail_id = '1001'")
    return user["password"], extension["password"], mailbox["voicemail_password"]


@pytest.mark.parametrize("always", [False, True])
def test_an_entry_says_whether_its_secrets_count_for_what_is_there(bench, always):
    wanted = order(DOMAIN, "+14165570199")
    for entry in (*wanted["users"], *wanted["extensions"]):
        entry["update_password"] = "on_create"
    assert not bench.tenant(wanted)["failed"]
    chosen = hash_password("Chosen-By-Ann-7"), "Chosen-Sip-77", "777777"
    identity = bench.sql("SELECT domain_uuid::text FROM v_domains WHERE domain_name = %s", DOMAIN)[0]["domain_uuid"]
    bench.sql("UPDATE v_users SET password = %s WHERE domain_uuid = %s", chosen[0], identity)
    bench.sql("UPDATE v_extensions SET password = %s WHERE extension = '1001' AND domain_uuid = %s", chosen[1], identity)
    bench.sql(
        "UPDATE v_voicemails SET voicemail_password = %s WHERE voicemail_id = '1001' AND domain_uuid = %s", chosen[2], identity
    )
    again = bench.tenant(wanted, always=always)
    assert not again["failed"] and not again["changed"]
    assert secrets_of(bench) == chosen
    more = copy.deepcopy(wanted)
    more["extensions"].append(dict(more["extensions"][0], number="1009", password="Made-Sip-1009", voicemail_password="1009100"))
    assert bench.tenant(more, always=always)["tenants"][0]["created"] == ["extension 1009"]
    (made,) = bench.rows("v_extensions", DOMAIN, "extension = '1009'")
    assert made["password"] == "Made-Sip-1009"
    assert secrets_of(bench) == chosen
    for entry in (*wanted["users"], *wanted["extensions"]):
        entry["update_password"] = "always"
    assert bench.tenant(wanted, always=always)["changed"]
    user, extension, mailbox = secrets_of(bench)
    assert verify_password(wanted["users"][0]["password"], user)
    assert (extension, mailbox) == (wanted["extensions"][0]["password"], wanted["extensions"][0]["voicemail_password"])
    assert not bench.tenant(wanted, always=always)["changed"]
    assert not bench.remove(DOMAIN)["failed"]
