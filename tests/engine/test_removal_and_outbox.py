"""What is done outside the database, and what is left of it: odd cache keys, folders, profiles, suspended tenants."""

from __future__ import annotations

import copy
import json
import shutil
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.action.fusionpbx_tenant import ActionModule
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import module_front, switch, tenant, tenant_modules
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.cache import Cache
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput, SwitchError

from tests.engine.conftest import order


def owe(bench, domain, **effects):
    """An outbox row of a run that is gone."""
    bench.sql(
        "INSERT INTO voipbox.outbox (run, domain_name, effects) VALUES (gen_random_uuid(), %s, %s)", domain, json.dumps(effects)
    )


def owing(bench):
    return [row["domain_name"] for row in bench.sql("SELECT domain_name FROM voipbox.outbox ORDER BY outbox_id")]


def cached(bench, *keys):
    """Put texts into the cache; returns a function that tells which of them are gone or were made anew."""
    files = {key: Path(bench.lab.cache_dir) / key.replace(":", ".") for key in keys}
    for file in files.values():
        file.write_text("stale", encoding="utf-8")
    return lambda: {key for key, file in files.items() if not file.exists() or file.read_text(encoding="utf-8") != "stale"}


def host_of(bench):
    session = bench.session()
    session.close()
    return session.host


def remove(bench, domain, **options):
    session = bench.session(**options)
    try:
        return module_front.results(tenant.remove_tenants(session, [domain], [domain]))
    finally:
        session.close()


def with_odd_numbers(bench, wanted):
    """A whole tenant to which someone added an extension and destinations that no key of a command may hold."""
    bench.both(wanted)
    (domain,) = bench.sql("SELECT domain_uuid FROM v_domains WHERE domain_name = %s", wanted["domain"])
    bench.sql(
        "INSERT INTO v_extensions (extension_uuid, domain_uuid, extension, number_alias, password, user_context, enabled) "
        "VALUES (gen_random_uuid(), %s, '*55', '7/../8', 'x', %s, 'true')", domain["domain_uuid"], wanted["domain"],
    )  # fmt: skip
    for kind, number in (("inbound", "(416) 557-0190"), ("local", "*725"), ("inbound", r"^\d{3}'$")):
        bench.sql(
            "INSERT INTO v_destinations (destination_uuid, domain_uuid, destination_type, destination_number) "
            "VALUES (gen_random_uuid(), %s, %s, %s)", domain["domain_uuid"], kind, number,
        )  # fmt: skip
    (gateway,) = bench.rows("v_gateways", wanted["domain"])
    return gateway["gateway_uuid"]


def test_a_number_with_an_odd_character_does_not_stop_a_removal(bench):
    wanted = order("ro-odd.pbx.example.com", "+14165570101")
    domain = wanted["domain"]
    gateway = with_odd_numbers(bench, wanted)
    keys = {
        f"{host_of(bench)}:directory:*55@{domain}", f"directory:*55@{domain}", f"directory:1001@{domain}",
        f"directory:né@{domain}", "dialplan:public:(416) 557-0190", r"dialplan:public:^\d{3}'$",
    }  # fmt: skip
    gone = cached(bench, *keys)
    result = bench.remove(domain)
    assert not result["failed"], result["msg"]
    assert gone() == keys
    assert gateway not in str(bench.control.state())
    assert owing(bench) == []


def test_a_number_with_an_odd_character_is_never_sent_in_a_command(bench):
    wanted = order("ro-lua.pbx.example.com", "+14165570102")
    domain = wanted["domain"]
    gateway = with_odd_numbers(bench, wanted)
    gone = cached(bench, f"directory:1001@{domain}", "dialplan:public:+14165570102")
    bench.control.clear_log()
    result = remove(bench, domain, cache_method="lua")
    assert not result["failed"], result["msg"]
    assert len(gone()) == 2
    assert gateway not in str(bench.control.state())
    sent = [command for command in bench.told() if "cache" in command]
    assert sent
    assert not [command for command in sent if any(part in command for part in ("*55", "(416)", "*725", "^", "/"))]
    assert owing(bench) == []


def test_only_plain_keys_reach_the_switch_and_only_files_of_the_cache_are_removed(tmp_path):
    told = []
    answers = SimpleNamespace(tell=lambda command: told.append(command) or "true")
    keys = ["good", "x')os.execute('id", "new\nline", "good\n", "..", "a..b", "/etc/x", "../outside", "", "n\0l"]
    Cache(SimpleNamespace(cache_dir=str(tmp_path), cache_method="lua"), answers).drop(keys)
    assert [command.split("c.del('")[1] for command in told] == ["good')))"]
    folder = tmp_path / "cache"
    folder.mkdir()
    (tmp_path / "outside").touch()
    for name in ("good", "x')os.execute('id", "a..b"):
        (folder / name).touch()
    Cache(SimpleNamespace(cache_dir=str(folder), cache_method="files"), answers).drop([*keys, ":", "::"])
    assert list(folder.iterdir()) == []
    assert (tmp_path / "outside").exists()


def test_a_key_that_stays_does_not_keep_a_gateway_from_being_loaded(bench):
    wanted = order("ro-stays.pbx.example.com", "+14165570103")
    bench.both(wanted)
    obstacle = Path(bench.lab.cache_dir) / "configuration.sofia.conf"
    obstacle.mkdir()
    try:
        wanted["trunk"]["gateway"]["password"] = "Another-Trunk-1"
        bench.control.clear_log()
        result = bench.trunk(wanted)
        assert result["failed"]
        assert "configuration.sofia.conf could not be removed" in result["msg"]
        assert [command.split()[3] for command in bench.told()] == ["killgw", "rescan"]
        assert owing(bench) == [wanted["domain"]]
    finally:
        obstacle.rmdir()
    bench.both(wanted)
    assert owing(bench) == []


def test_folders_of_a_domain_or_mailbox_that_is_there_again_stay(bench):
    wanted = order("ro-again.pbx.example.com", "+14165570104")
    domain = wanted["domain"]
    bench.both(wanted)
    recordings, voicemail = str(bench.lab.recordings_dir), str(bench.lab.voicemail_dir)
    kept = [Path(recordings) / domain / "call.wav", Path(voicemail) / "default" / domain / "1001" / "msg_1.wav"]
    for file in kept:
        file.touch()
    for path in (f"default/{domain}/1999", "default/ro-away.pbx.example.com"):
        (Path(voicemail) / path).mkdir()
    owe(bench, domain, remove=[[recordings, domain], [voicemail, f"default/{domain}"]])
    owe(bench, domain, remove=[[voicemail, f"default/{domain}/1001"], [voicemail, f"default/{domain}/1999"]])
    owe(bench, "ro-away.pbx.example.com", remove=[[voicemail, "default/ro-away.pbx.example.com"]])
    bench.session().close()
    assert owing(bench) == []
    assert all(file.exists() for file in kept)
    assert not (Path(voicemail) / "default" / domain / "1999").exists()
    assert not (Path(voicemail) / "default/ro-away.pbx.example.com").exists()


def test_a_folder_that_cannot_be_removed_is_a_matter_of_its_own_tenant(bench, monkeypatch):
    wanted = order("ro-folder.pbx.example.com", "+14165570105")
    other = order("ro-other.pbx.example.com", "+14165570106")
    bench.both(wanted)
    bench.both(other)
    (gateway,) = bench.rows("v_gateways", wanted["domain"])
    gone = cached(bench, f"dialplan:{wanted['domain']}")

    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", refuse)
        result = bench.remove(wanted["domain"])
        assert result["failed"]
        assert "could not be removed (Permission denied). The rows are written" in result["msg"]
        assert gone() and gateway["gateway_uuid"] not in str(bench.control.state())
        assert not bench.tenant(other)["failed"]
        assert owing(bench) == [wanted["domain"]]
    bench.session().close()
    assert owing(bench) == []
    assert not (Path(bench.lab.recordings_dir) / wanted["domain"]).exists()


@pytest.mark.parametrize("function", ["chmod", "stat"])
def test_a_folder_whose_mode_cannot_be_set_is_a_matter_of_its_own_tenant(bench, monkeypatch, function):
    from ansible_collections.voipbox.fusionpbx.plugins.module_utils import folders

    bench.session().close()
    domain = f"ro-{function}.pbx.example.com"
    (Path(bench.lab.recordings_dir) / domain).mkdir()
    owe(bench, domain, make=[[str(bench.lab.recordings_dir), f"{domain}/new"]])

    def refuse(path, *unused):
        raise PermissionError(1, "Operation not permitted", path)

    real = folders.os
    patched = SimpleNamespace(**{name: getattr(real, name) for name in ("path", "mkdir", "chmod", "geteuid", "chown", "stat")})
    setattr(patched, function, refuse)
    monkeypatch.setattr(folders, "os", patched)
    session = bench.session()
    session.close()
    assert "Operation not permitted" in str(session.owed[domain])
    monkeypatch.undo()
    bench.session().close()
    assert owing(bench) == []


def test_what_nobody_foresaw_is_told_by_type_and_place_and_stops_one_tenant_only(bench, monkeypatch):
    bench.session().close()
    owe(bench, "ro-strange.pbx.example.com", rescan=["strange"])
    owe(bench, "ro-plain.pbx.example.com", keys=["dialplan:ro-plain.pbx.example.com"], rescan=["external"])
    real = switch.Switch.rescan

    def strange(self, profile):
        if profile == "strange":
            raise TypeError("CANARY-value")
        real(self, profile)

    with monkeypatch.context() as patched:
        patched.setattr(switch.Switch, "rescan", strange)
        patched.setattr(switch.Switch, "has_profile", lambda self, profile: True, raising=False)
        session = bench.session()
        session.close()
    (error,) = session.owed.values()
    assert list(session.owed) == ["ro-strange.pbx.example.com"] == owing(bench)
    assert "unforeseen TypeError at test_removal_and_outbox.py:" in str(error)
    assert "CANARY" not in str(error) and "Nothing was written" not in str(error)
    bench.session().close()
    assert owing(bench) == []


def test_what_is_owed_to_a_profile_that_the_switch_does_not_have_is_done(bench):
    wanted = order("ro-owed.pbx.example.com", "+14165570107")
    bench.both(wanted)
    (gateway,) = bench.rows("v_gateways", wanted["domain"])
    identity = gateway["gateway_uuid"]
    owe(bench, "ro-typo.pbx.example.com", rescan=["extrenal", None], kill={str(uuid.uuid4()): "extrenal"})
    session = bench.session()
    session.close()
    assert session.owed == {}
    owe(bench, wanted["domain"], kill={identity: "ex ternal"}, rescan=["ex ternal"])
    session = bench.session()
    session.close()
    assert session.owed == {}
    assert owing(bench) == []
    assert f"sofia profile external killgw {identity}" in bench.told()
    assert identity not in str(bench.control.state())


def test_a_profile_that_the_switch_does_not_have_is_refused_before_anything_is_written(bench):
    wanted = order("ro-profile.pbx.example.com", "+14165570108")
    typo = copy.deepcopy(wanted)
    typo["trunk"]["gateway"]["profile"] = "extrenal"
    bench.tenant(wanted)
    for change in ("new", "changed"):
        before = bench.snapshot()
        for check in (True, False):
            result = bench.trunk(typo, check=check)
            assert result["failed"]
            assert "trunk.gateway.profile: the switch has no SIP profile extrenal (gateway toronto)." in result["msg"], change
            assert "othing was written" in result["msg"]
        assert bench.changed_since(before) == {}
        assert owing(bench) == []
        bench.both(wanted)
    wanted["trunk"]["gateway"]["profile"] = "internal"
    assert bench.trunk(wanted)["changed"]
    bench.control.clear_log()
    assert not any(result["changed"] for result in bench.both(wanted))
    assert not [entry for entry in bench.control.log() if "status profile" in entry["command"]]


def test_a_gateway_row_without_profile_is_loaded_from_the_usual_one(bench):
    wanted = order("ro-empty.pbx.example.com", "+14165570109")
    bench.both(wanted)
    bench.sql(
        "UPDATE v_gateways SET profile = NULL WHERE domain_uuid = (SELECT domain_uuid FROM v_domains WHERE domain_name = %s)",
        wanted["domain"],
    )
    wanted["trunk"]["gateway"]["password"] = "Another-Trunk-2"
    bench.control.clear_log()
    bench.trunk(wanted, wait=0)
    assert [command.split()[2:4] for command in bench.told()][:2] == [["external", "killgw"], ["external", "rescan"]]
    assert owing(bench) == []


@pytest.mark.parametrize("enabled", [False, True])
def test_a_tenant_that_is_suspended_or_let_in_again_is_forgotten_by_the_switch(bench, enabled):
    wanted = order("ro-suspend.pbx.example.com", "+14165570110")
    wanted["enabled"] = not enabled
    bench.both(wanted)
    domain, host = wanted["domain"], host_of(bench)
    bench.sql("UPDATE v_extensions SET number_alias = '2002' WHERE extension = '1002' AND user_context = %s", domain)
    mine = {
        f"dialplan:{domain}", f"{host}:directory:1001@{domain}", f"directory:2002@{domain}", f"{host}:directory:1003@{domain}",
        "dialplan:public:+14165570110", "dialplan:public:4165570110", "dialplan:public",
    }  # fmt: skip
    gone = cached(bench, *mine, f"directory:1001@x.{domain}", "dialplan:public:+14165570111")
    bench.tenant(dict(wanted, description="Another text"))
    assert gone() == {f"dialplan:{domain}"}
    bench.tenant(dict(wanted, enabled=enabled, description="Another text"))
    assert gone() == mine
    bench.tenant(dict(wanted, enabled=True))


def test_a_domain_with_another_uuid_than_that_of_the_file_is_not_removed(bench):
    wanted = order("ro-uuid.pbx.example.com", "+14165570111")
    bench.both(wanted)
    (row,) = bench.sql("SELECT domain_uuid FROM v_domains WHERE domain_name = %s", wanted["domain"])
    other = str(uuid.uuid4())
    before = bench.snapshot()

    def absent(**named):
        content = dict(wanted, **named)
        document = ActionModule.document(SimpleNamespace(given={"state": "absent"}), content, "ro-uuid.yml", None)
        session = bench.session()
        try:
            return tenant_modules._tenant(session, [document], {"state": "absent", "confirm": [wanted["domain"]]})
        finally:
            session.close()

    result = absent(domain_uuid=other)
    assert result["failed"]
    assert str(row["domain_uuid"]) in result["msg"] and other in result["msg"]
    assert bench.changed_since(before) == {}
    result = absent(domain_uuid=str(row["domain_uuid"]))
    assert result["changed"] and not result["failed"]
    for named in ({}, {"domain_uuid": other}):
        result = absent(**named)
        assert not result["changed"] and not result["failed"]


def test_after_a_lost_answer_nothing_more_is_asked():
    asked = []

    def api(commands):
        asked.extend(commands)
        raise SwitchError("The event socket gave no answer.")

    lost = switch.Switch.__new__(switch.Switch)
    lost.socket, lost.commands, lost._lost = SimpleNamespace(api=api), [], None
    for _ in range(2):
        with pytest.raises(SwitchError, match="no answer"):
            lost.tell("reloadacl")
    assert asked == ["reloadacl"]


def test_the_field_of_a_wrong_profile_is_named_among_several_gateways(bench):
    from ansible_collections.voipbox.fusionpbx.plugins.module_utils.gateway import GatewayResource
    from ansible_collections.voipbox.fusionpbx.plugins.module_utils.work import Work

    session = bench.session()
    try:
        work = Work(session, "ro-several.pbx.example.com")
        work.load()
        gateways = [{"name": "a", "register": False}, {"name": "b", "register": False, "profile": "nowhere"}]
        with pytest.raises(BadInput, match=r"trunk\.gateways\[1\]\.profile"):
            GatewayResource(work).check(gateways)
        gateways[1]["state"] = "absent"
        GatewayResource(work).check(gateways)
    finally:
        session.close()
