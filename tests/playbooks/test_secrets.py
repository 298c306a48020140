"""Marked secrets and hostile text through everything: nothing of them in output, diffs, results or artifacts."""

from __future__ import annotations

from pathlib import Path

import ansible_runner

from tests.playbooks.conftest import ROOT, order

MARK = "CANARY"
SHOWN = "{{ 6*7 }} {% raw %} '<&> ; `id` %s ✓"
HOSTILE = SHOWN + ' ${x} " \\ $(id)'


def marked():
    wanted = order("canary.pbx.example.com", "+14165550190")
    wanted["users"][0].update(password=f"{MARK}-login-1A", organization=HOSTILE)
    wanted["extensions"][0].update(password=f"{MARK}-sip-1", voicemail_password="90210777", name=SHOWN)
    wanted["trunk"]["gateway"].update(password=f"{MARK}-trunk-1", description=HOSTILE)
    wanted["description"] = HOSTILE
    return wanted


def found_in(folder: Path) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and (MARK in (text := path.read_text(errors="replace")) or "90210777" in text)
    ]


def test_no_secret_is_told_and_no_text_is_a_template(site, tmp_path):
    path = site.write("canary.yml", marked())
    first = site.provision(path, "--diff", "-vvv")
    assert first.code == 0, first.output
    changed = marked()
    changed["users"][0]["password"] = f"{MARK}-login-2B"
    changed["extensions"][0].update(password=f"{MARK}-sip-2", voicemail_password="90210778")
    changed["trunk"]["gateway"]["password"] = f"{MARK}-trunk-2"
    site.write("canary.yml", changed)
    second = site.provision(path, "--diff", "-vvv", "-e", "fusionpbx_tenant_update_password=always")
    assert second.recap("changed") == 1, second.output
    for run in (first, second):
        assert MARK not in run.output
        assert "9021077" not in run.output
    (row,) = site.sql("SELECT domain_description FROM v_domains WHERE domain_name = 'canary.pbx.example.com'")
    assert row["domain_description"] == HOSTILE
    (row,) = site.sql(
        "SELECT effective_caller_id_name, password FROM v_extensions WHERE user_context = 'canary.pbx.example.com' "
        "AND extension = '1001'"
    )
    assert (row["effective_caller_id_name"], row["password"]) == (SHOWN, f"{MARK}-sip-2")


def test_no_secret_is_in_the_artifacts_of_a_run(site, tmp_path):
    path = site.write("canary.yml", marked())
    private = tmp_path / "private"
    private.mkdir()
    run = ansible_runner.run(
        private_data_dir=str(private),
        project_dir=str(ROOT),
        playbook="playbooks/provision.yml",
        inventory=str(ROOT / "inventories" / "lab" / "hosts.yml"),
        extravars={"tenant_files": str(path)},
        envvars={
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "VOIPBOX_LAB_DIR": str(site.lab.directory),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        },
        verbosity=3,
        quiet=True,
    )
    assert run.rc == 0, run.stdout.read()
    assert list(private.rglob("*.json"))
    assert found_in(private) == []
    assert MARK not in str(list(run.events))


def test_nothing_is_left_in_temporary_folders(site):
    temporary = site.folder / "tmp"
    temporary.mkdir()
    site.environment.update(TMPDIR=str(temporary), ANSIBLE_LOCAL_TEMP=str(temporary), ANSIBLE_REMOTE_TEMP=str(temporary))
    with site.cold("provision", "-e", f"tenant_files={site.write('canary.yml', marked())}") as run:
        output = run.communicate()[0]
    assert run.returncode == 0, output
    assert [path for path in temporary.rglob("*") if path.is_file()] == []
    assert [path for path in found_in(Path(site.lab.cache_dir)) if "configuration.sofia" not in path] == []
