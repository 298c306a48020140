"""What is refused before anything is written, with field and cause; and that one bad tenant leaves the others done."""

from __future__ import annotations

import copy
import re

import pytest

from tests.playbooks.conftest import ROOT, order

DOMAIN = "refused.pbx.example.com"


def with_(**changes):
    wanted = order(DOMAIN, "+14165550150")
    for path, value in changes.items():
        place = wanted
        parts = [int(part) if part.isdigit() else part for part in path.split("__")]
        for part in parts[:-1]:
            place = place[part]
        place[parts[-1]] = value
    return wanted


CASES = {
    "unknown key": (with_(colour="red"), "colour: unknown key"),
    "unknown key with a near one": (with_(extensions__0__nme="x"), "extensions[0].nme: unknown key, did you mean name?"),
    "missing key": (with_(extensions__1={"name": "x"}), "extensions[1].number: is required"),
    "wrong type": (with_(trunk__gateway__port="many"), "trunk.gateway.port: must be a whole number"),
    "text for a list": (with_(extensions="1001"), "extensions: must be a list"),
    "yes for true": (with_(trunk__gateway__register="yes"), "trunk.gateway.register: must be true or false"),
    "choice": (with_(extensions__0__record="some"), "extensions[0].record: must be one of"),
    "upper-case domain": (with_(domain="Refused.pbx.example.com"), "domain: a domain is written in lower case"),
    "extension with letters": (with_(extensions__0__number="10o1"), "extensions[0].number: an extension number is 1 to 20"),
    "duplicate extension": (with_(extensions__1__number="1001"), "extensions[1].number: 1001 stands twice"),
    "DID not E.164": (with_(trunk__inbound__0__number="4165550150"), "trunk.inbound[0].number: not an E.164 number"),
    "password": (with_(extensions__0__password='a"b'), "extensions[0].password: holds a double quote"),
    "gateway password": (with_(trunk__gateway__password="cash$"), "trunk.gateway.password: holds a dollar sign"),
    "no credentials": (with_(trunk__gateway__username=None), "trunk.gateway.username: a gateway that registers"),
    "no password": (with_(trunk__gateway__password=None), "trunk.gateway.password: a gateway that registers"),
    "unknown template": (with_(trunk__outbound__0__template="nope"), "trunk.outbound[0].template: there is no outbound"),
    "missing option": (with_(trunk__outbound__0={"template": "nanp_local"}), "trunk.outbound[0].area_code: a local route"),
    "unknown gateway": (with_(trunk__outbound__0__gateway="montreal"), "trunk.outbound[0].gateway: there is no gateway"),
    "unknown group": (with_(users__0__group="bosses"), "users[0].group: the group bosses does not exist"),
    "superadmin": (with_(users__0__group="superadmin"), "users[0].group: superadmin sees every tenant"),
}
TWO = with_(trunk__gateways=[{"name": n, "proxy": "a.example", "register": False} for n in ("one", "One")])
del TWO["trunk"]["gateway"]
CASES["two gateways of a name"] = (TWO, "trunk.gateways[1].name: one stands twice")


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_before_anything_is_written(site, case):
    wanted, message = CASES[case]
    before = site.snapshot()
    run = site.provision(site.write("refused.yml", wanted))
    assert run.code != 0
    assert message in run.text.replace("''", "'"), run.output
    assert "Nothing was written." in run.text
    assert set(site.changed_since(before)) <= {"voipbox.outbox"}
    assert site.sql("SELECT 1 FROM v_domains WHERE domain_name = %s", DOMAIN) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("domain: [", "is not valid YAML"),
        ("- a\n- b\n", "does not hold a mapping"),
        ("domain: a.example\ndomain: b.example\n", "the key 'domain' stands twice"),
        ("domain: !!python/object/apply:os.system [id]\n", "is not valid YAML"),
    ],
)
def test_a_file_that_is_no_tenant_file(site, text, message):
    run = site.provision(site.write("broken.yml", text))
    assert run.code != 0
    assert message in run.text.replace("''", "'"), run.output


def test_a_site_template_that_is_not_well_formed(site):
    folder = site.folder / "routes"
    folder.mkdir()
    (folder / "mine.xml.j2").write_text("{% set expressions = ['^1$'] %}<extension", encoding="utf-8")
    before = site.snapshot()
    run = site.provision(
        site.write("refused.yml", with_(trunk__outbound__0__template="mine")), "-e", f"fusionpbx_template_path={folder}"
    )
    assert run.code != 0
    assert "trunk.outbound[0].template: mine gives XML that cannot be used" in run.text
    assert set(site.changed_since(before)) <= {"voipbox.outbox"}


def test_a_failed_tenant_fails_the_play_and_leaves_the_others_done(site):
    folder = site.folder / "batch"
    folder.mkdir()
    good = [order(f"good{n}.pbx.example.com", f"+1416555016{n}") for n in range(2)]
    bad = copy.deepcopy(with_(users__0__group="bosses"))
    broken = with_(colour="red", domain="broken.pbx.example.com")
    for name, content in (("a", good[0]), ("b", bad), ("c", broken), ("d", good[1])):
        site.write(f"batch/{name}.yml", content)
    run = site.provision(folder)
    assert run.code != 0
    assert "good0.pbx.example.com: created domain" in run.text
    assert re.search(r"good1\.pbx\.example\.com: created domain, [^:]*inbound route \+14165550161", run.text)
    assert f"{DOMAIN}: FAILED: users[0].group" in run.text
    assert "c.yml: FAILED: colour: unknown key" in run.text
    names = {row["domain_name"] for row in site.sql("SELECT domain_name FROM v_domains")}
    assert {"good0.pbx.example.com", "good1.pbx.example.com"} <= names
    assert not names & {DOMAIN, "broken.pbx.example.com"}


def test_the_same_files_for_two_servers_are_refused(site):
    inventory = site.write(
        "hosts.yml",
        "pbx_servers: {hosts: {lab-pbx: {}, other: {}}, vars: {ansible_connection: local, "
        f"ansible_python_interpreter: '{{{{ ansible_playbook_python }}}}', fusionpbx_config: {site.lab.config_path}}}}}\n",
    )
    before = site.snapshot()
    path = site.write("twice.yml", order(DOMAIN, "+14165550150"))
    run = site.play("provision", "-e", f"tenant_files={path}", inventory=str(inventory))
    assert run.code != 0
    assert "--limit" in run.text
    assert site.changed_since(before) == {}
    limited = site.play("provision", "-e", f"tenant_files={path}", "--limit", "lab-pbx", inventory=str(inventory))
    assert limited.code == 0, limited.output


def test_database_refused_and_switch_away_are_told_in_words(site):
    path = site.write("away.yml", order("away.pbx.example.com", "+14165550151"))
    refused = site.provision(path, "-e", "fusionpbx_database_password=CANARY-wrong")
    assert refused.code != 0
    assert "refused the connection" in refused.text
    assert "CANARY" not in refused.output
    away = site.provision(path, "-e", "fusionpbx_event_socket_port=1")
    assert away.code != 0
    assert "cannot be reached" in away.text
    assert site.sql("SELECT 1 FROM v_domains WHERE domain_name = 'away.pbx.example.com'") == []
    assert (ROOT / "playbooks" / "provision.yml").exists()
