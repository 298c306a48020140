"""Every key of a tenant file has a rule, and none lets the switch's expansions or commands through."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import rules, tenant_checks
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import tenant_spec
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

EXPANSIONS = ["${system(touch /tmp/x)}", "$${hostname}", "%{api}", "a${hostname}b", "$${${x}}"]
# Texts that no dialplan, directory or gateway ever holds: FusionPBX's own pages alone show them.
NEVER_SERVED = {
    "description", "users[].first_name", "users[].last_name", "users[].organization", "extensions[].description",
    "trunk.gateway.description", "trunk.gateways[].description",
}  # fmt: skip
# Passwords stand in the directory as they are: the switch does not look into them (seen on a running one).
LITERAL = {"users[].password", "extensions[].password"}
GOOD = {
    "domain": "rules.pbx.example.com",
    "limits": {},
    "users": [{"username": "admin"}],
    "extensions": [{"number": "1001"}],
    "trunk": {
        "gateway": {"name": "toronto", "proxy": "sip.example.com", "register": False},
        "inbound": [{"number": "+14165550100"}],
        "outbound": [{"template": "nanp"}],
    },
}


def leaves(options, path=""):
    """(path, option) of every key that holds a value."""
    for name, option in options.items():
        below = option.get("options")
        if below:
            yield from leaves(below, f"{path}{name}{'[]' if option['type'] == 'list' else ''}.")
        else:
            yield path + name, option


LEAVES = dict(leaves(tenant_spec.specification()))
TEXTS = sorted(path for path, option in LEAVES.items() if "str" in (option.get("type"), option.get("elements")))


def with_value(path, value):
    tenant = copy.deepcopy(GOOD)
    if path.startswith("trunk.gateways[]"):
        tenant["trunk"]["gateways"] = [tenant["trunk"].pop("gateway")]
    place = tenant
    *steps, last = path.replace("[]", ".0").split(".")
    for step in steps:
        place = place[int(step)] if step == "0" else place[step]
    place[last] = [value] if LEAVES[path].get("type") == "list" else value
    return tenant


def faults_of(tenant):
    trunk = tenant["trunk"]
    gateways = [trunk["gateway"]] if "gateway" in trunk else trunk["gateways"]
    return tenant_checks.check_tenant(tenant) + tenant_checks.check_trunk(dict(tenant, trunk=dict(trunk, gateways=gateways)))


def test_the_tenant_that_the_others_are_made_of_is_good():
    assert faults_of(GOOD) == []


@pytest.mark.parametrize("path", sorted(LEAVES))
def test_every_key_has_a_rule(path):
    table, separator, name = path.rpartition(".")
    assert name in tenant_checks.RULES[table + separator], f"{path} needs a rule in tenant_checks"


def test_no_rule_is_for_a_key_that_does_not_exist():
    assert {table + name for table, rows in tenant_checks.RULES.items() for name in rows} == set(LEAVES)


@pytest.mark.parametrize("path", TEXTS)
def test_no_text_has_the_switch_put_something_else_in_its_place(path):
    for value in EXPANSIONS:
        found = [field for field, _ in faults_of(with_value(path, value))]
        # A gateway's password is no place for it either, but % is a character like others there.
        wanted = path in NEVER_SERVED | LITERAL or ("gateway" in path and path.endswith("password") and "$" not in value)
        assert (found == []) == wanted, (path, value, found)


@pytest.mark.parametrize("path", ["trunk.inbound[].variables", "trunk.outbound[].variables"])
@pytest.mark.parametrize("shape", [lambda v: {"a": v}, lambda v: {v: 1}, lambda v: {"a": [{"b": [v]}]}])
def test_values_for_templates_of_a_site_are_looked_through(path, shape):
    for value in EXPANSIONS:
        (fault,) = faults_of(with_value(path, shape(value)))
        assert fault[0].endswith(".variables")
    assert faults_of(with_value(path, shape("O'Brien & Sons"))) == []


def test_values_for_templates_are_bounded():
    deep = value = {}
    for _ in range(50):
        deep["a"] = deep = {}
    for given in (value, {"a": list(range(5000))}, {"a": object()}):
        assert rules.variables(given)


@pytest.mark.parametrize("value", ["^(a+)+$", "(", r"^(\d+)*$", "a" * 300])
@pytest.mark.parametrize("path", ["trunk.outbound[].expressions", "trunk.outbound[].toll_allow"])
def test_expressions_that_the_switch_cannot_use_are_refused(path, value):
    ((field, cause),) = faults_of(with_value(path, value))
    assert field.startswith(path.replace("[]", "[0]"))
    assert "a" * 20 not in cause


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (rules.display_name, ["O'Brien <front> & more", "Zoë 前台", "50% {off}"], ['say "hi"', "$5", "C:\\x", "a&lt;b", "a\nb"]),
        (rules.dialled, ["+1", "00", "9", "*67", "0011#"], ["1,2", "9|x", "[a]9", "{x}1", "a", "++1", "9/8", ""]),
        (rules.area_code, ["416", "20"], ["+1", "4 1", "a", "[2-9]"]),
        (rules.template, ["nanp", "site/hours", "a.b-c_d"], ["../x", "/x", "a//b", "a/", ".hidden", "a b", "a/../b"]),
        (rules.codecs, ["PCMU,PCMA", "OPUS@48000h@20i, G722", "G7221@32000h"], ["PCMU;x", "$x", "a\nb", "<x>"]),
    ],
)
def test_what_the_new_rules_take_and_refuse(rule, good, bad):
    assert [value for value in good if rule(value)] == []
    assert [value for value in bad if rule(value) is None] == []


def test_an_expression_that_variables_give_is_held_to_the_rule(tmp_path):
    (tmp_path / "mine.xml.j2").write_text(
        '{% set expressions = [variables.mine] %}<extension name="{{ gateway.name }}.m"><condition field="destination_number" '
        'expression="{{ expression }}"><action application="bridge" data="sofia/gateway/{{ gateway.uuid }}/$1"/></condition>'
        "</extension>",
        encoding="utf-8",
    )
    templates, gateway = RouteTemplates([str(tmp_path)]), {"name": "g"}
    assert templates.render_outbound({"template": "mine", "variables": {"mine": r"^(\d{4})$"}}, gateway, "a.example", "f")
    with pytest.raises(BadInput, match=r"f\.variables"):
        templates.render_outbound({"template": "mine", "variables": {"mine": "^(a+)+$"}}, gateway, "a.example", "f")
