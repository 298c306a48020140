"""Whoever owns a tenant file, or a tenant's pages, tries to keep emergency calls in the house or to draw somebody's calls."""

from __future__ import annotations

import copy

import pytest

from tests.attacks.by_playbook import lab
from tests.playbooks.conftest import order, playbooks, site

__all__ = ["lab", "playbooks", "site"]
DOMAIN = "mallory.pbx.example.com"


@pytest.mark.parametrize("number", ["911", "933", "112", "999", "000", "0", "4165550123", "*97"])
def test_an_extension_that_would_keep_calls_in_the_house_is_refused(site, number):
    wanted = order(DOMAIN, "+14165550601")
    wanted["extensions"].append({"number": number})
    before = site.snapshot()
    run = site.provision(site.write("mallory.yml", wanted))
    assert run.code != 0
    assert "extensions[2].number: " in run.text and "Nothing was written." in run.text, run.output
    assert not set(site.changed_since(before)) - {"voipbox.outbox"}


def test_an_extension_911_made_on_the_pages_is_told_by_verify_and_goes_by_the_file(site):
    wanted = order(DOMAIN, "+14165550601")
    path = site.write("mallory.yml", wanted)
    assert site.provision(path).code == 0
    site.sql(
        "INSERT INTO v_extensions (extension_uuid, domain_uuid, extension, password, user_context, enabled) "
        "SELECT gen_random_uuid(), domain_uuid, '911', 'x', domain_name, true FROM v_domains WHERE domain_name = %s",
        DOMAIN,
    )
    run = site.play("verify", "-e", f"tenant_files={path}")
    assert run.code != 0
    assert "emergency call 911 goes out (an extension 911 rings instead)" in run.text.replace("''", "'"), run.output
    wanted["extensions"].append({"number": "911", "state": "absent"})
    run = site.provision(site.write("mallory.yml", wanted))
    assert run.code == 0, run.output


def test_calls_of_another_tenant_cannot_be_drawn_with_a_number_of_another_country(site):
    victim = order("victim.pbx.example.com", "+16478381234")
    assert site.provision(site.write("victim.yml", victim)).code == 0
    for match in ("any", "digits", "plus", "national"):
        thief = order("thief.pbx.example.com", "+6478381234")
        thief["trunk"]["inbound"][0]["match"] = match
        run = site.provision(site.write("thief.yml", thief))
        assert run.code != 0
        assert "belongs to another tenant" in run.text, run.output
    mexico = order("mexico.pbx.example.com", "+526478381234")
    mexico["trunk"]["inbound"][0]["match"] = "national"
    run = site.provision(site.write("mexico.yml", mexico))
    assert "would be taken as 6478381234" in run.text, run.output
    assert site.sql("SELECT 1 FROM v_domains WHERE domain_name IN ('thief.pbx.example.com', 'mexico.pbx.example.com')") == []


def test_two_files_of_one_run_cannot_share_a_form(site, tmp_path):
    one = order("share-a.pbx.example.com", "+16478385678")
    two = order("share-b.pbx.example.com", "+6478385678")
    folder = tmp_path / "files"
    folder.mkdir()
    for check in (["--check"], []):
        for name, content in (("a.yml", one), ("b.yml", two)):
            site.write(f"files/{name}", copy.deepcopy(content))
        run = site.provision(folder, *check)
        assert run.code != 0
        assert "trunk.inbound[0].number: +6478385678 dialled as 6478385678 is +16478385678 of a.yml too" in run.text, run.output
    assert [row["domain_name"] for row in site.sql("SELECT domain_name FROM v_domains WHERE domain_name LIKE 'share-%%'")] == [
        "share-a.pbx.example.com"
    ]


def test_a_tenant_that_cannot_call_for_help_is_told_of_in_capitals(site):
    wanted = order("dutch.pbx.example.com", "+31201234567")
    run = site.provision(site.write("dutch.yml", wanted))
    assert "EMERGENCY CALLS DO NOT LEAVE" in run.text and "112 (NL)" in run.text, run.output
    wanted["trunk"]["outbound"] = [{"template": "nanp"}, {"template": "emergency"}]
    run = site.provision(site.write("dutch.yml", wanted))
    assert "EMERGENCY" not in run.text, run.output
