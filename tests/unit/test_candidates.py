"""Passwords that may be needed: kept before they are sent, known again after a run that was killed, forgotten when unused."""

from __future__ import annotations

import copy
import json
import os
import stat
from pathlib import Path

import pytest
import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import rules
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import candidates, secrets_store
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.candidates import Candidates

DOMAIN = "candidates.pbx.example.com"
USED = {"users": {"admin": ["password"]}, "extensions": {"1001": ["voicemail_password"]}}


def document(domain=DOMAIN):
    return {"domain": domain, "users": [{"username": "admin"}], "extensions": [{"number": "1001", "password": "Given-1"}]}


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"users": [{"username": "a"}]}, True),
        ({"users": [{"username": "a", "password": "x"}]}, False),
        ({"extensions": [{"number": "1", "password": "x"}]}, True),
        ({"extensions": [{"number": "1", "password": "x", "voicemail_password": "1234"}]}, False),
        ({"extensions": [{"number": "1", "state": "absent"}]}, False),
    ],
)
def test_who_may_need_one(given, expected):
    assert candidates.wanted(given) is expected


def test_they_are_kept_before_they_are_sent_and_only_those_used_stay(tmp_path):
    run, sent = Candidates(str(tmp_path)), document()
    run.add([sent])
    user, extension = sent["users"][0]["candidate"], sent["extensions"][0]["candidate"]
    assert set(user) == {"password", "earlier"} and set(extension) == {"voicemail_password", "earlier"}
    assert rules.login_password(user["password"]) is None and rules.pin(extension["voicemail_password"]) is None
    (name,) = files(tmp_path)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert user["password"] in (tmp_path / name).read_text()
    path = run.settle(DOMAIN, USED | {"users": {"admin": ["password"], "root": ["password"]}})
    assert run.close() is None
    assert files(tmp_path) == [f"{DOMAIN}.yml"]
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert yaml.safe_load((tmp_path / f"{DOMAIN}.yml").read_text()) == {
        "users": {"admin": {"password": user["password"]}},
        "extensions": {"1001": {"voicemail_password": extension["voicemail_password"]}},
    }


def test_what_was_not_used_is_forgotten(tmp_path):
    run = Candidates(str(tmp_path))
    run.add([document()])
    assert run.settle(DOMAIN, None) is None
    assert run.close() is None
    assert files(tmp_path) == []


def test_a_run_that_was_killed_leaves_them_to_the_next_one(tmp_path):
    killed, first, other = Candidates(str(tmp_path)), document(), document("other." + DOMAIN)
    killed.add([first, other])
    os.close(killed.descriptor)
    following, again = Candidates(str(tmp_path)), document()
    following.add([again])
    assert again["users"][0]["candidate"] == dict(first["users"][0]["candidate"], earlier=True)
    assert len(files(tmp_path)) == 1
    following.settle(DOMAIN, USED)
    assert following.close() == following.path
    assert list(json.loads((tmp_path / Path(following.path).name).read_text())) == [other["domain"]]
    third = Candidates(str(tmp_path))
    third.add([document(other["domain"])])
    assert third.content[other["domain"]]["users"]["admin"]["password"] == other["users"][0]["candidate"]["password"]
    third.settle(other["domain"], None)
    assert third.close() is None


def test_those_of_a_run_that_is_at_work_are_left_alone(tmp_path):
    working, mine = Candidates(str(tmp_path)), document()
    working.add([mine])
    beside, theirs = Candidates(str(tmp_path)), document()
    beside.add([theirs])
    assert theirs["users"][0]["candidate"]["earlier"] is False
    assert theirs["users"][0]["candidate"]["password"] != mine["users"][0]["candidate"]["password"]
    beside.settle(DOMAIN, None)
    beside.close()
    assert files(tmp_path) == [Path(working.path).name]
    working.settle(DOMAIN, None)
    working.close()


@pytest.mark.parametrize("content", ["", "[", "[]", '{"a": 1}', '{"a": {"users": 1}}', '{"a": {"users": {"x": "y"}}}'])
def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path, content):
    (tmp_path / "candidates-x.json").write_text(content)
    (tmp_path / "candidates-y.json").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "candidates-z.json")
    run = Candidates(str(tmp_path))
    run.add([document()])
    run.settle(DOMAIN, None)
    run.close()
    assert files(tmp_path) == ["candidates-x.json", "candidates-y.json", "candidates-z.json"]


def test_when_the_tenants_file_cannot_be_written_they_stay_where_they_are(tmp_path, monkeypatch):
    run, sent = Candidates(str(tmp_path)), document()
    run.add([sent])
    with monkeypatch.context() as broken:
        broken.setattr(secrets_store, "write", lambda *unused: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            run.settle(DOMAIN, USED)
    assert run.close() == run.path
    assert sent["users"][0]["candidate"]["password"] in (tmp_path / Path(run.path).name).read_text()


def test_nothing_is_sent_that_could_not_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *unused: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    with pytest.raises(OSError, match="Read-only"):
        Candidates(str(tmp_path)).add([copy.deepcopy(document())])
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "domain", ["../x", "a/b", "", ".", "..", "a..b", "/etc/x", "a\nb", "x" * 251, None, "-", ".hidden", "ä.b"]
)
def test_no_domain_leads_out_of_the_folder(tmp_path, domain):
    with pytest.raises(BadInput):
        secrets_store.file_of(str(tmp_path), domain)
    assert secrets_store.file_of(str(tmp_path), "10.0.0.5") == str(tmp_path / "10.0.0.5.yml")


@pytest.mark.parametrize("inside", [True, False])
def test_the_default_place_is_refused_where_it_goes_with_the_container(tmp_path, monkeypatch, inside):
    mark = tmp_path / "mark"
    if inside:
        mark.touch()
    monkeypatch.setattr(secrets_store, "_CONTAINER_MARKS", (str(mark),))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(secrets_store, "_device", lambda path: 2 if path == "/volume" else 1)
    secrets_store.refuse_fleeting("/volume", "fusionpbx_secrets_dir")
    if not inside:
        secrets_store.refuse_fleeting("/root/x", "fusionpbx_secrets_dir")
        return
    with pytest.raises(BadInput, match=r"fusionpbx_secrets_dir: .*gone when this container ends"):
        secrets_store.refuse_fleeting("/root/x", "fusionpbx_secrets_dir")
    monkeypatch.setenv("XDG_STATE_HOME", "/kept")
    secrets_store.refuse_fleeting("/root/x", "fusionpbx_secrets_dir")
