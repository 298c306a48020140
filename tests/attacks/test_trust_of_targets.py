"""A managed node that was broken into, and tenant files of a stranger: what they cannot make the control node do.

The target's Python is replaced by a program that answers what the attacker wants, as whoever owns the machine could.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
import yaml

from tests.warm.playbooks import WarmPlaybooks

DOMAIN = "attacked.pbx.example.com"
OTHER = "other.pbx.example.com"
ESCAPE = "\x1b]0;owned\x07\x1b[2J"
EVIL = {
    "ansible_facts": {"ansible_connection": "local", "owned": True},
    "add_host": {"host_name": "owned", "groups": ["pbx_servers"], "host_vars": {"ansible_connection": "local"}},
    "add_group": "owned",
    "_ansible_no_log": False,
    "invocation": {"module_args": {"x": "owned"}},
}
PATHS = [
    "../group_vars/all", "../../escaped", "a/../../escaped", "..", "", "a\x00b", "x" * 5000, 7, None,
    ["a"], "line\nbreak.example.com", "ünïcode.example.com",
]  # fmt: skip


@pytest.fixture(scope="module")
def playbooks():
    warm = WarmPlaybooks()
    yield warm
    warm.close()


class Target:
    """A machine whose Python answers with a file's content, whatever it is asked."""

    def __init__(self, folder: Path, playbooks: WarmPlaybooks) -> None:
        self.folder = folder
        self.playbooks = playbooks
        self.work = folder / "work"
        self.work.mkdir()
        self.dest = self.work / "tenants"
        self.secrets = self.work / "secrets"
        self.answer = folder / "answer"
        python = folder / "python3"
        python.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write(open({str(self.answer)!r}).read())\n")
        python.chmod(0o755)
        self.hosts = folder / "hosts.yml"
        host = {
            "ansible_connection": "local",
            "ansible_python_interpreter": str(python),
            "fusionpbx_secrets_dir": str(self.secrets),
        }
        self.hosts.write_text(yaml.safe_dump({"pbx_servers": {"hosts": {"victim": host}}}))
        tenant = {
            "domain": DOMAIN,
            "users": [{"username": "admin"}],
            "extensions": [{"number": "1001"}],
            "trunk": {
                "gateway": {"name": "toronto", "proxy": "sip.example.com", "register": False},
                "inbound": [{"number": "+14165550100", "extension": "1001"}],
            },
        }
        self.file = folder / "attacked.yml"
        self.file.write_text(yaml.safe_dump(tenant))

    def run(self, module: str, options: dict, answer: object, *flags: str) -> tuple[dict, str]:
        """The result of one task, and everything that was printed. answer: what the target's Python says."""
        self.answer.write_text(answer if isinstance(answer, str) else json.dumps(answer))
        plays = [
            {"hosts": "victim", "gather_facts": False,
             "tasks": [{"voipbox.fusionpbx." + module: options, "ignore_errors": True, "register": "told"}]},
            {"hosts": "all", "gather_facts": False, "tasks": [
                {"ansible.builtin.assert": {"that": ["groups['all'] == ['victim']", "owned is not defined"]}}]},
        ]  # fmt: skip
        book = self.folder / "play.yml"
        book.write_text(json.dumps(plays))
        code, output, results = self.playbooks.run("-i", str(self.hosts), str(book), *flags)
        assert code == 0, output
        assert ESCAPE not in output
        return dict(results[0]["result"], failed=results[0]["failed"]), output

    def written(self) -> set[str]:
        """Every file below the folder that this test did not write itself."""
        own = {"answer", "python3", "hosts.yml", "attacked.yml", "play.yml"}
        found = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
        return found - own


@pytest.fixture
def target(tmp_path, playbooks):
    return Target(tmp_path, playbooks)


def gathered(domain, **more):
    return {"domain": domain, "description": "good", "extensions": [{"number": "1001", "name": "Ann"}], **more}


def test_info_writes_below_dest_alone_and_only_what_breaks_no_rule(target):
    hostile = gathered(
        DOMAIN,
        extensions=[
            {"number": "1001", "name": "${system(id)}", "caller_id_name": ESCAPE, "toll_allow": ["a", "${x}", "b c"]},
            {"number": "../1"},
            {"number": "1002", "owned": True},
            {"number": "1002"},
            {"number": "1003", "name": "Bob"},
            "1004",
        ],
        users=[{"username": "a b"}, {"username": "ann", "email": 7, "group": ["x"]}, {"username": "bob", "email": "{{ 7 }}"}],
        limits={"extensions": "many", "chairs": 1},
        trunk={
            "gateway": {"name": "g", "proxy": "$(id)", "register": False, "codec_prefs": "${x}"},
            "inbound": [{"number": "+14165550100", "match": "any", "xml": "<a>", "order": 1, "enabled": True}],
            "outbound": [
                {"expression": "^(a+)+$", "name": "g.x", "gateway": "g", "order": 100, "enabled": True, "xml": "<" * 50000}
            ],
        },
    )
    answer = {
        "changed": False,
        "tenants": [gathered(path) for path in [*PATHS, str(target.folder / "absolute")]]
        + [hostile, gathered(DOMAIN, description="again"), gathered("10.0.0.5"), 5],
        "unmanaged": {path if isinstance(path, str) else "x": [ESCAPE, 5] for path in PATHS},
        "files": ["/etc/passwd"],
        **EVIL,
    }
    result, output = target.run("fusionpbx_info", {"dest": str(target.dest)}, answer)
    assert target.written() == {f"work/tenants/{DOMAIN}.yml", "work/tenants/10.0.0.5.yml"}
    assert sorted(result["files"]) == sorted(str(target.dest / name) for name in ("10.0.0.5.yml", f"{DOMAIN}.yml"))
    content = yaml.safe_load((target.dest / f"{DOMAIN}.yml").read_text())
    assert content["extensions"] == [
        {"number": "1001"},
        {"number": "1002"},
        {"number": "1003", "name": "Bob"},
    ]
    assert content["users"] == [{"username": "ann"}, {"username": "bob"}]
    assert (content["domain"], content["description"]) == (DOMAIN, "good")
    assert not content.get("limits") and not content.get("trunk")
    assert "${" not in str(content) and ESCAPE not in str(content) and "owned" not in str(content)
    assert len(result["unmanaged"][DOMAIN]) >= 8
    assert "$(id)" not in output


def test_info_takes_only_the_domains_that_it_asked_for(target):
    answer = {"changed": False, "tenants": [gathered(OTHER), gathered(DOMAIN)], "unmanaged": {OTHER: ["x"]}}
    result, _ = target.run("fusionpbx_info", {"dest": str(target.dest), "domains": [DOMAIN]}, answer)
    assert target.written() == {f"work/tenants/{DOMAIN}.yml"}
    assert result["unmanaged"] == {}


def test_a_link_in_dest_is_replaced_and_not_followed(target):
    target.dest.mkdir()
    outside = target.folder / "outside"
    outside.write_text("mine")
    (target.dest / f"{DOMAIN}.yml").symlink_to(outside)
    target.run("fusionpbx_info", {"dest": str(target.dest)}, {"changed": False, "tenants": [gathered(DOMAIN)], "unmanaged": {}})
    assert outside.read_text() == "mine"
    assert stat.S_IMODE((target.dest / f"{DOMAIN}.yml").lstat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["$ANSIBLE_VAULT;1.1;AES256\n0011\n", "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  0011\n"])
def test_an_encrypted_file_is_not_replaced_by_plain_text(target, content):
    target.dest.mkdir()
    path = target.dest / f"{DOMAIN}.yml"
    path.write_text(content)
    answer = {"changed": False, "tenants": [gathered(DOMAIN)], "unmanaged": {}}
    result, _ = target.run("fusionpbx_info", {"dest": str(target.dest)}, answer)
    assert path.read_text() == content and not result["changed"]
    assert "it was left as it is" in str(result["unmanaged"][DOMAIN])


def test_a_survey_is_held_to_its_shape(target):
    good = {"domain": DOMAIN, "domain_uuid": "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "enabled": True}
    odd = [
        dict(good, domain=7),
        dict(good, domain=ESCAPE),
        dict(good, domain_uuid="'; DROP"),
        dict(good, enabled="yes"),
        {},
        "x",
        dict(good, domain="x" * 254),
    ]
    answer = {"changed": True, "domains": [good, *odd], "switch": ESCAPE * 100, **EVIL}
    result, _ = target.run("fusionpbx_info", {"names_only": True}, answer)
    assert [entry["domain"] for entry in result["domains"]] == [DOMAIN]
    assert not result["changed"] and "\x1b" not in result["switch"] and len(result["switch"]) <= 300


def digest(domain, **more):
    return {"domain": domain, "changed": True, "failed": False, "msg": "", "created": ["domain"], **more}


def test_a_tenants_secrets_go_to_its_own_file_and_are_those_that_were_sent(target):
    claimed = {
        "users": {"admin": ["password"], "root": ["password"]},
        "extensions": {"../1001": ["password"], "1001": ["password"]},
    }
    forged = {"users": {"admin": {"password": "chosen-by-the-attacker"}}}
    answer = {
        "changed": True,
        "tenants": [
            *[digest(path, used=claimed, generated=forged, secrets_file="/etc/passwd") for path in PATHS],
            digest(OTHER, used=claimed, generated=forged),
            digest(DOMAIN, used=claimed, generated=forged, secrets_file="/etc/passwd", source="../../x", msg=ESCAPE),
            digest(DOMAIN, used={}),
        ],
        "commands": [ESCAPE],
        "warnings": [ESCAPE],
        **EVIL,
    }
    result, _ = target.run("fusionpbx_tenant", {"tenant_files": str(target.file)}, answer)
    path = target.secrets / f"{DOMAIN}.yml"
    assert target.written() == {str(path.relative_to(target.folder))}
    kept = yaml.safe_load(path.read_text())
    assert {kind: {name: set(values) for name, values in named.items()} for kind, named in kept.items()} == {
        "users": {"admin": {"password"}}, "extensions": {"1001": {"password"}},
    }  # fmt: skip
    assert "attacker" not in path.read_text() and stat.S_IMODE(path.stat().st_mode) == 0o600
    (told,) = result["tenants"]
    assert told["domain"] == DOMAIN and told["secrets_file"] == str(path)
    assert "attacker" not in str(result) and "/etc/passwd" not in str(result) and "owned" not in result


@pytest.mark.parametrize("module", ["fusionpbx_tenant", "fusionpbx_trunk", "fusionpbx_verify"])
def test_what_is_no_result_of_a_tenant_is_told_as_its_failure(target, module):
    for odd in ({"failed": "no"}, {"changed": None}, {"msg": ["x"]}, {"created": "domain"}, {"gateways": [5]}, {"checks": {}},
                {"checks_passed": -1}, {"domain_uuid": "../x"}, {"warnings": [{}]}):  # fmt: skip
        answer = {"changed": False, "tenants": [digest(DOMAIN, **odd), digest(OTHER)]}
        result, _ = target.run(module, {"tenant_files": str(target.file)}, answer)
        (told,) = result["tenants"]
        assert result["failed"] and told["failed"] and told["domain"] == DOMAIN, odd
        assert "no result of this module" in told["msg"]
        left = {Path(path).name.split("-")[0] for path in target.written()}
        assert left <= {"candidates"}, left


@pytest.mark.parametrize("module", ["fusionpbx_tenant", "fusionpbx_trunk", "fusionpbx_verify"])
@pytest.mark.parametrize(
    "answer", [{"tenants": {}}, {"tenants": []}, {"changed": True}, "no json", '{"failed": true, "msg": "' + "x" * 50 + '"}']
)
def test_what_is_no_result_at_all_fails_every_tenant(target, module, answer):
    answer = dict(answer, **EVIL) if isinstance(answer, dict) else answer
    result, _ = target.run(module, {"tenant_files": str(target.file)}, answer)
    assert result["failed"] and "owned" not in str(result.get("add_host", ""))
    assert "add_host" not in result and "ansible_facts" not in result


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("fusionpbx_inbound_route", {"domain": DOMAIN, "number": "+14165550100", "extension": "1001"}),
        ("fusionpbx_outbound_route", {"domain": DOMAIN, "template": "nanp", "gateway": "toronto"}),
    ],
)
def test_the_actions_of_routes_take_what_they_know(target, module, options):
    answer = digest(OTHER, commands=[ESCAPE], diff=[{"before": ESCAPE, "after": 5}, 7], gateways=[], owned=True, **EVIL)
    result, _ = target.run(module, options, answer, "--diff")
    assert result["domain"] == DOMAIN
    assert "add_host" not in result and "ansible_facts" not in result and "owned" not in result
    assert "\x1b" not in json.dumps(result)
    result, _ = target.run(module, options, {"domain": DOMAIN, "changed": "yes", **EVIL})
    assert result["failed"] and "no result of this module" in result["msg"]
    assert target.written() == set()


HOSTILE_FILES = {
    "dialplan": {"trunk": {"outbound": [{"template": "nanp", "prefix": "${system(touch MARK)}"}]}},
    "area": {"trunk": {"outbound": [{"template": "nanp_local", "area_code": "416${system(touch MARK)}"}]}},
    "toll": {"trunk": {"outbound": [{"template": "nanp", "toll_allow": "${lua(x)}"}]}},
    "expression": {"trunk": {"outbound": [{"template": "expression", "expressions": ["^(a+)+$"]}]}},
    "unbalanced": {"trunk": {"outbound": [{"template": "expression", "expressions": ["^(\\d{4}$"]}]}},
    "variables": {"trunk": {"outbound": [{"template": "nanp", "variables": {"x": [{"y": "$${hostname}"}]}}]}},
    "route": {"trunk": {"inbound": [{"number": "+14165550100", "extension": "1001", "template": "../../../etc/passwd"}]}},
    "legs": {"trunk": {"outbound": [{"template": "nanp", "prefix": "1,sofia/external/attacker@example.com/"}]}},
    "name": {"extensions": [{"number": "1001", "name": "${system(touch MARK)}"}]},
    "group": {"users": [{"username": "x", "group": "super admin"}]},
    "candidate": {"users": [{"username": "x", "candidate": {"password": "forged"}}]},
    "path": {"domain": "../../etc/cron.d/x"},
    "python": "!!python/object/apply:os.system ['touch MARK']",
    "template": "domain: \"{{ lookup('pipe', 'touch MARK') }}\"",
    "bomb": "\n".join(["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]),
    "deep": "[" * 5000,
}


def test_no_tenant_file_of_a_stranger_reaches_the_server(target):
    folder, mark = target.folder / "strangers", target.folder / "mark"
    folder.mkdir()
    for name, content in HOSTILE_FILES.items():
        text = content if isinstance(content, str) else yaml.safe_dump({"domain": f"{name}.pbx.example.com", **content})
        (folder / f"{name}.yml").write_text(text.replace("MARK", str(mark)))
    os.mkfifo(folder / "pipe.yml")
    (folder / "zero.yml").symlink_to("/dev/zero")
    (folder / "shadow.yml").symlink_to("/etc/passwd")
    python = target.folder / "python3"
    python.write_text(python.read_text() + f"open({str(target.folder / 'asked')!r}, 'w')\n")
    result, output = target.run(
        "fusionpbx_tenant", {"tenant_files": str(folder), "trunk": True}, {"changed": True, "tenants": []}
    )
    assert result["failed"]
    told = {tenant["source"]: tenant for tenant in result["tenants"]}
    assert set(told) == {path.name for path in folder.iterdir()}
    assert all(tenant["failed"] and not tenant["changed"] for tenant in told.values())
    assert not (target.folder / "asked").exists() and not mark.exists()
    assert "root:" not in output and "forged" not in output
    fields = {
        "dialplan": "trunk.outbound[0].prefix", "legs": "trunk.outbound[0].prefix", "name": "extensions[0].name",
        "expression": "trunk.outbound[0].expressions[0]", "unbalanced": "trunk.outbound[0].expressions[0]",
        "variables": "trunk.outbound[0].variables", "candidate": "users[0].candidate",
    }  # fmt: skip
    for name, field in fields.items():
        assert field in told[f"{name}.yml"]["msg"], told[f"{name}.yml"]["msg"]


def test_no_secret_is_generated_where_none_can_be_kept(target):
    target.secrets.write_text("a file in the place of the folder")
    python = target.folder / "python3"
    python.write_text(python.read_text() + f"open({str(target.folder / 'asked')!r}, 'w')\n")
    result, _ = target.run("fusionpbx_tenant", {"tenant_files": str(target.file)}, {"changed": True, "tenants": []})
    assert result["failed"] and "fusionpbx_secrets_dir: " in result["msg"]
    assert not (target.folder / "asked").exists()
