"""A fresh machine: with the database that the program brings along, with one of one's own, and with one that does not do."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psycopg
import pytest
from voipbox.embedded.ports import HOST, free_ports
from voipbox.embedded.postgres import Postgres

from tests.controller.installation import ROOT, Installation

pytestmark = pytest.mark.long(50)

TOO_OLD = "13.14"


def nothing_set(folder):
    """An installation on a machine where nothing is set and no PostgreSQL can be found."""
    home = Installation(folder, labs=0)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "setpriv").symlink_to("/usr/bin/setpriv")
    home.environment = {"PATH": str(programs), "HOME": str(folder / "home")}
    home.state = folder / "home" / ".local" / "state" / "voipbox"
    return home


@pytest.fixture
def bare(tmp_path):
    """Before voipbox init."""
    home = nothing_set(tmp_path)
    yield home
    home.stop()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """After voipbox init, whose words are kept in told."""
    home = nothing_set(tmp_path_factory.mktemp("fresh"))
    try:
        done = run(home, "init")
        assert done.returncode == 0, done.stderr
        home.told = done.stdout
        yield home
    finally:
        home.stop()


@pytest.fixture
def own_server(tmp_path):
    """A PostgreSQL server that somebody else runs, and its port."""
    tmp_path.chmod(0o755)
    server, port = Postgres(tmp_path / "server", tmp_path / "server.log"), free_ports(1)[0]
    server.create()
    server.start(port, durable=False)
    with server.admin(port) as cursor:
        cursor.execute("CREATE ROLE shop LOGIN PASSWORD 'of-the-shop'")
        cursor.execute("CREATE DATABASE shop OWNER shop")
    yield server, port
    server.stop()


@pytest.fixture
def own(own_server):
    """The address of a database on that server."""
    return f"postgresql://shop:of-the-shop@{HOST}:{own_server[1]}/shop"


class OldServer(threading.Thread):
    """Greets as PostgreSQL 13 does, and says no more."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server((HOST, 0))
        self.url = f"postgresql://shop@{HOST}:{self.socket.getsockname()[1]}/shop?sslmode=disable"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                parameters = {"server_version": TOO_OLD, "client_encoding": "UTF8", "standard_conforming_strings": "on"}
                said = [b"R" + struct.pack("!II", 8, 0)]
                for name, value in parameters.items():
                    text = f"{name}\0{value}\0".encode()
                    said.append(b"S" + struct.pack("!I", len(text) + 4) + text)
                connection.sendall(b"".join([*said, b"Z" + struct.pack("!I", 5) + b"I"]))
                while connection.recv(4096):
                    pass


def run(home, *words):
    """One command in the installation's environment."""
    return subprocess.run(
        [sys.executable, "-m", "voipbox.cli", *words], env=home.environment, cwd=ROOT, text=True, capture_output=True,
        check=False, timeout=240,
    )  # fmt: skip


def is_one_clear_line(done, *words):
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_a_fresh_machine_without_postgresql_needs_two_commands(fresh):
    assert not (Path(fresh.environment["PATH"]) / "postgres").exists()
    assert "Tables are up to date" in fresh.told
    for path in (fresh.state / "keys", fresh.state / "secret_key"):
        assert str(path) in fresh.told
        assert path.stat().st_mode & 0o777 == 0o600
    url = fresh.web()
    assert httpx.get(f"{url}/healthz", timeout=60).text == "ok\n"
    assert httpx.get(f"{url}/api/v1/orders", timeout=60).status_code == 401
    before = fresh.sql("SELECT count(*) FROM django_migrations")
    again = run(fresh, "init")
    assert (again.returncode, "made" in again.stdout) == (0, False)
    assert fresh.sql("SELECT count(*) FROM django_migrations") == before
    fresh.stop_daemons()
    assert not (fresh.state / "database" / "server" / "data" / "postmaster.pid").exists(), "the last one out stops the server"


def test_keys_of_another_database_are_refused_loudly_by_everything(fresh):
    keys = fresh.state / "keys"
    right = keys.read_text()
    keys.unlink()
    try:
        made = run(fresh, "init")
        assert made.returncode == 1 and "Put back the key file" in made.stderr
        for words in ("web", "daemon"):
            is_one_clear_line(run(fresh, words), str(keys), "Put back the key file")
        assert "NOT OK  keys" in run(fresh, "doctor").stdout
    finally:
        keys.write_text(right)
    assert "ok      keys" in run(fresh, "doctor").stdout


def test_with_database_url_that_server_is_used_and_no_other(bare, own):
    bare.environment["DATABASE_URL"] = own
    is_one_clear_line(run(bare, "order", "list"), "Run voipbox init")
    done = run(bare, "init")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(own) as connection:
        assert connection.execute("SELECT count(*) FROM orders_order").fetchone() == (0,)
    assert httpx.get(f"{bare.web()}/readyz", timeout=60).status_code == 200
    del bare.environment["DATABASE_URL"]
    file = bare.folder / "database"
    file.write_text(f"{own}\n")
    bare.environment["VOIPBOX_DATABASE_URL_FILE"] = str(file)
    assert run(bare, "order", "list").returncode == 0
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'api'")
    is_one_clear_line(run(bare, "order", "list"), "lacks", "Run voipbox init")
    assert not (bare.state / "database").exists()


def test_a_database_that_is_down_is_told_in_one_line(bare):
    bare.environment["DATABASE_URL"] = f"postgresql://shop@{HOST}:{free_ports(1)[0]}/shop"
    is_one_clear_line(run(bare, "init"), "The database cannot be reached", "DATABASE_URL", "Nothing was done")
    is_one_clear_line(run(bare, "web"), "The database cannot be reached")
    done = run(bare, "doctor")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "NOT OK  database" in done.stdout
    assert "Start it, or correct DATABASE_URL" in done.stderr


def test_a_daemon_waits_for_a_database_that_is_away_when_it_starts(bare, own, own_server):
    server, port = own_server
    bare.environment["DATABASE_URL"] = own
    assert run(bare, "init").returncode == 0
    server.stop()
    bare.daemon()
    time.sleep(3)
    server.start(port, durable=False)
    bare.wait(lambda: "works" in bare.logs(), 60)
    assert bare.daemons[0].poll() is None
    bare.stop_daemons()


def test_a_daemon_that_loses_the_database_while_it_looks_at_its_keys_looks_again(bare, own, own_server):
    server, port = own_server
    bare.environment["DATABASE_URL"] = own
    assert run(bare, "init").returncode == 0
    waiting = "FROM pg_stat_activity WHERE application_name = 'voipbox' AND wait_event_type = 'Lock'"
    with psycopg.connect(own) as other, server.admin(port) as cursor:
        other.execute("LOCK TABLE core_keyproof")
        bare.daemon()
        bare.wait(lambda: cursor.execute(f"SELECT count(*) {waiting}").fetchone() == (1,), 60)
        cursor.execute(f"SELECT pg_terminate_backend(pid) {waiting}")
    bare.wait(lambda: "works" in bare.logs(), 60)
    assert bare.daemons[0].poll() is None
    bare.stop_daemons()


def test_a_database_that_is_too_old_is_told_in_one_line(bare):
    server = OldServer()
    server.start()
    try:
        bare.environment["DATABASE_URL"] = server.url
        for words in ("init", "web"):
            is_one_clear_line(run(bare, words), "too old", "PostgreSQL 14 or newer", TOO_OLD)
    finally:
        server.socket.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "not an address"),
        ("DATABASE_URL", "postgresql://db.example"),
        ("VOIPBOX_PASSWORD_MIN_LENGTH", "7"),
        ("VOIPBOX_STATE_DIR", "/proc/voipbox"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_in_one_line(bare, name, value):
    bare.environment[name] = value
    is_one_clear_line(run(bare, "init"), name)
