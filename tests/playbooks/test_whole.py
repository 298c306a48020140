"""A tenant is converged whole in one module call, and its generated passwords are kept before anything is waited for."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path

import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.passwords import verify_password

from tests.playbooks.conftest import order

ROLES = """
- hosts: pbx_servers
  gather_facts: false
  roles:
    - voipbox.fusionpbx.fusionpbx_tenant
    - role: voipbox.fusionpbx.provider_trunk
      provider_trunk_verify: true
"""


def with_passwords(domain, number):
    wanted = order(domain, number)
    for place, extension in enumerate(wanted["extensions"]):
        extension.update(password=f"Given-Sip-{place}", voicemail_password=f"4711000{place}")
    return wanted


def module_calls(site):
    """Each module call opens one connection to the switch."""
    return len({entry["connection"] for entry in site.control.log()})


def test_one_call_does_the_whole_when_no_password_is_generated(site):
    path = site.write("whole.yml", with_passwords("whole.pbx.example.com", "+14165550170"))
    site.control.clear_log()
    first = site.provision(path)
    assert first.code == 0, first.output
    assert module_calls(site) == 1
    (line,) = re.findall(r"whole\.pbx\.example\.com: .*?gateway toronto is REGED", first.text)
    for what in ("created domain, user admin", "inbound route +14165550170", "outbound route toronto.911", "verified on"):
        assert what in line
    site.control.clear_log()
    assert site.provision(path).recap("changed") == 0
    assert module_calls(site) == 1


def kept(site, domain):
    """The passwords that are kept of a tenant, held against its rows; the folder holds nothing else."""
    folder = site.folder / "state" / "voipbox" / "secrets"
    assert [path.name for path in folder.iterdir() if path.name.startswith("candidates")] == []
    content = yaml.safe_load((folder / f"{domain}.yml").read_text(encoding="utf-8"))
    (user,) = site.sql("SELECT u.password FROM v_users u JOIN v_domains d USING (domain_uuid) WHERE d.domain_name = %s", domain)
    rows = site.sql("SELECT extension, password FROM v_extensions WHERE user_context = %s ORDER BY 1", domain)
    pins = site.sql(
        "SELECT voicemail_id, voicemail_password FROM v_voicemails v JOIN v_domains d USING (domain_uuid) "
        "WHERE d.domain_name = %s ORDER BY 1", domain,
    )  # fmt: skip
    found = {row["extension"]: {"password": row["password"]} for row in rows}
    for row in pins:
        found[str(row["voicemail_id"])]["voicemail_password"] = row["voicemail_password"]
    assert content["extensions"] == found
    return content["users"].get("admin", {}).get("password"), user["password"]


def test_generated_passwords_are_kept_before_they_are_sent(site):
    wanted = order("two.pbx.example.com", "+14165550171")
    del wanted["users"][0]["password"]
    path = site.write("two.yml", wanted)
    site.control.clear_log()
    run = site.provision(path)
    assert run.code == 0, run.output
    assert module_calls(site) == 1
    assert "created domain" in run.text and "gateway toronto is REGED" in run.text and "generated passwords are in" in run.text
    assert verify_password(*kept(site, "two.pbx.example.com"))
    before = kept(site, "two.pbx.example.com")
    site.control.clear_log()
    assert site.provision(path).recap("changed") == 0
    assert module_calls(site) == 1
    assert kept(site, "two.pbx.example.com") == before


def test_a_trunk_that_fails_is_told_with_what_was_done_before(site):
    wanted = order("half.pbx.example.com", "+14165550172")
    wanted["trunk"]["gateway"]["proxy"] = "half.provider1.example"
    good = with_passwords("good.pbx.example.com", "+14165550173")
    folder = site.folder / "tenants"
    folder.mkdir()
    for name, content in (("half", wanted), ("good", good)):
        site.write(f"tenants/{name}.yml", content)
    site.control.provider("half.provider1.example", "wrong_password")
    run = site.provision(folder)
    assert run.code != 0
    assert "half.pbx.example.com: FAILED: The gateway toronto is FAIL_WAIT on the switch, not registered" in run.text
    assert "(before that: created domain, user admin" in run.text
    assert "generated passwords are in" in run.text
    assert "good.pbx.example.com: created domain" in run.text
    assert (site.folder / "state" / "voipbox" / "secrets" / "half.pbx.example.com.yml").exists()
    site.control.provider("half.provider1.example", "good")
    assert site.provision(folder).code == 0


def processes_of(site):
    """The processes of this site's playbooks: Ansible's workers and modules leave the group of their command."""
    mark = f"XDG_STATE_HOME={site.folder / 'state'}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def test_a_run_killed_while_it_waits_has_kept_the_passwords(site):
    wanted = order("killed.pbx.example.com", "+14165550174")
    wanted["trunk"]["gateway"]["proxy"] = "killed.provider1.example"
    del wanted["users"][0]["password"]
    path = site.write("killed.yml", wanted)
    site.control.provider("killed.provider1.example", "silent")
    try:
        with site.cold("provision", "-e", f"tenant_files={path}", start_new_session=True) as run:
            deadline = time.monotonic() + 120
            while not site.sql("SELECT 1 FROM v_domains WHERE domain_name = 'killed.pbx.example.com'"):
                assert run.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
            while found := list(processes_of(site)):
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                run.poll()
                assert time.monotonic() < deadline
            run.communicate()
        (left,) = (site.folder / "state" / "voipbox" / "secrets").iterdir()
        assert left.name.startswith("candidates-")
    finally:
        site.control.provider("killed.provider1.example", "good")
    second = site.provision(path)
    assert second.code == 0, second.output
    assert "generated passwords are in" in second.text
    assert verify_password(*kept(site, "killed.pbx.example.com"))


def test_a_switch_that_is_lost_between_the_tenant_and_its_trunk_ends_the_run_and_the_next_makes_it_whole(site):
    path = site.write("lost.yml", with_passwords("lost.pbx.example.com", "+14165550176"))
    site.control.fault("close_mid_body", command="sofia xmlstatus gateway")
    run = site.provision(path)
    assert run.code != 0
    assert "lost.pbx.example.com: FAILED: The event socket" in run.text
    assert "closed the connection in the middle of an answer. What was written before stays written" in run.text
    assert "(before that: created domain" in run.text and "Nothing was written" not in run.text
    outbound = (
        "SELECT DISTINCT dialplan_enabled::text AS enabled FROM v_dialplans JOIN v_domains USING (domain_uuid) "
        "WHERE domain_name = 'lost.pbx.example.com' AND dialplan_name IN ('toronto.nanp', 'toronto.911')"
    )
    assert [row["enabled"] for row in site.sql(outbound)] == ["false"]
    again = site.provision(path)
    assert again.code == 0, again.output
    assert "gateway toronto is REGED" in again.text and "verified on" in again.text
    assert [row["enabled"] for row in site.sql(outbound)] == ["true"]
    assert site.provision(path).recap("changed") == 0


def test_a_switch_that_is_lost_while_it_is_asked_about_all_tenants_ends_the_whole_call(site):
    path = site.write("asked.yml", with_passwords("asked.pbx.example.com", "+14165550177"))
    assert site.provision(path).code == 0
    written = site.snapshot()
    for question in ("sofia xmlstatus gateway", "user_exists"):
        site.control.fault("close_mid_body", command=question)
        run = site.provision(path)
        assert run.code != 0
        assert "closed the connection in the middle of an answer. What was written before stays written" in run.text
        assert site.changed_since(written) == {}
    assert site.provision(path).recap("changed") == 0


def test_the_two_roles_of_a_playbook_of_ones_own_do_the_same(site):
    path = site.write("roles.yml", with_passwords("roles.pbx.example.com", "+14165550175"))
    playbook = site.folder / "own"
    playbook.with_suffix(".yml").write_text(ROLES, encoding="utf-8")
    run = site.play(str(playbook), "-e", f"tenant_files={path}")
    assert run.code == 0, run.output
    assert run.recap("changed") == 2
    written = site.snapshot()
    assert site.play(str(playbook), "-e", f"tenant_files={path}").recap("changed") == 0
    assert site.provision(path).recap("changed") == 0
    assert site.changed_since(written) == {}
