"""Crashes, two runs at once, a switch that is away or lies: the next run makes it whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg2
import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import (
    DatabaseError,
    SchemaError,
    SwitchError,
)

from tests.engine.conftest import Bench, order

# Where a run is killed: a function of the engine, and the call number at which it dies before doing its work.
STEPS = [
    ("batch", "Changes.apply", 1),
    ("database", "Database.insert", 1),
    ("database", "Database.insert", 4),
    ("outbox", "Outbox.add", 1),
    ("database", "Database.commit", 2),
    ("effects", "Effects.carry_out", 1),
    ("effects", "make_folder", 2),
    ("cache", "Cache.drop", 1),
    ("outbox", "Outbox.done", 1),
    ("switch", "Switch.rescan", 1),
    ("switch", "Switch.reload_acl", 1),
    ("outbox", "Outbox.done", 2),
    ("switch", "Switch.wait_for_gateways", 1),
    ("trunk", "_open", 1),
    ("cache", "Cache.drop", 4),
]
KILLER = """
import importlib, json, os, signal, sys
package = "ansible_collections.voipbox.fusionpbx.plugins.module_utils."
module, name, at, config, documents = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import batch, effects, trunk
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.configuration import Settings
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.session import Session
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant import converge_tenants
home = importlib.import_module(package + ("changes" if name.startswith("Changes") else module))
*owner, function = name.split(".")
place = getattr(home, owner[0]) if owner else home
original = getattr(place, function)
calls = []
def dying(*args, **kwargs):
    calls.append(1)
    if len(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **kwargs)
setattr(place, function, dying)
given = json.load(open(documents))
session = Session(Settings({"config_path": config}))
session.start()
converge_tenants(session, [given["tenant"]])
trunk.converge_trunks(session, [given["trunk"]], 5)
print("survived")
"""


@pytest.mark.parametrize("step", range(len(STEPS)), ids=["{}-{}-{}".format(*step) for step in STEPS])
def test_a_run_killed_at_any_step_is_made_whole_by_the_next(bench, tmp_path, step):
    from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
    from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

    wanted = order(f"crash{step}.pbx.example.com", f"+1416555{step:04d}")
    wanted["trunk"]["provider_addresses"] = [f"198.51.100.{step + 1}/32"]
    given = tmp_path / "documents.json"
    content = {
        "tenant": documents.tenant_document(wanted, "test"),
        "trunk": documents.trunk_document(wanted, "test", RouteTemplates([])),
    }
    given.write_text(json.dumps(content), encoding="utf-8")
    module, name, at = STEPS[step]
    killed = subprocess.run(
        [sys.executable, "-c", KILLER, module, name, str(at), str(bench.lab.config_path), str(given)],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    bench.both(wanted)
    assert not any(result["changed"] for result in bench.both(wanted))
    assert whole(bench, wanted)


def test_what_cannot_be_done_for_one_tenant_does_not_keep_others_from_being_served(bench, tmp_path):
    stuck, other = order("stuck.pbx.example.com", "+14165550196"), order("other.pbx.example.com", "+14165550197")
    bench.both(stuck)
    owed = json.dumps({"make": [[str(tmp_path / "gone"), "stuck.pbx.example.com"]], "keys": ["dialplan:stuck"]})
    bench.sql(
        "INSERT INTO voipbox.outbox (run, domain_name, effects) VALUES (gen_random_uuid(), 'stuck.pbx.example.com', %s), "
        "(gen_random_uuid(), 'third.pbx.example.com', %s) RETURNING 1",
        owed, json.dumps({"keys": ["dialplan:third"]}),
    )  # fmt: skip
    assert not bench.tenant(other)["failed"]
    left = bench.sql("SELECT domain_name FROM voipbox.outbox")
    assert [row["domain_name"] for row in left] == ["stuck.pbx.example.com"]
    result = bench.tenant(stuck, other)
    failed = {one["domain"]: one["msg"] for one in result["tenants"] if one["failed"]}
    assert list(failed) == ["stuck.pbx.example.com"]
    assert "gone does not exist" in failed["stuck.pbx.example.com"]
    (tmp_path / "gone").mkdir()
    bench.both(stuck, other)
    assert bench.sql("SELECT 1 FROM voipbox.outbox") == []
    assert (tmp_path / "gone" / "stuck.pbx.example.com").is_dir()


def whole(bench, wanted):
    domain = wanted["domain"]
    counts = {
        table: len(bench.rows(table, domain))
        for table in ("v_users", "v_user_groups", "v_extensions", "v_voicemails", "v_gateways", "v_destinations")
    }
    assert counts == {
        "v_users": 1, "v_user_groups": 1, "v_extensions": 3, "v_voicemails": 3, "v_gateways": 1, "v_destinations": 1,
    }  # fmt: skip
    plans = bench.rows("v_dialplans", domain)
    names = [row["dialplan_name"] for row in plans]
    assert len(names) == len(set(names))
    assert len(bench.sql("SELECT 1 FROM v_domains WHERE domain_name = %s", domain)) == 1
    assert bench.sql("SELECT * FROM voipbox.outbox") == []
    (gateway,) = bench.rows("v_gateways", domain)
    session = bench.session()
    try:
        states = session.switch.gateway_states([gateway["gateway_uuid"]])
        assert states[gateway["gateway_uuid"]][0] == "REGED"
        assert session.switch.not_in_providers(wanted["trunk"]["provider_addresses"]) == []
    finally:
        session.close()
    return True


def test_two_runs_at_once_for_one_tenant(bench):
    wanted = order("race.pbx.example.com", "+14165550160")
    results = together(bench, [wanted, wanted])
    assert not any(result["failed"] for result in results), results
    second, first = sorted((result["tenants"][0] for result in results), key=lambda tenant: bool(tenant.get("created")))
    assert first["created"] and not second.get("created")
    # Folders are made after the commit: the second run may come in between, and makes them too.
    assert all(label.startswith("folder ") for label in second.get("updated", []))
    assert whole_rows(bench, wanted)


def test_two_runs_at_once_for_two_tenants_and_one_number(bench):
    one, other = order("race1.pbx.example.com", "+14165550161"), order("race2.pbx.example.com", "+14165550161")
    bench.tenant(one)
    bench.tenant(other, check=True)
    other["trunk"]["inbound"] = []
    bench.tenant(other)
    other["trunk"]["inbound"] = one["trunk"]["inbound"]
    results = together(bench, [one, other], trunk=True)
    assert sorted(result["failed"] for result in results) == [False, True]
    assert len(bench.sql("SELECT 1 FROM v_destinations WHERE destination_number = '4165550161'")) == 1


def together(bench, files, trunk=False):
    results = [None] * len(files)
    barrier = threading.Barrier(len(files))

    def run(place):
        mine = Bench(bench.lab)
        barrier.wait()
        results[place] = (mine.trunk if trunk else mine.tenant)(files[place])

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def whole_rows(bench, wanted):
    return len(bench.rows("v_extensions", wanted["domain"])) == 3 and len(bench.rows("v_users", wanted["domain"])) == 1


def test_no_switch_no_write(bench, acme):
    before = bench.snapshot()
    with pytest.raises(SwitchError, match="cannot be reached"):
        bench.tenant(acme, event_socket={"port": 1})
    assert bench.changed_since(before) == {}


def test_wrong_password_of_the_event_socket_is_told(bench, acme):
    with pytest.raises(SwitchError, match="refused the password"):
        bench.tenant(acme, event_socket={"password": "CANARY-wrong"})


def test_database_refused(bench, acme):
    with pytest.raises(DatabaseError, match="refused the connection") as caught:
        bench.tenant(acme, database={"password": "CANARY-wrong"})
    assert "CANARY" not in str(caught.value)


def test_an_unknown_shape_is_refused_by_name(bench, acme):
    with psycopg2.connect(str(bench.lab.dsn)) as connection:
        connection.cursor().execute("ALTER TABLE v_extensions RENAME COLUMN toll_allow TO toll_permit")
    try:
        before = bench.snapshot()
        with pytest.raises(SchemaError, match=r"v_extensions\.toll_allow"):
            bench.tenant(acme)
        assert bench.changed_since(before) == {}
    finally:
        with psycopg2.connect(str(bench.lab.dsn)) as connection:
            connection.cursor().execute("ALTER TABLE v_extensions RENAME COLUMN toll_permit TO toll_allow")


def test_an_access_list_that_came_back_empty_is_tried_again(bench):
    wanted = order("aclretry.pbx.example.com", "+14165550163")
    wanted["trunk"]["provider_addresses"] = ["198.51.100.200/32"]
    bench.tenant(wanted)
    bench.control.fault("empty_reloadacl")
    result = bench.trunk(wanted)
    assert not result["failed"], result["msg"]
    assert bench.told().count("reloadacl") == 2


def test_a_rescan_without_configuration_is_told_and_sent_by_the_next_run(bench):
    wanted = order("rescan.pbx.example.com", "+14165550164")
    bench.tenant(wanted)
    bench.control.fault("cannot_find_config")
    result = bench.trunk(wanted)
    assert result["failed"]
    assert "rescan" in result["msg"]
    bench.control.clear_faults()
    result = bench.trunk(wanted)
    assert not result["failed"], result["msg"]
    assert result["tenants"][0]["gateways"][0]["state"] == "REGED"


def test_a_gateway_that_the_switch_lost_is_loaded_again(bench):
    wanted = order("lost.pbx.example.com", "+14165550165")
    bench.both(wanted)
    (gateway,) = bench.rows("v_gateways", wanted["domain"])
    session = bench.session()
    session.switch.kill_gateways({gateway["gateway_uuid"]: "external"})
    session.close()
    result = bench.trunk(wanted)
    assert result["changed"]
    assert result["tenants"][0]["updated"] == ["gateway toronto"]
    assert result["tenants"][0]["gateways"][0]["state"] == "REGED"


def test_a_gateway_whose_last_try_failed_is_tried_again_at_once(bench):
    wanted = order("again.pbx.example.com", "+14165550191")
    host = wanted["trunk"]["gateway"]["proxy"]
    bench.control.provider(host, "wrong_password")
    try:
        bench.tenant(wanted)
        assert "FAIL_WAIT" in bench.trunk(wanted)["tenants"][0]["msg"]
        bench.control.provider(host, "good")
        began = time.monotonic()
        result = bench.trunk(wanted)
        assert not result["failed"], result["msg"]
        assert time.monotonic() - began < 10
        bench.control.clear_log()
        assert not bench.trunk(wanted)["changed"]
        assert bench.told() == []
    finally:
        bench.control.forget()
