"""Field rules: what the switch or FusionPBX cannot take is refused, everything else is data."""

from __future__ import annotations

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import rules
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.passwords import generate_pin, generate_sip_password
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import check_tenant, check_trunk
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("value", ["Acme.example.com", "acme", "-a.example", "a..example", "acme_x.example", "10.0.0.1", "a b.c"])
def test_bad_domains_are_refused(value):
    assert rules.domain(value)


@pytest.mark.parametrize("value", ["acme.example.com", "a-1.example", "pbx.xn--bcher-kva.example"])
def test_good_domains_pass(value):
    assert rules.domain(value) is None


@pytest.mark.parametrize("value", ['a"b', "a\nb", "a&lt;b", "a&#34;b", " a", "", "x" * 129])
def test_sip_passwords_the_directory_cannot_take(value):
    assert rules.sip_password(value)


@pytest.mark.parametrize("value", ["a&b", "a<b>", "it's", "$100", "${x}", "back\\slash", "50%", "a b", ",;=#/:@?", "é" * 64])
def test_sip_passwords_that_work_on_a_switch_pass(value):
    assert rules.sip_password(value) is None


@pytest.mark.parametrize("value", ["cash$", "a&lt;b", "a\tb", "", " x"])
def test_gateway_passwords_the_switch_alters_are_refused(value):
    assert rules.gateway_password(value)


@pytest.mark.parametrize("value", ["a b", 'a"b', "a'b", "", "a<b"])
def test_gateway_users_with_blanks_or_quotes_are_refused(value):
    assert rules.gateway_user(value)


@pytest.mark.parametrize("value", ["sip:host.example", "host.example:5060", "two words", "http://x", "a..b"])
def test_hosts_are_written_alone(value):
    assert rules.host(value)


@pytest.mark.parametrize("value", ["0.0.0.0/0", "10.0.0.0/8", "203.0.113.10/24", "host.example", "2001:db8::/16"])
def test_wide_or_crooked_networks_are_refused(value):
    assert rules.network(value)


@pytest.mark.parametrize(("value", "stored"), [("203.0.113.10", "203.0.113.10/32"), ("198.51.100.0/24", "198.51.100.0/24")])
def test_networks_get_their_length(value, stored):
    assert rules.network(value) is None
    assert rules.cidr(value) == stored


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_characters="\x7f"), max_size=200))
def test_free_text_is_data(value):
    assert rules.text(value) is None


@given(st.integers(min_value=12, max_value=60))
def test_generated_secrets_pass_every_rule_they_may_meet(length):
    password = generate_sip_password(length)
    assert len(password) == length
    assert rules.sip_password(password) is None
    assert rules.gateway_password(password) is None
    assert rules.login_password(password) is None
    assert rules.pin(generate_pin(8)) is None


def test_every_fault_of_a_tenant_is_told_with_its_path():
    faults = dict(
        check_tenant(
            {
                "domain": "Acme.example.com",
                "limits": {"extensions": 1, "chairs": 2},
                "users": [{"username": "a b"}],
                "extensions": [{"number": "10a"}, {"number": "1001"}, {"number": "1001", "record": "some"}],
                "purge": ["everything"],
            }
        )
    )
    assert set(faults) == {
        "domain", "limits.chairs", "users[0].username", "extensions[0].number", "extensions[2].number",
        "extensions[2].record", "extensions", "purge[0]",
    }  # fmt: skip


def test_a_gateway_without_credentials_is_refused_unless_it_does_not_register():
    trunk = {"gateways": [{"name": "toronto", "proxy": "sip.provider.example"}]}
    assert [field for field, _ in check_trunk({"domain": "a.example", "trunk": trunk})] == ["trunk.gateway.username"]
    trunk["gateways"][0]["register"] = False
    assert check_trunk({"domain": "a.example", "trunk": trunk}) == []


def test_two_gateways_of_one_name_are_refused():
    gateway = {"name": "toronto", "proxy": "sip.provider.example", "register": False}
    faults = check_trunk({"domain": "a.example", "trunk": {"gateways": [gateway, dict(gateway, name="Toronto")]}})
    assert [field for field, _ in faults] == ["trunk.gateways[1].name"]
