"""Odd tenant files and odd surroundings, through whole runs: refused in words, the others served, no password lost."""

from __future__ import annotations

import pytest

from tests.playbooks.conftest import order

PLAY = """
- hosts: pbx_servers
  gather_facts: false
  tasks:
    - voipbox.fusionpbx.fusionpbx_tenant:
        tenant_files: {files}
"""


def test_files_that_yaml_or_python_stumble_over_leave_the_others_served(site):
    folder = site.folder / "odd"
    folder.mkdir()
    site.write("odd/a.yml", "domain: odd-a.pbx.example.com\nextensions:\n  - {number: '1001', caller_id_number: 5555-55-55}\n")
    site.write("odd/b.yml", "domain: odd-b.pbx.example.com\nextensions:\n  - number: 0100\n")
    wanted = order("odd-c.pbx.example.com", "+14165580001")
    wanted["trunk"]["outbound"] = [{"template": "expression", "expressions": ["^(1)$"], "variables": {"matches": 4165580001}}]
    site.write("odd/c.yml", wanted)
    wanted = order("odd-d.pbx.example.com", "+14165580002")
    wanted["trunk"]["outbound"].append({"template": "nanp", "toll_allow": "domestic"})
    site.write("odd/d.yml", wanted)
    site.write("odd/e.yml", order("odd-e.pbx.example.com", "+14165580003"))
    run = site.provision(folder)
    text = run.text.replace("''", "'")
    assert run.code != 0
    assert "a.yml: is not valid YAML: YAML reads this value as a date that does not exist, write it in quotes (line 3" in text
    assert "b.yml: is not valid YAML: YAML reads this value as another number, write it in quotes (line 3, column 13)" in text
    assert "trunk.outbound[0].variables.matches: matches must be a list of numbers" in text
    assert "trunk.outbound[2]: the route toronto.nanp with the expression" in text
    assert "odd-e.pbx.example.com: created domain" in text
    rows = site.sql("SELECT domain_name FROM v_domains WHERE domain_name LIKE 'odd-%%'")
    assert [row["domain_name"] for row in rows] == ["odd-e.pbx.example.com"]


def test_a_batch_size_of_nothing_is_refused(site):
    path = site.write("size.yml", order("odd-size.pbx.example.com", "+14165580010"))
    run = site.provision(path, "-e", "fusionpbx_tenant_batch_size=0")
    assert run.code != 0
    assert "batch_size: must be 1 or more. Nothing was written." in run.text


@pytest.mark.parametrize("broken", ["folder", "file"])
def test_generated_passwords_that_could_not_be_kept_are_refused_ahead(site, broken):
    domain = f"odd-kept-{broken}.pbx.example.com"
    path = site.write("kept.yml", order(domain, "+14165580011" if broken == "folder" else "+14165580012"))
    secrets = site.folder / "secrets"
    if broken == "folder":
        secrets.write_text("", encoding="utf-8")
    else:
        secrets.mkdir()
        (secrets / f"{domain}.yml").write_text("a: [", encoding="utf-8")
    before = site.snapshot()
    run = site.provision(path, "-e", f"fusionpbx_secrets_dir={secrets}")
    assert run.code != 0
    assert "passwords that are generated could not be kept in" in run.text
    assert ("fusionpbx_secrets_dir: " if broken == "folder" else f"{secrets}/{domain}.yml: ") in run.text
    assert "Nothing was written." in run.text
    assert set(site.changed_since(before)) <= {"voipbox.outbox"}
    checked = site.provision(path, "-e", f"fusionpbx_secrets_dir={secrets}", "--check")
    assert checked.code == 0, checked.output
    if broken == "file":
        (secrets / f"{domain}.yml").unlink()
        assert site.provision(path, "-e", f"fusionpbx_secrets_dir={secrets}").code == 0
        assert (secrets / f"{domain}.yml").exists()


def two_hosts(site, first="", second=""):
    return str(
        site.write(
            "hosts.yml",
            f"pbx_servers: {{hosts: {{lab-pbx: {{{first}}}, other: {{{second}}}}}, vars: {{ansible_connection: local, "
            f"ansible_python_interpreter: '{{{{ ansible_playbook_python }}}}', fusionpbx_config: {site.lab.config_path}}}}}\n",
        )
    )


def own_play(site, files, **keywords):
    more = "".join(f"  {name}: {value}\n" for name, value in keywords.items())
    site.write("own.yml", PLAY.format(files=files).replace("  tasks:\n", more + "  tasks:\n"))
    return str(site.folder / "own")


@pytest.mark.parametrize("how", ["task", "play"])
def test_files_that_the_task_or_the_play_names_for_two_servers_are_refused(site, how):
    path = site.write("shared.yml", order("odd-shared.pbx.example.com", "+14165580020"))
    play = own_play(site, path) if how == "task" else own_play(site, "'{{ tenant_files }}'", vars=f"{{tenant_files: {path}}}")
    before = site.snapshot()
    run = site.play(play, "--check", inventory=two_hosts(site))
    assert run.code != 0
    assert "would both get the same tenants" in run.text
    assert site.changed_since(before) == {}
    limited = site.play(play, "--check", "--limit", "lab-pbx", inventory=two_hosts(site))
    assert limited.code == 0, limited.output
    once = site.play(own_play(site, path, run_once="true"), "--check", inventory=two_hosts(site))
    assert once.code == 0, once.output


@pytest.mark.parametrize("how", ["inventory", "task", "play", "variable"])
def test_files_that_differ_from_server_to_server_are_served(site, how):
    for host, number in (("lab-pbx", "+14165580021"), ("other", "+14165580022")):
        site.write(f"{host}.yml", order(f"odd-{host}.pbx.example.com", number))
    by_name = f"{site.folder}/{{{{ inventory_hostname }}}}.yml"
    own = [f"{name}: {site.folder}/{host}.yml" for name, host in (("tenant_files", "lab-pbx"), ("tenant_files", "other"))]
    if how == "inventory":
        play, hosts = own_play(site, "'{{ tenant_files }}'"), two_hosts(site, *own)
    elif how == "task":
        play, hosts = own_play(site, f"'{by_name}'"), two_hosts(site)
    elif how == "play":
        play, hosts = own_play(site, "'{{ tenant_files }}'", vars=f"{{tenant_files: '{by_name}'}}"), two_hosts(site)
    else:
        own = [one.replace("tenant_files", "mine") for one in own]
        play, hosts = own_play(site, "'{{ mine }}'"), two_hosts(site, *own)
    run = site.play(play, "--check", inventory=hosts)
    assert run.code == 0, run.output
