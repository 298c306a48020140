"""One tenant's oddity stays its own, and what is told of a failure is true of what was written."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import inbound_route, module_front, tenant_modules, verify
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.database import Database
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import DatabaseError
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

from tests.engine.conftest import order

FIRST_ONLY = "Its domain, users and extensions are written; nothing of its trunk was."


def many(name, last, **options):
    return order(f"many-{name}.pbx.example.com", f"+1416559{last:04d}", **options)


class Ended(Exception):
    """How a stub module ends."""


class Module:
    """What module_front needs of an AnsibleModule."""

    _diff = False

    def __init__(self, params, check_mode):
        self.params = dict(dict.fromkeys(module_front.connection_spec()), **params)
        self.check_mode = check_mode
        self.result = None

    def exit_json(self, **result):
        self.result = dict(result, failed=False)
        raise Ended

    def fail_json(self, **result):
        self.result = dict(result, failed=True)
        raise Ended


def whole(bench, tmp_path, *files, check=False, folders=(), edit=None):
    """One module call for tenants with their trunks, as provision.yml makes it; the result of the module."""
    templates = RouteTemplates([str(folder) for folder in folders])
    tenants = [
        dict(
            documents.tenant_document(copy.deepcopy(one), "test"),
            whole=documents.whole_trunk_document(copy.deepcopy(one), "test", templates, False),
        )
        for one in files
    ]
    for tenant in tenants if edit else ():
        edit(tenant)
    options = {"state": "present", "update_password": "on_create", "trunk": True, "wait_timeout": 5}
    given = tmp_path / "document.json"
    given.write_text(json.dumps({"part": "tenant", "options": options, "tenants": tenants}), encoding="utf-8")
    module = Module({"document": str(given), "config_path": str(bench.lab.config_path)}, check)
    with contextlib.suppress(Ended):
        tenant_modules.run_document(module)
    return module.result


def of(result, name):
    (found,) = [one for one in result["tenants"] if one["domain"] == f"many-{name}.pbx.example.com"]
    return found


@contextlib.contextmanager
def trap(bench, table, when, condition):
    """A table of the lab that refuses what meets a condition. when: such as AFTER INSERT; a deferred one acts at the commit."""
    deferred = when.startswith("COMMIT")
    bench.sql(
        "CREATE OR REPLACE FUNCTION public.lab_trap() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'trapped by the lab'; END$$"
    )
    kind = "CONSTRAINT TRIGGER" if deferred else "TRIGGER"
    late = "DEFERRABLE INITIALLY DEFERRED" if deferred else ""
    event = when.replace("COMMIT", "AFTER")
    bench.sql(
        f"CREATE {kind} lab_trap {event} ON {table} {late} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION public.lab_trap()"
    )
    try:
        yield
    finally:
        bench.sql(f"DROP TRIGGER lab_trap ON {table}")


@pytest.mark.parametrize("alone", [True, False])
def test_a_prefix_with_a_plus_is_the_same_number(bench, alone):
    """FusionPBX's page keeps a prefix as it was typed."""
    last = 1 if alone else 2
    one, other = many(f"plus{last}", last), many(f"beside{last}", last + 10)
    bench.sql(
        "INSERT INTO v_destinations (destination_uuid, domain_uuid, destination_type, destination_prefix, destination_number) "
        "SELECT gen_random_uuid(), domain_uuid, 'inbound', '+1', %s FROM v_domains WHERE domain_name = 'neighbour.lab.example'",
        one["trunk"]["inbound"][0]["number"][2:],
    )
    result = bench.tenant(one) if alone else bench.tenant(other, one)
    assert "belongs to another tenant" in of(result, f"plus{last}")["msg"]
    if not alone:
        bench.both(other)


def test_a_prefix_with_a_plus_of_the_tenant_itself_is_adopted(bench):
    one, other = many("adopt", 3), many("adopt2", 4)
    bench.both(one, other)
    bench.sql("UPDATE v_destinations SET destination_prefix = '+1' WHERE destination_number = '4165590003'")
    assert of(bench.trunk(one, other), "adopt")["updated"] == ["inbound route +14165590003"]
    assert [row["destination_prefix"] for row in bench.rows("v_destinations", one["domain"])] == ["1"]


def test_a_user_without_a_name_is_passed_over(bench):
    one, other = many("nameless", 20), many("named", 21)
    bench.both(one, other)
    bench.sql(
        "INSERT INTO v_users (user_uuid, domain_uuid, username) SELECT gen_random_uuid(), domain_uuid, NULL "
        "FROM v_domains WHERE domain_name = %s",
        one["domain"],
    )
    one["extensions"][0]["user"] = other["extensions"][0]["user"] = "admin"
    result = bench.tenant(one, other)
    assert not result["failed"], result["msg"]
    assert [tenant["updated"] for tenant in result["tenants"]] == [["extension 1001"]] * 2


@pytest.mark.parametrize("there", [False, True])
def test_what_nobody_foresaw_stops_its_tenant_alone(bench, monkeypatch, there):
    one, other = many(f"odd{there:d}", 30 + there), many(f"even{there:d}", 32 + there)
    if there:
        bench.both(one, other)
        other["description"] = "another"
    check = inbound_route.InboundResource.check

    def odd(self, routes, *rest):
        if self.work.domain_name == one["domain"]:
            raise KeyError("CANARY-value")
        return check(self, routes, *rest)

    monkeypatch.setattr(inbound_route.InboundResource, "check", odd)
    result = bench.tenant(one, other)
    assert [tenant["failed"] for tenant in result["tenants"]] == [True, False]
    assert result["tenants"][0]["msg"].startswith("An unforeseen KeyError stopped this tenant at test_one_of_many.py:")
    assert "Nothing was written." in result["msg"] and "CANARY" not in str(result)
    assert of(result, f"even{there:d}")["changed"]
    monkeypatch.undo()
    bench.both(one, other)


def test_a_profile_that_is_stopped_fails_only_the_tenants_whose_gateways_it_holds(bench):
    lost, stopped, well = many("lost", 40), many("stopped", 41), many("well", 42)
    bench.both(lost, stopped, well)
    gateways = {one["domain"]: bench.rows("v_gateways", one["domain"])[0]["gateway_uuid"] for one in (lost, stopped)}
    session = bench.session()
    session.switch.kill_gateways({str(identity): "external" for identity in gateways.values()})
    session.close()
    bench.sql("UPDATE v_gateways SET profile = 'stopped' WHERE gateway_uuid = %s", gateways[stopped["domain"]])
    result = bench.trunk(stopped, lost, well)
    assert [tenant["failed"] for tenant in result["tenants"]] == [True, False, False]
    message = of(result, "stopped")["msg"]
    assert "did not rescan profile stopped" in message
    assert "The rows of the gateway toronto are written, but the switch does not have it." in message
    assert "Nothing was written" not in message and "updated" not in of(result, "stopped")
    assert of(result, "lost")["updated"] == ["gateway toronto"]
    assert of(result, "lost")["gateways"][0]["state"] == "REGED"


def test_a_refused_trunk_does_not_deny_what_was_written_before(bench, tmp_path):
    wanted = many("half", 50)
    bench.both(wanted)
    wanted["description"] = "written all the same"
    wanted["trunk"] = {"gateway": {"name": "toronto", "state": "absent"}}
    before = bench.snapshot()
    predicted = of(whole(bench, tmp_path, wanted, check=True), "half")
    assert "This was a check: nothing was written." in predicted["msg"] and FIRST_ONLY not in predicted["msg"]
    assert bench.changed_since(before) == {}
    found = of(whole(bench, tmp_path, wanted), "half")
    assert "is used by route" in found["msg"] and FIRST_ONLY in found["msg"]
    assert "Nothing was written" not in found["msg"]
    assert "Nothing was written." in of(whole(bench, tmp_path, wanted), "half")["msg"]


SITE = '<extension name="{{ number }}"><condition field="destination_number" expression="{{ expression }}"/>%s</extension>'
CASES = {
    "what FusionPBX cannot keep": (
        SITE % '<condition field="a" expression="b"><action application="set" data="a=1 &amp; 2"/></condition>',
        {"number": "+14165590060", "template": "mine"},
        "trunk.inbound[0].template: its XML holds 'a=1 & 2', which FusionPBX cannot keep",
    ),
    "a condition that always matches": (
        SITE % '<condition weekday="2-6"><action application="answer"/></condition>',
        {"number": "+14165590060", "template": "mine"},
        "trunk.inbound[0].template: A <condition> without field, expression, regex or a time would match every call",
    ),
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_content_is_refused_before_the_domain_is_written(bench, tmp_path, case, check):
    text, route, message = CASES[case]
    (tmp_path / "mine.xml.j2").write_text(text, encoding="utf-8")
    wanted = many("content", 60)
    wanted["trunk"]["inbound"] = [route]
    before = bench.snapshot()
    result = whole(bench, tmp_path, wanted, check=check, folders=[tmp_path])
    assert of(result, "content")["msg"].startswith(message)
    assert bench.changed_since(before) == {}


@pytest.mark.parametrize("check", [True, False])
def test_a_route_that_is_listed_twice_is_refused_before_the_domain_is_written(bench, tmp_path, check):
    wanted = many("twice", 61)
    before = bench.snapshot()

    def twice(document):
        outbound = document["whole"]["trunk"]["outbound"]
        outbound[1] = outbound[0]

    result = of(whole(bench, tmp_path, wanted, check=check, edit=twice), "twice")
    assert result["msg"].startswith("trunk.outbound[1].template: the route toronto.nanp with ")
    assert "othing was written." in result["msg"]
    assert bench.changed_since(before) == {}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("way", ["absent", "purge"])
def test_a_target_that_the_same_file_removes_is_refused_before_it_goes(bench, way, check):
    wanted = many(f"target-{way}", 62 if way == "absent" else 63)
    bench.both(wanted)
    if way == "absent":
        wanted["extensions"][0] = {"number": "1001", "state": "absent"}
    else:
        del wanted["extensions"][0]
        wanted["purge"] = ["extensions"]
    before = bench.snapshot()
    result = of(bench.tenant(wanted, check=check), f"target-{way}")
    assert result["msg"].startswith("trunk.inbound[0].extension: the same file removes extension 1001.")
    assert bench.changed_since(before) == {}
    wanted["trunk"]["inbound"][0]["extension"] = "1002"
    assert not bench.tenant(wanted, check=True)["failed"]


def test_a_commit_that_fails_is_told_as_unknown(bench):
    bad, good = many("commit", 70), many("commits", 71)
    del bad["extensions"][0]["password"]
    with trap(bench, "v_domains", "COMMIT INSERT", f"NEW.domain_name = '{bad['domain']}'"):
        result = bench.tenant(bad, good)
    found = of(result, "commit")
    assert found["msg"] == (
        "The database did not confirm the commit: trapped by the lab. Whether it was written is not known. Run again: it is safe."
    )
    assert "created" not in found and list(found["generated"]["extensions"]) == ["1001"]
    assert not of(result, "commits")["failed"]
    assert not [one for one in bench.sql("SELECT domain_name FROM voipbox.outbox") if "many-commit" in one["domain_name"]]
    bench.both(bad, good)


def test_what_was_rolled_back_is_not_told_as_created(bench):
    bad, good = many("rolled", 72), many("rolls", 73)
    with trap(bench, "v_extensions", "BEFORE INSERT", f"NEW.user_context = '{bad['domain']}'"):
        result = bench.tenant(bad, good)
    found = of(result, "rolled")
    assert found["failed"] and not found["changed"] and "created" not in found
    assert "The transaction was rolled back: nothing of it was written." in found["msg"]
    assert [diff["before_header"] for diff in result["diff"]] == [good["domain"]]
    assert of(result, "rolls")["created"]


def test_a_note_that_cannot_be_removed_does_not_deny_the_rows(bench):
    one, other = many("noted", 74), many("notes", 75)
    bench.tenant(one)
    with trap(bench, "voipbox.outbox", "BEFORE DELETE", "true"):
        result = bench.tenant(dict(one, description="noted"), other)
    assert all("Everything was written and the switch was told" in tenant["msg"] for tenant in result["tenants"])
    assert bench.rows("v_extensions", other["domain"])
    bench.both(dict(one, description="noted"), other)
    assert bench.sql("SELECT 1 FROM voipbox.outbox") == []


def test_routes_that_cannot_be_opened_do_not_deny_the_rows(bench):
    wanted = many("unopened", 76)
    bench.tenant(wanted)
    with trap(bench, "v_dialplans", "BEFORE UPDATE", f"NEW.dialplan_context = '{wanted['domain']}'"):
        message = of(bench.trunk(wanted), "unopened")["msg"]
    assert message.endswith("Its rows are written; new outbound routes stay closed. Run again: it is safe.")
    bench.both(wanted)


def test_a_database_that_is_lost_while_verifying_does_not_deny_what_was_written(bench, monkeypatch):
    def lost(self, sql, parameters=()):
        raise DatabaseError("The database refused a statement: gone.", not_done="Nothing was written.")

    session = bench.session()
    monkeypatch.setattr(Database, "execute", lost)
    try:
        with pytest.raises(DatabaseError, match=r"gone\. Verifying was not finished; it writes nothing") as caught:
            verify.verify(session, [{"domain": "many-verify.pbx.example.com"}], 1)
        assert "Nothing was written" not in str(caught.value)
    finally:
        session.close()


def test_a_check_says_that_nothing_was_sent(bench, tmp_path):
    wanted = many("owed", 77)
    bench.both(wanted)
    bench.sql(
        "INSERT INTO voipbox.outbox (run, domain_name, effects) VALUES (gen_random_uuid(), %s, %s)",
        wanted["domain"], json.dumps({"keys": ["dialplan:owed"]}),
    )  # fmt: skip
    result = whole(bench, tmp_path, wanted, check=True)
    assert result["warnings"] == [
        "An earlier run was cut off: 1 effect waits and will be carried out first by the next run that writes."
    ]
    assert bench.sql("SELECT 1 FROM voipbox.outbox")
    result = whole(bench, tmp_path, wanted)
    assert result["warnings"] == ["An earlier run was cut off; what it owed the switch was sent first."]
    assert bench.sql("SELECT 1 FROM voipbox.outbox") == []


def test_a_route_for_office_hours_keeps_its_hours(bench, tmp_path):
    (tmp_path / "hours.xml.j2").write_text(
        '<extension name="{{ number }}" continue="false"><condition wday="2-6" hour="9-17"/>'
        '<condition field="destination_number" expression="{{ expression }}">'
        '<action application="transfer" data="{{ extension }} XML {{ domain }}"/></condition></extension>',
        encoding="utf-8",
    )
    wanted = many("hours", 80)
    wanted["trunk"]["inbound"][0]["template"] = "hours"
    result = whole(bench, tmp_path, wanted, folders=[tmp_path])
    assert not result["failed"], result["msg"]
    (plan,) = bench.rows("v_dialplans", wanted["domain"], "app_uuid = 'c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4'")
    assert '<condition wday="2-6" hour="9-17" />' in plan["dialplan_xml"]
    rows = bench.rows("v_dialplan_details", wanted["domain"], f"dialplan_uuid = '{plan['dialplan_uuid']}'")
    assert {row["dialplan_detail_type"]: row["dialplan_detail_data"] for row in rows}["hour"] == "9-17"
    assert not whole(bench, tmp_path, wanted, folders=[tmp_path])["changed"]
