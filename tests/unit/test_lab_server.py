"""The lab's PBX server: both shapes come up, survive what happens to servers, and go back to their first day."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.configuration import Settings, read_config
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.passwords import verify_password
from voipbox_lab import neighbour, rows
from voipbox_lab.errors import LabError
from voipbox_lab.lab import Lab
from voipbox_lab.snapshot import difference, snapshot
from voipbox_lab.tables import shape_of

_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module", params=["5.5", "5.4"])
def lab(request):
    folder = Path(tempfile.mkdtemp(prefix="voipbox-lab-test-", dir=_MEMORY if _MEMORY.is_dir() else None))
    # One of the two has a path that is too long for a UNIX socket.
    made = Lab(folder / ("short" if request.param == "5.5" else "long" * 40), shape=request.param, time_factor=0.1)
    try:
        assert made.up() is True
        yield made
    finally:
        made.down()
        shutil.rmtree(folder)


@pytest.fixture
def first_day(lab):
    lab.reset()
    yield lab
    lab.up()


def ask(lab: Lab, query: str, *parameters: object) -> list[tuple]:
    connection = psycopg2.connect(lab.dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def pids(lab: Lab) -> tuple[int | None, int | None]:
    return lab._postgres._daemon.pid(), lab._switch.pid()


def greeting(lab: Lab) -> bytes:
    with socket.create_connection(lab.event_socket[:2], timeout=5) as connection:
        return connection.recv(100)


def test_tables_have_exactly_the_columns_of_the_shape(lab):
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in ask(
        lab,
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
        " JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0",
    ):
        found.setdefault(table, {})[column] = kind
    spelled = {"timestamptz": "timestamp with time zone", "char(1)": "character(1)"}
    wanted = {
        table: {name: spelled.get(kind, kind) for name, kind in facts["columns"].items()}
        for table, facts in shape_of(lab.shape)["tables"].items()
    }
    assert found == wanted
    assert found["v_dialplans"]["dialplan_continue"] == ("boolean" if lab.shape == "5.5" else "text")


def test_the_only_constraints_are_primary_keys(lab):
    kinds = ask(lab, "SELECT DISTINCT contype::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace")
    # PostgreSQL 18 lists the NOT NULL that a primary key brings as a constraint of its own.
    assert {kind for (kind,) in kinds} - {"n"} == {"p"}
    required = ask(
        lab,
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
        " AND (is_nullable = 'NO' OR column_default IS NOT NULL)",
    )
    assert required == [(len(shape_of(lab.shape)["tables"]),)]


def test_the_role_owns_the_tables_and_is_no_superuser(lab):
    assert ask(lab, "SELECT current_user, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user") == [
        ("fusionpbx", False, False)
    ]
    assert ask(lab, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == [("fusionpbx",)]


def test_a_wrong_password_is_refused(lab):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(lab.dsn.replace("fusionpbx:", "fusionpbx:x"))


def test_config_conf_leads_the_collection_to_everything(lab):
    settings = Settings({"config_path": str(lab.config_path)})
    assert stat.S_IMODE(lab.config_path.stat().st_mode) == 0o640
    assert settings.web_root == str(lab.web_root)
    assert settings.cache_dir == str(lab.cache_dir)
    values = read_config(str(lab.config_path))
    assert values["switch.recordings.dir"] == str(lab.recordings_dir)
    assert values["switch.voicemail.dir"] == str(lab.voicemail_dir)
    socket_ = settings.event_socket
    assert (socket_["host"], int(socket_["port"]), socket_["password"]) == tuple(lab.event_socket)
    database = settings.database
    connection = psycopg2.connect(
        host=database["host"],
        port=database["port"],
        dbname=database["name"],
        user=database["username"],
        password=database["password"],
        sslmode=database["sslmode"],
    )
    connection.close()


def test_inventory_names_this_lab(lab):
    text = lab.inventory_path.read_text()
    assert json.dumps(str(lab.config_path)) in text
    assert "lab-pbx" in text


def test_seed_is_a_fresh_server_with_a_neighbour(first_day):
    lab = first_day
    assert dict(ask(lab, "SELECT group_name, group_level FROM v_groups WHERE domain_uuid IS NULL")) == {
        "superadmin": 80, "admin": 50, "user": 30, "agent": 20, "fax": 20, "public": 10,
    }  # fmt: skip
    mode = "single" if lab.shape == "5.5" else "multiple"
    query = "SELECT default_setting_value FROM v_default_settings WHERE default_setting_subcategory = %s"
    assert ask(lab, query, "dialplan_mode") == [(mode,)]
    assert ask(lab, query, "voicemail") == [(str(lab.voicemail_dir),)]
    assert ask(lab, "SELECT software_version FROM v_software") == [(shape_of(lab.shape)["fusionpbx"],)]
    nodes = dict(
        ask(
            lab,
            "SELECT access_control_name, count(access_control_node_uuid) FROM v_access_controls"
            " LEFT JOIN v_access_control_nodes USING (access_control_uuid) GROUP BY 1",
        )
    )
    assert nodes["providers"] == 0
    assert nodes["domains"] > 0
    per_domain = ask(
        lab,
        "SELECT domain_name, count(*) FROM v_dialplans LEFT JOIN v_domains USING (domain_uuid) GROUP BY 1 ORDER BY 1",
    )
    # 32 default dialplans, one inbound route and two pairs of outbound ones; the rest is global.
    assert per_domain == [("neighbour.lab.example", 32 + 1 + 4), (None, 14)]
    assert ask(lab, "SELECT count(*) FROM v_dialplans WHERE dialplan_xml IS NULL") == [(0,)]
    assert ask(lab, "SELECT count(*) FROM v_extensions JOIN v_voicemails v ON voicemail_id = extension") == [(3,)]
    assert (lab.voicemail_dir / "default" / "neighbour.lab.example" / "1003").is_dir()


def test_users_of_the_seed_have_hashes_that_fusionpbx_keeps(first_day):
    hashes = dict(ask(first_day, "SELECT domain_name, password FROM v_users JOIN v_domains USING (domain_uuid)"))
    for domain, (_, password) in ((rows.FIRST_DOMAIN, rows.SUPERADMIN), (neighbour.DOMAIN, neighbour.ADMIN)):
        assert hashes[domain].startswith("$2y$10$")
        assert verify_password(password, hashes[domain])


def test_second_up_does_nothing(lab):
    before = pids(lab), lab.config_path.stat().st_mtime_ns
    assert lab.up() is False
    assert Lab(lab.directory).up() is False
    assert (pids(lab), lab.config_path.stat().st_mtime_ns) == before


def test_snapshot_tells_what_changed(first_day):
    lab = first_day
    before = snapshot(lab.dsn)
    assert difference(before, snapshot(lab.dsn)) == {}
    ask(lab, "UPDATE v_domains SET domain_description = 'changed' WHERE domain_name = 'neighbour.lab.example'")
    ask(lab, "DELETE FROM v_software")
    ask(lab, "INSERT INTO v_vars (var_uuid, var_name) VALUES ('00000000-0000-0000-0000-000000000001', 'new')")
    ask(lab, "CREATE SCHEMA voipbox CREATE TABLE outbox (a int, b text, PRIMARY KEY (a, b))")
    ask(lab, "INSERT INTO voipbox.outbox VALUES (1, 'x')")
    changes = difference(before, snapshot(lab.dsn))
    assert set(changes) == {"v_domains", "v_software", "v_vars", "voipbox.outbox"}
    (update,) = changes["v_domains"].updated.values()
    assert update == {"domain_description": ("The neighbour: leave it alone", "changed")}
    assert [row["software_name"] for row in changes["v_software"].deleted.values()] == ["FusionPBX"]
    assert changes["v_vars"].inserted["00000000-0000-0000-0000-000000000001"]["var_name"] == "new"
    assert changes["voipbox.outbox"].inserted == {"1,x": {"a": "1", "b": "x"}}
    assert set(snapshot(lab.dsn, tables=["v_domains", "v_vars"])) == {"v_domains", "v_vars"}
    assert "v_domains" not in snapshot(lab.dsn, ignore_tables=["v_domains"])


def test_reset_restores_tables_folders_and_web_root(first_day):
    lab = first_day
    before = snapshot(lab.dsn)
    ask(lab, "DELETE FROM v_domains")
    ask(lab, "CREATE SCHEMA voipbox CREATE TABLE outbox (a int)")
    (lab.cache_dir / "dialplan.public").touch()
    (lab.recordings_dir / "acme.example").mkdir()
    shutil.rmtree(lab.voicemail_dir)
    file = next(lab.web_root.rglob("*.xml"))
    file.unlink()
    held = psycopg2.connect(lab.dsn)  # a forgotten connection must not hold up a reset
    try:
        lab.reset()
    finally:
        held.close()
    assert difference(before, snapshot(lab.dsn)) == {}
    assert not (lab.cache_dir / "dialplan.public").exists()
    assert sorted(path.name for path in lab.recordings_dir.iterdir()) == ["neighbour.lab.example", "pbx.lab.example"]
    assert (lab.voicemail_dir / "default" / "neighbour.lab.example").is_dir()
    assert file.is_file()
    assert b"auth/request" in greeting(lab)


def test_killed_servers_are_started_again_and_keep_their_data(first_day):
    lab = first_day
    ask(lab, "UPDATE v_domains SET domain_description = 'kept'")
    killed = pids(lab)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while lab.status().postgres or lab.status().switch:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert lab.up() is True
    assert not set(killed) & set(pids(lab))
    assert ask(lab, "SELECT DISTINCT domain_description FROM v_domains") == [("kept",)]


def test_a_pid_file_that_names_another_process_is_ignored(first_day):
    lab = first_day
    assert lab.down() is True
    for path in (lab._switch.pid_file, lab._postgres._daemon.pid_file):
        path.write_text(f"{os.getpid()}\n")
    assert not lab.status().up
    assert lab.down() is False
    assert lab.up() is True
    assert os.getpid() not in pids(lab)


def test_only_the_switch_is_started_when_only_it_is_gone(first_day):
    lab = first_day
    database, switch = pids(lab)
    os.kill(switch, signal.SIGTERM)
    while lab._switch.pid() is not None:
        time.sleep(0.01)
    assert lab.up() is True
    assert pids(lab)[0] == database


def test_ports_that_are_taken_are_replaced(first_day):
    lab = first_day
    old = lab.dsn, lab.event_socket.port
    lab.down()
    ports = [lab.event_socket.port, int(lab.dsn.rsplit(":", 1)[1].split("/")[0])]
    taken = [socket.create_server(("127.0.0.1", port)) for port in ports]
    try:
        lab.up()
    finally:
        for one in taken:
            one.close()
    assert lab.dsn != old[0]
    assert lab.event_socket.port != old[1]
    assert f"switch.event_socket.port = {lab.event_socket.port}" in lab.config_path.read_text()
    assert ask(lab, "SELECT count(*) FROM v_domains") == [(2,)]


def test_a_lab_of_another_shape_is_refused_and_left_alone(lab):
    other = "5.4" if lab.shape == "5.5" else "5.5"
    before = pids(lab)
    with pytest.raises(LabError, match=f"reset --shape {other}"):
        Lab(lab.directory, shape=other).up()
    assert pids(lab) == before


def test_down_ends_both_and_can_be_said_twice(first_day):
    lab = first_day
    address = lab.event_socket[:2]
    assert lab.down() is True
    assert lab.down() is False
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address, timeout=1)
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        psycopg2.connect(lab.dsn)
    assert lab.status().shape == lab.shape


def test_secrets_are_not_on_any_command_line(lab):
    secrets = [lab.event_socket.password, lab.dsn.split(":")[2].split("@")[0]]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        assert not any(secret in line for secret in secrets)
