"""Tenant files that are odd in ways YAML, Jinja and regular expressions let pass; and what stays told when a call fails."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import rules
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import (
    documents,
    portions,
    returned,
    secrets_store,
    tenant_files,
    tenant_spec,
)
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.tenant_action import TenantAction

TEMPLATES = RouteTemplates([])
DOMAIN = "odd-unit.pbx.example.com"


@pytest.mark.parametrize("value", ["0100", "01234", "12:30:45", "0x1F", "0b11", "1_000", "+14165580000", "-0"])
def test_a_number_that_yaml_changes_is_refused_with_its_line(tmp_path, value):
    path = tmp_path / "odd.yml"
    path.write_text(f"domain: {DOMAIN}\nextensions:\n  - number: {value}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"odd\.yml: .*write it in quotes \(line 3, column 13\)") as caught:
        tenant_files.read(str(path))
    assert value not in str(caught.value)


def test_plain_numbers_and_quoted_ones_are_taken(tmp_path):
    path = tmp_path / "plain.yml"
    path.write_text("a: 1001\nb: '0100'\nc: 0\nd: -5\ne: 080\nf: [2026-01-31]\ng: 12345678901234567890\n", encoding="utf-8")
    found = tenant_files.read(str(path))
    assert [found[key] for key in "abcde"] == [1001, "0100", 0, -5, "080"]


@pytest.mark.parametrize("value", ["5555-55-55", "!!float CANARY", "!!timestamp CANARY", "!!int CANARY", "!!bool CANARY"])
def test_values_that_the_loader_stumbles_over_are_refusals_without_the_value(tmp_path, value):
    path = tmp_path / "date.yml"
    path.write_text(f"caller_id_number: {value}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"date\.yml: is not valid YAML") as caught:
        tenant_files.read(str(path))
    assert value.rsplit(" ", maxsplit=1)[-1] not in str(caught.value)


GOOD = {
    rules.domain: "a.example.com",
    rules.identity: "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    rules.extension_number: "1001",
    rules.gateway_user: "user",
    rules.username: "user",
    rules.word: "word",
    rules.email: "a@b.example",
    rules.emails: "a@b.example, c@d.example",
    rules.pin: "1234",
    rules.language: "en-us",
    rules.time_zone: "America/Toronto",
    rules.caller_number: "+14165580000",
    rules.did: "+14165580000",
    rules.host: "sip.example.com",
    rules.network: "203.0.113.10/32",
    rules.seconds(0, 99): "30",
}


@pytest.mark.parametrize("rule", GOOD, ids=lambda rule: rule.__name__)
def test_a_line_break_at_the_end_is_refused(rule):
    assert rule(GOOD[rule]) is None
    assert rule(GOOD[rule] + "\n")


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (rules.did, "+1\uff14165580000"),
        (rules.did, "+\u06611416558000"),
        (rules.pin, "123\uff14"),
        (rules.seconds(0, 99), "\uff14"),
        (rules.seconds(0, 99), "\u00b2"),
        (rules.host, 'fe80::1%" x'),
        (rules.host, "[fe80::1%25eth0]"),
        (rules.host, "[[203.0.113.1"),
        (rules.network, 'fe80::1%" x'),
        (rules.network, "fe80::%x/64"),
        (rules.emails, "a@b.example,\nc@d.example"),
        (rules.email, "a\x00@b.example"),
    ],
)
def test_other_digits_zones_and_control_characters_are_refused(rule, value):
    assert rule(value)


@pytest.mark.parametrize("value", ["203.0.113.1", "2001:db8::1", "[2001:db8::1]"])
def test_addresses_pass_as_hosts(value):
    assert rules.host(value) is None


@pytest.mark.parametrize("value", ["--5", "\u00b2", "-", "5-", "\uff15"])
def test_what_is_no_whole_number_is_a_fault(value):
    faults = tenant_spec.check({"domain": DOMAIN, "extensions": [{"number": "1001", "call_timeout": value}]})[1]
    assert faults == [("extensions[0].call_timeout", "must be a whole number")]
    assert tenant_spec.check({"domain": DOMAIN, "extensions": [{"number": "1", "call_timeout": " 5 "}]})[1] == []


def entry(**options):
    return {"template": "expression", "expressions": [r"^(\d{4})$"], **options}


def asked(**variables):
    return TEMPLATES.questions(entry(variables=variables), {"name": "g"}, DOMAIN, "trunk.outbound[0]")


@pytest.mark.parametrize("matches", [4165580000, None, "4165580000", [None], [True], [["1"]], {"a": 1}])
def test_samples_that_are_no_list_of_numbers_are_refused(matches):
    with pytest.raises(BadInput, match=r"trunk\.outbound\[0\]\.variables\.matches: matches must be a list of numbers"):
        asked(matches=matches)


def test_samples_without_quotes_become_text():
    assert asked(matches=[4165580000], refuses=["911", 411]) == {
        "expressions": [r"^(\d{4})$"], "match": ["4165580000"], "no_match": ["911", "411"],
    }  # fmt: skip


def test_any_error_of_a_template_is_a_refusal(tmp_path):
    (tmp_path / "mine.xml.j2").write_text("{% set expressions = ['^1$'] %}{{ variables.x + 1 }}", encoding="utf-8")
    mine = RouteTemplates([str(tmp_path)])
    with pytest.raises(BadInput, match=r"trunk\.outbound\[0\]\.template: mine cannot be rendered with these values"):
        mine.render_outbound({"template": "mine", "variables": {"x": "CANARY"}}, {"name": "g"}, DOMAIN, "trunk.outbound[0]")


def routes_of(outbound, *gateways):
    trunk = {"gateways": [{"name": name, "state": state} for name, state in gateways], "outbound": outbound}
    return documents.trunk_document({"domain": DOMAIN, "trunk": trunk}, "odd.yml", TEMPLATES)["trunk"]["outbound"]


PRESENT, GONE = ("toronto", "present"), ("old", "absent")


@pytest.mark.parametrize(
    ("outbound", "field"),
    [
        ([{"template": "nanp"}, {"template": "nanp"}], "trunk.outbound[1]"),
        ([{"template": "nanp", "toll_allow": "a"}, {"template": "nanp", "toll_allow": "b"}], "trunk.outbound[1]"),
        ([{"template": "nanp"}, {"template": "nanp", "gateway": "toronto"}], "trunk.outbound[1]"),
        ([{"template": "nanp", "state": "absent"}, {"template": "nanp"}], "trunk.outbound[1]"),
        ([entry(expressions=["^(1)$", "^(1)$"])], "trunk.outbound[0]"),
        ([{"template": "emergency_nanp"}, entry(), entry(order=120)], "trunk.outbound[2]"),
        ([{"template": "nanp", "gateway": "old"}], "trunk.outbound[0].gateway"),
    ],
)
def test_a_route_given_twice_or_through_a_gateway_that_goes_is_refused(outbound, field):
    with pytest.raises(BadInput) as caught:
        routes_of(outbound, PRESENT, GONE)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "outbound",
    [
        [{"template": "nanp"}, {"template": "nanp", "gateway": "montreal"}],
        [{"template": "nanp", "state": "absent"}, {"template": "nanp", "state": "absent", "toll_allow": "a"}],
        [{"template": "nanp"}, {"template": "international"}, entry(), entry(expressions=["^(2)$"])],
    ],
)
def test_routes_that_the_server_can_tell_apart_pass(outbound):
    assert len(routes_of(outbound, PRESENT, ("montreal", "present"))) == len(outbound)


def test_the_default_gateway_is_one_that_stays():
    (one,) = routes_of([{"template": "nanp"}], GONE, PRESENT)
    assert 'name="toronto.nanp"' in one["routes"][0]["xml"]
    (one,) = routes_of([{"template": "nanp", "state": "absent"}], GONE)
    assert 'name="old.nanp"' in one["routes"][0]["xml"]


@pytest.mark.parametrize("gateways", [(), (GONE,)])
def test_a_route_without_any_gateway_is_refused_unless_it_names_one(gateways):
    with pytest.raises(BadInput, match=r"trunk\.outbound\[0\]\.gateway"):
        routes_of([{"template": "nanp"}], *gateways)
    (one,) = routes_of([{"template": "nanp", "gateway": "onserver"}], *gateways)
    assert 'name="onserver.nanp"' in one["routes"][0]["xml"]


@pytest.mark.parametrize("text", ["a: [", "- a\n", "users: [a]\n", "users: {a: b}\n", "\tx"])
def test_a_secrets_file_that_could_not_take_more_is_refused(tmp_path, text):
    (tmp_path / f"{DOMAIN}.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=DOMAIN):
        secrets_store.prove_file(str(tmp_path), DOMAIN)


def test_a_good_secrets_file_none_and_an_empty_one_pass(tmp_path):
    secrets_store.prove_file(str(tmp_path), DOMAIN)
    (tmp_path / f"{DOMAIN}.yml").write_text("", encoding="utf-8")
    secrets_store.prove_file(str(tmp_path), DOMAIN)
    secrets_store.keep(str(tmp_path), DOMAIN, {"extensions": {"1001": {"password": "x"}}})
    secrets_store.prove_file(str(tmp_path), DOMAIN)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match=r"fusionpbx_secrets_dir: .*Nothing was written"):
        secrets_store.prove(str(tmp_path / "file" / "secrets"), "fusionpbx_secrets_dir")
    secrets_store.prove(str(tmp_path / "new" / "secrets"), "fusionpbx_secrets_dir")
    assert list((tmp_path / "new" / "secrets").iterdir()) == []


class Action(TenantAction):
    """An action without a playbook around it, whose batches are scripted."""

    def __init__(self, *script):
        self.script = list(script)

    def _batch(self, *unused):
        one = self.script.pop(0)
        if isinstance(one, Exception):
            raise one
        return one


def told(name, **more):
    return {"domain": name, "source": name + ".yml", "changed": True, "failed": False, "msg": "", **more}


def entries(*names):
    return [{"domain": name, "source": name + ".yml", "document": {"domain": name}, "msg": ""} for name in names]


@pytest.mark.parametrize(
    "loss",
    [{"failed": True, "msg": "Away. Nothing was written."}, {"unreachable": True, "msg": "Away."},
     AnsibleConnectionFailure("Away.")],
)  # fmt: skip
def test_a_later_portion_that_fails_takes_nothing_from_an_earlier_one(loss):
    wanted = entries("a", "b", "c")
    first = {"changed": True, "tenants": [told("a", secrets_file="/kept/a.yml")], "commands": ["x"]}
    action = Action(first, loss)
    merged = portions.merged(wanted, action._batches(portions.portions(wanted, 1), {}, None, {}))
    assert merged["failed"] and merged["changed"]
    one, two, three = merged["tenants"]
    assert one["secrets_file"] == "/kept/a.yml" and not one["failed"]
    assert (two["failed"], three["failed"]) == (True, True)
    assert two["msg"].startswith("Away.") and two["source"] == "b.yml"
    assert "ended before this tenant" in three["msg"]
    assert merged["msg"].startswith("2 of 3 tenants failed: b: Away.")


def test_a_first_portion_that_fails_as_a_whole_is_the_result():
    loss = {"unreachable": True, "msg": "Away."}
    assert portions.merged(entries("a", "b"), Action(loss)._batches([[{"domain": "a"}]], {}, None, {})) == loss
    with pytest.raises(AnsibleConnectionFailure):
        Action(AnsibleConnectionFailure("Away."))._batches([[{"domain": "a"}]], {}, None, {})


def test_an_unforeseen_error_of_one_file_is_its_failure(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_text(f"domain: odd-{name}.pbx.example.com\n", encoding="utf-8")

    def document(tenant, source, templates):
        if source == "a.yml":
            raise KeyError("CANARY")
        return tenant

    action = Action()
    action.document = document
    action.given = SimpleNamespace()
    one, two = action._read([str(tmp_path / "a.yml"), str(tmp_path / "b.yml")], TEMPLATES, set())
    assert one["msg"].startswith("a.yml: cannot be worked with (KeyError)")
    assert "CANARY" not in one["msg"]
    assert two["document"]


def test_a_large_tenant_is_told_as_it_was_made():
    made = [f"extension {number}" for number in range(10000, 22000)]
    told = {"domain": "large.example", "changed": True, "failed": False, "created": made}
    taken = returned.of_tenants({"tenants": [told], "changed": True}, {"large.example"})
    assert not taken["failed"] and taken["tenants"][0]["created"] == made
