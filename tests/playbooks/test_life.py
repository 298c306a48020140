"""A tenant's life by the four playbooks: provisioned, unchanged, verified, gathered, removed."""

from __future__ import annotations

import stat

import yaml

from tests.playbooks.conftest import ROOT, order

BRANCH = """{% from "outbound/_route.xml.j2" import route with context %}
{% set expressions = ['^(4\\\\d{3})$'] %}
{% set matches = ['4001'] %}
{{ route(number='55$1', name='branch') }}
"""


def test_examples_come_to_life_and_a_second_run_changes_nothing(site):
    before = site.snapshot()
    checked = site.provision("examples/tenants", "--check", "--diff")
    assert checked.code == 0, checked.output
    assert checked.recap("changed") == 1
    assert "acme.pbx.example.com: would create domain, user admin, 10 extensions" in checked.text
    assert site.changed_since(before) == {}

    first = site.provision("examples/tenants")
    assert first.code == 0, first.output
    assert first.recap("changed") == 1
    assert "acme.pbx.example.com: created domain, user admin, 10 extensions" in first.text
    assert "verified on the switch" in first.text
    assert "gateway toronto is REGED" in first.text

    written = site.snapshot()
    site.control.clear_log()
    second = site.provision("examples/tenants")
    assert second.code == 0, second.output
    assert second.recap("changed") == 0
    assert site.changed_since(written) == {}
    told = [entry["command"] for entry in site.control.log()]
    assert not [command for command in told if "rescan" in command or "killgw" in command or "reload" in command]


def test_generated_secrets_are_in_a_file_for_its_owner_alone(site):
    wanted = order("secrets.pbx.example.com", "+14165550140")
    del wanted["users"][0]["password"]
    run = site.provision(site.write("secrets.yml", wanted))
    assert run.code == 0, run.output
    path = site.folder / "state" / "voipbox" / "secrets" / "secrets.pbx.example.com.yml"
    assert str(path) in run.text.replace(" ", "") or path.name in run.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    kept = yaml.safe_load(path.read_text(encoding="utf-8"))
    (row,) = site.sql(
        "SELECT e.password FROM v_extensions e WHERE user_context = 'secrets.pbx.example.com' AND extension = '1001'"
    )
    assert kept["extensions"]["1001"]["password"] == row["password"]
    assert kept["users"]["admin"]["password"] not in run.output


def test_verify_tells_what_is_wrong(site):
    wanted = order("verify.pbx.example.com", "+14165550141")
    wanted["trunk"]["outbound"].append({"template": "international", "enabled": False})
    wanted["extensions"][1]["enabled"] = True
    path = site.write("verify.yml", wanted)
    assert site.provision(path).code == 0
    assert site.play("verify", "-e", f"tenant_files={path}").code == 0
    site.sql("UPDATE v_extensions SET enabled = 'false' WHERE user_context = 'verify.pbx.example.com' AND extension = '1002'")
    site.sql("UPDATE v_dialplans SET dialplan_enabled = 'false' WHERE dialplan_name = '4165550141'")
    site.sql(
        "UPDATE v_dialplans SET dialplan_enabled = 'true' WHERE dialplan_name = 'toronto.islands' "
        "AND dialplan_context = 'verify.pbx.example.com'"
    )
    for file in site.lab.cache_dir.iterdir():
        file.unlink()
    run = site.play("verify", "-e", f"tenant_files={path}")
    assert run.code != 0
    assert "extension 1002 resolves (disabled in FusionPBX; provisioning it with enabled: true opens it)" in run.text
    assert "number +14165550141 dialled as +14165550141 is found" in run.text
    assert "outbound international is closed (open: " in run.text
    site.sql("UPDATE v_extensions SET enabled = 'true' WHERE user_context = 'verify.pbx.example.com'")
    site.sql("UPDATE v_dialplans SET dialplan_enabled = 'true' WHERE dialplan_name = '4165550141'")
    site.sql("DELETE FROM v_extensions WHERE user_context = 'verify.pbx.example.com' AND extension = '1001'")
    for file in site.lab.cache_dir.iterdir():
        file.unlink()
    assert "extension 1001 resolves (not found)" in site.play("verify", "-e", f"tenant_files={path}").text


def test_a_gateway_that_stays_disabled_is_told_with_the_way_out(site):
    wanted = order("shut.pbx.example.com", "+14165550149")
    gateway = wanted["trunk"]["gateway"]
    gateway["enabled"] = False
    assert site.provision(site.write("shut.yml", wanted)).code == 0
    del gateway["enabled"]
    run = site.provision(site.write("shut.yml", wanted))
    assert run.code != 0
    assert "gateway toronto is REGED (disabled in FusionPBX; provisioning it with enabled: true opens it)" in run.text
    gateway["enabled"] = True
    run = site.provision(site.write("shut.yml", wanted))
    assert run.code == 0, run.output
    assert "gateway toronto is REGED" in run.text


def test_what_is_gathered_changes_nothing_when_applied(site):
    wanted = order("gather.pbx.example.com", "+14165550142")
    wanted["trunk"]["outbound"] += [
        {"template": "international", "order": 120},
        {"template": "nanp_local", "area_code": "416", "toll_allow": "local", "description": "Around here"},
        {"template": "branch", "enabled": False},
    ]
    routes = site.folder / "site-routes"
    (routes / "outbound").mkdir(parents=True)
    (routes / "outbound" / "branch.xml.j2").write_text(BRANCH, encoding="utf-8")
    template_path = ("-e", f"fusionpbx_template_path={routes}")
    wanted["extensions"][1].update(record="inbound", toll_allow=["local"], user="admin", voicemail=False, enabled=False)
    path = site.write("gather.yml", wanted)
    assert site.provision(path, *template_path).code == 0
    gather = ("gather", "-e", "domains=gather.pbx.example.com", *template_path)
    run = site.play(*gather, "-e", f"gather_dir={site.folder}/out")
    assert run.code == 0, run.output
    gathered = site.folder / "out" / "gather.pbx.example.com.yml"
    content = yaml.safe_load(gathered.read_text(encoding="utf-8"))
    assert stat.S_IMODE(gathered.stat().st_mode) == 0o600
    assert "Small-Trunk-1" not in gathered.read_text(encoding="utf-8")
    outbound = {one["template"]: one for one in content["trunk"]["outbound"]}
    assert outbound == {one["template"]: one for one in wanted["trunk"]["outbound"]}
    assert len(content["trunk"]["outbound"]) == len(outbound)
    assert content["trunk"]["inbound"] == [{"number": "+14165550142", "template": "did_to_extension", "extension": "1001"}]
    before = site.snapshot()
    again = site.provision(gathered, *template_path)
    assert again.code == 0, again.output
    assert again.recap("changed") == 0
    assert site.changed_since(before) == {}
    again = site.play(*gather, "-e", f"gather_dir={site.folder}/out")
    assert again.recap("changed") == 0
    full = site.play(*gather, "-e", f"gather_dir={site.folder}/full", "-e", "gather_secrets=true")
    assert full.code == 0
    assert "Small-Trunk-1" not in full.output
    with_secrets = site.folder / "full" / "gather.pbx.example.com.yml"
    assert "Small-Trunk-1" in with_secrets.read_text(encoding="utf-8")
    assert site.provision(with_secrets, *template_path).recap("changed") == 0


def test_a_gateway_made_by_hand_keeps_what_the_file_leaves_out(site):
    wanted = order("byhand.pbx.example.com", "+14165550144")
    trunk = wanted.pop("trunk")
    assert site.provision(site.write("byhand.yml", wanted)).code == 0
    site.sql(
        "INSERT INTO v_gateways (gateway_uuid, domain_uuid, gateway, proxy, register, profile, context, enabled) "
        "SELECT gen_random_uuid(), domain_uuid, %s, %s, 'false', 'external', 'public', 'true' "
        "FROM v_domains WHERE domain_name = 'byhand.pbx.example.com'",
        trunk["gateway"]["name"], trunk["gateway"]["proxy"],
    )  # fmt: skip
    trunk["gateway"].pop("register", None)
    path = site.write("byhand.yml", dict(wanted, trunk=trunk))
    run = site.provision(path)
    assert run.code == 0, run.output
    assert f"gateway {trunk['gateway']['name']} is NOREG" in run.text
    trunk["gateway"]["register"] = True
    run = site.provision(site.write("byhand.yml", dict(wanted, trunk=trunk)))
    assert run.code == 0, run.output
    assert f"gateway {trunk['gateway']['name']} is REGED" in run.text


def test_removal_wants_the_domain_name_again(site):
    before = site.snapshot()
    wanted = order("leaving.pbx.example.com", "+14165550143")
    wanted["trunk"].pop("provider_addresses")
    path = site.write("leaving.yml", wanted)
    assert site.provision(path).code == 0
    there = site.snapshot()
    refused = site.play("deprovision", "-e", f"tenant_files={path}")
    assert refused.code != 0
    assert "leaving.pbx.example.com" in refused.output and "confirm" in refused.output
    assert site.changed_since(there) == {}
    checked = site.play("deprovision", "-e", f"tenant_files={path}", "-e", "confirm=leaving.pbx.example.com", "--check")
    assert checked.code == 0
    assert site.changed_since(there) == {}
    removed = site.play("deprovision", "-e", f"tenant_files={path}", "-e", "confirm=leaving.pbx.example.com")
    assert removed.code == 0, removed.output
    assert site.changed_since(before) == {}


def test_roles_and_actions_are_documented():
    for role in ("fusionpbx_tenant", "provider_trunk"):
        assert (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8").startswith(f"# {role}")
