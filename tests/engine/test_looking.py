"""What only looks (info, survey, verify, check mode) writes nothing: the database itself would refuse it."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import info_module, module_front, tenant_modules
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.database import Database
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import DatabaseError
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

from tests.engine.conftest import order
from tests.engine.test_one_of_many import Ended, Module

DOMAIN = "look.pbx.example.com"
ROLE = {"database_user": "voipbox_looker", "database_password": "Looker-1"}


def parts(tmp_path, wanted):
    """Each way to look: its name, the module's entry, its parameters, and whether it is a check."""
    templates = RouteTemplates([])
    verify = documents.verify_document(copy.deepcopy(wanted), "test", templates)
    whole = dict(
        documents.tenant_document(copy.deepcopy(wanted), "test"),
        whole=documents.whole_trunk_document(copy.deepcopy(wanted), "test", templates, False),
    )
    options = {"state": "present", "update_password": "on_create", "trunk": True, "wait_timeout": 5}
    for name, part, document in (("verify", "verify", verify), ("check", "tenant", whole)):
        (tmp_path / name).write_text(json.dumps({"part": part, "options": options, "tenants": [document]}), encoding="utf-8")
    info = {"domains": [wanted["domain"]], "include_secrets": False}
    return {
        "info": (info_module.run_info, dict(info, names_only=False), False),
        "survey": (info_module.run_info, dict(info, names_only=True), False),
        "verify": (tenant_modules.run_document, {"document": str(tmp_path / "verify")}, False),
        "check": (tenant_modules.run_document, {"document": str(tmp_path / "check")}, True),
    }


def result_of(bench, look, **connection):
    run, parameters, check = look
    module = Module(dict(parameters, config_path=str(bench.lab.config_path), **connection), check)
    with contextlib.suppress(Ended):
        run(module)
    return module.result


@pytest.fixture
def looker(bench):
    """A role that may read FusionPBX's tables and nothing else."""
    server = bench.lab._postgres
    port = bench.lab._state().postgres_port
    with server.admin(port) as cursor:
        cursor.execute("CREATE ROLE voipbox_looker LOGIN PASSWORD 'Looker-1'")
    bench.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO voipbox_looker")
    yield
    bench.sql("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM voipbox_looker")
    with server.admin(port) as cursor:
        cursor.execute("DROP ROLE voipbox_looker")


@pytest.mark.parametrize("name", ["info", "survey", "verify", "check"])
def test_looking_makes_no_schema_and_carries_nothing_out(bench, tmp_path, name):
    wanted = order(DOMAIN, "+14165570190")
    bench.both(wanted)
    look = parts(tmp_path, wanted)[name]
    bench.sql(
        "INSERT INTO voipbox.outbox (run, domain_name, effects) SELECT gen_random_uuid(), %s, %s FROM generate_series(1, 2)",
        DOMAIN, json.dumps({"keys": [f"dialplan:{DOMAIN}"], "rescan": ["external"]}),
    )  # fmt: skip
    bench.control.clear_log()
    result = result_of(bench, look)
    assert not result["failed"], result["msg"]
    assert result["warnings"] == [
        "An earlier run was cut off: 2 effects wait and will be carried out first by the next run that writes."
    ]
    assert result["changed"] is (name == "check")
    assert bench.told() == []
    assert len(bench.sql("SELECT 1 FROM voipbox.outbox")) == 2
    bench.sql("DROP SCHEMA voipbox CASCADE")
    result = result_of(bench, look)
    assert not result["failed"], result["msg"]
    assert "warnings" not in result
    assert not result["changed"]
    assert bench.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'voipbox'") == []
    bench.session().close()


@pytest.mark.parametrize("name", ["info", "survey", "verify"])
def test_looking_needs_a_role_that_reads_and_no_more(bench, tmp_path, looker, name):
    wanted = order(DOMAIN, "+14165570190")
    bench.both(wanted)
    result = result_of(bench, parts(tmp_path, wanted)[name], **ROLE)
    assert not result["failed"], result["msg"]
    assert [warning for warning in result["warnings"] if "may not read voipbox.outbox" in warning]
    bench.sql("DROP SCHEMA voipbox CASCADE")
    result = result_of(bench, parts(tmp_path, wanted)[name], **ROLE)
    assert not result["failed"], result["msg"]
    assert "warnings" not in result
    bench.session().close()


@pytest.mark.parametrize("how", [{"check_mode": True}, {"looks": True}])
def test_the_database_refuses_what_a_look_would_write(bench, how):
    session = module_front.Session(bench.settings(), **how)
    try:
        with pytest.raises(DatabaseError, match="read-only transaction"):
            session.database.execute("CREATE SCHEMA never")
    finally:
        session.close()
    database = Database(bench.settings())
    try:
        database.execute("CREATE SCHEMA never")
        database.rollback()
    finally:
        database.close()
