"""A tenant is verified against the state that it is to be in, and what the switch lacks is not waited for to the end."""

from __future__ import annotations

import copy
import os
import stat
from types import SimpleNamespace

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import folders, switch, tenant_modules
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

from tests.engine.conftest import order


def verified(bench, wanted):
    """The digest of fusionpbx_verify for one tenant file."""
    document = documents.verify_document(copy.deepcopy(wanted), "test", RouteTemplates([]))
    session = bench.session()
    try:
        return tenant_modules._verify(session, [document], {"wait_timeout": 5})["tenants"][0]
    finally:
        session.close()


@pytest.mark.parametrize("said", [True, False])
def test_a_suspended_tenant_is_verified_as_closed(bench, said):
    wanted = order("st-suspended.pbx.example.com", "+14165570201")
    bench.both(wanted)
    bench.both(dict(wanted, enabled=False))
    told = verified(bench, dict(wanted, enabled=False) if said else wanted)
    assert not told["failed"], told["msg"]
    told = verified(bench, dict(wanted, enabled=True))
    assert told["failed"] and "extension 1001 resolves" in told["msg"]
    bench.both(dict(wanted, enabled=True))
    told = verified(bench, dict(wanted, enabled=False))
    assert "extension 1001 is closed (found)" in told["msg"]


def test_an_extension_that_fusionpbx_disabled_is_closed_where_the_file_is_silent(bench):
    wanted = order("st-disabled.pbx.example.com", "+14165570202")
    bench.both(wanted)
    bench.sql("UPDATE v_extensions SET enabled = 'false' WHERE extension = '1002' AND user_context = %s", wanted["domain"])
    told = verified(bench, wanted)
    assert not told["failed"], told["msg"]
    wanted["extensions"][1]["enabled"] = True
    assert "extension 1002 resolves (disabled in FusionPBX" in verified(bench, wanted)["msg"]


def test_a_message_that_leaves_failed_checks_out_says_how_many(bench):
    wanted = order("st-many.pbx.example.com", "+14165570203", extensions=8)
    told = verified(bench, wanted)
    shown = told["msg"].split("failed: ")[1]
    assert len(told["checks"]) > 5
    assert shown.count(";") == 5
    assert shown.endswith("; and {} more".format(len(told["checks"]) - 5))


def test_a_gateway_that_the_switch_lacks_is_waited_for_no_longer_than_it_takes_to_load(bench, monkeypatch):
    passed = [0.0]
    clock = SimpleNamespace(monotonic=lambda: passed[0], sleep=lambda seconds: passed.__setitem__(0, passed[0] + seconds))
    monkeypatch.setattr(switch, "time", clock)
    session = bench.session()
    try:
        states = session.switch.wait_for_gateways(["11111111-1111-4111-8111-111111111111"], 35)
    finally:
        session.close()
    assert list(states.values()) == [("MISSING", "")]
    assert passed[0] < 10


def test_new_folders_keep_the_group_that_a_setgid_folder_gives(tmp_path):
    root = tmp_path / "voicemail"
    root.mkdir()
    root.chmod(0o2770)
    settings = SimpleNamespace(file_owner=None, file_group=None)
    folders.make_folder(str(root), "default/a.example/1001", settings)
    for part in ("default", "default/a.example", "default/a.example/1001"):
        assert stat.S_IMODE((root / part).stat().st_mode) == 0o2770, part
    assert folders.shut_to_owner(str(root), "default/a.example", settings) == ""
    assert folders.shut_to_owner(str(root), "default/b.example", settings) == f"{root}/default/b.example is not there"
    if os.geteuid() == 0:
        os.chown(root, 54320, 54321)
        assert folders.shut_to_owner(str(root), "default/a.example", settings) == f"{root}/default is shut to user 54320"
